"""Operations that return another window on the same storage. Source: ``tensor_view``.

What each makes of a window is stated in `tensorcanon.spec.rules.windows`, `reshaping` and `retyping`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tensorcanon.spec.rules import reshaping, retyping, windows
from tensorcanon.spec.rules.strides import storage_size
from tensorcanon.spec.rules.windows import Window

from . import dtypes
from .dispatch import op, ops
from .kernels import as_int, as_sizes, view_of
from .tensor import Tensor


def window_of(input: Tensor) -> Window:
    """Return where a tensor's elements lie."""
    return Window(tuple(input.shape), input.strides, input.offset, input.dtype.rule)


def shown(input: Tensor, window: Window) -> Tensor:
    """Return the view of a tensor's storage through a window."""
    return view_of(input, window.shape, window.strides, window.offset, dtypes.of(window.dtype))


def dims_of(value: Any) -> Any:
    """Return an int or a sequence of them as an int or a tuple; TypeError for anything else."""
    return tuple(as_int(dim) for dim in value) if isinstance(value, list | tuple) else as_int(value)


# Parts of a dimension.


@op("narrow", view=True)
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Return a window on ``length`` elements of a dimension, from ``start`` on."""
    if isinstance(start, Tensor) and (start.ndim or not start.dtype.is_integral):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    return shown(input, windows.narrow(window_of(input), as_int(dim), as_int(start), as_int(length)))


@op("select", view=True)
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Return a window on one place of a dimension, without the dimension."""
    return shown(input, windows.select(window_of(input), as_int(dim), as_int(index)))


@op("diagonal", view=True)
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a window on a diagonal of two dimensions, as a last dimension."""
    return shown(input, windows.diagonal(window_of(input), as_int(offset), as_int(dim1), as_int(dim2)))


@op("linalg.diagonal", composite=True)
def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return a window on the diagonals of the matrices of a batch."""
    return ops.diagonal(A, offset, dim1, dim2)  # type: ignore[no-any-return]


@op("unfold", view=True, function=False)
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Return a window on the runs of ``size`` elements, ``step`` apart, as a last dimension."""
    return shown(input, windows.unfold(window_of(input), as_int(dimension), as_int(size), as_int(step)))


@op("as_strided", view=True)
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Return any window on the storage; RuntimeError where it leaves the storage."""
    window = window_of(input)
    sizes, steps = as_sizes((size,)), as_sizes((stride,))
    room = input.storage.nbytes() // input.itemsize
    if input.numel() and not room:
        # A stand-in has no storage: its windows are only measured.
        room = storage_size(sizes, steps, storage_offset or 0)
    return shown(input, reshaping.as_strided(window, sizes, steps, storage_offset, room=room))


# The order and number of dimensions.


@op("transpose", "swapaxes", "swapdims", view=True)
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a window with two dimensions swapped."""
    return shown(input, windows.transpose(window_of(input), as_int(dim0), as_int(dim1)))


@op("permute", view=True, spread=True)
def permute(input: Tensor, dims: Any) -> Tensor:
    """Return a window with the dimensions in another order."""
    return shown(input, windows.permute(window_of(input), dims_of(dims)))


@op("movedim", "moveaxis", view=True)
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Return a window with some dimensions at new places, the rest in their order."""
    return shown(input, windows.movedim(window_of(input), dims_of(source), dims_of(destination)))


@op("t", view=True)
def t(input: Tensor) -> Tensor:
    """Return a window on a matrix transposed, on tensors of fewer dimensions as they are."""
    return shown(input, windows.t(window_of(input)))


@op("T", view=True, function=False, attribute=True)
def T(input: Tensor) -> Tensor:
    """Return a window with the dimensions reversed; a UserWarning unless the tensor is a matrix."""
    if input.ndim != 2:
        _warn_once(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated"
        )
    return shown(input, windows.reversed_dims(window_of(input)))


_warned: set[str] = set()


def _warn_once(message: str) -> None:
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, UserWarning, stacklevel=6)


@op("mT", view=True, function=False, attribute=True)
def mT(input: Tensor) -> Tensor:
    """Return a window with the last two dimensions swapped; RuntimeError for a vector."""
    return shown(input, windows.matrix_transpose(window_of(input)))


@op("adjoint", composite=True)
def adjoint(input: Tensor) -> Tensor:
    """Return the conjugate transposes of the matrices of a batch."""
    return ops.conj(input.mT)  # type: ignore[no-any-return]


op("mH", function=False, attribute=True, composite=True)(adjoint)


@op("H", function=False, attribute=True, composite=True)
def H(input: Tensor) -> Tensor:
    """Return the conjugate transpose of a matrix; RuntimeError for other tensors."""
    windows.hermitian(window_of(input))
    return ops.adjoint(input)  # type: ignore[no-any-return]


