"""Evenly spaced numbers, grids, products and choices. Rules: `rules.sequences`, `rules.combinations`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from . import accuracy
from .clause import clause
from .outcome import Each, Exactly, OneOf, Outcome, Raises, Structure, Warns, Within
from .rules import combinations, dtypes, strides
from .rules import sequences as rules
from .rules.dtypes import DType
from .rules.sequences import Array, Real


@clause("torch.arange", covers="creation.arange-dtype")
def arange_of_integers_is_int64(*arguments: Real, default: DType = dtypes.float32) -> Outcome:
    """`arange` of integers has int64, with a float among its arguments the default type."""
    return Structure(dtype=rules.arange_dtype(*arguments, default=default))


@clause("torch.arange", covers=("creation.arange-values", "creation.arange-float-rounding"))
def arange_steps_from_start_to_before_end(start: Real, end: Real, step: Real, dtype: DType) -> Outcome:
    """`arange` has ceil((end - start) / step) elements, start + i x step.

    The count is that of float64 arithmetic, so a rounded quotient may admit an element close to the end.
    """
    return _spaced(rules.arange_values(start, end, step), dtype, abs(start) + abs(end))


@clause("torch.arange", covers="creation.arange-errors")
def arange_refuses_bounds_it_cannot_reach() -> Outcome:
    """`arange` with a step of 0, one of the wrong sign, or bounds that are not finite is an error."""
    return Raises("RuntimeError", "ValueError")


@clause("torch.linspace", covers=("creation.linspace", "creation.linspace-int"))
def linspace_spaces_evenly(start: Real, end: Real, steps: int, dtype: DType = dtypes.float32) -> Outcome:
    """`linspace` has evenly spaced numbers, both ends included; one number alone is the start.

    The default type is floating whatever the ends are; an integer type cuts fractions off.
    """
    return _spaced(rules.linspace_values(start, end, steps), dtype, abs(start) + abs(end))


def _spaced(values: list[Fraction], dtype: DType, magnitude: float) -> Outcome:
    if dtype.is_integral:
        # A step that float64 rounds may fall short of an integer inside the sequence.
        exact = rules.exactly_spaced(values)
        inner = range(1, len(values) - 1)
        sure = [exact or place not in inner or v.denominator != 1 for place, v in enumerate(values)]
        return Exactly(rules.truncated(values, dtype), where=np.array(sure, bool))
    wide = rules.wide(values)
    if rules.exact_in(values, dtype):
        return Exactly(wide.astype(np.float64).astype(dtype.storage))
    return Within(wide, accuracy.dot(1, np.full(wide.shape, magnitude)), dtype, signed_zero=False)


@clause("torch.linspace", covers="creation.linspace")
def linspace_hits_both_ends(start: Real, end: Real, steps: int, dtype: DType) -> Outcome:
    """The first and last number of `linspace` are the ends themselves, without an error of rounding."""
    array = np.zeros(steps, np.float64)
    array[0], array[-1] = start, end
    inner = np.zeros(steps, bool)
    inner[[0, -1]] = True
    return Exactly(array.astype(dtype.storage), where=inner)


@clause("torch.linspace", covers="creation.linspace-steps-required", level="extended")
def linspace_needs_a_number_of_steps(steps: int | None) -> Outcome:
    """`linspace` and `logspace` need a number of steps (TypeError), not a negative one (RuntimeError)."""
    return Raises("TypeError") if steps is None else Raises("RuntimeError")


@clause("torch.logspace", covers="creation.logspace", level="extended")
def logspace_raises_the_base_to_even_steps(
    start: Real, end: Real, steps: int, base: float = 10.0, dtype: DType = dtypes.float32
) -> Outcome:
    """`logspace` is the base, 10 unless given, to the powers that `linspace` has."""
    powers = np.longdouble(base) ** rules.wide(rules.linspace_values(start, end, steps))
    # A rounded exponent moves the power by its logarithm.
    magnitude = powers * (1 + (abs(start) + abs(end)) * abs(math.log(base)))
    return Within(powers, accuracy.dot(1, magnitude, 2.0), dtype)


@clause(
    "complex_numbers#creating-complex-tensors; torch.view_as_complex",
    covers="creation.complex-factories",
    basis="observed",
    level="extended",
)
def complex_sequences_may_be_refused(values: Array | None, dtype: DType = dtypes.complex64) -> Outcome:
    """`arange` in a complex type is an error; `linspace` of complex ends is one, or evenly spaced."""
    if values is None:
        return Raises("RuntimeError")
    near = Within(values, accuracy.dot(1, np.full(values.shape, 2 * np.abs(values).max())), dtype)
    return OneOf(Raises("RuntimeError"), near)


@clause("torch.eye", covers="creation.eye")
def eye_has_ones_on_its_diagonal(rows: int, columns: int, dtype: DType = dtypes.float32) -> Outcome:
    """`eye` is a matrix with ones on the main diagonal and zeros elsewhere; square unless told otherwise."""
    array = np.eye(rows, columns).astype(dtype.storage)
    return Exactly(array, strides=strides.contiguous_strides(array.shape))


@clause(
    "torch.tril_indices; torch.triu_indices",
    covers="creation.tril-triu-indices",
    level="extended",
)
def triangle_indices_are_ordered_by_row(
    rows: int, columns: int, offset: int, lower: bool, dtype: DType = dtypes.int64
) -> Outcome:
    """`tril_indices` and `triu_indices` list the places of a triangle, ordered by row, then column."""
    return Exactly(combinations.triangle(rows, columns, offset, lower=lower).astype(dtype.storage))


# Combinations.


@clause("torch.meshgrid", covers="creation.meshgrid", level="extended")
def meshgrid_repeats_each_vector_along_its_own_dimension(vectors: Sequence[Array], indexing: str) -> Outcome:
    """`meshgrid` gives a grid per vector that varies along one dimension; ``"xy"`` swaps the first two."""
    return Each(tuple(Exactly(grid) for grid in combinations.meshgrid(vectors, indexing)))


@clause("torch.meshgrid", covers="creation.meshgrid", level="extended")
def meshgrid_is_a_view_of_its_vectors(grid: Array, steps: Sequence[int] | None = None) -> Outcome:
    """The grids of `meshgrid` are views: what is written to a vector shows all over its grid."""
    return Exactly(grid, strides=None if steps is None else tuple(steps))


@clause("torch.meshgrid", covers="creation.meshgrid", level="extended")
def meshgrid_without_indexing_warns(vectors: Sequence[Array]) -> Outcome:
    """`meshgrid` without ``indexing=`` acts as with ``"ij"`` and warns that this may change."""
    return Warns("UserWarning", meshgrid_repeats_each_vector_along_its_own_dimension.rule(vectors, "ij"))


@clause("torch.cartesian_prod", covers="creation.cartesian-combinations", level="extended")
def cartesian_prod_lists_all_tuples(vectors: Sequence[Array]) -> Outcome:
    """`cartesian_prod` has a row for each tuple, the last vector varying first; one alone stays as it is."""
    if len(vectors) == 1:
        return Exactly(vectors[0])
    return Exactly(combinations.cartesian_product(vectors))


@clause("torch.combinations", covers="creation.cartesian-combinations", level="extended")
def combinations_lists_choices_by_place(vector: Array, length: int, with_replacement: bool) -> Outcome:
    """`combinations` has a row for each choice of so many places, in lexicographic order."""
    return Exactly(combinations.choices(vector, length, repeats=with_replacement))


@clause("torch.nn.functional.one_hot", covers="creation.one-hot", level="extended")
def one_hot_marks_the_class(classes: Array, count: int = -1) -> Outcome:
    """`one_hot` appends a dimension that is 1 at the class and 0 elsewhere, in int64.

    Its size is the count of classes, by default one more than the largest. A class outside that count is a
    RuntimeError, as are classes that are not int64.
    """
    if classes.dtype != np.int64:
        return Raises("RuntimeError")
    if classes.size == 0 and count <= 0:
        return Raises("RuntimeError", from_values=True)
    size = int(classes.max()) + 1 if count == -1 else count
    if classes.size and not 0 <= classes.min() <= classes.max() < size:
        return Raises("RuntimeError", from_values=True)
    return Exactly(combinations.one_hot(classes, size))
