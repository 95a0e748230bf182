"""A row of the op table, and the outcome that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np

from ..accuracy import Array, widened
from ..outcome import Exactly, Outcome, Within
from ..rules import dtypes, promotion
from ..rules.broadcasting import Shape, broadcast_shapes
from ..rules.dtypes import DType
from ..rules.promotion import Number
from .bounds import Bounding, ieee

Form = Literal["method", "inplace", "out", "inplace keyword"]

FUNCTION: frozenset[Form] = frozenset()
METHOD: frozenset[Form] = frozenset({"method"})
OUT: frozenset[Form] = frozenset({"out"})
METHOD_OUT: frozenset[Form] = frozenset({"method", "out"})
ALL: frozenset[Form] = frozenset({"method", "inplace", "out"})
# A function of torch.nn.functional that writes into its input when called with ``inplace=True``.
KEYWORD: frozenset[Form] = frozenset({"inplace keyword"})

Value = Array | Number


@dataclass(frozen=True, eq=False)
class Op:
    """One elementwise operation.

    Attributes
    ----------
    name : str
        The function below ``torch``.
    exact : callable
        The function on NumPy arrays of the type the operands are brought to: integers as they are stored
        (wrapping around), floating numbers wider than they are stored, or for `ieee` rows in the format in
        which torch computes.
    dtypes : tuple of DType
        The types every operand may have.
    operands : int
    computes : {"common", "floating", "double"}
        The type the operands are brought to: the promoted one; that, with integers and bools made the default
        floating type; the widest of its category.
    gives : {"common", "real", "bool"}
        The type of the result, seen from there.
    bound : Bounding
        How far a result may lie from the exact one.
    kinds : tuple of str
        The kind of values each operand is drawn from.
    defined : callable or None
        Where the documentation says what the result is; takes what `exact` takes.
    signed_zero : bool
        Whether the sign of a zero is specified.
    promotes : bool
        Whether operands of different types are accepted.
    numbers : tuple of number
        Python numbers tried in the place of the last operand.
    forms : frozenset of Form
        The forms besides the function.
    operator : str
        The function of the module ``operator``, empty where there is none.
    aliases : tuple of str
    arguments : mapping
        Keyword arguments that this row passes.
    variant : str
        Tells several rows of one function apart.
    plain : bool
        Whether the result is laid out as the operands are, as one loop over them gives it.
    """

    name: str
    exact: Callable[..., Any]
    dtypes: tuple[DType, ...]
    operands: int = 1
    computes: Literal["common", "floating", "double"] = "common"
    gives: Literal["common", "real", "bool"] = "common"
    bound: Bounding = ieee
    kinds: tuple[str, ...] = ("any",)
    defined: Callable[..., Any] | None = None
    signed_zero: bool = True
    promotes: bool = True
    numbers: tuple[Number, ...] = ()
    forms: frozenset[Form] = ALL
    operator: str = ""
    aliases: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""
    plain: bool = True

    @property
    def label(self) -> str:
        """The name of the row."""
        return self.name.removeprefix("nn.functional.") + (f".{self.variant}" if self.variant else "")

    @property
    def call(self) -> str:
        """The name a backend is called with."""
        return f"torch.{self.name}"

    @property
    def is_exact(self) -> bool:
        """Whether results are determined to the last bit."""
        return self.bound is ieee

    def kind(self, place: int) -> str:
        """The kind of values of an operand."""
        return self.kinds[min(place, len(self.kinds) - 1)]

    def common(self, *operands: Value) -> DType:
        """Return the type the operands are brought to.

        Raises
        ------
        NoPromotionError
        """
        return _common(self.computes, *map(_seen, operands))

    def result(self, *operands: Value) -> DType:
        """Return the type of the result."""
        return self.given_from(self.common(*operands))

    def given_from(self, common: DType) -> DType:
        """Return the type of a result of operands brought to a type."""
        if self.gives == "bool":
            return dtypes.bool_
        return dtypes.real_of(common) if self.gives == "real" and common.is_complex else common

    def __str__(self) -> str:
        return self.label


def shape_of(*operands: Value) -> Shape:
    """Return the broadcast shape of arrays and numbers."""
    return broadcast_shapes(*(np.shape(value) for value in operands))


def value_outcome(op: Op, *operands: Value, into: DType | None = None) -> Outcome:
    """Return what an operation allows for the elements of its result.

    Parameters
    ----------
    op : Op
    *operands : ndarray or number
    into : DType or None
        The type the result is converted to, where it is written into a tensor that exists.
    """
    common = op.common(*operands)
    result = op.given_from(common)
    written = result if into is None else into
    with np.errstate(all="ignore"):
        given = prepared(op, *operands)
        exact = np.asarray(op.exact(*given))
        shape = shape_of(*operands)
        if exact.shape != shape:
            exact = np.broadcast_to(exact, shape)
        where = _where(op, result, exact, given)
        bound = None if op.is_exact else op.bound(written, exact, *given)
        if bound is None:
            return Exactly(_rounded(exact, written), where=where, signed_zero=op.signed_zero)
    return Within(exact, bound, written, where=where, signed_zero=op.signed_zero)


def prepared(op: Op, *operands: Value) -> list[Array]:
    """Return operands in the types in which the function `exact` of an operation takes them."""
    common = op.common(*operands)
    with np.errstate(all="ignore"):
        values = [_brought(value, common) for value in operands]
        return [_computable(value) if op.is_exact else widened(value) for value in values]


def converted(array: Array, dtype: DType) -> Array:
    """Return an array rounded or wrapped into a type."""
    with np.errstate(all="ignore"):
        return np.asarray(_rounded(array, dtype))


def _rounded(array: Array, dtype: DType) -> Array:
    return array if array.dtype == dtype.storage else array.astype(dtype.storage)


# Every law of every example asks for these few: they are worked out once.
_tensor = cache(promotion.Operand)
_NUMBERS: dict[type, Number] = {bool: True, int: 1, float: 1.0, complex: 1j}


def _seen(value: Value) -> promotion.Operand | Number:
    """Return what promotion looks at: of a number, its kind only."""
    if isinstance(value, np.ndarray):
        return _tensor(dtypes.of_array(value), min(value.ndim, 1))
    return _NUMBERS[type(value)]


@lru_cache(maxsize=None, typed=True)
def _common(computes: str, *operands: promotion.Operand | Number) -> DType:
    promoted = promotion.result_type(*operands)
    if computes == "double":
        return dtypes.complex128 if promoted.is_complex else dtypes.float64
    if computes == "floating" and promoted.format is None:
        return dtypes.float32
    return promoted


def _brought(value: Value, common: DType) -> Array:
    if isinstance(value, np.ndarray):
        return _rounded(value, common)
    if isinstance(value, int) and common.is_integral:
        value = int(np.uint64(value & (2**64 - 1)).astype(common.storage))
    return _rounded(np.asarray(value), common)


def _computable(value: Array) -> Array:
    """The 16-bit floating types are computed in float32 and rounded once."""
    narrow = dtypes.of_array(value) in (dtypes.float16, dtypes.bfloat16)
    return value.astype(np.float32) if narrow else value


def _where(op: Op, result: DType, exact: Array, given: list[Array]) -> Array | None:
    where: Array | None = None
    if op.defined is not None:
        where = np.broadcast_to(op.defined(*given), exact.shape)
    if op.is_exact or result.format is None:
        return where
    # Near the largest number an intermediate result may overflow where the result itself does not.
    size = np.abs(exact)
    largest = size.dtype.type(2) ** result.format.emax
    safe = ~(size > largest / 32) | (size >= 2 * largest)
    where = safe if where is None else np.asarray(where & safe)
    if not any(value.dtype.kind == "c" for value in given):
        return where
    # The documentation says nothing of complex infinities.
    moderate: Array = where & np.isfinite(exact)
    for value in given:
        size = np.maximum(np.abs(value.real), np.abs(value.imag))
        moderate = moderate & ((size == 0) | ((size > 1e-6) & (size < 1e4)))
    return moderate
