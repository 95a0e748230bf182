"""Faults of promotion."""

from __future__ import annotations

from tensorcanon.spec import promotion

from .mutant import kernel, mutant

MUTANTS = [
    mutant(
        "promote_types_picks_the_wider_width",
        promotion.promote_types_gives_the_smallest_common_type,
        kernel("promote_types", lambda original: lambda a, b: a if a.itemsize >= b.itemsize else b),
    ),
    mutant(
        "can_cast_compares_widths",
        promotion.can_cast_looks_at_the_category_only,
        kernel("can_cast", lambda original: lambda a, b: original(a, b) and a.itemsize <= b.itemsize),
    ),
]
