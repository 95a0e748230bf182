"""``tensorcanon init``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from .console import console, refuse


def start(name: str, device: str, folder: Path) -> int:
    """Write an adapter that works, its test and a recipe for CI.

    Parameters
    ----------
    name : str
        The engine's package, or the one that makes a device known to torch.
    device : str
        The device; empty for an engine with an API of its own.
    folder : Path

    Returns
    -------
    int
        0, or 2 where the name is none of Python's or a file is in the way.
    """
    if not name.isidentifier():
        return refuse(f"{name!r} is no name of a Python package")
    extra = ",torch" if device else ""
    texts = {
        f"{name}_canon.py": "device.py.txt" if device else "engine.py.txt",
        f"test_{name}_canon.py": "test.py.txt",
        ".github/workflows/canon.yml": "ci.yml.txt",
    }
    taken = [path for path in texts if (folder / path).exists()]
    if taken:
        return refuse(f"{folder / taken[0]} is there already")
    try:
        for path, template in texts.items():
            text = (files(__package__) / "starter" / template).read_text("utf-8")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(
                Template(text).substitute(name=name, device=device, extra=extra), "utf-8"
            )
            console.print(f"wrote {folder / path}", markup=False)
    except OSError as error:
        return refuse(f"cannot write to {folder}: {error.strerror}")
    console.print(f"next: tensorcanon run --backend {name}_canon:backend --profile smoke", markup=False)
    console.print(
        "for others to run it by name, in pyproject.toml:\n"
        f'[project.entry-points."tensorcanon.backends"]\n{name} = "{name}_canon:backend"',
        markup=False,
    )
    return 0
