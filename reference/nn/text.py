"""How a module prints."""

from __future__ import annotations

from typing import Any


def indented(text: str, width: int = 2) -> str:
    """Return text with every line but the first moved to the right."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * width + line for line in rest)])


def module_text(module: Any) -> str:
    """Return the class, what `extra_repr` adds, and one entry for each child."""
    extra = module.extra_repr()
    extras = extra.split("\n") if extra else []
    children = [f"({name}): {indented(repr(child))}" for name, child in module._modules.items()]
    lines = [*extras, *children]
    if not children and len(extras) <= 1:
        return f"{module._get_name()}({extra})"
    return f"{module._get_name()}(\n  " + "\n  ".join(lines) + "\n)"
