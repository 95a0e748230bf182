"""Which inputs a clause was tried on: tensors by type, and by type those of each layout and special value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .records import Coverage, Verdict

# The row of tensors whose types were not counted apart, as in documents of version 1.
ANY = "any"
UNKNOWN = -1

# fmt: off
_TYPES = (
    ANY, "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu",
    "bfloat16", "float16", "float32", "float64", "complex32", "complex64", "complex128",
)
# fmt: on
_RANK = {name: place for place, name in enumerate(_TYPES)}


@dataclass(frozen=True)
class Grid:
    """Counts of tensors.

    Attributes
    ----------
    layouts, specials : list of str
        The columns.
    rows : dict
        By data type the number of its tensors, then one number a column; `UNKNOWN` where types were not
        counted apart.
    """

    layouts: list[str]
    specials: list[str]
    rows: dict[str, list[int]]


def grid(verdicts: Iterable[Verdict]) -> Grid:
    """Return what the examples of some verdicts made, added up."""
    found = [verdict["coverage"] for verdict in verdicts]
    layouts = list(dict.fromkeys(name for one in found for name in one["layouts"]))
    specials = list(dict.fromkeys(name for one in found for name in one["specials"]))
    totals: Counter[str] = Counter()
    cells: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        totals.update(one["dtypes"])
        _add(one, cells)
    apart = {dtype for dtype, _, _ in cells}
    if ANY in apart:
        totals[ANY] = sum(
            count for (dtype, kind, _), count in cells.items() if (dtype, kind) == (ANY, "layout")
        )
    columns = [*(("layout", name) for name in layouts), *(("special", name) for name in specials)]
    return Grid(
        layouts,
        specials,
        {
            dtype: [
                totals[dtype],
                *(cells[dtype, *column] if dtype in apart or not apart else UNKNOWN for column in columns),
            ]
            for dtype in sorted(totals | dict.fromkeys(apart, 0), key=lambda name: (rank(name), name))
        },
    )


def rank(dtype: str) -> int:
    """Return the place of a type among all: by kind, then by size."""
    return _RANK.get(dtype, len(_RANK))


def _add(one: Coverage, cells: Counter[tuple[str, str, str]]) -> None:
    columns = [
        *(("layout", name) for name in one["layouts"]),
        *(("special", name) for name in one["specials"]),
    ]
    for dtype, counts in one["grid"].items():
        # A row of another length than the columns has no meaning beyond the shorter of the two.
        for (kind, name), count in zip(columns, counts, strict=False):
            cells[dtype, kind, name] += int(count)
