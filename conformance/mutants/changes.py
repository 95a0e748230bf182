"""Ways to alter a kernel: where its arguments meet a condition, or in the keywords it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.tensor import Tensor

Call = Callable[..., Any]
Change = Callable[[Call], Call]


def where(applies: Callable[..., bool], instead: Call) -> Change:
    """Call something else where the arguments meet a condition."""

    def make(original: Call) -> Call:
        def call(*args: Any, **kwargs: Any) -> Any:
            chosen = instead if applies(*args, **kwargs) else original
            return chosen(*args, **kwargs)

        return call

    return make


def always(value: Any) -> Change:
    """Give one value whatever the arguments are."""
    return lambda original: lambda *args, **kwargs: value


def forcing(**forced: Any) -> Change:
    """Force keyword arguments."""
    return lambda original: lambda *args, **kwargs: original(*args, **{**kwargs, **forced})


def ignoring(*names: str) -> Change:
    """Ignore keyword arguments."""

    def make(original: Call) -> Call:
        def call(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **{key: value for key, value in kwargs.items() if key not in names})

        return call

    return make


def then(change: Callable[[Any], Any]) -> Change:
    """Change the result."""
    return lambda original: lambda *args, **kwargs: change(original(*args, **kwargs))


def is_tensor(data: Any, *_: Any, **__: Any) -> bool:
    """Return whether the first argument is a tensor."""
    return isinstance(data, Tensor)
