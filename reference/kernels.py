"""What kernels are made of: operands, promotion, fresh results, views.

A kernel gets Tensors and Python numbers and returns a Tensor, or a tuple of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dims as dim_rules
from tensorcanon.spec.rules import iteration, promotion
from tensorcanon.spec.rules import strides as stride_rules
from tensorcanon.spec.rules.broadcasting import NotBroadcastableError, broadcast_shapes

from . import dtypes, formats
from .casting import cast, number_array
from .dtypes import dtype
from .quiet import quiet
from .storage import Storage
from .tensor import Tensor

Array = np.ndarray[Any, Any]
Number = bool | int | float | complex
Operand = Tensor | Number
Shape = tuple[int, ...]

_OPERANDS = (Tensor, int, float, complex)


def as_operand(value: Any, name: str = "other", position: int = 2) -> Operand:
    """Return a tensor or Python number; NumPy scalars become Python numbers.

    Raises
    ------
    TypeError
        For anything else.
    """
    if isinstance(value, _OPERANDS):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return value.item()  # type: ignore[no-any-return]
    kind = type(value).__name__
    raise TypeError(f"argument '{name}' (position {position}) must be Tensor, not {kind}")


def as_operands(*values: Any) -> tuple[Operand, ...]:
    """Return values as tensors and Python numbers; TypeError for anything else."""
    return tuple([as_operand(value, position=place) for place, value in enumerate(values, start=1)])


def as_tensor(value: Any, name: str = "input") -> Tensor:
    """Return a tensor unchanged; TypeError for anything else."""
    if not isinstance(value, Tensor):
        raise TypeError(f"argument '{name}' (position 1) must be Tensor, not {type(value).__name__}")
    return value


def as_sizes(args: Sequence[Any]) -> tuple[int, ...]:
    """Return sizes given as ``(2, 3)``, ``((2, 3),)`` or ``(Size([2, 3]),)`` as a tuple of ints.

    Raises
    ------
    TypeError
        For a size that is not an integer.
    """
    if len(args) == 1 and isinstance(args[0], list | tuple):
        args = args[0]
    return tuple(as_int(size) for size in args)


def as_int(value: Any) -> int:
    """Return an integer argument; bools and floats raise TypeError, one-element integer tensors are taken."""
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    return int(value.__index__())


def wrap_dim(dim: Any, ndim: int) -> int:
    """Return a dimension counted from the front; IndexError outside the range."""
    return dim_rules.wrap_dim(as_int(dim), ndim)


def wrap_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """Return an int or several as dimensions counted from the front; all of them for None."""
    if dims is None:
        return tuple(range(ndim))
    given = dims if isinstance(dims, list | tuple) else (dims,)
    return dim_rules.wrap_dims([as_int(dim) for dim in given], ndim)


# Promotion and broadcasting.


def promoted(*operands: Operand) -> dtype:
    """Return the result type of an arithmetic operation."""
    kinds: list[Any] = [(o.dtype, len(o.shape) > 0) if isinstance(o, Tensor) else type(o) for o in operands]
    return _promoted(dtypes.get_default_dtype(), *kinds)


@functools.lru_cache(maxsize=4096)
def _promoted(default: dtype, *kinds: Any) -> dtype:
    """Return the type of operands given as type and whether there are dimensions, or as types of numbers."""
    seen = [promotion.Operand(k[0].rule, k[1]) if isinstance(k, tuple) else _zero(k) for k in kinds]
    return dtypes.of(promotion.result_type(*seen, default=default.rule))


def _zero(number: type[Number]) -> Number:
    return next(kind() for kind in (bool, int, float, complex) if issubclass(number, kind))


def to_floating(promoted_type: dtype) -> dtype:
    """Return the default type for an integer type or bool, other types unchanged."""
    return promoted_type if promoted_type.is_differentiable else dtypes.get_default_dtype()


@functools.lru_cache(maxsize=4096)
def broadcast(*shapes: Shape) -> Shape:
    """Return the common shape.

    Raises
    ------
    RuntimeError
        Naming the first pair of sizes from the back that disagree.
    """
    try:
        return broadcast_shapes(*shapes)
    except NotBroadcastableError:
        raise RuntimeError(_mismatch(shapes)) from None


def _mismatch(shapes: Sequence[Shape]) -> str:
    first = tuple(shapes[0])
    for other in shapes[1:]:
        ndim = max(len(first), len(other))
        a, b = ((1,) * (ndim - len(shape)) + tuple(shape) for shape in (first, other))
        for place in reversed(range(ndim)):
            if a[place] != b[place] and 1 not in (a[place], b[place]):
                return (
                    f"The size of tensor a ({a[place]}) must match the size of tensor b ({b[place]}) "
                    f"at non-singleton dimension {place}"
                )
        first = broadcast_shapes(first, other)
    raise AssertionError("the shapes do broadcast")


def elements(operand: Operand, common: dtype) -> Array:
    """Return an operand's elements in the type in which a common type is computed.

    A tensor is converted to the common type first; a Python number is not rounded twice.
    """
    if isinstance(operand, Tensor):
        own = operand.array
        return own if operand.dtype is common is common.compute else cast(cast(own, common), common.compute)
    return number_array(operand, common.compute)


def elementwise(
    function: Callable[..., Any],
    *operands: Any,
    common: dtype | None = None,
    floating: bool = False,
    result: dtype | None = None,
) -> Tensor:
    """Return a function of corresponding elements.

    Parameters
    ----------
    function : callable
        Takes one NumPy array per operand, already of one type and broadcastable, and returns an array.
    *operands : Tensor or number
        A number that torch does not turn into a tensor, as the exponent of ``pow``, belongs in `function`.
    common : dtype or None
        The type the operands are brought to; by default the promoted one.
    floating : bool
        Whether integers and bools become the default floating type first.
    result : dtype or None
        The type of the result, where it is not the common one, as for comparisons.
    """
    alike = _alike(operands)
    if not alike:
        operands = as_operands(*operands)
    if common is None:
        common = operands[0].dtype if alike else promoted(*operands)
    if floating:
        common = to_floating(common)
    shape = operands[0].shape if alike else broadcast(*[o.shape for o in operands if isinstance(o, Tensor)])
    values = np.asarray(quiet.run(function, *[elements(o, common) for o in operands]))
    if values.shape != shape:
        values = np.broadcast_to(values, shape)
    kind = result or common
    return _stored(cast(values, kind), kind) if alike else arranged(values, kind, *operands)


def _alike(operands: Sequence[Any]) -> bool:
    """Return whether operands are row-major tensors of one type and shape: most are."""
    first = operands[0]
    if not isinstance(first, Tensor) or first.strides != _row_major(first.shape):
        return False
    for one in operands[1:]:
        if not (
            isinstance(one, Tensor)
            and one.dtype is first.dtype
            and one.shape == first.shape
            and one.strides == first.strides
        ):
            return False
    return True


# Fresh tensors and views.


def fresh(array: Any, dtype: dtype | None = None) -> Tensor:
    """Return a new row-major tensor of an array's elements, converted to a type if one is given."""
    values = np.asarray(array)
    kind = dtype or dtypes.of_numpy(values.dtype)
    return _stored(cast(values, kind), kind)


