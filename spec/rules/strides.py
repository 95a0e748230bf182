"""Where the elements of a tensor lie in its storage; all strides and offsets count elements.

Sources: ``tensor_view``, ``torch.Tensor.view``, ``torch.Tensor.stride``,
``tensor_attributes#torch-memory-format``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Shape = tuple[int, ...]


def contiguous_strides(shape: Sequence[int]) -> Shape:
    """Return the row-major strides of a shape; a dimension of size 0 counts as 1."""
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def channels_last_strides(shape: Sequence[int]) -> Shape:
    """Return the strides of an (N, C, *spatial) shape stored with its channels innermost."""
    batch, channels, *spatial = shape
    n, *inner, c = contiguous_strides((batch, *spatial, channels))
    return (n, c, *inner)


def same_layout(shape: Sequence[int], a: Sequence[int], b: Sequence[int]) -> bool:
    """Return whether two strides address the same elements: dimensions of size 1 do not matter."""
    return 0 in shape or all(size == 1 or s == t for size, s, t in zip(shape, a, b, strict=True))


def is_contiguous(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Return whether elements lie in row-major order without gaps."""
    return same_layout(shape, strides, contiguous_strides(shape))


def is_dense(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Return whether the elements fill a block of storage, each place once, in any order of dimensions."""
    if 0 in shape:
        return True
    step = 1
    for stride, size in sorted((st, sz) for sz, st in zip(shape, strides, strict=True) if sz != 1):
        if stride != step:
            return False
        step *= size
    return True


def overlaps_itself(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Return whether a dimension of size above 1 has stride 0, so that elements share a place."""
    return 0 not in shape and any(sz > 1 and st == 0 for sz, st in zip(shape, strides, strict=True))


def preserved_strides(shape: Sequence[int], strides: Sequence[int]) -> Shape:
    """Return the strides of a fresh tensor made under ``torch.preserve_format``.

    Those of the source where it is dense, row-major ones otherwise.
    """
    return tuple(strides) if is_dense(shape, strides) else contiguous_strides(shape)


def view_strides(shape: Sequence[int], strides: Sequence[int], target: Sequence[int]) -> Shape | None:
    """Return the strides with which a target shape addresses the same elements in the same order.

    Returns
    -------
    tuple of int or None
        None where no strides do, so that a view is impossible and a reshape must copy.
    """
    if 0 in shape:
        return tuple(strides) if tuple(shape) == tuple(target) else contiguous_strides(target)
    result: list[int] = []
    sizes = list(target)
    for length, stride in _runs(shape, strides):
        filled = 1
        while sizes and (filled < length or sizes[-1] == 1):
            result.append(stride * filled)
            filled *= sizes.pop()
        if filled != length:
            return None
    return tuple(reversed(result)) if not sizes else None


def _runs(shape: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """Return (length, innermost stride) of each run of dimensions one index could walk, innermost first."""
    runs: list[tuple[int, int]] = []
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        length, inner = runs[-1] if runs else (0, 0)
        if runs and (size == 1 or stride == length * inner):
            runs[-1] = (length * size, inner)
        else:
            runs.append((size, stride))
    return runs or [(1, 1)]


def expanded_strides(shape: Sequence[int], strides: Sequence[int], target: Sequence[int]) -> Shape:
    """Return the strides of a shape expanded to a target shape it broadcasts to: 0 where it repeats."""
    missing = len(target) - len(shape)
    kept = [
        0 if size == 1 and goal != 1 else stride
        for size, stride, goal in zip(shape, strides, target[missing:], strict=True)
    ]
    return (0,) * missing + tuple(kept)


def storage_size(shape: Sequence[int], strides: Sequence[int], offset: int = 0) -> int:
    """Return how many elements of storage a tensor needs, its offset included."""
    if 0 in shape:
        return offset
    return offset + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


def resolve_shape(target: Sequence[int], numel: int) -> Shape:
    """Return the shape with its one -1 inferred.

    Raises
    ------
    ValueError
        If the sizes do not multiply to `numel`, more than one is -1, or the -1 cannot be told.
    """
    known = math.prod(size for size in target if size != -1)
    holes = [place for place, size in enumerate(target) if size == -1]
    if len(holes) > 1 or any(size < -1 for size in target):
        raise ValueError(f"shape {list(target)} has more than one size to infer")
    if not holes:
        if known != numel:
            raise ValueError(f"shape {list(target)} is invalid for {numel} elements")
        return tuple(target)
    if known == 0 or numel % known:
        raise ValueError(f"shape {list(target)} cannot be inferred for {numel} elements")
    return tuple(numel // known if size == -1 else size for size in target)
