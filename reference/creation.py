"""Functions that make tensors of data, sizes or arrays. Sources: the pages of the functions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.rules import promotion
from tensorcanon.spec.rules.strides import contiguous_strides

from . import dtypes, formats
from .casting import cast, checked_number
from .determinism import settle
from .devices import checked, stacked, wanted
from .dispatch import op, ops
from .inference import array_of
from .kernels import as_sizes, fresh, strides_in
from .kernels import empty as uninitialised
from .size import Size
from .storage import Storage
from .tensor import Tensor

DType = dtypes.dtype
_GRAD_OF_INTEGERS = "Only Tensors of floating point and complex dtype can require gradients"
_READ_ONLY = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
    "writing to this tensor will result in undefined behavior."
)


def finished(made: Tensor, requires_grad: bool = False) -> Tensor:
    """Return a new tensor with its ``requires_grad`` set; RuntimeError for a type without gradients."""
    if requires_grad and not made.dtype.is_differentiable:
        raise RuntimeError(_GRAD_OF_INTEGERS)
    made.tracked = bool(requires_grad)
    return made


# Of data.


@op("tensor", method=False, raw=True)
def tensor(
    data: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Return a new tensor with a copy of the data; the type follows from the data unless given."""
    checked(device)
    values, kind = array_of(data, dtypes.given(dtype))
    return finished(fresh(np.array(values), kind), requires_grad)


