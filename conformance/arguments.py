"""Arguments of operations on shapes, drawn from a tape: most are in range, some are not."""

from __future__ import annotations

import math
from typing import Any

from .calls import Args
from .inputs import Shape
from .tape import Tape


def none(tape: Tape, shape: Shape) -> Args:
    """Draw no arguments."""
    return ()


def draw_dim(tape: Tape, ndim: int) -> int:
    """Draw a dimension, counted from either end; one in 16 is just out of range."""
    count = max(ndim, 1)
    if tape.one_in(16):
        return tape.choose((count, -count - 1))
    dim = tape.below(2 * count)
    return dim if dim < count else dim - 2 * count


def size_at(shape: Shape, dim: int) -> int:
    """Return the size of a dimension; 1 where there is none."""
    return shape[dim] if -len(shape) <= dim < len(shape) else 1


def bad(tape: Tape, shape: Shape, dim: int) -> bool:
    """Draw whether another argument is wrong, one time in 12; never where the dimension is already."""
    return tape.one_in(12) and -len(shape) <= dim < len(shape)


def dim_only(tape: Tape, shape: Shape) -> Args:
    return (draw_dim(tape, len(shape)),)


def new_dim(tape: Tape, shape: Shape) -> Args:
    """Draw where a new dimension goes."""
    return (draw_dim(tape, len(shape) + 1),)


def two_dims(tape: Tape, shape: Shape) -> Args:
    return draw_dim(tape, len(shape)), draw_dim(tape, len(shape))


def narrowing(tape: Tape, shape: Shape) -> Args:
    """Draw a dimension, a start and a length; some of them reach past the end."""
    dim = draw_dim(tape, len(shape))
    size = size_at(shape, dim)
    start = tape.between(0, size)
    length = tape.between(0, size - start)
    if start < size and tape.one_in(3):
        start -= size
    if tape.one_in(8):
        past = (start % max(size, 1), size + 1)
        start, length = tape.choose(((size + 1, 0), (-size - 1, 1), past, (0, -1)))
    return dim, start, length


def selecting(tape: Tape, shape: Shape) -> Args:
    dim = draw_dim(tape, len(shape))
    size = size_at(shape, dim)
    return dim, tape.choose((size, -size - 1)) if tape.one_in(12) or not size else tape.between(
        -size, size - 1
    )


def diagonal(tape: Tape, shape: Shape) -> Args:
    """Draw an offset and two dimensions, or only some of them."""
    offset = tape.choose((0, 1, -1, 2, -2, 0, 7, -7))
    dims = (
        two_dims(tape, shape) if len(shape) != 2 else tape.choose(((0, 1), (1, 0), (-2, -1), (0, 0), (0, 2)))
    )
    return (offset, *dims)[: tape.choose((3, 3, 1, 0)) if len(shape) > 1 else 3]


def sliding(tape: Tape, shape: Shape) -> Args:
    """Draw a dimension, a length and a step; windows often overlap."""
    dim = draw_dim(tape, len(shape))
    size = size_at(shape, dim)
    length = size + 1 if tape.one_in(12) else tape.between(0, size)
    return dim, length, tape.choose((1, 2, 1, 3, 1, 2, 4, 0 if tape.one_in(4) else 1))


def ordering(tape: Tape, shape: Shape) -> Args:
    """Draw an order of the dimensions; one in 16 names one twice or leaves one out."""
    dims = [dim - len(shape) if tape.one_in(4) else dim for dim in tape.shuffled(range(len(shape)))]
    if dims and tape.one_in(16):
        dims = dims[1:] if tape.one_in(2) else [dims[0], *dims[:-1]]
    return (tuple(dims),)


def moving(tape: Tape, shape: Shape) -> Args:
    """Draw dimensions and where they go, as numbers or tuples."""
    if tape.one_in(2):
        return two_dims(tape, shape)
    count = tape.between(0, len(shape))
    sources, goals = (tape.shuffled(range(len(shape)))[:count] for _ in range(2))
    if count > 1 and tape.one_in(16):
        goals[0] = goals[1]
    elif count and tape.one_in(16):
        goals = goals[1:]
    return tuple(sources), tuple(goal - len(shape) if tape.one_in(4) else goal for goal in goals)


