"""Operations that join, repeat, reverse and pad into fresh storage. Sources: the pages of the functions.

Which element goes where is stated in `tensorcanon.spec.rules.joining` and `rearranging`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorcanon.spec.rules import joining, rearranging
from tensorcanon.spec.rules.dims import wrap_dim

from .dispatch import op, ops, run
from .formats import contiguous_format
from .kernels import as_int, as_sizes, elements, fresh, promoted, wrap_dims
from .tensor import Tensor
from .views import dims_of


def _shapes(tensors: Sequence[Tensor]) -> list[tuple[int, ...]]:
    for place, one in enumerate(tensors):
        if not isinstance(one, Tensor):
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {type(one).__name__}")
    return [tuple(one.shape) for one in tensors]


@op("cat", "concat", "concatenate", method=False, out=True, apart=True)
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors joined along a dimension; types promote, a tensor of shape (0,) is left out."""
    if isinstance(tensors, Tensor):
        raise TypeError("cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    join = joining.cat(_shapes(tensors), as_int(dim))
    common = promoted(*tensors)
    parts = [elements(tensors[place], common) for place in join.places]
    return fresh(np.concatenate(parts, axis=join.axis), common)


@op("stack", method=False, out=True)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Return tensors of one shape joined along a new dimension."""
    axis = joining.stack(_shapes(tensors), as_int(dim))
    common = promoted(*tensors)
    return fresh(np.stack([elements(one, common) for one in tensors], axis=axis), common)


def _stacked(name: str) -> Callable[..., Tensor]:
    def joined(tensors: Sequence[Tensor]) -> Tensor:
        if not tensors:
            raise RuntimeError(f"{name} expects a non-empty TensorList")
        shapes = [joining.raised(name, shape) for shape in _shapes(tensors)]
        raised = [one.reshape(shape) for one, shape in zip(tensors, shapes, strict=True)]
        return ops.cat(raised, joining.stacking_dim(name, raised[0].ndim))  # type: ignore[no-any-return]

    joined.__doc__ = f"Return tensors joined as ``{name}`` does, along a fixed dimension."
    return joined


for _name, _alias in (("hstack", ()), ("vstack", ("row_stack",)), ("dstack", ()), ("column_stack", ())):
    op(_name, *_alias, method=False, out=True, composite=True)(_stacked(_name))


@op("block_diag", method=False, composite=True)
def block_diag(*tensors: Tensor) -> Tensor:
    """Return matrices on the diagonal of one of zeros; vectors and numbers count as one row."""
    for place, one in enumerate(tensors):
        if one.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                f"Input {place} has {one.ndim} dimensions"
            )
    blocks = [ops.atleast_2d(one) for one in tensors]
    width, left = sum(block.shape[1] for block in blocks), 0
    rows = []
    for block in blocks:
        rows.append(ops.constant_pad_nd(block, (left, width - left - block.shape[1])))
        left += block.shape[1]
    return ops.cat(rows) if rows else ops.zeros(1, 0)  # type: ignore[no-any-return]


# The order of the elements.


@op("flip", spread=True)
def flip(input: Tensor, dims: Any) -> Tensor:
    """Return the elements in reverse order along some dimensions."""
    axes = wrap_dims(dims_of(dims) if isinstance(dims, list | tuple) else (dims,), input.ndim)
    return fresh(np.flip(input.array, axes if input.ndim else ()), input.dtype)


@op("fliplr", composite=True)
def fliplr(input: Tensor) -> Tensor:
    """Return the elements in reverse order along dimension 1."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return ops.flip(input, (1,))  # type: ignore[no-any-return]


@op("flipud", composite=True)
def flipud(input: Tensor) -> Tensor:
    """Return the elements in reverse order along dimension 0."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return ops.flip(input, (0,))  # type: ignore[no-any-return]


@op("roll")
def roll(input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """Return the elements moved round some dimensions, or round the flattened tensor."""
    if not input.numel():
        return fresh(input.array, input.dtype)
    moves = rearranging.roll(input.ndim, dims_of(shifts), dims_of(dims))
    if dims_of(dims) == ():
        return fresh(np.roll(input.array, moves[0][0]), input.dtype)
    return fresh(np.roll(input.array, *map(list, zip(*moves, strict=True))), input.dtype)


@op("rot90", composite=True)
def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Return a plane turned k times by 90 degrees, from the first dimension towards the second."""
    first, second = rearranging.rot90(input.ndim, dims_of(dims))
    match as_int(k) % 4:
        case 1:
            return ops.flip(input, (second,)).transpose(first, second)  # type: ignore[no-any-return]
        case 2:
            return ops.flip(input, (first, second))  # type: ignore[no-any-return]
        case 3:
            return ops.flip(input, (first,)).transpose(first, second)  # type: ignore[no-any-return]
    return input.clone(memory_format=contiguous_format)  # type: ignore[no-any-return]


def _fresh_reshape(input: Tensor, order: Sequence[int], shape: Sequence[int]) -> Tensor:
    """Return a copy of a permuted tensor in another shape."""
    return input.permute(order).clone(memory_format=contiguous_format).view(shape)  # type: ignore[no-any-return]


@op("nn.functional.pixel_shuffle", "pixel_shuffle", method=False, composite=True)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Return channels as pixels: (N, C x r x r, H, W) as (N, C, H x r, W x r)."""
    split, order, shape = rearranging.pixel_shuffle(tuple(input.shape), as_int(upscale_factor))
    return _fresh_reshape(input.reshape(split), order, shape)


@op("nn.functional.pixel_unshuffle", "pixel_unshuffle", method=False, composite=True)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Return pixels as channels; a tensor without elements keeps its shape, as it does in torch."""
    split, order, shape = rearranging.pixel_unshuffle(tuple(input.shape), as_int(downscale_factor))
    if not input.numel():
        return input.clone()  # type: ignore[no-any-return]
    return _fresh_reshape(input.reshape(split), order, shape)


@op("nn.functional.channel_shuffle", "channel_shuffle", method=False, composite=True)
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Return the channels in the order first of each group, second of each, and so on.

    Raises
    ------
    RuntimeError
        For fewer than three dimensions, and groups that do not divide the channels.
    """
    if input.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    batch, channels, *places = input.shape
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    split = input.reshape([batch, groups, channels // groups, *places])
    return split.transpose(1, 2).reshape(input.shape)  # type: ignore[no-any-return]


# Repeating.


@op("repeat", function=False, composite=True, spread=True)
def repeat(input: Tensor, repeats: Any) -> Tensor:
    """Return the tensor tiled so often along each dimension; extra numbers lead."""
    times = as_sizes((repeats,))
    shape = rearranging.repeat(tuple(input.shape), times)
    own = (1,) * (len(times) - input.ndim) + tuple(input.shape)
    pairs = [(count, size) for count, size in zip(times, own, strict=True)]
    spread = input.reshape([part for _, size in pairs for part in (1, size)])
    tiled = spread.expand([part for pair in pairs for part in pair])
    return tiled.clone(memory_format=contiguous_format).view(shape)  # type: ignore[no-any-return]


@op("tile", composite=True, spread=True)
def tile(input: Tensor, dims: Any) -> Tensor:
    """Return the tensor repeated; missing numbers count as 1."""
    return input.repeat(rearranging.tile(tuple(input.shape), as_sizes((dims,))))  # type: ignore[no-any-return]


@op("repeat_interleave", composite=True)
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Return each place of a dimension, or of the flattened tensor, repeated in turn."""
    if repeats is None:
        return fresh(np.repeat(np.arange(input.numel()), input.array))
    axis = 0 if dim is None else wrap_dim(as_int(dim), input.ndim)
    flat = input.reshape(-1) if dim is None else input
    if isinstance(repeats, Tensor) and not repeats.dtype.is_integral:
        name = repeats.dtype.scalar_name
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{name}'")
    times = repeats.reshape(-1).tolist() if isinstance(repeats, Tensor) else dims_of(repeats)
    places = rearranging.interleaved(flat.shape[axis], times)
    if output_size not in (None, len(places)):
        raise RuntimeError("allocated size does not match required size")
    return ops.index_select(flat, axis, fresh(places).to(flat.device))  # type: ignore[no-any-return]


# Diagonals and triangles.


def _triangle(input: Tensor, name: str, diagonal: int) -> Tensor:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    kept = getattr(np, name)(np.ones(input.shape[-2:], bool), as_int(diagonal))
    return fresh(np.where(kept, input.array, np.zeros((), input.array.dtype)), input.dtype)


@op("tril", inplace=True, out=True)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the elements on and below a diagonal of each matrix, zeros elsewhere."""
    return _triangle(input, "tril", diagonal)


@op("triu", inplace=True, out=True)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return the elements on and above a diagonal of each matrix, zeros elsewhere."""
    return _triangle(input, "triu", diagonal)


@op("diag_embed", composite=True)
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices with the last dimension on a diagonal of two new ones."""
    first, second = (wrap_dim(as_int(dim), input.ndim + 1) for dim in (dim1, dim2))
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    if not input.ndim:
        raise IndexError("diag_embed: a zero-dim tensor has no last dimension")
    size = input.shape[-1] + abs(as_int(offset))
    shape = list(input.shape[:-1])
    for dim in sorted((first, second)):
        shape.insert(dim, size)
    zeros = ops.zeros(shape, dtype=input.dtype, device=input.device)
    return ops.diagonal_scatter(zeros, input, offset, first, second)  # type: ignore[no-any-return]


@op("diag", composite=True, out=True)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Return a matrix with a vector on a diagonal, or the diagonal of a matrix."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    if input.ndim == 1:
        return ops.diag_embed(input, diagonal)  # type: ignore[no-any-return]
    return input.diagonal(diagonal).clone(memory_format=contiguous_format)  # type: ignore[no-any-return]


@op("diagflat", composite=True)
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """Return a matrix with all elements on a diagonal."""
    return ops.diag(input.reshape(-1), offset)  # type: ignore[no-any-return]


# Padding.


@op("constant_pad_nd", method=False)
def constant_pad_nd(input: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """Return the tensor with a constant before and after dimensions; negative amounts crop."""
    made = input.array
    for dim, before, after in rearranging.pad_amounts(input.ndim, as_sizes((pad,))):
        size = made.shape[dim] + min(before, 0) + min(after, 0)
        if size < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
        kept = np.take(made, range(max(-before, 0), max(-before, 0) + size), axis=dim)
        widths = [(0, 0)] * made.ndim
        widths[dim] = (max(before, 0), max(after, 0))
        made = np.pad(kept, widths, constant_values=np.asarray(value).astype(made.dtype))
    return fresh(made, input.dtype)


@op("nn.functional.pad", composite=True)
def pad(input: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """Return the tensor padded with a constant, its reflection, its edge or itself in a circle."""
    if mode == "constant":
        return ops.constant_pad_nd(input, pad, 0 if value is None else value)  # type: ignore[no-any-return]
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value not in (None, 0):
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    amounts = rearranging.pad_amounts(input.ndim, as_sizes((pad,)))
    if input.ndim - len(amounts) not in (1, 2):
        raise NotImplementedError(
            f"Padding size {len(as_sizes((pad,)))} is not supported for {input.ndim}D input tensor."
        )
    made = input
    for dim, before, after in amounts:
        if mode == "circular":
            # What is cut off does not come back on the other side.
            cut = max(-before, 0), max(-after, 0)
            made = ops.narrow(made, dim, cut[0], made.shape[dim] - sum(cut))
            before, after = max(before, 0), max(after, 0)
        places = rearranging.padded_places(made.shape[dim], before, after, mode)  # type: ignore[arg-type]
        made = ops.index_select(made, dim, fresh(places))
    return made


# What view operations show, in fresh storage.

_COPIED = (
    *("as_strided", "detach", "diagonal", "expand", "narrow", "permute", "select", "split_with_sizes"),
    *("squeeze", "t", "transpose", "unbind", "unfold", "unsqueeze", "view", "view_as_complex"),
    "view_as_real",
)


def _copy_of(name: str) -> Callable[..., Any]:
    def copied(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        # Any tensor can be copied in another shape, where only some can be viewed.
        shown = input.contiguous() if name == "view" else input
        made = run(name, (shown, *args), kwargs)
        if isinstance(made, tuple):
            return tuple(one.clone(memory_format=contiguous_format) for one in made)
        return made.clone(memory_format=contiguous_format)

    copied.__doc__ = f"Return what ``{name}`` shows in fresh storage."
    return copied


for _name in _COPIED:
    _single = _name not in ("split_with_sizes", "unbind")
    op(f"{_name}_copy", method=_name == "narrow", composite=True, out=_single)(_copy_of(_name))


@op("slice_copy", method=False, composite=True, out=True)
def slice_copy(
    input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Return a slice of a dimension in fresh storage."""
    places = [slice(None)] * input.ndim
    places[wrap_dim(as_int(dim), input.ndim)] = slice(start, end, step)
    return input[tuple(places)].clone(memory_format=contiguous_format)  # type: ignore[no-any-return]


@op("alias_copy", method=False, composite=True, out=True)
def alias_copy(input: Tensor) -> Tensor:
    """Return the tensor in fresh storage."""
    return input.clone(memory_format=contiguous_format)  # type: ignore[no-any-return]
