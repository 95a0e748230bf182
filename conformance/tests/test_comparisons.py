"""Comparisons, tests, extremes and logic: on every value of narrow types, on many of wide ones."""

from __future__ import annotations

from tensorcanon.conformance.exhaustive import tests_of_families
from tensorcanon.spec import comparisons
from tensorcanon.spec.ops import binary, rows, unary

globals().update(
    tests_of_families(
        (
            (comparisons.extremes, binary.EXTREMES[:4]),
            (comparisons.tests_of_elements, unary.TESTS),
            (
                comparisons.logical_operations,
                (*rows("logical_not"), *binary.LOGIC, *binary.COMPLEX[2:]),
            ),
            (comparisons.orders, (*binary.COMPARISONS, *binary.COMPLEX[:2])),
        ),
        __name__,
    )
)
