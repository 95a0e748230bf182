"""What clauses cite exists, and its text is the one they were written from."""

from __future__ import annotations

from typing import Any

import pytest

from tensorcanon.conformance import sources
from tensorcanon.conformance.backends.catalogue import resolve

torch = pytest.importorskip("torch")

PAGES = (
    *("notes/", "tensor_attributes", "tensor_view", "tensors", "type_info", "complex_numbers", "storage"),
    *("numerical_accuracy", "size", "linalg", "cuda", "autograd", "meta", "func", "data", "optim", "special"),
    *("nn.functional", "docs silent"),
)


def namespace() -> Any:
    backend: Any = resolve("torch")
    return backend.namespace


def exists(name: str) -> bool:
    found: Any = torch
    for part in name.partition(" (")[0].split(".")[1:]:
        found = getattr(found, part, None)
    return name.startswith("torch") and found is not None


def test_a_source_is_a_page_or_a_name_of_torch() -> None:
    known = sources.digests(namespace())
    cited = [name for name in sources.cited() if name not in known]
    assert not [name for name in cited if not name.startswith(PAGES) and not exists(name)]


@pytest.mark.skipif(not torch.__version__.startswith("2.13."), reason="the lock is of torch 2.13")
def test_the_locked_documentation_is_the_installed_one() -> None:
    assert sources.changed(namespace()) == {}
