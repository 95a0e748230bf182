"""``tensorcanon report``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorcanon.reports import gather, html
from tensorcanon.reports.errors import DocumentError

from .console import console, refuse


def write_report(results: Sequence[Path], out: Path) -> int:
    """Write one report of several results."""
    try:
        html.write(gather.collect(results), out)
    except DocumentError as error:
        return refuse(str(error))
    console.print(f"report: {out}", markup=False)
    return 0