@op("as_tensor", method=False, composite=True)
def as_tensor(data: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Return data as a tensor: a tensor itself, an array's memory shared, anything else copied."""
    shared = from_numpy(data) if isinstance(data, np.ndarray) else data
    if isinstance(shared, Tensor):
        place = shared.device if device is None and not stacked() else wanted(device)
        return ops._to(shared, place, dtype or shared.dtype)  # type: ignore[no-any-return]
    return ops.tensor(data, dtype=dtype, device=device)  # type: ignore[no-any-return]


@op("from_numpy", method=False, raw=True)
def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """Return a tensor that shares memory with an array.

    Raises
    ------
    TypeError
        For what is no array, and for element types that torch does not have.
    ValueError
        For negative strides and strides that are no multiple of the element size.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    kind = dtypes.of_numpy(ndarray.dtype)
    if any(stride < 0 for stride in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are "
            "not currently supported. (You can probably work around this by making a copy of your array "
            "with array.copy().)"
        )
    if any(stride % ndarray.itemsize for stride in ndarray.strides):
        raise ValueError("given numpy array strides not a multiple of the element byte size")
    if not ndarray.flags.writeable:
        warnings.warn(_READ_ONLY, UserWarning, stacklevel=4)
    strides = [stride // ndarray.itemsize for stride in ndarray.strides]
    return Tensor.make(Storage.of_array(ndarray), ndarray.shape, strides, 0, kind)


# Of sizes.


@dataclass(frozen=True)
class Options:
    """The keyword arguments that all functions of this kind take; unknown ones raise TypeError."""

    dtype: DType | None = None
    layout: Any = formats.strided
    device: Any = None
    requires_grad: bool = False
    pin_memory: bool = False
    memory_format: Any = None


def _sizes(size: tuple[Any, ...]) -> tuple[int, ...]:
    sizes = as_sizes(size)
    for one in sizes:
        if one < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {one}: {list(sizes)}")
    return sizes


def filled(
    sizes: tuple[Any, ...],
    value: Any,
    options: Options,
    kind: DType | None = None,
    like: Tensor | None = None,
) -> Tensor:
    """Return a new tensor of one value.

    Parameters
    ----------
    sizes : tuple
        As variadic arguments give them.
    value : number
    options : Options
    kind : dtype or None
        The type where the options name none; otherwise the default one.
    like : Tensor or None
        Whose layout to take under ``preserve_format``.
    """
    checked(options.device)
    kind = dtypes.given(options.dtype) or kind or dtypes.get_default_dtype()
    number = checked_number(value, kind)
    shape = _sizes(sizes)
    order = options.memory_format or (formats.contiguous_format if like is None else formats.preserve_format)
    made = uninitialised(shape, kind, strides_in(order, shape, None if like is None else like.strides))
    made.places[...] = number
    return finished(made, options.requires_grad)


@op("zeros", method=False, out=True, exact_out=True)
def zeros(*args: Any, size: Any = None, **options: Any) -> Tensor:
    """Return a tensor of zeros."""
    return filled(args if size is None else (size,), 0, Options(**options))


@op("ones", method=False, out=True, exact_out=True)
def ones(*args: Any, size: Any = None, **options: Any) -> Tensor:
    """Return a tensor of ones."""
    return filled(args if size is None else (size,), 1, Options(**options))


@op("empty", method=False, out=True, exact_out=True)
def empty(*args: Any, size: Any = None, **options: Any) -> Tensor:
    """Return a tensor of unspecified elements."""
    return settle(filled(args if size is None else (size,), 0, Options(**options)))


@op("empty_strided", method=False, raw=True)
def empty_strided(size: Any, stride: Any, **options: Any) -> Tensor:
    """Return a tensor of unspecified elements with these strides."""
    chosen = Options(**options)
    kind = dtypes.given(chosen.dtype) or dtypes.get_default_dtype()
    shape, strides = _sizes((size,)), as_sizes((stride,))
    if len(shape) != len(strides):
        raise RuntimeError(f"mismatch in length of strides and shape: {list(strides)} and {list(shape)}")
    checked(chosen.device)
    return finished(settle(uninitialised(shape, kind, strides)), chosen.requires_grad)


@op("empty_permuted", method=False, raw=True)
def empty_permuted(size: Any, physical_layout: Any, **options: Any) -> Tensor:
    """Return a tensor of unspecified elements whose dimensions lie in this order, outermost first."""
    shape, order = _sizes((size,)), as_sizes((physical_layout,))
    if sorted(order) != list(range(len(shape))):
        raise RuntimeError(f"physical_layout {list(order)} is no order of {len(shape)} dimensions")
    dense = contiguous_strides([shape[dim] for dim in order])
    return empty_strided(shape, [dense[order.index(dim)] for dim in range(len(shape))], **options)


@op("scalar_tensor", method=False)
def scalar_tensor(s: Any, **options: Any) -> Tensor:
    """Return a zero-dim tensor of a number, of the default type unless another is given."""
    return filled(((),), s, Options(**options))


@op("fill", method=False, convert=True)
def fill(input: Tensor, value: Any) -> Tensor:
    """Return one value everywhere, in the type and layout of ``input``."""
    made = uninitialised(
        input.shape, input.dtype, strides_in(formats.preserve_format, input.shape, input.strides)
    )
    return made.fill_(value)  # type: ignore[no-any-return]


@op("full", method=False, out=True, exact_out=True)
def full(size: Any, fill_value: Any, **options: Any) -> Tensor:
    """Return a tensor of one value, whose type it takes unless another is given.

    Raises
    ------
    TypeError
        Unless the size is a sequence.
    """
    if not isinstance(size, list | tuple):
        kind = type(size).__name__
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {kind}")
    value = plain_number(fill_value)
    own = promotion.number_dtype(value, dtypes.get_default_dtype().rule)
    return filled((size,), value, Options(**options), dtypes.of(own))


def plain_number(value: Any) -> Any:
    """Return a one-element tensor or NumPy scalar as a Python number."""
    return value.item() if isinstance(value, Tensor | np.generic) else value


# Like another tensor.


@op("zeros_like", method=False, differentiable=False)
def zeros_like(input: Tensor, **options: Any) -> Tensor:
    """Return zeros of a tensor's shape, type and dense strides."""
    return filled((input.shape,), 0, Options(**options), input.dtype, input)


@op("ones_like", method=False, differentiable=False)
def ones_like(input: Tensor, **options: Any) -> Tensor:
    """Return ones of a tensor's shape, type and dense strides."""
    return filled((input.shape,), 1, Options(**options), input.dtype, input)


@op("empty_like", method=False, differentiable=False)
def empty_like(input: Tensor, **options: Any) -> Tensor:
    """Return unspecified elements of a tensor's shape, type and dense strides."""
    return settle(filled((input.shape,), 0, Options(**options), input.dtype, input))


@op("full_like", method=False, differentiable=False)
def full_like(input: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """Return one value in a tensor's shape, type and dense strides."""
    return filled((input.shape,), plain_number(fill_value), Options(**options), input.dtype, input)


@op("new_zeros", function=False, differentiable=False)
def new_zeros(input: Tensor, *args: Any, size: Any = None, **options: Any) -> Tensor:
    """Return zeros of a tensor's type."""
    return filled(args if size is None else (size,), 0, Options(**options), input.dtype)


@op("new_ones", function=False, differentiable=False)
def new_ones(input: Tensor, *args: Any, size: Any = None, **options: Any) -> Tensor:
    """Return ones of a tensor's type."""
    return filled(args if size is None else (size,), 1, Options(**options), input.dtype)


@op("new_empty", function=False, differentiable=False)
def new_empty(input: Tensor, *args: Any, size: Any = None, **options: Any) -> Tensor:
    """Return unspecified elements of a tensor's type."""
    return settle(filled(args if size is None else (size,), 0, Options(**options), input.dtype))


@op("new_full", function=False, differentiable=False)
def new_full(input: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
    """Return one value of a tensor's type."""
    return filled((size,), plain_number(fill_value), Options(**options), input.dtype)


@op("new_tensor", raw=True, function=False)
def new_tensor(input: Tensor, data: Any, *, dtype: DType | None = None, **options: Any) -> Tensor:
    """Return a copy of data in a tensor's type."""
    return tensor(data, dtype=dtype or input.dtype, **options)


# The constructor.


def legacy(cls: type[Tensor], *args: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Return what ``torch.Tensor(...)`` makes: of data, or of sizes with unspecified elements.

    Raises
    ------
    TypeError
        For one float.
    """
    checked(device)
    kind = dtype or dtypes.get_default_dtype()
    if len(args) == 1 and not isinstance(args[0], Size) and not isinstance(args[0], int | np.integer):
        return _legacy_data(args[0], kind)
    return settle(uninitialised(_sizes(args or (0,)), kind))


def _legacy_data(data: Any, kind: DType) -> Tensor:
    if isinstance(data, Tensor):
        return data.detach()  # type: ignore[no-any-return]
    if isinstance(data, float | complex):
        raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
    values, _ = array_of(data, None if isinstance(data, np.ndarray) else kind)
    return fresh(np.array(cast(values, kind)), kind)