def squeezing(tape: Tape, shape: Shape) -> Args:
    """Draw no dimension, one, or several."""
    match tape.below(4):
        case 0:
            return ()
        case 1:
            return (tuple(tape.subset(range(len(shape)))),)
        case _:
            ones = [dim for dim, size in enumerate(shape) if size == 1]
            return (tape.choose(ones),) if ones and tape.one_in(2) else dim_only(tape, shape)


def expanding(tape: Tape, shape: Shape) -> Args:
    """Draw the sizes a shape expands to, -1 among them; some of them it does not expand to."""
    goal = [tape.choose((2, 3, -1, 1)) if size == 1 else tape.choose((size, -1)) for size in shape]
    goal = [tape.choose((1, 2, 0)) for _ in range(tape.choose((0, 1, 2, 0)))] + goal
    if goal and tape.one_in(8):
        place = tape.below(len(goal))
        # Of a result without elements a clause of its own says that -1 is refused.
        kept = 7 if 0 in goal else -1
        goal = tape.choose(([*goal[:place], 7, *goal[place + 1 :]], [kept, *goal], goal[1:]))
    return (tuple(goal),)


def reshaping(tape: Tape, shape: Shape) -> Args:
    """Draw another shape: neighbours merge, dimensions split, ones come and go, one size may be -1."""
    sizes = _regrouped(tape, shape)
    if sizes and tape.one_in(3):
        sizes[tape.below(len(sizes))] = -1
    if tape.one_in(12):
        sizes = tape.choose(([*sizes, 5], [-1, *sizes, -1], [*sizes, -2]))
    return (tuple(sizes),)


def _regrouped(tape: Tape, shape: Shape) -> list[int]:
    sizes: list[int] = []
    for size in shape:
        if sizes and tape.one_in(2):
            sizes[-1] *= size
        else:
            sizes += _factors(tape, size) if tape.one_in(3) else [size]
        if tape.one_in(8):
            sizes.append(1)
    return sizes


