"""Views that lost their base, copies that kept it, and windows moved from their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.reference.kernels import view_of
from tensorcanon.reference.storage import Storage
from tensorcanon.reference.tensor import Tensor

from .mutant import Patch, kernel

Condition = Callable[[Tensor, Tensor], bool]
Call = Callable[..., Any]


def always(base: Tensor, view: Tensor) -> bool:
    """Hold for every view."""
    return True


def separated(view: Tensor) -> Tensor:
    """Return a tensor that shows what a view shows and shares nothing with it."""
    storage = Storage(view.storage.bytes.copy())
    made = Tensor.make(storage, view.shape, view.strides, view.offset, view.dtype)
    made.conjugate, made.negated, made.inference = view.conjugate, view.negated, view.inference
    return made


def copying(op: str, when: Condition = always) -> Patch:
    """Let a view operation return copies, where a condition on base and view holds."""

    def make(original: Any) -> Any:
        def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
            made = original(input, *args, **kwargs)
            if isinstance(made, tuple):
                return tuple(separated(one) if when(input, one) else one for one in made)
            return separated(made) if when(input, made) else made

        return wrong

    return kernel(op, make)


def aliasing(op: str) -> Patch:
    """Let an operation that copies return a tensor that shares the storage of its input, where one can."""

    def make(original: Any) -> Any:
        def wrong(first: Any, *args: Any, **kwargs: Any) -> Any:
            made = original(first, *args, **kwargs)
            source = first[0] if isinstance(first, list | tuple) else first
            if (
                made.numel() == source.numel()
                and made.dtype is source.dtype
                and (made.array == source.array.reshape(made.shape)).all()
            ):
                return source.view(made.shape) if source.is_contiguous() else made
            return made

        return wrong

    return kernel(op, make)


def rewindowed(op: str, change: Any) -> Any:
    """Replace what a view operation returns: `change` takes the input, the view and the arguments."""

    def make(original: Any) -> Any:
        def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
            return change(input, original(input, *args, **kwargs), *args, **kwargs)

        return wrong

    return kernel(op, make)


def moved(view: Tensor, places: int) -> Tensor:
    """Return a view as far on as its storage allows."""
    room = view.storage.nbytes() // view.itemsize
    reach = view.offset + sum((n - 1) * s for n, s in zip(view.shape, view.strides, strict=True))
    step = max(-view.offset, min(places, room - 1 - reach))
    return view_of(view, view.shape, view.strides, view.offset + step) if view.numel() else view


def changed(op: str, change: Callable[..., Any]) -> Patch:
    """Let `change` stand for an op: it takes the kernel in force and the op's arguments."""

    def make(original: Call) -> Call:
        return lambda *args, **kwargs: change(original, *args, **kwargs)

    return kernel(op, make)
