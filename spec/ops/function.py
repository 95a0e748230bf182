"""A row for a function that is not elementwise: one way to call it, and what it gives exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..accuracy import Array, Dot, widened
from ..outcome import Each, Exactly, Outcome, Structure, Within
from ..rules import dtypes
from ..rules.broadcasting import Shape
from ..rules.dtypes import DType

# What elements are drawn from; `exact`: sums and products of a few do not round.
Values = Literal["any", "exact", "small", "distinct", "positive", "unit", "ties"]


@dataclass(frozen=True)
class Given:
    """Stands for a tensor among the other arguments."""

    place: int


SECOND, THIRD = Given(1), Given(2)


@dataclass(frozen=True, eq=False)
class Function:
    """One way to call a function.

    Attributes
    ----------
    name : str
        The function below ``torch``.
    exact : callable
        The same function of NumPy arrays: as they are stored where `terms` is 0, wider else. It returns an
        array, or a list or tuple of them; integers and bools among them are exact.
    inputs : tuple of shape or ndarray
        The tensors: drawn with a shape, or fixed elements, such as indices.
    args : tuple
        Arguments after the tensors, or after the first of them where `Given` names the others.
    kwargs : mapping
    values : str
        What elements are drawn from.
    types : tuple of DType
        The types the drawn tensors may have, all of one.
    terms : int
        How many roundings a result may add up; 0 means that nothing is rounded.
    listed : bool
        The tensors are given as one list.
    forms : frozenset of {"method", "out"}
        The forms besides the function; a method alone where `function` is False.
    function : bool
    smooth : bool
        Whether gradients flow to the drawn tensors.
    twice : bool
        Whether the gradient has a gradient.
    maps : bool
        Whether vmap and a device without data can take it: not where a shape depends on elements.
    views : bool
        Whether results share memory with the first tensor.
    contiguous : bool
        Whether contiguous tensors only are taken.
    large : shape, tuple of shape, or None
        Another shape of the first tensor, or shapes of several, past the sizes at which kernels change their
        ways, where the row holds for any shape. None stands for a tensor that stays.
    """

    name: str
    exact: Callable[..., Any]
    inputs: tuple[Any, ...] = ((3, 4),)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    values: Values = "any"
    types: tuple[DType, ...] = dtypes.COMMON
    terms: int = 0
    listed: bool = False
    forms: frozenset[str] = frozenset({"method"})
    function: bool = True
    smooth: bool = True
    twice: bool = True
    maps: bool = True
    views: bool = False
    contiguous: bool = False
    large: Shape | tuple[Shape | None, ...] | None = None

    @property
    def call(self) -> str:
        """The name a backend is called with."""
        return f"torch.{self.name}" if self.function else f"Tensor.{self.name}"

    @cached_property
    def drawn(self) -> tuple[int, ...]:
        """The places of the tensors that are drawn."""
        return tuple(place for place, given in enumerate(self.inputs) if isinstance(given, tuple))

    def enlarged(self) -> tuple[Any, ...]:
        """Return the tensors as `inputs` has them, in their large shapes."""
        large = self.large or ()
        shapes = large if any(not isinstance(size, int) for size in large) else (large,)
        return tuple(map(_either, shapes, self.inputs)) + self.inputs[len(shapes) :]

    def shapes(self) -> tuple[Shape, ...]:
        """Return the shapes of the tensors."""
        return tuple(given if isinstance(given, tuple) else given.shape for given in self.inputs)

    def arguments(self, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """Return the positional arguments of a call."""
        if self.listed:
            return list(tensors), *self.args
        if not any(isinstance(arg, Given) for arg in _flat(self.args)):
            return *tensors, *self.args
        return tensors[0], *(_filled(arg, tensors) for arg in self.args)

    def results(self, *arrays: Array) -> Any:
        """Return what the function gives exactly: an array, or a tuple of them."""
        given = [widened(array) if self._widens(array) else array for array in arrays]
        with np.errstate(all="ignore"):
            made = self.exact(*given)
        return tuple(map(np.asarray, made)) if isinstance(made, list | tuple) else np.asarray(made)

    def first(self, *arrays: Array) -> Array:
        """Return the first of the exact results, of arrays of any precision."""
        made = self.exact(*arrays)
        return np.asarray(made[0] if isinstance(made, list | tuple) else made)

    def _widens(self, array: Array) -> bool:
        return bool(self.terms) and dtypes.of_array(array).format is not None

    def outcome(self, *arrays: Array) -> Outcome:
        """Return what the function may give."""
        return self._allowed(self.results(*arrays), arrays)

    def stacked(self, *arrays: Array) -> Outcome:
        """Return what the function may give under vmap, which maps the first dimension of what is drawn."""
        calls = [
            self.results(*(x[place] if at in self.drawn else x for at, x in enumerate(arrays)))
            for place in range(arrays[self.drawn[0]].shape[0])
        ]
        if isinstance(calls[0], tuple):
            return self._allowed(tuple(map(np.stack, zip(*calls, strict=True))), arrays)
        return self._allowed(np.stack(calls), arrays)

    def structure(self, *arrays: Array) -> Outcome:
        """Return the types and shapes of what the function gives."""
        allowed = self.outcome(*arrays)
        return (
            Each(tuple(map(_structure, allowed.items))) if isinstance(allowed, Each) else _structure(allowed)
        )

    def _allowed(self, made: Any, arrays: tuple[Array, ...]) -> Outcome:
        if isinstance(made, tuple):
            return Each(tuple(self._single(one, arrays) for one in made))
        return self._single(made, arrays)

    def _single(self, result: Array, arrays: tuple[Array, ...]) -> Outcome:
        if not self.terms or result.dtype.kind in "biu":
            return Exactly(result)
        drawn = [arrays[place] for place in self.drawn]
        dtype = dtypes.of_array(drawn[0])
        if result.dtype.kind != "c":
            dtype = dtypes.real_of(dtype)
        scale = max((float(np.abs(widened(array)).max(initial=1)) for array in drawn), default=1.0)
        magnitude = np.where(np.isfinite(result), np.abs(result), 0) + scale
        # A result of a large input may sum all of it.
        terms = self.terms * (1 + drawn[0].size / 64)
        return Within(result, Dot(np.asarray(magnitude), terms), dtype, signed_zero=False)

    def __str__(self) -> str:
        return self.name


def _either(shape: Any, given: Any) -> Any:
    return given if shape is None else shape


def _flat(args: tuple[Any, ...]) -> list[Any]:
    return [item for arg in args for item in (arg if isinstance(arg, tuple) else (arg,))]


def _filled(arg: Any, tensors: Sequence[Any]) -> Any:
    if isinstance(arg, tuple):
        return tuple(_filled(item, tensors) for item in arg)
    return tensors[arg.place] if isinstance(arg, Given) else arg


def _structure(allowed: Outcome) -> Structure:
    if isinstance(allowed, Within):
        return Structure(allowed.dtype, allowed.value.shape)
    assert isinstance(allowed, Exactly)
    return Structure(dtypes.of_array(allowed.value), allowed.value.shape)


@dataclass(frozen=True, eq=False)
class Group:
    """A function in all its rows."""

    name: str
    rows: tuple[Function, ...]

    def any(self, facet: str) -> bool:
        """Return whether a row has a facet, such as `smooth` or `maps`."""
        return any(getattr(row, facet) for row in self.rows)

    def __str__(self) -> str:
        return self.name


def grouped(rows: tuple[Function, ...]) -> tuple[Group, ...]:
    """Return rows by the name of their function, in the order of first rows."""
    names = dict.fromkeys(row.name for row in rows)
    return tuple(Group(name, tuple(row for row in rows if row.name == name)) for name in names)
