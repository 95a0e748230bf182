"""Steps that put a setting of the whole library back, which must be taken whatever came before."""

from __future__ import annotations

from .numerals import Json

_SETTERS = ("torch.set_", "torch.use_", "torch.backends.", "builtins.setattr")


def restores(line: Json) -> bool:
    """Return whether a line sets something of the library to values that are in the line itself."""
    name = line.get("name", "")
    return name.startswith(_SETTERS) and not _variables([line["args"], line.get("kwargs", {})])


def _variables(made: Json) -> bool:
    if isinstance(made, list):
        return any(map(_variables, made))
    if isinstance(made, dict):
        return made.keys() == {"name"} or any(map(_variables, made.values()))
    return False
