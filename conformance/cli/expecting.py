"""``tensorcanon expect``."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tensorcanon.reports import gather
from tensorcanon.reports.errors import DocumentError

from ..expectations import ExpectationError
from .console import console, refuse


def expect_failures(run: Path, path: Path, expires: str | None, *, write: bool) -> int:
    """Print, and where wanted write, what an expectation file lacks for a run.

    Returns
    -------
    int
        0 when the file is as it should be or was written, 1 when it differs or somebody has to decide, 2 on
        wrong use.
    """
    try:
        from ..updating import update
    except ModuleNotFoundError:
        return refuse("tomlkit is not installed: pip install 'tensorcanon[conformance]'")
    try:
        day = None if expires is None else date.fromisoformat(expires)
    except ValueError:
        return refuse(f"--expires is a day, such as 2027-01-31, not {expires!r}")
    try:
        (document,) = gather.collect([run])
        if not document.complete:
            return refuse(f"{run} is not a complete run; tensorcanon run --resume completes it")
        done = update(path, document, day, write=write)
    except (DocumentError, ExpectationError) as error:
        return refuse(str(error))
    for sign, clauses in (("+", done.added), ("-", done.removed), ("?", done.undecided)):
        for clause in clauses:
            console.print(f"{sign} {clause}", markup=False)
    words = "written" if write and done.changes else "unchanged"
    console.print(f"{len(done.added)} added, {len(done.removed)} removed; {path} {words}", markup=False)
    return 1 if done.undecided or (done.changes and not write) else 0
