"""Faults of sequences, grids and choices."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import sequences
from tensorcanon.spec.rules import sequences as rules

from .changes import Call, forcing, ignoring, then
from .mutant import Mutant, attribute, kernel, mutant


class _Rules:
    """The rules of sequences with one of them replaced."""

    def __init__(self, **replaced: Any) -> None:
        self.__dict__.update(vars(rules) | replaced)


def _count(counted: Call) -> Any:
    return attribute("sequences:rules", lambda original: _Rules(arange_length=counted))


def _typed(chosen: Call) -> Any:
    return attribute("sequences:rules", lambda original: _Rules(arange_dtype=chosen))


def _counts_in_float32(start: Any, end: Any, step: Any) -> int:
    return int(np.ceil(np.float32((end - start) / step)))


def _includes_the_end(start: Any, end: Any, step: Any) -> int:
    return max(0, int((end - start) / step) + 1)


def _restarts_past(limit: int) -> Any:
    def restart(made: Tensor) -> Tensor:
        flat = made.array.reshape(-1).copy()
        flat[limit:] = flat[: max(flat.size - limit, 0)][: flat.size - limit]
        return fresh(flat, made.dtype)

    return then(restart)


def _looks_at_the_end_only(*bounds: Any, default: Any) -> Any:
    return rules.arange_dtype(bounds[1], default=default)


def _empty_for_a_wrong_direction(original: Call) -> Call:
    def arange(*args: Any, **kwargs: Any) -> Tensor:
        try:
            return original(*args, **kwargs)  # type: ignore[no-any-return]
        except RuntimeError as error:
            if "inconsistent" not in str(error):
                raise
            return ops.empty(0, dtype=dtypes.int64)  # type: ignore[no-any-return]

    return arange


def _from_the_start_only(original: Call) -> Call:
    def between(first: Any, last: Any, count: int) -> Any:
        if isinstance(first, complex) or isinstance(last, complex) or not count:
            return original(first, last, count)
        step = np.float32((last - first) / (count - 1))
        return np.float32(first) + np.arange(count, dtype=np.float32) * step

    return between


def _rounds_integers(original: Call) -> Call:
    def linspace(start: Any, end: Any, steps: int, **options: Any) -> Tensor:
        kind = options.get("dtype")
        if kind is None or not kind.is_integral:
            return original(start, end, steps, **options)  # type: ignore[no-any-return]
        return fresh(np.rint(original(start, end, steps).array), kind)

    return linspace


def _excludes_the_end(original: Call) -> Call:
    def linspace(start: Any, end: Any, steps: int, **options: Any) -> Tensor:
        return original(start, end, steps + 1, **options)[:-1]  # type: ignore[no-any-return]

    return linspace


def _hundred_steps(original: Call) -> Call:
    return lambda start, end, steps=100, **options: original(start, end, steps, **options)


def _of_base_two(original: Call) -> Call:
    return lambda start, end, steps, base=10.0, **options: original(start, end, steps, 2.0, **options)


def _without_offset(original: Call) -> Call:
    return lambda row, col, offset=0, **options: original(row, col, **options)


def _drops_the_imaginary_part(original: Call) -> Call:
    return lambda start, end, *args, **options: original(
        start, end.real if isinstance(end, complex) else end, *args, **options
    )


def _by_column(original: Call) -> Call:
    def indices(row: Any, col: Any, offset: Any = 0, **options: Any) -> Tensor:
        found = original(row, col, offset, **options)
        places = np.array(found.array)
        return fresh(places[:, np.lexsort(places)], found.dtype)

    return indices


def _first_varies_first(original: Call) -> Call:
    def cartesian_prod(*tensors: Tensor) -> Tensor:
        if len(tensors) == 1:
            return original(*tensors)  # type: ignore[no-any-return]
        rows = [row[::-1] for row in itertools.product(*(t.array for t in reversed(tensors)))]
        return fresh(np.array(rows, tensors[0].dtype.numpy).reshape(-1, len(tensors)))

    return cartesian_prod


def _no_error_past_the_classes(original: Call) -> Call:
    def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
        if num_classes > 0 and input.dtype is dtypes.int64:
            return fresh((input.array[..., None] == np.arange(num_classes)).astype(np.int64))
        return original(input, num_classes)  # type: ignore[no-any-return]

    return one_hot


MUTANTS: list[Mutant] = [
    mutant(
        "arange_of_integers_is_floating",
        sequences.arange_of_integers_is_int64,
        _typed(lambda *_, default: default),
    ),
    mutant(
        "arange_looks_at_its_end_only",
        sequences.arange_of_integers_is_int64,
        _typed(_looks_at_the_end_only),
    ),
    mutant(
        "arange_counts_in_float32",
        sequences.arange_steps_from_start_to_before_end,
        _count(_counts_in_float32),
    ),
    mutant(
        "arange_includes_its_end",
        sequences.arange_steps_from_start_to_before_end,
        _count(_includes_the_end),
    ),
    mutant(
        "arange_starts_again_past_2048",
        sequences.arange_steps_from_start_to_before_end,
        kernel("arange", _restarts_past(2048)),
    ),
    mutant(
        "arange_in_the_wrong_direction_is_empty",
        sequences.arange_refuses_bounds_it_cannot_reach,
        kernel("arange", _empty_for_a_wrong_direction),
    ),
    mutant(
        "linspace_excludes_its_end",
        (sequences.linspace_spaces_evenly, sequences.linspace_hits_both_ends),
        kernel("linspace", _excludes_the_end),
    ),
    mutant(
        "linspace_counts_from_its_start_only",
        sequences.linspace_hits_both_ends,
        attribute("sequences:_between", _from_the_start_only),
    ),
    mutant(
        "linspace_rounds_integers", sequences.linspace_spaces_evenly, kernel("linspace", _rounds_integers)
    ),
    mutant(
        "linspace_takes_a_hundred_steps",
        sequences.linspace_needs_a_number_of_steps,
        kernel("linspace", _hundred_steps),
    ),
    mutant(
        "logspace_is_of_base_two_always",
        sequences.logspace_raises_the_base_to_even_steps,
        kernel("logspace", _of_base_two),
    ),
    mutant(
        "linspace_of_complex_ends_is_real",
        sequences.complex_sequences_may_be_refused,
        kernel("linspace", _drops_the_imaginary_part),
    ),
    mutant(
        "eye_is_always_square",
        sequences.eye_has_ones_on_its_diagonal,
        kernel("eye", lambda original: lambda n, m=None, **options: original(n, **options)),
    ),
    mutant("eye_ignores_its_type", sequences.eye_has_ones_on_its_diagonal, kernel("eye", ignoring("dtype"))),
    mutant(
        "tril_indices_are_ordered_by_column",
        sequences.triangle_indices_are_ordered_by_row,
        kernel("tril_indices", _by_column),
    ),
    mutant(
        "triu_indices_ignore_the_offset",
        sequences.triangle_indices_are_ordered_by_row,
        kernel("triu_indices", _without_offset),
    ),
    mutant(
        "meshgrid_ignores_xy",
        sequences.meshgrid_repeats_each_vector_along_its_own_dimension,
        kernel("meshgrid", forcing(indexing="ij")),
    ),
    mutant(
        "meshgrid_copies",
        sequences.meshgrid_is_a_view_of_its_vectors,
        kernel("meshgrid", then(lambda grids: tuple(grid.clone() for grid in grids))),
    ),
    mutant(
        "meshgrid_is_silent",
        sequences.meshgrid_without_indexing_warns,
        attribute("grids:warn_once", lambda original: lambda message: None),
    ),
    mutant(
        "cartesian_prod_varies_the_first_vector_first",
        sequences.cartesian_prod_lists_all_tuples,
        kernel("cartesian_prod", _first_varies_first),
    ),
    mutant(
        "combinations_never_repeat",
        sequences.combinations_lists_choices_by_place,
        kernel("combinations", ignoring("with_replacement")),
    ),
    mutant(
        "one_hot_ignores_classes_past_the_count",
        sequences.one_hot_marks_the_class,
        kernel("nn.functional.one_hot", _no_error_past_the_classes),
    ),
    mutant(
        "one_hot_is_floating",
        sequences.one_hot_marks_the_class,
        kernel("nn.functional.one_hot", then(lambda made: made.float())),
    ),
]
