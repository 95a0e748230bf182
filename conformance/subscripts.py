"""Index expressions, drawn from a tape: every form of index, alone and together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.rules import indexing

from .backend import Array
from .inputs import LARGE, Operand, Shape, draw_layout, draw_reduced
from .run import Run
from .tape import Tape

# The shapes that index tensors broadcast to.
_COMMON: tuple[Shape, ...] = ((2,), (3,), (1,), (2, 2), (), (5,), (2, 1), (0,), (2, 3), (1, 3))
_STEPS = (None, 1, 2, None, 3, 5)


@dataclass(frozen=True, eq=False)
class Subscript:
    """An index expression.

    Attributes
    ----------
    parts : tuple
        Integers, slices, None, ..., bools, lists and operands (index tensors).
    bare : bool
        Whether a single part stands alone: ``x[part]`` instead of ``x[part,]``.
    """

    parts: tuple[Any, ...]
    bare: bool = False

    @property
    def plain(self) -> Any:
        """The expression with arrays for index tensors, as `spec.rules.indexing` takes it."""
        return self._joined([part.array if isinstance(part, Operand) else part for part in self.parts])

    def given(self, run: Run) -> Any:
        """Return the expression with the backend's tensors for index tensors."""
        return self._joined([run.tensor(part) if isinstance(part, Operand) else part for part in self.parts])

    def _joined(self, parts: list[Any]) -> Any:
        return parts[0] if self.bare else tuple(parts)

    @property
    def tensors(self) -> list[Array]:
        """The index tensors, lists included, zero-dim integers left out."""
        arrays = [part.array if isinstance(part, Operand) else np.array(part) for part in self._listed]
        return [array for array in arrays if array.ndim or array.dtype.kind == "b"]

    @property
    def _listed(self) -> list[Any]:
        return [part for part in self.parts if isinstance(part, Operand | list)]


def subscript(*parts: Any) -> Subscript:
    """Return an index expression; arrays become contiguous index tensors."""
    return Subscript(tuple(Operand(part) if isinstance(part, np.ndarray) else part for part in parts))


# Integers, slices, None and ...


def draw_basic(tape: Tape, shape: Shape) -> Subscript:
    """Draw an index expression that makes a window."""
    return _arranged(tape, shape, lambda sizes: [_basic(tape, size) for size in sizes])


def draw_place(tape: Tape, size: int) -> int:
    """Draw an integer that is in range, counted from either end."""
    place = tape.below(2 * size)
    return place if place < size else place - 2 * size


def draw_slice(tape: Tape, size: int) -> slice:
    """Draw a slice; any of its three numbers may be missing, the bounds may lie beyond the ends."""
    start, stop = (None if tape.one_in(3) else tape.between(-size - 2, size + 2) for _ in range(2))
    if start is not None and stop is not None and start % max(size, 1) > stop % max(size, 1):
        start, stop = (start, stop) if tape.one_in(4) else (stop, start)
    return slice(start, stop, tape.choose(_STEPS))


def _basic(tape: Tape, size: int) -> int | slice:
    return draw_slice(tape, size) if size == 0 or tape.one_in(2) else draw_place(tape, size)


def _arranged(tape: Tape, shape: Shape, parts_for: Any) -> Subscript:
    """Draw which dimensions get parts; ... may stand for the others, None anywhere."""
    used = len(shape) - tape.below(len(shape) + 1)
    back = tape.below(used + 1) if tape.one_in(2) else 0
    front = used - back
    parts = parts_for(shape[:front])
    if back or (used < len(shape) and tape.one_in(3)) or tape.one_in(8):
        parts += [..., *parts_for(shape[len(shape) - back :] if back else ())]
    for place in reversed(range(len(parts) + 1)):
        if tape.one_in(8):
            parts.insert(place, None)
    return _finished(tape, parts)


def _finished(tape: Tape, parts: list[Any]) -> Subscript:
    nested = (
        len(parts) == 1 and isinstance(parts[0], list) and bool(parts[0]) and isinstance(parts[0][0], list)
    )
    return Subscript(tuple(parts), len(parts) == 1 and not nested and not tape.one_in(4))


# Index tensors.


def draw_advanced(tape: Tape, shape: Shape) -> Subscript:
    """Draw an index expression with at least one index tensor, mask or bool, other parts beside it."""
    style = tape.below(4)
    if style == 2 or not shape:
        return draw_with_bool(tape, shape)
    return draw_masked(tape, shape) if style == 1 else draw_tensors(tape, shape, masks=style == 3)


