"""Questions about tensors and types. Source: ``tensor_attributes#type-promotion-doc``."""

from __future__ import annotations

from typing import Any

from tensorcanon.spec.rules import promotion

from . import dtypes
from .dispatch import op
from .kernels import as_operand, as_tensor
from .kernels import promoted as promoted_type
from .storage import Storage
from .tensor import Tensor


def _as_dtype(value: Any, function: str, name: str) -> dtypes.dtype:
    if not isinstance(value, dtypes.dtype):
        kind = type(value).__name__
        raise TypeError(f"{function}(): argument '{name}' (position 1) must be torch.dtype, not {kind}")
    return value


@op("result_type", method=False, raw=True)
def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """Return the type of an arithmetic result of two tensors or numbers."""
    return promoted_type(as_operand(tensor1, "tensor1", 1), as_operand(tensor2, "tensor2"))


@op("promote_types", method=False, raw=True)
def promote_types(type1: dtypes.dtype, type2: dtypes.dtype) -> dtypes.dtype:
    """Return the smallest type of the higher category that holds both."""
    one, two = _as_dtype(type1, "promote_types", "type1"), _as_dtype(type2, "promote_types", "type2")
    return dtypes.of(promotion.promote_types(one.rule, two.rule))


@op("can_cast", method=False, raw=True)
def can_cast(from_: dtypes.dtype, to: dtypes.dtype) -> bool:
    """Return whether results of one type may be written to another: the category may not sink."""
    source, target = _as_dtype(from_, "can_cast", "from_"), _as_dtype(to, "can_cast", "to")
    return promotion.can_cast(source.rule, target.rule)


def is_tensor(obj: Any) -> bool:
    """Return whether an object is a tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Return whether an object is a storage."""
    return isinstance(obj, Storage)


def numel(input: Tensor) -> int:
    """Return the number of elements."""
    return as_tensor(input).numel()


def is_floating_point(input: Tensor) -> bool:
    """Return whether the elements are floating-point numbers."""
    return as_tensor(input).dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Return whether the elements are complex numbers."""
    return as_tensor(input).dtype.is_complex


def is_signed(input: Tensor) -> bool:
    """Return whether the elements can be negative."""
    return as_tensor(input).dtype.is_signed


def is_conj(input: Tensor) -> bool:
    """Return whether the tensor is a lazy conjugate."""
    return as_tensor(input).conjugate


def is_neg(input: Tensor) -> bool:
    """Return whether the tensor is a lazy negative."""
    return as_tensor(input).negated


def is_inference(input: Tensor) -> bool:
    """Return whether the tensor was made in inference mode."""
    return as_tensor(input).inference


@op("is_nonzero", raw=True)
def is_nonzero(input: Tensor) -> bool:
    """Return whether the one element is not zero."""
    return bool(as_tensor(input))


@op("is_same_size", raw=True)
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Return whether two tensors have one shape."""
    return as_tensor(input).shape == as_tensor(other).shape