def _stored(values: Array, kind: dtype) -> Tensor:
    flags = values.flags
    if not (flags.owndata and flags.carray):
        values = np.array(values, order="C")
    shape = values.shape
    return Tensor.make(Storage(values), shape, _row_major(shape), 0, kind)


_row_major = functools.lru_cache(maxsize=4096)(stride_rules.contiguous_strides)


def arranged(array: Array, dtype: dtype, *operands: Any) -> Tensor:
    """Return a new tensor of an array's elements, laid out as an elementwise result of the operands.

    A Python number counts as a zero-dim operand.
    """
    rows = _row_major(array.shape)
    if all(not isinstance(o, Tensor) or (o.strides == rows and o.shape == array.shape) for o in operands):
        return _stored(cast(array, dtype), dtype)
    windows = tuple((tuple(o.shape), o.strides) if isinstance(o, Tensor) else ((), ()) for o in operands)
    return with_strides(array, dtype, _layout(array.shape, windows))


@functools.lru_cache(maxsize=4096)
def _layout(shape: Shape, windows: tuple[iteration.Window, ...]) -> Shape | None:
    return iteration.elementwise_strides(shape, windows) if windows else None


def with_strides(array: Array, dtype: dtype, strides: Sequence[int] | None) -> Tensor:
    """Return a new tensor of an array's elements with dense strides; None means row-major."""
    if strides is None or stride_rules.is_contiguous(array.shape, strides):
        made = fresh(array, dtype)
        made.strides = made.strides if strides is None else tuple(strides)
        return made
    made = empty(array.shape, dtype, strides)
    made.places[...] = cast(array, dtype)
    return made


def empty(shape: Sequence[int], dtype: dtype, strides: Sequence[int] | None = None) -> Tensor:
    """Return a new tensor of unspecified elements (zeros)."""
    places = stride_rules.contiguous_strides(shape) if strides is None else tuple(strides)
    storage = Storage.empty(stride_rules.storage_size(shape, places) * dtype.itemsize)
    return Tensor.make(storage, shape, places, 0, dtype)


def strides_in(order: Any, shape: Sequence[int], strides: Sequence[int] | None = None) -> tuple[int, ...]:
    """Return the strides of a new tensor under a memory format.

    Raises
    ------
    RuntimeError
        Where a channels-last format does not fit the rank.
    """
    if order is formats.preserve_format and strides is not None:
        if stride_rules.is_dense(shape, strides):
            return tuple(strides)
        # torch keeps the order of the dimensions, where the documentation promises row-major strides.
        return iteration.elementwise_strides(tuple(shape), [(tuple(shape), tuple(strides))])
    for name, ndim in (("channels_last", 4), ("channels_last_3d", 5)):
        if order is getattr(formats, name):
            if len(shape) != ndim:
                raise RuntimeError(f"required rank {ndim} tensor to use {name} format")
            return stride_rules.channels_last_strides(shape)
    return stride_rules.contiguous_strides(shape)


def view_of(
    base: Tensor,
    shape: Sequence[int],
    strides: Sequence[int],
    offset: int,
    dtype: dtype | None = None,
) -> Tensor:
    """Return a window on a tensor's storage that shares its version counter."""
    made = Tensor.make(
        base.storage,
        shape,
        strides,
        offset,
        dtype or base.dtype,
        base=base if base.base is None else base.base,
        version=base.version,
    )
    made.conjugate, made.negated, made.inference = base.conjugate, base.negated, base.inference
    return made
