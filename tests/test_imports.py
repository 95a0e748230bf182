"""The arrows between the folders run one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("spec", "reference", "conformance", "reports")
MAY_IMPORT = {
    "spec": {"spec"},
    "reference": {"spec", "reference"},
    "conformance": {"spec", "reference", "conformance", "reports"},
    "reports": {"reports"},
}
# The one place that knows torch: a device of torch.
TORCH_BACKENDS = "conformance/backends/npy/"


def imports_of(path: Path) -> Iterator[str]:
    """Yield the absolute names that a file imports, relative ones resolved."""
    package = ("tensorcanon", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_know_only_what_they_may(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(folder)
        for name in imports_of(path)
        if name.startswith("tensorcanon.") and name.split(".")[1] not in MAY_IMPORT[folder]
    ]
    assert sources(folder)
    assert not wrong


@pytest.mark.parametrize("folder", FOLDERS)
def test_only_the_torch_backend_knows_torch(folder: str) -> None:
    knowing = {
        str(path.relative_to(ROOT))
        for path in sources(folder)
        for name in imports_of(path)
        if name.partition(".")[0] == "torch"
    }
    assert not [path for path in knowing if not path.startswith(TORCH_BACKENDS)]


def test_the_spec_needs_numpy_only() -> None:
    allowed = {"numpy", "ml_dtypes", "tensorcanon"}
    outside = {
        name.partition(".")[0]
        for path in sources("spec")
        for name in imports_of(path)
        if name.partition(".")[0] not in allowed
    }
    import sys

    assert outside <= sys.stdlib_module_names
