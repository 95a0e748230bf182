"""Outcomes that speak of tensors and their elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import accuracy
from .accuracy import Bound
from .comparison import array_text, describe, first_wrong, index_text, same_bits, same_plain
from .judged import Judged, Outcome
from .observation import Array, Observation, Plain, Seen, Several
from .rules import dtypes, strides
from .rules.dtypes import DType


@dataclass(frozen=True, eq=False)
class Structure(Judged):
    """A tensor of this type, shape and strides, whatever its elements; None leaves a property open.

    Attributes
    ----------
    dtype : DType or None
    shape : tuple of int or None
    strides : tuple of int or None
        Judged where a dimension has more than one element: elsewhere a stride addresses nothing.
    dense : bool
        The elements must fill a block of storage without gaps, in any order of dimensions.
    requires_grad : bool or None
    device : str or None
    """

    dtype: DType | None = None
    shape: tuple[int, ...] | None = None
    strides: tuple[int, ...] | None = None
    dense: bool = False
    requires_grad: bool | None = None
    device: str | None = None

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Seen):
            return f"a tensor was due, seen: {describe(seen)}"
        if self.dtype is not None and self.dtype is not seen.dtype:
            return f"dtype {seen.dtype}, due: {self.dtype}"
        if self.shape is not None and self.shape != seen.shape:
            return f"shape {seen.shape}, due: {self.shape}"
        if self.requires_grad is not None and self.requires_grad != seen.requires_grad:
            return f"requires_grad {seen.requires_grad}, due: {self.requires_grad}"
        if self.device is not None and self.device != seen.device:
            return f"device {seen.device}, due: {self.device}"
        return self._strides_refusal(seen)

    def _strides_refusal(self, seen: Seen) -> str | None:
        if seen.strides is None:
            return None
        if len(seen.strides) != len(seen.shape):
            return f"strides {seen.strides} of a tensor of shape {seen.shape}"
        if self.strides is not None and not strides.same_layout(seen.shape, seen.strides, self.strides):
            return f"strides {seen.strides}, due: {self.strides}"
        if self.dense and not strides.is_dense(seen.shape, seen.strides):
            return f"strides {seen.strides} leave gaps or overlap, due: a dense tensor"
        return None

    def __str__(self) -> str:
        facets = [
            f"{name}={getattr(self, name)}"
            for name in ("dtype", "shape", "strides", "requires_grad", "device")
            if getattr(self, name) is not None
        ]
        return "a tensor" + (f" of {', '.join(facets)}" if facets else "") + (", dense" * self.dense)


@dataclass(frozen=True, eq=False)
class Exactly(Judged):
    """One value: a tensor bit for bit, or a Python value of the same type.

    Attributes
    ----------
    value : ndarray or object
        An array stands for a tensor of its shape and type. NaN equals NaN: payloads are unspecified.
    strides, dense, requires_grad, device
        As in `Structure`.
    where : ndarray of bool or None
        The elements that are specified; None means all.
    signed_zero : bool
        Whether +0 and -0 differ.
    """

    value: Any
    strides: tuple[int, ...] | None = None
    dense: bool = False
    requires_grad: bool | None = None
    device: str | None = None
    where: Array | None = None
    signed_zero: bool = True

    def refusal(self, seen: Observation) -> str | None:
        if not isinstance(self.value, np.ndarray):
            return self._plain_refusal(seen)
        reason = self._structure.refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        if self.value.tobytes() == seen.value.tobytes():
            return None
        wrong = ~same_bits(self.value, seen.value, signed_zero=self.signed_zero)
        if self.where is not None:
            wrong &= self.where
        return None if not wrong.any() else first_wrong(wrong, self.value, seen.value)

    @property
    def _structure(self) -> Structure:
        return Structure(
            dtypes.of_array(self.value),
            self.value.shape,
            self.strides,
            self.dense,
            self.requires_grad,
            self.device,
        )

    def _plain_refusal(self, seen: Observation) -> str | None:
        if not isinstance(seen, Plain):
            return f"{self.value!r} was due, seen: {describe(seen)}"
        return None if same_plain(self.value, seen.value) else f"{seen.value!r}, due: {self.value!r}"

    def __str__(self) -> str:
        if not isinstance(self.value, np.ndarray):
            return repr(self.value)
        open_places = "" if self.where is None else f", {int((~self.where).sum())} elements unspecified"
        return f"{array_text(self.value)}, {self._structure}{open_places}"


@dataclass(frozen=True, eq=False)
class Within(Judged):
    """Floating or complex values near the exact ones.

    Attributes
    ----------
    value : ndarray
        The exact values in a wider type.
    bound : Bound
        How far either part of an element may lie from its exact value.
    dtype : DType
    strides, dense, where, signed_zero
        As in `Exactly`; a zero's sign is judged where the exact value is a zero.
    """

    value: Array
    bound: Bound
    dtype: DType
    strides: tuple[int, ...] | None = None
    dense: bool = False
    where: Array | None = None
    signed_zero: bool = True

    def refusal(self, seen: Observation) -> str | None:
        reason = self._structure.refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        error, place = self.error(seen)
        if error > self.bound.limit:
            return (
                f"{error:.4g} {self.bound.unit} off at {index_text(place, self.value.shape)} "
                f"(at most {self.bound.limit:.4g}): {seen.value.reshape(-1)[place]}, "
                f"due: {self.value.reshape(-1)[place]}"
            )
        return self._sign_refusal(seen.value)

    def error(self, seen: Seen) -> tuple[float, int | None]:
        """Return the largest distance in the unit of the bound and the flat index where it is."""
        assert seen.value is not None
        exact, got = self._comparable(seen.value)
        if self.where is not None:
            exact, got = np.where(self.where, exact, 0), np.where(self.where, got, 0)
        parts = ((exact.real, got.real), (exact.imag, got.imag)) if self.dtype.is_complex else ((exact, got),)
        measured = [accuracy.largest_distance(self.bound, e, g, self.dtype) for e, g in parts]
        return max(measured, key=lambda pair: pair[0])

    def _comparable(self, seen: Array) -> tuple[Array, Array]:
        """Return the exact and the seen elements in one type, wide enough to measure distances in."""
        got = accuracy.widened(seen)
        return self.value.astype(np.promote_types(self.value.dtype, got.dtype), copy=False), got

    def _sign_refusal(self, got: Array) -> str | None:
        if not self.signed_zero or self.dtype.is_complex:
            return None
        exact, got = self._comparable(got)
        wrong = (exact == 0) & (np.signbit(exact) != np.signbit(got))
        if self.where is not None:
            wrong &= self.where
        return None if not wrong.any() else first_wrong(wrong, exact, got)

    @property
    def _structure(self) -> Structure:
        return Structure(self.dtype, self.value.shape, self.strides, self.dense)

    def __str__(self) -> str:
        return f"{array_text(self.value)} within {self.bound.limit:g} {self.bound.unit}, {self._structure}"


@dataclass(frozen=True, eq=False)
class Between(Judged):
    """Real values of which each lies in a range, both ends included.

    Attributes
    ----------
    low, high : float
    dtype : DType
    shape : tuple of int
    strides : tuple of int or None
        As in `Structure`.
    """

    low: float
    high: float
    dtype: DType
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None

    def refusal(self, seen: Observation) -> str | None:
        reason = Structure(self.dtype, self.shape, self.strides).refusal(seen)
        if reason is not None or not isinstance(seen, Seen) or seen.value is None:
            return reason
        wide = accuracy.widened(seen.value)
        wrong = ~((wide >= self.low) & (wide <= self.high))
        if not wrong.any():
            return None
        place = int(np.flatnonzero(wrong)[0])
        value = seen.value.reshape(-1)[place]
        return f"{value} at {index_text(place, self.shape)}, due: from {self.low} to {self.high}"

    def __str__(self) -> str:
        return f"values from {self.low} to {self.high}, {Structure(self.dtype, self.shape, self.strides)}"


@dataclass(frozen=True, eq=False)
class Satisfies(Judged):
    """Results that fulfil equations, where these determine no single result, as of a factorisation.

    Attributes
    ----------
    structure : Outcome
        A `Structure`, or an `Each` of them.
    residuals : callable
        Takes the elements of each tensor, in order, and returns by equation how far it is from holding: in
        units of its bound, infinity where it does not hold to any degree.
    dtype : DType
        The type in whose rounding errors a residual counts.
    limit : float
        The largest residual allowed.
    unit : str
    """

    structure: Outcome
    residuals: Callable[..., Mapping[str, float]]
    dtype: DType
    limit: float
    unit: str = "eps of the norms"

    def refusal(self, seen: Observation) -> str | None:
        reason = self.structure.refusal(seen)
        values = _elements(seen)
        if reason is not None or values is None:
            return reason
        for equation, residual in self.residuals(*values).items():
            if not residual <= self.limit:
                return f"{equation}: {residual:.4g} {self.unit} off (at most {self.limit:.4g})"
        return None

    def error(self, seen: Observation) -> tuple[float, None]:
        """Return the largest residual; the place is that of no element."""
        values = _elements(seen)
        return (0.0 if values is None else max(self.residuals(*values).values(), default=0.0)), None

    def __str__(self) -> str:
        return f"{self.structure}, its equations within {self.limit:g} {self.unit}"


def _elements(seen: Observation) -> list[Array] | None:
    """Return the elements of each tensor seen, None where one shows none."""
    items = seen.items if isinstance(seen, Several) else (seen,)
    values = [item.value for item in items if isinstance(item, Seen) and item.value is not None]
    return values if len(values) == len(items) else None
