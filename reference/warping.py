"""Images sampled at the points of a grid. Sources: ``nn.functional.grid_sample``, ``affine_grid``."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

from . import dtypes
from .dispatch import op, ops
from .folding import lacks_kernel
from .tensor import Tensor

_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
_PADDINGS = {"zeros": 0, "border": 1, "reflection": 2}
_ALIGNED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
    "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
    "details."
)


@op("nn.functional.grid_sample", composite=True)
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Any:
    """Return images with the input's values at the points of a grid, whose corners are -1 and 1.

    Raises
    ------
    ValueError
        For an unknown mode or padding.
    RuntimeError
        As `grid_sampler`.
    """
    if mode not in _MODES:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: "
            f"'{mode}'"
        )
    if padding_mode not in _PADDINGS:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(_ALIGNED, UserWarning, stacklevel=4)
    return ops.grid_sampler(input, grid, _MODES[mode], _PADDINGS[padding_mode], bool(align_corners))


@op("grid_sampler", "grid_sampler_2d", "grid_sampler_3d", method=False, composite=True)
def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """Return `grid_sample` with numbers for the modes: in the order of its documentation, from 0.

    Raises
    ------
    RuntimeError
        For types that differ, empty images, and a grid that does not fit the batch or the rank.
    """
    _check(input, grid, interpolation_mode)
    images, points = (one.to(one.dtype.compute) for one in (input, grid))
    sizes = tuple(images.shape[2:])
    places = [_place(points[..., ~dim], size, align_corners) for dim, size in enumerate(sizes)]
    inside = [_inside(size, padding_mode, align_corners) for size in sizes]
    if interpolation_mode == 2:
        found = _cubic(images, places, inside)
    else:
        bounded = [bound(place) for bound, place in zip(inside, places, strict=True)]
        found = _nearest(images, bounded) if interpolation_mode == 1 else _linear(images, bounded)
    return found.to(input.dtype)


def _check(input: Tensor, grid: Tensor, mode: int) -> None:
    shapes = f"{list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.dtype is not grid.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.scalar_name} but found {grid.dtype.scalar_name}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{shapes}"
        )
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but got grid "
            f"with sizes {list(grid.shape)}"
        )
    for dim, size in enumerate(input.shape[2:], start=2):
        if not size:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{list(input.shape)} with dimension {dim} being empty"
            )
    if input.ndim not in (4, 5) or grid.ndim != input.ndim:
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input "
            f"with sizes {shapes}"
        )
    if mode == 2 and input.ndim == 5:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if not input.dtype.is_floating_point:
        raise lacks_kernel(f"grid_sampler_{input.ndim - 2}d_cpu_kernel_impl", input.dtype)


def _place(point: Any, size: int, align_corners: bool) -> Any:
    """Return where between the pixels a point lies; without ``align_corners`` -1 is half a pixel outside."""
    return (point + 1) / 2 * (size - 1) if align_corners else ((point + 1) * size - 1) / 2


def _inside(size: int, padding: int, align_corners: bool) -> Callable[[Any], Any]:
    """Return what brings a place into the image: nothing, the nearest edge, or reflections at the edges."""

    def bounded(place: Any) -> Any:
        return ops.where(ops.isnan(place), 0, ops.clamp(place, 0, size - 1))

    def reflected(place: Any) -> Any:
        low, span = (0.0, size - 1) if align_corners else (-0.5, size)
        if not span:
            return bounded(ops.zeros_like(place))
        apart = ops.abs(place - low)
        rest, flips = ops.fmod(apart, span), ops.floor(apart / span)
        return bounded(ops.where(ops.remainder(flips, 2) == 0, rest, span - rest) + low)

    return (lambda place: place, bounded, reflected)[padding]


def _picked(images: Any, indices: Any) -> Any:
    """Return the pixels at whole places, 0 outside the image."""
    batch, channels, *sizes = images.shape
    valid, flat = True, 0
    for index, size in zip(indices, sizes, strict=True):
        known = (index >= 0) & (index <= size - 1)
        valid = known & valid
        flat = flat * size + ops.where(known, index, 0)
    shape = tuple(flat.shape[1:])  # type: ignore[attr-defined]
    places = ops.where(valid, flat, 0).to(dtypes.int64).reshape(batch, 1, math.prod(shape))
    pixels = ops.gather(
        images.reshape(batch, channels, math.prod(sizes)),
        2,
        places.expand(batch, channels, places.shape[2]),
    )
    return ops.where(valid.unsqueeze(1), pixels.reshape(batch, channels, *shape), 0)  # type: ignore[attr-defined]


def _nearest(images: Any, places: Any) -> Any:
    """Return the nearest pixels; the grid has a gradient, which is zero."""
    flat = sum(ops.sign(place) * 0 for place in places)
    return _picked(images, [ops.round(place.detach()) for place in places]) + flat.unsqueeze(1)


def _linear(images: Any, places: Any) -> Any:
    lows = [ops.floor(place.detach()) for place in places]
    result = 0
    for steps in itertools.product((0, 1), repeat=len(places)):
        weight = 1
        for place, low, step in zip(places, lows, steps, strict=True):
            weight = weight * (place - low if step else low + 1 - place)
        pixels = _picked(images, [low + step for low, step in zip(lows, steps, strict=True)])
        result = result + pixels * weight.unsqueeze(1)  # type: ignore[attr-defined]
    return result


_SHARPNESS = -0.75


def _weights(part: Any) -> list[Any]:
    """Return the weights of the four pixels around a place, by Keys' cubic convolution."""
    a = _SHARPNESS

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(part + 1), near(part), near(1 - part), far(2 - part)]


