"""``torch.nn.functional``: operations by name, looked up at each use."""

from __future__ import annotations

from typing import Any

from ..dispatch import FUNCTIONS

_PREFIX = "nn.functional."


def _inplace(name: str) -> Any:
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        return FUNCTIONS[_PREFIX + name](input, *args, inplace=True, **kwargs)

    return call


def __getattr__(name: str) -> Any:
    if _PREFIX + name in FUNCTIONS:
        return FUNCTIONS[_PREFIX + name]
    if name.endswith("_") and not name.startswith("_") and _PREFIX + name[:-1] in FUNCTIONS:
        return _inplace(name[:-1])
    raise AttributeError(f"module 'torch.nn.functional' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [name.removeprefix(_PREFIX) for name in FUNCTIONS if name.startswith(_PREFIX)]
