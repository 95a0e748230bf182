"""``PYTHONPATH=tests python -m agreement [NAME ...]``: try operations, all of them without a name."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .table import NAMES, Row, markdown, row_of

PAGE = Path(__file__).parents[2] / "docs" / "agreement.md"


def main() -> int:
    """Print what disagrees; return 1 where anything does."""
    parser = argparse.ArgumentParser(prog="python -m agreement", description=__doc__)
    parser.add_argument("names", nargs="*", help="operations of torch's table; all of names.txt by default")
    parser.add_argument("--limit", type=int, help="samples of each variant and type")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} of all operations")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in given.names or NAMES:
        rows.append(row_of(name, limit=given.limit))
        _show(rows[-1])
    agreeing = sum(row.agrees for row in rows)
    print(f"{agreeing} of {len(rows)} operations agree fully")
    if given.write and not given.names:
        PAGE.write_text(markdown(rows), encoding="utf-8")
        print(f"written: {PAGE}")
    return int(agreeing < len(rows))


def _show(row: Row) -> None:
    for one in row.differing[:5]:
        print(one)
    if row.differing:
        print(f"{row.name}: {len(row.differing)} of {row.values.calls + row.gradients.calls} calls differ")


if __name__ == "__main__":
    raise SystemExit(main())
