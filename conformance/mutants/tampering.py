"""Ways to make a kernel wrong: by altering what it is given or what it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor

from .mutant import Patch, kernel

Array = np.ndarray[Any, Any]
Condition = Callable[[Tensor], bool]


def always(input: Tensor) -> bool:
    """Hold for every input."""
    return True


def given(op: str, change: Callable[[Array], Any], when: Condition = always) -> Patch:
    """Let an op work on altered elements of its first argument, for inputs of some kind.

    Parameters
    ----------
    change : callable
        Takes the elements and returns those to use, of the same type.
    """

    def make(original: Any) -> Any:
        def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
            if when(input):
                with np.errstate(all="ignore"):
                    input = fresh(change(np.array(input.array)), input.dtype)
            return original(input, *args, **kwargs)

        return wrong

    return kernel(op, make)


def returned(
    op: str, change: Callable[[Array], Any], when: Condition = always, item: int | None = None
) -> Patch:
    """Alter the elements that an op returns, for inputs of some kind.

    Parameters
    ----------
    change : callable
        Takes the elements and returns those to show, of the same type.
    item : int, optional
        Which of several results; all by default.
    """

    def altered(one: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            return fresh(change(np.array(one.array)), one.dtype)

    def make(original: Any) -> Any:
        def wrong(input: Tensor, *args: Any, **kwargs: Any) -> Any:
            found = original(input, *args, **kwargs)
            if not when(input):
                return found
            if not isinstance(found, tuple):
                return altered(found)
            items = [altered(one) if item in (None, place) else one for place, one in enumerate(found)]
            return type(found)(*items) if hasattr(found, "_fields") else tuple(items)

        return wrong

    return kernel(op, make)


def without(op: str, *names: str) -> Patch:
    """Let an op ignore keyword arguments of these names."""

    def make(original: Any) -> Any:
        def wrong(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **{key: value for key, value in kwargs.items() if key not in names})

        return wrong

    return kernel(op, make)


def nan_as(number: float) -> Callable[[Array], Array]:
    """Return a change that puts a number in the place of NaN."""
    return lambda values: np.where(np.isnan(values), number, values) if values.dtype.kind in "fV" else values
