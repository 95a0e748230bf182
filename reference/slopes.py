"""Slopes estimated from samples. Source: ``torch.gradient``."""

from __future__ import annotations

from typing import Any

from . import dtypes
from .dispatch import op, ops
from .kernels import wrap_dims
from .tensor import Tensor


@op("gradient", method=False, composite=True)
def gradient(input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> Any:
    """Return the slopes along each dimension by central differences, at the edges by one-sided ones.

    Parameters
    ----------
    spacing : number, or sequence of numbers or vectors
        The distance of the samples, or their coordinates, by dimension.
    dim : int or sequence of int or None
    edge_order : {1, 2}

    Raises
    ------
    RuntimeError
        For uint8, another order, as many spacings as there are no dimensions, and too few samples.
    """
    if input.dtype is dtypes.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = wrap_dims(dim, input.ndim)
    spaces = _spaces(spacing, dim, len(dims))
    for axis in dims:
        if input.shape[axis] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(_slope(input, axis, space, edge_order) for axis, space in zip(dims, spaces, strict=True))


def _spaces(spacing: Any, dim: Any, count: int) -> list[Any]:
    if spacing is None or not isinstance(spacing, list | tuple):
        return [1 if spacing is None else spacing] * count
    if len(spacing) != count:
        given = (
            f"a list of length equal to 'self.dim() = {count}', since dim argument was not given"
            if dim is None
            else "a list of the same length as dim"
        )
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, or {given}, but got a list of "
            f"length {len(spacing)}"
        )
    return list(spacing)


def _slope(input: Tensor, axis: int, space: Any, order: int) -> Any:
    """Return the slopes of the parabolas through three neighbours, at the edges of those or of lines."""
    size = input.shape[axis]
    steps = _steps(space, size, input.ndim - axis - 1)

    def at(place: int, length: int = 1) -> Any:
        return ops.narrow(input, axis, place % size, length)

    def step(place: int, length: int = 1) -> Any:
        return ops.narrow(steps, 0, place % (size - 1), length) if isinstance(steps, Tensor) else steps

    if order == 1:
        first, last = (at(1) - at(0)) / step(0), (at(-1) - at(-2)) / step(-1)
    else:
        first = _three((at(0), at(1), at(2)), step(0), step(1), 0)
        last = _three((at(-3), at(-2), at(-1)), step(-2), step(-1), 2)
    inner = size - 2
    if inner <= 0:
        return ops.cat([first, last], axis)
    three = (at(0, inner), at(1, inner), at(2, inner))
    middle = (
        _three(three, step(0, inner), step(1, inner), 1)
        if isinstance(steps, Tensor)
        else (three[2] - three[0]) / (2 * steps)
    )
    return ops.cat([first, middle, last], axis)


def _steps(space: Any, size: int, behind: int) -> Any:
    """Return the distance of the samples, or the distances along a dimension with so many behind it."""
    if not isinstance(space, Tensor):
        return space
    if space.ndim != 1 or space.numel() != size:
        raise RuntimeError(
            "torch.gradient expected each spacing tensor to be a vector as long as its dimension"
        )
    return ops.diff(space).reshape(-1, *(1,) * behind)


def _three(values: Any, left: Any, right: Any, place: int) -> Any:
    """Return the slope at one of three samples of the parabola through them, ``left`` and ``right`` apart."""
    near = (values[1] - values[0]) / left
    far = (values[2] - values[1]) / right
    bend = (far - near) / (left + right)
    return (near - bend * left, near + bend * left, far + bend * right)[place]