@op("squeeze", view=True)
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Return a window without the dimensions of size 1, or without those of them that are named."""
    return shown(input, windows.squeeze(window_of(input), None if dim is None else dims_of(dim)))


@op("unsqueeze", view=True)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Return a window with a dimension of size 1 at index ``dim``."""
    return shown(input, windows.unsqueeze(window_of(input), as_int(dim)))


# Other sizes and types.


@op("expand", view=True, function=False, spread=True)
def expand(input: Tensor, size: Any, *, implicit: bool = False) -> Tensor:
    """Return a window that repeats dimensions of size 1; -1 keeps a size."""
    return shown(input, reshaping.expand(window_of(input), as_sizes((size,))))


@op("expand_as", function=False, composite=True)
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a window expanded to the shape of another tensor."""
    return input.expand(other.shape)  # type: ignore[no-any-return]


@op("view", view=True, function=False, spread=True)
def view(input: Tensor, size: Any = None, dtype: dtypes.dtype | None = None) -> Tensor:
    """Return a window of another shape, the elements in their order, or on the same bytes as another type."""
    kind = size if isinstance(size, dtypes.dtype) else dtype
    if kind is None:
        return shown(input, reshaping.view(window_of(input), as_sizes((size,))))
    if input.conjugate and kind is not input.dtype:
        raise RuntimeError(
            "torch.Tensor.view is not supported for conjugate view tensors when converting to a different "
            "dtype."
        )
    return shown(input, retyping.view_dtype(window_of(input), kind.rule))


op("_unsafe_view", method=False, view=True, spread=True)(view)


@op("view_as", function=False, composite=True)
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Return a window of the shape of another tensor."""
    return input.view(other.shape)  # type: ignore[no-any-return]


@op("unflatten", view=True)
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """Return a window with one dimension split into several."""
    return shown(input, reshaping.unflatten(window_of(input), as_int(dim), as_sizes((sizes,))))


@op("detach", raw=True)
def detach(input: Tensor) -> Tensor:
    """Return a window on the same elements without history; it shares the version counter."""
    made = view_of(input, input.shape, input.strides, input.offset)
    made.base = None
    return made


# Complex numbers.


@op("real", view=True, attribute=True)
def real(input: Tensor) -> Tensor:
    """Return a window on the real parts; a real tensor itself."""
    if not input.dtype.is_complex:
        return input
    made = shown(input, retyping.real(window_of(input)))
    made.conjugate = False
    return made


@op("imag", view=True, attribute=True)
def imag(input: Tensor) -> Tensor:
    """Return a window on the imaginary parts; RuntimeError for a real tensor."""
    made = shown(input, retyping.imag(window_of(input)))
    made.conjugate, made.negated = False, input.negated != input.conjugate
    return made


@op("view_as_real", view=True, method=False)
def view_as_real(input: Tensor) -> Tensor:
    """Return a window on both parts, as a last dimension of size 2."""
    if input.conjugate:
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so "
            "you can view it as real, use self.resolve_conj()"
        )
    return shown(input, retyping.view_as_real(window_of(input)))


@op("view_as_complex", view=True, method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """Return a window on the pairs of a last dimension of size 2 as complex numbers."""
    return shown(input, retyping.view_as_complex(window_of(input)))


@op("conj", "_conj", view=True)
def conj(input: Tensor) -> Tensor:
    """Return a window that shows the conjugates; a real tensor itself."""
    if not input.dtype.is_complex:
        return input
    made = shown(input, window_of(input))
    made.conjugate = not input.conjugate
    return made


@op("resolve_conj", composite=True)
def resolve_conj(input: Tensor) -> Tensor:
    """Return the tensor itself, or the elements of a lazy conjugate in fresh storage."""
    return input.clone() if input.conjugate else input


@op("resolve_neg", composite=True)
def resolve_neg(input: Tensor) -> Tensor:
    """Return the tensor itself, or the elements of a lazy negative in fresh storage."""
    return input.clone() if input.negated else input


# In place: the tensor itself becomes the window.


def _becoming(name: str) -> Callable[..., Tensor]:
    def become(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        made = getattr(input.detach(), name)(*args, **kwargs)
        input.shape, input.strides, input.offset = made.shape, made.strides, made.offset
        input.version.count += 1
        return input

    become.__doc__ = f"Make the tensor what ``{name}`` returns."
    return become


for _name in ("squeeze", "unsqueeze", "transpose", "swapaxes", "swapdims", "t", "as_strided"):
    op(f"{_name}_", raw=True)(_becoming(_name))
