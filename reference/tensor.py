"""``torch.Tensor``: a typed, strided window on a storage.

Methods that are operations are put on the class by `dispatch`, operators by `operators`; here is what a
tensor is. Sources: ``tensors``, ``tensor_view``, ``tensor_attributes``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorcanon.spec.rules.dims import wrap_dim

from . import casting, devices, dtypes, formats
from .size import Size
from .state import state
from .storage import Storage, Version

Array = np.ndarray[Any, Any]


_new = object.__new__


class Tensor:
    """A window on a storage.

    Attributes
    ----------
    storage : Storage
    offset : int
        In elements.
    shape : Size
    strides : tuple of int
        In elements.
    dtype : dtype
    version : Version
        Shared by the base, its views and what `detach` returns.
    base : Tensor or None
        The tensor that owns the history a view follows; never a view itself.
    conjugate, negated : bool
        The elements are the conjugates, the negatives, of those stored.
    node : Node or None
        What made the tensor, as recorded; read it through `grad_fn`.
    inference : bool
        Made under `inference_mode`.
    tracked : bool
        A leaf whose gradients are wanted.
    mapped : int
        How many mappings the tensor is a slice of; see `autograd.mapping`.
    tangent : tuple or None
        The level of forward mode and the tangent.
    origin : str or None
        Why a view must not be written to while recording: ``no_grad``, or the op of several views.
    output_number, seen_version : int
        Which output of the node the tensor is, and the version at which a view's node was made.
    """

    # Shown by `type`: programs that print it see torch's own name.
    __module__ = "torch"
    __array_priority__ = 1000

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        requires_grad: bool
        grad: Tensor | None
        __getitem__: Any
        __setitem__: Any
        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __neg__: Any
        __invert__: Any
        __and__: Any
        __or__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __eq__: Any
        __ne__: Any

    def __new__(cls, *args: Any, **options: Any) -> Any:
        from .creation import legacy

        return legacy(cls, *args, **options)

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    @staticmethod
    def make(
        storage: Storage,
        shape: Sequence[int],
        strides: Sequence[int],
        offset: int,
        dtype: dtypes.dtype,
        *,
        base: Tensor | None = None,
        version: Version | None = None,
        cls: type[Tensor] | None = None,
    ) -> Tensor:
        """Return a tensor on a storage, without history."""
        made: Tensor = _new(cls or Tensor)
        made.storage = storage
        made.shape = Size(shape)
        made.strides = tuple(strides)
        made.offset = offset
        made.dtype = dtype
        if version is not None:
            made.version = version
        if base is not None:
            made.base = base
        if state.inference:
            made.inference = True
        return made

    storage: Storage
    offset: int
    shape: Size
    strides: tuple[int, ...]
    dtype: dtypes.dtype
    # What most tensors never differ in.
    inference: bool = False
    base: Tensor | None = None
    conjugate: bool = False
    negated: bool = False
    tracked: bool = False
    origin: str | None = None
    output_number: int = 0
    seen_version: int = 0
    node: Any = None
    _leaf_node: Any = None
    _grad: Tensor | None = None
    mapped = 0
    tangent: Any = None
    # The window that `places` was made for, and what it made.
    _places: tuple[Any, ...] = (None,) * 6

    @cached_property
    def version(self) -> Version:
        return Version()

    # The elements.

    @property
    def places(self) -> Array:
        """The stored elements as a writable NumPy view, whatever `conjugate` and `negated` say."""
        block, shape, strides, offset, dtype, places = self._places
        if (
            block is self.storage.block
            and shape is self.shape
            and strides is self.strides
            and offset is self.offset
            and dtype is self.dtype
        ):
            return places  # type: ignore[no-any-return]
        return self._find_places()

    def _find_places(self) -> Array:
        if len(self.shape) > 64:
            raise RuntimeError("only tensors with up to 64 dims are supported")
        if 0 in self.shape:
            return np.empty(self.shape, self.dtype.numpy)
        block, size = self.storage.block, self.dtype.itemsize
        strides = tuple([stride * size for stride in self.strides])
        places = np.ndarray(self.shape, self.dtype.numpy, block, self.offset * size, strides)
        self._places = (block, self.shape, self.strides, self.offset, self.dtype, places)
        return places

    @property
    def array(self) -> Array:
        """The elements as a NumPy array: a writable view of the storage unless a conjugate or negative."""
        places = self.places
        if self.conjugate:
            places = np.conj(places)
        return np.negative(places) if self.negated else places

    def write(self, values: Array) -> None:
        """Store elements, converted to the tensor's type, and count the write."""
        values = casting.cast(np.asarray(values), self.dtype)
        if self.negated:
            values = np.negative(values)
        if self.conjugate:
            values = np.conj(values)
        self.places[...] = values
        self.version.count += 1

    # Properties of the window.

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension."""
        return self.shape if dim is None else self.shape[wrap_dim(dim, self.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """Return the strides, or that of one dimension."""
        return self.strides if dim is None else self.strides[wrap_dim(dim, self.ndim)]

    def storage_offset(self) -> int:
        return self.offset

    def untyped_storage(self) -> Storage:
        return self.storage

    def data_ptr(self) -> int:
        """Return the address of the first element, 0 where there is none."""
        return self.storage.data_ptr() + self.offset * self.dtype.itemsize if self.numel() else 0

    def numel(self) -> int:
        return math.prod(self.shape)

    nelement = numel

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def dim(self) -> int:
        return len(self.shape)

    ndimension = dim

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    def element_size(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.numel() * self.dtype.itemsize

    @property
    def device(self) -> devices.device:
        return self.storage.device

    def get_device(self) -> int:
        return -1

    @property
    def layout(self) -> formats.layout:
        return formats.strided

    is_cuda = is_sparse = is_quantized = is_mps = is_xpu = is_mkldnn = False

    @property
    def is_cpu(self) -> bool:
        return self.storage.device.type == "cpu"

    @property
    def is_meta(self) -> bool:
        return self.storage.device.type == "meta"

    def is_contiguous(self, memory_format: formats.memory_format = formats.contiguous_format) -> bool:
        """Return whether the elements lie in the order of a memory format, without gaps."""
        return formats.lies_in(memory_format, self.shape, self.strides)

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_conj(self) -> bool:
        return self.conjugate

    def is_neg(self) -> bool:
        return self.negated

    def is_inference(self) -> bool:
        return self.inference

    def is_pinned(self) -> bool:
        return False

    def is_set_to(self, tensor: Tensor) -> bool:
        """Return whether both are the same window on the same storage."""
        return (
            self.storage is tensor.storage
            and self.dtype is tensor.dtype
            and (self.offset, self.shape, self.strides) == (tensor.offset, tensor.shape, tensor.strides)
        )

    @property
    def _version(self) -> int:
        if self.inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.version.count

    @property
    def _base(self) -> Tensor | None:
        return self.base

    def _is_view(self) -> bool:
        return self.base is not None

    # Python's protocols.

    def item(self) -> Any:
        """Return the one element as a Python number; RuntimeError where there are more or none."""
        if self.numel() != 1:
            raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
        if self.is_meta:
            raise RuntimeError("Tensor.item() cannot be called on meta tensors")
        if state.mapping:
            from .autograd.mapping import check_number

            check_number(self)
        return casting.plain(self.array.reshape(()))

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers, a number for a zero-dim tensor."""
        if self.is_meta:
            raise NotImplementedError(devices.NO_DATA)
        return casting.plain(self.array)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __bool__(self) -> bool:
        if self.numel() == 0:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        if self.numel() > 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self.item())

    def _single(self) -> Any:
        if self.numel() != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def __int__(self) -> int:
        return int(self._single())

    def __float__(self) -> float:
        return float(self._single())

    def __complex__(self) -> complex:
        return complex(self._single())

    def __index__(self) -> int:
        if self.numel() != 1 or not (self.dtype.is_integral or self.dtype.rule.name == "bool"):
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, Tensor | int | float | complex):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self == element).any().item())

    def __format__(self, spec: str) -> str:
        if self.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        from .printing import tensor_text

        return tensor_text(self) if tensor_contents is None else tensor_contents

    def __hash__(self) -> int:
        return id(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        values: Array = self.numpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    def numpy(self, *, force: bool = False) -> Array:
        """Return the elements as an array that shares memory with the tensor.

        Raises
        ------
        RuntimeError
            Where the tensor requires gradients or is a lazy conjugate or negative, unless forced.
        TypeError
            For a type that NumPy itself does not have, and for a tensor on another device unless forced.
        NotImplementedError
            For a tensor without data, forced.
        """
        if self.is_meta and force:
            raise NotImplementedError(devices.NO_DATA)
        if not force:
            _check_numpy(self)
        if self.dtype.rule.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "complex32"):
            raise TypeError(f"Got unsupported ScalarType {self.dtype.scalar_name}")
        # The array is the caller's to reshape in place.
        return self.array.view()


def _check_numpy(tensor: Tensor) -> None:
    if not tensor.is_cpu:
        raise TypeError(
            f"can't convert {tensor.device} device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first."
        )
    if tensor.requires_grad:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    lazy = {"conjugate": ("conj", tensor.conjugate), "negative": ("neg", tensor.negated)}
    for name, (short, flag) in lazy.items():
        if flag:
            raise RuntimeError(
                f"Can't call numpy() on Tensor that has {name} bit set. "
                f"Use tensor.resolve_{short}().numpy() instead."
            )
