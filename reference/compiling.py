"""``torch.compile``: it changes how fast a function runs, never what it computes; here it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compile(model: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Return a function or module as it is, or a decorator that does where none is given."""
    return model if model is not None else lambda function: function
