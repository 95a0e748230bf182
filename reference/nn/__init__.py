"""``torch.nn``: modules, their parameters, and how these are initialised."""

from typing import Any

from ..dispatch import FUNCTIONS
from ..parameters import Parameter
from . import functional, init, modules, utils
from .modules import *  # noqa: F403 (every layer, listed in its __all__)
from .placing import placed

placed(vars(modules).values())

__all__ = ["Parameter", "functional", "init", "modules", "utils", *modules.__all__]


def __getattr__(name: str) -> Any:
    if f"nn.{name}" in FUNCTIONS:
        return FUNCTIONS[f"nn.{name}"]
    raise AttributeError(f"module 'torch.nn' has no attribute '{name}'")