def _factors(tape: Tape, size: int) -> list[int]:
    divisors = [divisor for divisor in (2, 3, 5, 7, 1) if size and size % divisor == 0]
    if not divisors:
        return [size]
    divisor = tape.choose(divisors)
    return [divisor, size // divisor] if tape.one_in(2) else [size // divisor, divisor]


def merging(tape: Tape, shape: Shape) -> Args:
    """Draw a range of dimensions, or only its start, or nothing."""
    start, end = sorted((tape.below(max(len(shape), 1)), tape.below(max(len(shape), 1))))
    if tape.one_in(12):
        start, end = end + 1, start
    if end and tape.one_in(2):
        end -= max(len(shape), 1)
    return (start, end)[: tape.choose((2, 0, 1, 2))]


def splitting_dim(tape: Tape, shape: Shape) -> Args:
    """Draw a dimension and the sizes it splits into."""
    dim = draw_dim(tape, len(shape))
    sizes = _factors(tape, size_at(shape, dim))
    if tape.one_in(3):
        sizes[tape.below(len(sizes))] = -1
    if bad(tape, shape, dim):
        sizes = tape.choose(([*sizes, 5], [-1, -1]))
    return dim, tuple(sizes)


def lengths(tape: Tape, shape: Shape) -> Args:
    """Draw one length of pieces, or the lengths of all, and a dimension."""
    dim = draw_dim(tape, len(shape))
    size = size_at(shape, dim)
    if tape.one_in(2):
        wrong = bad(tape, shape, dim)
        return tape.choose((0, -1)) if wrong else tape.between(1, max(size, 1) + 1), dim
    return _parts_of(tape, shape, dim), dim


def sections(tape: Tape, shape: Shape) -> Args:
    """Draw the lengths of all pieces and a dimension."""
    dim = draw_dim(tape, len(shape))
    return _parts_of(tape, shape, dim), dim


def _parts_of(tape: Tape, shape: Shape, dim: int) -> tuple[int, ...]:
    size = size_at(shape, dim)
    parts: list[int] = []
    while sum(parts) < size and len(parts) < 5:
        parts.append(tape.between(0, size - sum(parts)))
    parts.append(size - sum(parts))
    if bad(tape, shape, dim):
        parts = tape.choose((parts[1:], [*parts, 1], [-1, *parts, 1]))
    return tuple(parts)


def counting(tape: Tape, shape: Shape) -> Args:
    """Draw a number of pieces and a dimension."""
    dim = draw_dim(tape, len(shape))
    return 0 if bad(tape, shape, dim) else tape.between(1, min(size_at(shape, dim), 6) + 2), dim


def cutting(tape: Tape, shape: Shape) -> Args:
    """Draw a number of pieces or the indices between them, and a dimension."""
    if tape.one_in(2):
        return counting(tape, shape)
    dim = draw_dim(tape, len(shape))
    return _indices(tape, size_at(shape, dim)), dim


def _indices(tape: Tape, size: int) -> tuple[int, ...]:
    return tuple(tape.between(-size - 1, size + 2) for _ in range(tape.between(0, 3)))


def cutting_along(dim: int) -> Any:
    """Return what draws a number of pieces or indices for a fixed dimension; most numbers divide its size."""

    def draw(tape: Tape, shape: Shape) -> Args:
        size = size_at(shape, min(dim, len(shape) - 1))
        if tape.one_in(2):
            return (_indices(tape, size),)
        divisors = [divisor for divisor in range(1, min(size, 12) + 1) if size % divisor == 0] or [1]
        return (tape.between(0, 4) if tape.one_in(6) else tape.choose(divisors),)

    return draw


def repeating(tape: Tape, shape: Shape) -> Args:
    """Draw how often a tensor repeats along each dimension, and along new ones."""
    extra = tape.choose((0, 0, 1, 2))
    times = [tape.choose((1, 2, 3, 0, 1)) for _ in range(extra + len(shape))]
    if math.prod(shape) > 500:
        times = [min(count, 2) for count in times]
    return (tuple(times[1:] if times and tape.one_in(12) else times),)


def flipping(tape: Tape, shape: Shape) -> Args:
    """Draw dimensions to reverse; one in 12 occurs twice or is out of range."""
    dims = [dim - len(shape) if tape.one_in(3) else dim for dim in tape.subset(range(len(shape)))]
    if tape.one_in(12):
        dims = tape.choose(([*dims, len(shape)], [*dims, *dims[:1]]))
    return (tuple(dims),)


def rolling(tape: Tape, shape: Shape) -> Args:
    """Draw shifts and dimensions, a number or tuples of them; without dimensions one shift."""

    def shift() -> int:
        return tape.choose((1, -1, 2, 0, 3, -5, 100))

    if not shape or tape.one_in(4):
        return (shift(),)
    if tape.one_in(2):
        return shift(), draw_dim(tape, len(shape))
    dims = tuple(draw_dim(tape, len(shape)) for _ in range(tape.between(1, 3)))
    return tuple(shift() for _ in dims[: len(dims) - tape.one_in(12)]) or (1,), dims


def rotating(tape: Tape, shape: Shape) -> Args:
    """Draw how often to turn and in which plane."""
    turns = tape.choose((1, 0, 2, 3, 4, -1, -2, 5))
    if tape.one_in(3):
        return (turns,)
    return turns, two_dims(tape, shape)


def interleaving(tape: Tape, shape: Shape) -> Args:
    """Draw a number of repetitions and a dimension, or no dimension."""
    times = tape.choose((2, 1, 3, 0))
    return (times,) if tape.one_in(2) else (times, draw_dim(tape, len(shape)))


def offset_only(tape: Tape, shape: Shape) -> Args:
    return () if tape.one_in(3) else (tape.choose((0, 1, -1, 2, -2, 7, -7)),)


def embedding(tape: Tape, shape: Shape) -> Args:
    """Draw an offset and where the two new dimensions go."""
    offset = tape.choose((0, 1, -1, 2))
    if tape.one_in(2):
        return (offset,)
    return offset, draw_dim(tape, len(shape) + 1), draw_dim(tape, len(shape) + 1)


def padding(tape: Tape, shape: Shape) -> Args:
    """Draw amounts before and after, from the last dimension backwards; some crop."""
    count = tape.between(0, len(shape))
    amounts = [tape.choose((1, 0, 2, 3, -1)) for _ in range(2 * count)]
    if tape.one_in(16):
        amounts = tape.choose(
            ([*amounts, 1], [*amounts, *[1, 1] * (len(shape) + 1 - count)], [-9, *amounts[1:]])
        )
    return (tuple(amounts),)
