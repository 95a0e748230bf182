"""Faults of broadcasting."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.size import Size
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import broadcasting

from .changes import Call, then
from .mutant import Mutant, attribute, kernel, mutant

# How many rows a kernel that works in blocks takes at once.
BLOCK = 64
VALUES = broadcasting.results_are_those_of_expanded_operands
IN_PLACE = broadcasting.in_place_operations_keep_the_shape_of_their_target


def _repeats_rows(operand: Any, shape: Any) -> bool:
    """Return whether an operand is repeated along the first dimension of a shape."""
    return isinstance(operand, Tensor) and (operand.ndim < len(shape) or operand.shape[0] != shape[0])


def _input_past_the_first_block(original: Call) -> Call:
    """Where rows repeat, the condition counts in the first block only."""

    def where(condition: Tensor, input: Any, other: Any) -> Tensor:
        made: Tensor = original(condition, input, other)
        if made.ndim and any(_repeats_rows(operand, made.shape) for operand in (condition, input, other)):
            always = original(ops.ones_like(condition), input, other).expand(made.shape)
            made.array[BLOCK:] = always.array[BLOCK:]
        return made

    return where


def _fills_the_first_row(original: Call) -> Call:
    def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
        made: Tensor = original(input, mask, value)
        if _repeats_rows(mask, made.shape) and input.shape == made.shape:
            made.array[1:] = input.array[1:]
        return made

    return masked_fill


def _column_in_the_wrong_order(original: Call) -> Call:
    """An (n, 1) source is written again and again from the first place on."""

    def copy(input: Tensor, src: Any, *args: Any) -> Tensor:
        column = isinstance(src, Tensor) and src.ndim == 2 and src.shape[1] == 1 and input.ndim == 2
        if column and src.shape[0] == input.shape[0] and input.numel():
            src = fresh(np.resize(src.array.reshape(-1), input.shape), src.dtype)
        return original(input, src, *args)  # type: ignore[no-any-return]

    return copy


def _weight_of_the_first_column(original: Call) -> Call:
    """Past 2048 columns a weight that repeats is read at its first place."""

    def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
        made: Tensor = original(input, end, weight)
        if isinstance(weight, Tensor) and weight.ndim < made.ndim and made.numel() > 2048:
            return original(input, end, weight.reshape(-1)[0])  # type: ignore[no-any-return]
        return made

    return lerp


def _last_dims_only(name: str) -> Any:
    """A size of 1 between others is read as if its rows followed each other."""

    def make(original: Call) -> Call:
        def call(input: Any, other: Any, **kwargs: Any) -> Any:
            made = original(input, other, **kwargs)
            inner = isinstance(other, Tensor) and made.ndim == 3 and other.ndim == 3
            if inner and made.shape[1] > 1 == other.shape[1] and other.numel() > 1:
                repeated = np.resize(other.array.reshape(-1), made.shape)
                return original(input, fresh(repeated, other.dtype), **kwargs)
            return made

        return call

    return kernel(name, make)


def _paired_in_order(original: Call) -> Call:
    """Operands of equal count are paired up, whatever their shapes."""

    def add(input: Any, other: Any, **kwargs: Any) -> Any:
        tensors = isinstance(input, Tensor) and isinstance(other, Tensor)
        if tensors and input.shape != other.shape and 1 < input.numel() == other.numel():
            other = fresh(other.array.reshape(input.shape), other.dtype)
        return original(input, other, **kwargs)

    return add


def _counted_from_the_back(original: Call) -> Call:
    def mismatch(shapes: Any) -> str:
        text, _, dim = original(shapes).rpartition(" ")
        return f"{text} {int(dim) - max(map(len, shapes))}"

    return mismatch


def _the_target_stays(original: Call) -> Call:
    """A target that would have to grow is returned as it is."""

    def inplace(op: Any, args: Any, kwargs: Any) -> Any:
        try:
            return original(op, args, kwargs)
        except RuntimeError as error:
            if "doesn't match the broadcast shape" not in str(error):
                raise
            return args[0]

    return inplace


def _larger_sizes(original: Call) -> Call:
    def broadcast_shapes(*shapes: Any) -> Any:
        found = original(*shapes)
        given = [shape for shape in shapes if not isinstance(shape, int)]
        return Size(max([size, *_sizes_at(given, place - len(found))]) for place, size in enumerate(found))

    return broadcast_shapes


def _sizes_at(shapes: Any, place: int) -> list[int]:
    return [shape[place] for shape in shapes if len(shape) >= -place]


def _first_row_only(original: Call) -> Call:
    """A zero-dim tensor meets the first row of a matrix."""

    def mul(input: Any, other: Any) -> Any:
        made = original(input, other)
        if isinstance(other, Tensor) and isinstance(input, Tensor) and not other.ndim and input.ndim > 1:
            made.array[1:] = input.array[1:]
        return made

    return mul


def _writes_into_its_operand(original: Call) -> Call:
    def add(input: Any, other: Any, **kwargs: Any) -> Any:
        made = original(input, other, **kwargs)
        if isinstance(input, Tensor) and made.shape == input.shape and made.dtype is input.dtype:
            input.places[...] = made.array
        return made

    return add


def _averages(original: Call) -> Call:
    def sum_to(grad: Tensor, shape: Any) -> Any:
        summed = original(grad, shape)
        return summed / max(grad.numel() // max(summed.numel(), 1), 1)

    return sum_to


def _first_gradient(original: Call) -> Call:
    """Only the first repetition along the first dimension counts."""

    def sum_to(grad: Tensor, shape: Any) -> Any:
        repeats = grad.ndim == len(shape) > 0 and grad.shape[0] > shape[0] == 1
        return original(grad[:1] if repeats else grad, shape)

    return sum_to


def _means_to_size(original: Call) -> Call:
    def sum_to_size(input: Tensor, *size: Any) -> Any:
        summed = original(input, *size)
        return summed if summed is input or not summed.numel() else summed * 0 + input.reshape(-1)[:1].sum()

    return sum_to_size


def _silently(original: Call) -> Call:
    def call(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return original(*args, **kwargs)

    return call


MUTANTS: list[Mutant] = [
    mutant(
        "where_ignores_the_condition_past_a_block_of_repeated_rows",
        VALUES,
        kernel("where", _input_past_the_first_block),
        fault="tracel-ai/burn#5730",
    ),
    mutant(
        "masked_fill_of_repeated_rows_fills_the_first",
        (VALUES, IN_PLACE),
        kernel("masked_fill", _fills_the_first_row),
        fault="tracel-ai/burn#5730",
    ),
    mutant(
        "copying_a_column_repeats_it_in_the_wrong_order",
        IN_PLACE,
        kernel("copy_", _column_in_the_wrong_order),
        fault="pytorch/pytorch#105277",
    ),
    mutant("lerp_reads_one_weight_past_2048", VALUES, kernel("lerp", _weight_of_the_first_column)),
    mutant("mul_reads_a_middle_size_of_one_as_rows", VALUES, _last_dims_only("mul")),
    mutant("maximum_reads_a_middle_size_of_one_as_rows", VALUES, _last_dims_only("maximum")),
    mutant(
        "equal_counts_are_paired_in_order",
        (
            broadcasting.shapes_combine_from_the_last_dimension,
            broadcasting.equal_counts_are_not_paired_in_order,
            VALUES,
        ),
        kernel("add", _paired_in_order),
    ),
    mutant(
        "the_error_counts_dimensions_from_the_back",
        broadcasting.the_error_names_the_first_pair_from_the_back,
        attribute("kernels:_mismatch", _counted_from_the_back),
    ),
    mutant(
        "a_target_that_would_grow_is_left_alone",
        IN_PLACE,
        attribute("writing:inplace", _the_target_stays),
    ),
    mutant(
        "broadcast_to_copies",
        broadcasting.broadcast_to_is_a_view,
        kernel("broadcast_to", then(lambda made: made.contiguous().clone())),
    ),
    mutant(
        "broadcast_tensors_copies",
        broadcasting.broadcast_tensors_are_views,
        kernel("broadcast_tensors", then(lambda views: tuple(view.clone() for view in views))),
    ),
    mutant(
        "broadcast_shapes_takes_the_larger_size",
        broadcasting.broadcast_shapes_gives_the_common_shape,
        kernel("broadcast_shapes", _larger_sizes),
    ),
    mutant(
        "a_zero_dim_tensor_meets_the_first_row_only",
        broadcasting.a_number_meets_every_element,
        kernel("mul", _first_row_only),
    ),
    mutant(
        "add_writes_into_its_operand",
        broadcasting.operands_are_left_as_they_are,
        kernel("add", _writes_into_its_operand),
    ),
    mutant(
        "gradients_are_averaged_over_repetitions",
        broadcasting.the_gradient_of_an_operand_is_summed_to_its_shape,
        attribute("autograd.reducing:sum_to", _averages),
    ),
    mutant(
        "gradients_of_repeated_rows_are_those_of_the_first",
        broadcasting.the_gradient_of_an_operand_is_summed_to_its_shape,
        attribute("autograd.reducing:sum_to", _first_gradient),
    ),
    mutant(
        "sum_to_size_takes_the_first_element",
        broadcasting.sum_to_size_sums_to_a_shape_that_broadcasts_back,
        kernel("sum_to_size", _means_to_size),
    ),
    mutant(
        "mse_loss_does_not_warn",
        broadcasting.a_loss_of_a_column_and_a_vector_warns,
        kernel("nn.functional.mse_loss", _silently),
    ),
]
