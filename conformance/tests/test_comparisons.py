"""Comparisons, tests, extremes and logic: on every value of narrow types, on many of wide ones."""

from __future__ import annotations

from tensorcanon.conformance.exhaustive import family_tests
from tensorcanon.spec import comparisons
from tensorcanon.spec.ops import binary, rows, unary

globals().update(
    family_tests(
        (
            (comparisons.extremes_treat_nan_by_their_name, binary.EXTREMES[:4]),
            (comparisons.tests_of_elements_give_bools, unary.TESTS),
            (
                comparisons.logical_operations_give_bools,
                (*rows("logical_not"), *binary.LOGIC, *binary.COMPLEX[2:]),
            ),
            (comparisons.comparisons_of_nan_are_false, (*binary.COMPARISONS, *binary.COMPLEX[:2])),
        ),
        __name__,
    )
)