def _cubic(images: Any, places: Any, inside: Any) -> Any:
    lows = [ops.floor(place.detach()) for place in places]
    rows, columns = (_weights(place - low) for place, low in zip(places, lows, strict=True))
    result = 0
    for (i, row), (j, column) in itertools.product(enumerate(rows, -1), enumerate(columns, -1)):
        pixels = _picked(images, [inside[0](lows[0] + i), inside[1](lows[1] + j)])
        result = result + pixels * (row * column).unsqueeze(1)
    return result


@op("nn.functional.affine_grid", composite=True)
def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Any:
    """Return the grids that affine maps make of the points of images of a size.

    Raises
    ------
    ValueError
        For integers, maps that do not fit the rank, and empty sizes.
    NotImplementedError
        For other ranks than 4 and 5.
    """
    if align_corners is None:
        warnings.warn(_ALIGNED, UserWarning, stacklevel=4)
    if not theta.dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    count = len(size) - 2
    if count not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    if tuple(theta.shape[1:]) != (count, count + 1):
        raise ValueError(
            f"Expected a batch of {count}D affine matrices of shape Nx{count}x{count + 1} for size {size}. "
            f"Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return ops.affine_grid_generator(theta, size, bool(align_corners))


@op("affine_grid_generator", method=False, composite=True)
def affine_grid_generator(theta: Tensor, size: Any, align_corners: bool) -> Any:
    """Return `affine_grid` without its checks."""
    lengths = [int(one) for one in size[2:]]
    axes = [_axis(length, align_corners, theta) for length in reversed(lengths)]
    shown = [axis.reshape(-1, *(1,) * dim).expand(lengths) for dim, axis in enumerate(axes)]
    points = ops.stack([*shown, theta.new_ones(lengths)], -1)
    flat = points.reshape(1, math.prod(lengths), len(lengths) + 1).expand(int(size[0]), -1, -1)
    return ops.bmm(flat, theta.transpose(1, 2)).reshape(int(size[0]), *lengths, len(lengths))


def _axis(length: int, align_corners: bool, theta: Tensor) -> Any:
    if length <= 1:
        return theta.new_zeros(length)
    ends = ops.linspace(-1, 1, length, dtype=theta.dtype, device=theta.device)
    return ends if align_corners else ends * ((length - 1) / length)
