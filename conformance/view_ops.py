"""The table of view operations: how each is called, what it takes and shows, and which window it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tensorcanon.spec import indexing, shape, views
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes, pieces, reshaping, retyping, windows
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.indexing import resolve
from tensorcanon.spec.rules.windows import Window

from . import arguments
from .calls import Args, Call, both, draw_call
from .inputs import Shape
from .subscripts import draw_basic
from .tape import Tape

Made = Window | Sequence[Window]


@dataclass(frozen=True, eq=False)
class ViewOp:
    """A view operation.

    Attributes
    ----------
    name : str
    clause : Clause
        What the operation shows.
    rule : callable
        From the window of the tensor and the arguments to that of the result, or a sequence of them.
    forms : tuple of str
        Call names. A form that ends with ``*`` takes the items of a sequence as arguments of their own, one
        that ends with ``~`` a tensor in the place of its shape.
    draw : callable
        Draws the arguments after the tensor.
    names : tuple of str
        The names of the arguments, for calls by keyword; empty where there are none.
    dtypes : tuple of DType
    due : callable or None
        From elements, window and arguments to the outcome, where `clause` does not take just these.
    fitted : callable
        Makes a drawn shape one that the operation takes, mostly.
    """

    name: str
    clause: Clause[Any]
    rule: Callable[..., Made]
    forms: tuple[str, ...]
    draw: Callable[[Tape, Shape], Args] = arguments.none
    names: tuple[str, ...] = ()
    dtypes: tuple[DType, ...] = dtypes.COMMON
    due: Callable[..., Outcome] | None = None
    fitted: Callable[[Tape, Shape], Shape] = lambda tape, size: size

    @property
    def clauses(self) -> tuple[Clause[Any], ...]:
        """The clauses that a check of this operation verifies besides its laws."""
        return (self.clause,)

    def __str__(self) -> str:
        return self.name

    def outcome(self, elements: Any, window: Window, args: Args) -> Outcome:
        """Return what the operation shows."""
        return (self.due or self.clause)(elements, window, *args)

    def windows(self, window: Window, args: Args) -> tuple[Window, ...]:
        """Return the windows of the results."""
        made = self.rule(window, *args)
        return (made,) if isinstance(made, Window) else tuple(made)

    def draw_call(self, tape: Tape, size: Shape) -> Call:
        """Draw the arguments and the form of a call."""
        return draw_call(tape, self.forms, self.draw(tape, size), self.names)


def _nonnegative(draw: Callable[[Tape, Shape], Args]) -> Callable[[Tape, Shape], Args]:
    """Return a drawing of shapes without negative sizes, as tensors have them."""

    def drawn(tape: Tape, size: Shape) -> Args:
        (sizes,) = draw(tape, size)
        return (sizes if min(sizes, default=0) >= 0 else size,)

    return drawn


def _of_rank(ndim: int) -> Callable[[Tape, Shape], Shape]:
    """Return what adds dimensions to a shape of lower rank, mostly."""

    def fitted(tape: Tape, size: Shape) -> Shape:
        missing = max(ndim - len(size), 0)
        return size if tape.one_in(8) else ((3, 2, 4)[:missing] + size)

    return fitted


def _type(tape: Tape, size: Shape) -> Args:
    return (tape.choose(VIEWED_AS),)


_MOSTLY_COMPLEX = (*dtypes.COMPLEXES, *dtypes.COMPLEXES, dtypes.float32)

# Any bits are elements of these types; of bool they are not.
VIEWED_AS = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bool_)

VIEW_OPS = (
    ViewOp(
        "narrow",
        views.narrow_is_a_view_of_a_range,
        windows.narrow,
        both("narrow"),
        arguments.narrowing,
        ("dim", "start", "length"),
    ),
    ViewOp(
        "select",
        views.select_is_a_view_of_one_index,
        windows.select,
        both("select"),
        arguments.selecting,
        ("dim", "index"),
    ),
    ViewOp(
        "getitem",
        indexing.basic_indices_make_one_window,
        lambda window, index: resolve(index, window).window,
        ("operator.getitem",),
        lambda tape, size: (draw_basic(tape, size).plain,),
        due=lambda elements, window, index: indexing.basic_indices_make_one_window(
            elements, window.strides, index
        ),
    ),
    ViewOp(
        "diagonal",
        views.diagonal_is_a_view_with_the_diagonal_last,
        windows.diagonal,
        both("diagonal"),
        arguments.diagonal,
        ("offset", "dim1", "dim2"),
        fitted=_of_rank(2),
    ),
    ViewOp(
        "unfold",
        views.unfold_is_a_view_of_sliding_windows,
        windows.unfold,
        ("Tensor.unfold",),
        arguments.sliding,
        ("dimension", "size", "step"),
    ),
    ViewOp(
        "transpose",
        views.transpose_is_a_view_with_two_dimensions_swapped,
        windows.transpose,
        both("transpose"),
        arguments.two_dims,
        ("dim0", "dim1"),
    ),
    ViewOp(
        "swapdims",
        views.transpose_is_a_view_with_two_dimensions_swapped,
        windows.transpose,
        both("swapaxes", "swapdims"),
        arguments.two_dims,
    ),
    ViewOp(
        "permute",
        views.permute_is_a_view_with_the_dimensions_reordered,
        windows.permute,
        (*both("permute"), "Tensor.permute*"),
        arguments.ordering,
        ("dims",),
    ),
    ViewOp("t", views.t_is_a_view_of_a_matrix_transposed, windows.t, both("t")),
    ViewOp("T", views.the_attribute_t_reverses_the_dimensions, windows.reversed_dims, ("Tensor.T",)),
    ViewOp(
        "mT",
        views.the_attribute_mt_swaps_the_last_two_dimensions,
        windows.matrix_transpose,
        ("Tensor.mT",),
        fitted=_of_rank(2),
    ),
    ViewOp(
        "H",
        views.the_attribute_h_is_the_conjugate_transpose,
        windows.hermitian,
        ("Tensor.H",),
        dtypes=dtypes.REALS,
    ),
    ViewOp(
        "mH",
        views.the_attribute_h_is_the_conjugate_transpose,
        windows.matrix_transpose,
        ("Tensor.mH", *both("adjoint")),
        dtypes=dtypes.REALS,
        due=partial(views.the_attribute_h_is_the_conjugate_transpose, batches=True),
        fitted=_of_rank(2),
    ),
    ViewOp(
        "movedim",
        shape.movedim_keeps_the_rest_in_order,
        windows.movedim,
        both("movedim", "moveaxis"),
        arguments.moving,
        ("source", "destination"),
    ),
    ViewOp(
        "squeeze",
        shape.squeeze_removes_dimensions_of_size_one,
        windows.squeeze,
        both("squeeze"),
        arguments.squeezing,
        ("dim",),
    ),
    ViewOp(
        "unsqueeze",
        shape.unsqueeze_inserts_a_dimension_of_size_one,
        windows.unsqueeze,
        both("unsqueeze"),
        arguments.new_dim,
        ("dim",),
    ),
    ViewOp(
        "expand",
        views.expand_is_a_view_that_repeats_by_stride_zero,
        reshaping.expand,
        ("Tensor.expand", "Tensor.expand*", *both("broadcast_to")),
        arguments.expanding,
    ),
    ViewOp(
        "expand_as",
        views.expand_is_a_view_that_repeats_by_stride_zero,
        reshaping.expand,
        ("Tensor.expand_as~",),
        _nonnegative(arguments.expanding),
    ),
    ViewOp(
        "view",
        views.view_needs_compatible_strides,
        reshaping.view,
        ("Tensor.view", "Tensor.view*"),
        arguments.reshaping,
        ("size",),
    ),
    ViewOp(
        "view_as",
        views.view_needs_compatible_strides,
        reshaping.view,
        ("Tensor.view_as~",),
        _nonnegative(arguments.reshaping),
    ),
    ViewOp(
        "unflatten",
        shape.unflatten_splits_a_dimension,
        reshaping.unflatten,
        both("unflatten"),
        arguments.splitting_dim,
        ("dim", "sizes"),
    ),
    ViewOp(
        "view_dtype",
        views.view_of_another_type_reads_the_same_bytes,
        retyping.view_dtype,
        ("Tensor.view",),
        _type,
        ("dtype",),
        dtypes=VIEWED_AS,
    ),
    ViewOp("real", views.real_is_a_view_of_the_real_parts, retyping.real, ("torch.real", "Tensor.real")),
    ViewOp(
        "imag",
        views.imag_is_a_view_of_the_imaginary_parts,
        retyping.imag,
        ("torch.imag", "Tensor.imag"),
        dtypes=_MOSTLY_COMPLEX,
    ),
    ViewOp(
        "view_as_real",
        views.view_as_real_is_a_view_of_both_parts,
        retyping.view_as_real,
        ("torch.view_as_real",),
        dtypes=_MOSTLY_COMPLEX,
    ),
    ViewOp(
        "view_as_complex",
        views.view_as_complex_is_a_view_of_pairs,
        retyping.view_as_complex,
        ("torch.view_as_complex",),
        dtypes=(dtypes.float32, dtypes.float64, dtypes.float32, dtypes.int32),
        fitted=lambda tape, size: size if tape.one_in(8) else (*size, 2),
    ),
    ViewOp("detach", views.detach_is_a_view_that_requires_no_gradient, lambda window: window, both("detach")),
    *(
        ViewOp(
            f"atleast_{ndim}d",
            shape.atleast_adds_dimensions_of_size_one,
            lambda window, n=ndim: reshaping.view(window, reshaping.at_least(n, window.shape)),
            (f"torch.atleast_{ndim}d",),
            due=partial(shape.atleast_adds_dimensions_of_size_one, ndim=ndim),
        )
        for ndim in (1, 2, 3)
    ),
    ViewOp(
        "split",
        shape.split_gives_pieces_of_one_length,
        pieces.split,
        both("split"),
        arguments.lengths,
    ),
    ViewOp(
        "split_with_sizes",
        shape.split_gives_pieces_of_one_length,
        pieces.split_with_sizes,
        both("split_with_sizes"),
        arguments.sections,
        ("split_sizes", "dim"),
    ),
    ViewOp(
        "chunk",
        shape.chunk_gives_at_most_so_many_pieces,
        pieces.chunk,
        both("chunk"),
        arguments.counting,
        ("chunks", "dim"),
    ),
    ViewOp(
        "tensor_split",
        shape.tensor_split_gives_exactly_so_many_pieces,
        pieces.tensor_split,
        both("tensor_split"),
        arguments.cutting,
    ),
    *(
        ViewOp(
            name,
            shape.hsplit_vsplit_and_dsplit_cut_one_dimension,
            lambda window, cut, name=name: pieces.along_axis(name, window, cut),
            both(name),
            arguments.cutting_along(dim),
            fitted=_of_rank(dim + 1),
            due=lambda elements, window, cut, name=name: shape.hsplit_vsplit_and_dsplit_cut_one_dimension(
                elements, window, name, cut
            ),
        )
        for name, dim in (("hsplit", 1), ("vsplit", 0), ("dsplit", 2))
    ),
    ViewOp(
        "unbind",
        shape.unbind_gives_every_place_of_a_dimension,
        windows.unbind,
        both("unbind"),
        arguments.dim_only,
        ("dim",),
        fitted=lambda tape, size: tuple(min(count, 300) for count in size),
    ),
)