def draw_tensors(tape: Tape, shape: Shape, *, masks: bool = False) -> Subscript:
    """Draw an index expression with index tensors that broadcast together, with masks among them if asked."""
    large = math.prod(shape) <= 16 and tape.one_in(16)
    common = tape.choose(LARGE if large else _COMMON)
    drawn = _arranged(tape, shape, lambda sizes: _parts(tape, sizes, common, masks=masks))
    return drawn if drawn.tensors else draw_masked(tape, shape)


def draw_with_bool(tape: Tape, shape: Shape) -> Subscript:
    """Draw an index expression with True or False in it, as a bool or a zero-dim mask."""
    parts = list(draw_basic(tape, shape).parts)
    value = not tape.one_in(4)
    parts.insert(tape.below(len(parts) + 1), Operand(np.array(value)) if tape.one_in(2) else value)
    return _finished(tape, parts)


def draw_masked(tape: Tape, shape: Shape) -> Subscript:
    """Draw an index expression with one mask, which may stand for fewer dimensions than there are."""
    covered = len(shape) - tape.below(len(shape))
    before = tape.below(len(shape) - covered + 1)
    mask = draw_mask(tape, shape[before : before + covered])
    after = shape[before + covered :]
    rest = [_basic(tape, size) for size in after[: tape.below(len(after) + 1)]]
    return _finished(tape, [*(_basic(tape, size) for size in shape[:before]), _given(tape, mask), *rest])


def draw_mask(tape: Tape, shape: Shape) -> Array:
    """Draw a mask: about half True, all True or all False."""
    picks = tape.take(math.prod(shape)).reshape(shape)
    return picks % 2 == 0 if not tape.one_in(8) else np.full(shape, tape.one_in(2))


def draw_indices(tape: Tape, shape: Shape, size: int, *, negative: bool = True) -> Array:
    """Draw integers in range of a size, in a shape; some repeat, some count from the end."""
    count = math.prod(shape)
    picks = tape.take(count).astype(np.int64)
    if size > 128:
        picks = picks * 256 + tape.take(count)[::-1]
    span = 2 * size if negative and tape.one_in(2) else size
    places = picks.reshape(shape) % max(span, 1)
    return np.where(places < size, places, places - 2 * size)


def _parts(tape: Tape, sizes: Shape, common: Shape, *, masks: bool) -> list[Any]:
    parts: list[Any] = []
    dim = 0
    while dim < len(sizes):
        part, covered = _part(tape, sizes[dim:], common, masks=masks)
        parts.append(part)
        dim += covered
    return parts


def _part(tape: Tape, sizes: Shape, common: Shape, *, masks: bool) -> tuple[Any, int]:
    """Draw a part and the number of dimensions that it stands for."""
    kind = tape.below(6)
    covered = 1 + tape.below(len(sizes))
    if masks and kind >= 4 and (mask := _counted_mask(tape, sizes[:covered], common)) is not None:
        return _given(tape, mask), covered
    if kind == 1:
        return _basic(tape, sizes[0]), 1
    own = draw_reduced(tape, common)
    if kind == 2 or (sizes[0] == 0 and 0 not in own):
        return draw_slice(tape, sizes[0]), 1
    return _given(tape, draw_indices(tape, own, sizes[0])), 1


def _counted_mask(tape: Tape, sizes: Shape, common: Shape) -> Array | None:
    """Draw a mask with as many True places as index tensors of a shape have columns, or one."""
    count = common[-1] if common and not tape.one_in(4) else 1
    if count > math.prod(sizes):
        return None
    mask = np.zeros(math.prod(sizes), np.bool_)
    mask[np.argsort(tape.take(mask.size), kind="stable")[:count]] = True
    return mask.reshape(sizes)


def _given(tape: Tape, array: Array) -> Operand | list[Any]:
    """Return an index tensor, in one of the layouts and types, or the same as a list.

    A list of lists is never a mask: how many dimensions it stands for beside ... is undocumented.
    """
    ranks = (1,) if array.dtype.kind == "b" else (1, 2)
    if array.ndim in ranks and 0 < array.size < 20 and tape.one_in(4):
        return array.tolist()  # type: ignore[no-any-return]
    if array.dtype.kind != "b" and tape.one_in(4):
        array = array.astype(np.int32)
    if array.ndim and array.shape[0] > 1 and tape.one_in(8) and array.dtype.kind != "b":
        return Operand(np.broadcast_to(array[:1], array.shape).copy(), "expanded")
    return Operand(array, draw_layout(tape))


def picks_by_tensor(drawn: Subscript, shape: Shape) -> bool:
    """Return whether an index expression has index tensors, so that it copies."""
    return not indexing.resolve(drawn.plain, indexing.window_of(shape)).is_view
