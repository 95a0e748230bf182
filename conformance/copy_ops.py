"""The table of operations that give fresh storage: how each is called, what it takes and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tensorcanon.spec import rearranging
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.outcome import Each, Exactly, Outcome
from tensorcanon.spec.rules import dtypes, strides
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.windows import Window

from . import arguments
from .backend import Array
from .calls import Args, both
from .inputs import Operand, Shape, draw_operand
from .tape import Tape
from .view_ops import VIEW_OPS, ViewOp

Tensors = list[Operand]
_FRESH = rearranging.a_copy_does_not_see_writes_to_its_input


@dataclass(frozen=True, eq=False)
class CopyOp:
    """An operation that gives fresh storage.

    Attributes
    ----------
    name : str
    clause : Clause
        What the operation gives.
    forms, names, fitted
        As of `view_ops.ViewOp`.
    draw : callable
        Draws the arguments after the first tensor, or after the list of tensors.
    others : callable or None
        From the tape and the first tensor to the list of tensors, for operations that join.
    due : callable or None
        From elements and arguments to the outcome, where `clause` does not take just these.
    dtypes : tuple of DType
    """

    name: str
    clause: Clause[Any]
    forms: tuple[str, ...]
    draw: Callable[[Tape, Shape], Args] = arguments.none
    names: tuple[str, ...] = ()
    others: Callable[[Tape, Operand], Tensors] | None = None
    due: Callable[..., Outcome] | None = None
    dtypes: tuple[DType, ...] = dtypes.COMMON
    fitted: Callable[[Tape, Shape], Shape] = lambda tape, size: size

    @property
    def clauses(self) -> tuple[Clause[Any], ...]:
        """The clauses that a check of this operation verifies besides its laws."""
        return () if self.clause is _FRESH else (self.clause,)

    def __str__(self) -> str:
        return self.name

    def outcome(self, tensors: Sequence[Operand], args: Args) -> Outcome:
        """Return what the operation gives."""
        arrays = [tensor.array for tensor in tensors]
        return (self.due or self.clause)(arrays if self.others else arrays[0], *args)


# Drawing the tensors to join.


def _joined_along(place: int | None) -> Callable[[Tape, Operand], Tensors]:
    """Return what draws tensors that differ in one dimension, or in none; one in 12 does not fit."""

    def others(tape: Tape, first: Operand) -> Tensors:
        count = 16 if first.array.size < 100 and tape.one_in(16) else tape.between(0, 3)
        return [first, *(_another(tape, first, place) for _ in range(count))]

    return others


def _another(tape: Tape, first: Operand, place: int | None) -> Operand:
    shape = list(first.shape)
    if place is not None and shape:
        dim = min(place, len(shape) - 1) if tape.one_in(4) else len(shape) - 1
        shape[dim] = tape.choose((shape[dim], 1, 2, 0))
    dtype = tape.choose(dtypes.COMMON) if tape.one_in(4) else first.dtype
    return draw_operand(tape, dtype, tuple(shape), "exact")


def _small(tape: Tape, first: Operand) -> Tensors:
    """Draw matrices, vectors and numbers."""
    return [
        draw_operand(tape, first.dtype, tape.choose(((2,), (), (2, 3), (1, 2), (3, 1))), "exact")
        for _ in range(tape.between(1, 3))
    ]


# What other chapters state, as far as fresh storage goes.


def _plain(function: Callable[..., Any]) -> Callable[..., Outcome]:
    """Return an outcome from a function of elements."""
    return lambda array, *args: _FRESH(Exactly(np.asarray(function(array, *args))))


def _places(tape: Tape, shape: Shape) -> Args:
    """Draw a dimension in range and indices into it."""
    dim = tape.below(len(shape))
    count = tape.between(1, 3) if shape[dim] else 0
    return dim, np.array([tape.below(shape[dim]) for _ in range(count)], np.int64)


def _of_view(op: ViewOp) -> Callable[..., Outcome]:
    """Return the elements that a view operation shows, whatever their strides."""

    def due(array: Array, *args: Any) -> Outcome:
        shape = tuple(array.shape)
        window = Window(shape, strides.contiguous_strides(shape), 0, dtypes.of_array(array))
        shown = op.outcome(array, window, args)
        match shown:
            case Exactly():
                return rearranging.copies_of_views_hold_what_the_view_shows(shown.value)
            case Each():
                pieces = [item.value for item in shown.items if isinstance(item, Exactly)]
                return rearranging.copies_of_views_hold_what_the_view_shows(pieces)
        return shown

    return due


_COPIED_VIEWS = (
    *("narrow", "select", "diagonal", "unfold", "transpose", "permute", "t", "squeeze", "unsqueeze"),
    *("expand", "split_with_sizes", "unbind", "detach"),
)


def _copy_of_view(op: ViewOp) -> CopyOp:
    return CopyOp(
        f"{op.name}_copy",
        rearranging.copies_of_views_hold_what_the_view_shows,
        (f"torch.{op.name}_copy",),
        op.draw,
        op.names,
        due=_of_view(op),
        fitted=op.fitted,
    )


def _at_least(ndim: int) -> Callable[[Tape, Shape], Shape]:
    return lambda tape, size: (3, 2, 4)[: max(ndim - len(size), 0)] + size


_IMAGES = ((1, 4, 2, 3), (8, 3, 2), (2, 9, 1, 2), (4, 2, 2), (2, 2, 6, 4), (1, 3, 3), (2, 3))


def _image(tape: Tape, size: Shape) -> Shape:
    return tape.choose(_IMAGES)


_STACKS = (("hstack", 1), ("vstack", 0), ("dstack", 2), ("column_stack", 1))

COPY_OPS = (
    CopyOp(
        "cat",
        rearranging.cat_joins_along_a_dimension,
        ("torch.cat", "torch.concat", "torch.concatenate"),
        arguments.dim_only,
        ("dim",),
        _joined_along(1),
    ),
    CopyOp(
        "stack",
        rearranging.stack_joins_along_a_new_dimension,
        ("torch.stack",),
        arguments.new_dim,
        ("dim",),
        _joined_along(None),
    ),
    *(
        CopyOp(
            name,
            rearranging.stacks_of_rows_columns_and_depth,
            (f"torch.{name}",),
            others=_joined_along(dim),
            due=partial(rearranging.stacks_of_rows_columns_and_depth, name),
        )
        for name, dim in _STACKS
    ),
    CopyOp(
        "flip",
        rearranging.flip_reverses_the_dimensions_named,
        (*both("flip"), "Tensor.flip*"),
        arguments.flipping,
        ("dims",),
    ),
    CopyOp(
        "fliplr",
        rearranging.flip_reverses_the_dimensions_named,
        both("fliplr"),
        due=lambda array: rearranging.flip_reverses_the_dimensions_named(array, (1,)),
        fitted=_at_least(2),
    ),
    CopyOp(
        "flipud",
        rearranging.flip_reverses_the_dimensions_named,
        both("flipud"),
        due=lambda array: rearranging.flip_reverses_the_dimensions_named(array, (0,)),
        fitted=_at_least(1),
    ),
    CopyOp(
        "roll",
        rearranging.roll_moves_elements_round_a_dimension,
        both("roll"),
        arguments.rolling,
        ("shifts", "dims"),
    ),
    CopyOp(
        "rot90",
        rearranging.rot90_turns_from_the_first_dimension_to_the_second,
        both("rot90"),
        arguments.rotating,
        ("k", "dims"),
        fitted=_at_least(2),
    ),
    CopyOp(
        "repeat",
        rearranging.repeat_tiles_the_whole_tensor,
        ("Tensor.repeat", "Tensor.repeat*"),
        arguments.repeating,
    ),
    CopyOp(
        "tile",
        rearranging.tile_takes_missing_numbers_as_one,
        (*both("tile"), "Tensor.tile*"),
        lambda tape, size: (arguments.repeating(tape, size)[0][tape.below(3) :],),
    ),
    CopyOp(
        "repeat_interleave",
        rearranging.repeat_interleave_repeats_each_element,
        both("repeat_interleave"),
        arguments.interleaving,
        ("repeats", "dim"),
    ),
    *(
        CopyOp(
            name,
            rearranging.tril_and_triu_keep_one_side_of_a_diagonal,
            both(name),
            arguments.offset_only,
            ("diagonal",),
            due=lambda array, *args, name=name: rearranging.tril_and_triu_keep_one_side_of_a_diagonal(
                array, name, *args
            ),
            fitted=lambda tape, size: size if tape.one_in(12) else _at_least(2)(tape, size),
        )
        for name in ("tril", "triu")
    ),
    CopyOp(
        "diag",
        rearranging.diag_builds_or_reads_a_diagonal,
        both("diag"),
        arguments.offset_only,
        ("diagonal",),
        fitted=lambda tape, size: size[:2] if size and not tape.one_in(12) else size,
    ),
    CopyOp(
        "diag_embed",
        rearranging.diag_embed_builds_matrices_of_the_last_dimension,
        both("diag_embed"),
        arguments.embedding,
        ("offset", "dim1", "dim2"),
        fitted=lambda tape, size: (*size[:1], min(size[-1], 9)) if size else (2,),
    ),
    CopyOp(
        "diagflat",
        rearranging.diagflat_flattens_first,
        both("diagflat"),
        arguments.offset_only,
        ("offset",),
        fitted=lambda tape, size: tuple(min(count, 4) for count in size),
    ),
    CopyOp(
        "block_diag",
        rearranging.block_diag_surrounds_blocks_with_zeros,
        ("torch.block_diag*",),
        others=_small,
    ),
    CopyOp(
        "pad",
        rearranging.pad_surrounds_with_a_constant,
        ("torch.nn.functional.pad",),
        arguments.padding,
        ("pad",),
    ),
    CopyOp(
        "pixel_shuffle",
        rearranging.pixel_shuffle_turns_channels_into_pixels,
        ("torch.nn.functional.pixel_shuffle", "torch.pixel_shuffle"),
        lambda tape, size: (tape.choose((2, 2, 1, 3)),),
        fitted=_image,
    ),
    CopyOp(
        "pixel_unshuffle",
        rearranging.pixel_unshuffle_undoes_pixel_shuffle,
        ("torch.nn.functional.pixel_unshuffle", "torch.pixel_unshuffle"),
        lambda tape, size: (tape.choose((2, 2, 1, 3)),),
        fitted=_image,
    ),
    CopyOp("clone", _FRESH, both("clone"), due=_plain(np.array)),
    CopyOp(
        "index_select",
        _FRESH,
        both("index_select"),
        _places,
        due=_plain(lambda array, dim, index: np.take(array, index, axis=dim)),
        fitted=_at_least(1),
    ),
    CopyOp(
        "masked_select",
        _FRESH,
        both("masked_select"),
        lambda tape, size: (
            np.asarray(np.arange(int(np.prod(size))).reshape(size) % tape.between(1, 3) == 0),
        ),
        due=_plain(lambda array, mask: array[mask]),
    ),
    CopyOp(
        "gather",
        _FRESH,
        both("gather"),
        lambda tape, size: (0, np.zeros((2, *size[1:]), np.int64)),
        due=_plain(lambda array, dim, index: np.take_along_axis(array, index, dim)),
        fitted=lambda tape, size: (2, *size[1:]),
    ),
    CopyOp(
        "take",
        _FRESH,
        both("take"),
        lambda tape, size: (np.arange(int(np.prod(size)))[::-1].copy(),),
        due=_plain(lambda array, index: array.reshape(-1)[index]),
    ),
    CopyOp(
        "getitem",
        _FRESH,
        ("operator.getitem",),
        lambda tape, size: (_places(tape, size[:1])[1],),
        due=_plain(lambda array, index: array[index]),
        fitted=_at_least(1),
    ),
    *(_copy_of_view(op) for op in VIEW_OPS if op.name in _COPIED_VIEWS),
)
