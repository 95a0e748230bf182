"""The typed constructors ``torch.FloatTensor`` and so on, and their names. Source: ``tensors#data-types``."""

from __future__ import annotations

from typing import Any

from . import dtypes
from .tensor import Tensor


class TensorType(type):
    """The type of the typed constructors: called, they make tensors; a tensor of theirs is an instance."""

    kind: dtypes.dtype

    def __call__(cls, *args: Any, **options: Any) -> Any:
        from .creation import legacy

        return legacy(Tensor, *args, dtype=cls.kind, **options)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.kind

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _typed(kind: dtypes.dtype) -> TensorType:
    return TensorType(f"{kind.scalar_name}Tensor", (), {"kind": kind, "dtype": kind})


TYPES = {f"{kind.scalar_name}Tensor": _typed(kind) for kind in dtypes.ALL}


def kind_of(name: Any) -> dtypes.dtype:
    """Return the dtype of a dtype, a typed constructor or its name.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(name, dtypes.dtype):
        return name
    if isinstance(name, TensorType):
        return name.kind
    found = TYPES.get(str(name).removeprefix("torch."))
    if found is None:
        raise ValueError(f"invalid type: '{getattr(name, '__name__', name)}'")
    return found.kind


def type_name(tensor: Tensor) -> str:
    """Return the name of the typed constructor of a tensor's type."""
    return f"torch.{tensor.dtype.scalar_name}Tensor"
