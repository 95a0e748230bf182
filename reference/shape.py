"""Other shapes of the same elements, and pieces. Sources: ``tensor_view`` and the pages of the functions."""

from __future__ import annotations

from typing import Any

from tensorcanon.spec.rules import dims, pieces, reshaping, windows

from .dispatch import op, ops
from .formats import contiguous_format
from .kernels import as_int, as_sizes
from .tensor import Tensor
from .views import dims_of, shown, window_of

Pieces = tuple[Tensor, ...]


@op("reshape", composite=True, spread=True)
def reshape(input: Tensor, shape: Any) -> Tensor:
    """Return a view of another shape where one is possible, otherwise a copy in row-major order."""
    sizes = reshaping.sizes_for(as_sizes((shape,)), input.numel())
    if reshaping.viewable(window_of(input), sizes):
        return input.view(sizes)  # type: ignore[no-any-return]
    return ops._unsafe_view(input.clone(memory_format=contiguous_format), sizes)  # type: ignore[no-any-return]


@op("reshape_as", function=False, composite=True)
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in the shape of another."""
    return input.reshape(other.shape)  # type: ignore[no-any-return]


@op("flatten", composite=True)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return the tensor with a range of dimensions merged; itself where that is one dimension."""
    sizes = reshaping.merged(tuple(input.shape), as_int(start_dim), as_int(end_dim))
    if input.ndim and dims.wrap_dim(start_dim, input.ndim) == dims.wrap_dim(end_dim, input.ndim):
        return input
    return input.reshape(sizes)  # type: ignore[no-any-return]


@op("ravel", composite=True)
def ravel(input: Tensor) -> Tensor:
    """Return the elements in one contiguous dimension; a copy only where the tensor is not contiguous."""
    return input.contiguous().view(-1)  # type: ignore[no-any-return]


def _at_least(ndim: int, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) != 1 or isinstance(tensors[0], list | tuple):
        every = tensors[0] if len(tensors) == 1 else tensors
        return tuple(_at_least(ndim, (one,)) for one in every)
    (input,) = tensors
    if input.ndim >= ndim:
        return input
    return input.view(reshaping.at_least(ndim, tuple(input.shape)))


@op("atleast_1d", method=False, composite=True)
def atleast_1d(*tensors: Any) -> Any:
    """Return tensors with at least one dimension."""
    return _at_least(1, tensors)


@op("atleast_2d", method=False, composite=True)
def atleast_2d(*tensors: Any) -> Any:
    """Return tensors with at least two dimensions; vectors become rows."""
    return _at_least(2, tensors)


@op("atleast_3d", method=False, composite=True)
def atleast_3d(*tensors: Any) -> Any:
    """Return tensors with at least three dimensions; vectors become (1, n, 1)."""
    return _at_least(3, tensors)


# Pieces.


def _views(input: Tensor, every: pieces.Pieces) -> Pieces:
    return tuple(shown(input, window) for window in every)


def _numbers(value: Any) -> Any:
    """Return a number of pieces, or lengths or indices, which may be a tensor."""
    return dims_of(value.tolist()) if isinstance(value, Tensor) else dims_of(value)


@op("split", view=True)
def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> Pieces:
    """Return views of one length, the last perhaps shorter, or of the lengths given."""
    return _views(input, pieces.split(window_of(input), _numbers(split_size_or_sections), as_int(dim)))


@op("split_with_sizes", view=True)
def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> Pieces:
    """Return views of the lengths given."""
    return _views(input, pieces.split_with_sizes(window_of(input), _numbers(split_sizes), as_int(dim)))


@op("chunk", view=True)
def chunk(input: Tensor, chunks: int, dim: int = 0) -> Pieces:
    """Return at most so many views of one length, the last perhaps shorter."""
    return _views(input, pieces.chunk(window_of(input), as_int(chunks), as_int(dim)))


@op("tensor_split", view=True)
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> Pieces:
    """Return exactly so many views, or those between the indices given."""
    return _views(input, pieces.tensor_split(window_of(input), _numbers(indices_or_sections), as_int(dim)))


@op("hsplit", view=True)
def hsplit(input: Tensor, indices_or_sections: Any) -> Pieces:
    """Return views that cut dimension 1, or dimension 0 of a vector."""
    return _views(input, pieces.along_axis("hsplit", window_of(input), _numbers(indices_or_sections)))


@op("vsplit", view=True)
def vsplit(input: Tensor, indices_or_sections: Any) -> Pieces:
    """Return views that cut dimension 0."""
    return _views(input, pieces.along_axis("vsplit", window_of(input), _numbers(indices_or_sections)))


@op("dsplit", view=True)
def dsplit(input: Tensor, indices_or_sections: Any) -> Pieces:
    """Return views that cut dimension 2."""
    return _views(input, pieces.along_axis("dsplit", window_of(input), _numbers(indices_or_sections)))


@op("unbind", view=True)
def unbind(input: Tensor, dim: int = 0) -> Pieces:
    """Return views of every place of a dimension, without the dimension."""
    return _views(input, windows.unbind(window_of(input), as_int(dim)))
