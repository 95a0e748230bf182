"""``tensorcanon vectors`` and ``tensorcanon vectors check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tensorcanon.reports import summary
from tensorcanon.reports.errors import DocumentError

from ..backends.catalogue import UnknownBackendError
from ..expectations import ExpectationError
from ..expectations import read as expectations_of
from ..isolation.channel import Limits
from ..isolation.opening import opened
from ..isolation.remote import Isolated
from ..vectors.judging import judge
from ..vectors.reading import VectorsError, read
from ..vectors.writing import MANIFEST, NotEmptyError, write
from .console import console, refuse
from .showing import print_summary, shown_progress, write_documents


def write_vectors(out: Path, part: str, examples: int, seed: int) -> int:
    """Write vectors and print how many clauses they tell; returns the exit code."""
    try:
        with shown_progress() as progress:
            made = write(out, part, examples, seed, progress)
    except (NotEmptyError, DocumentError) as error:
        return refuse(str(error))
    if not made.told and not made.untold:
        return refuse(f"no clause has {part!r} in its id; tensorcanon list shows the clauses")
    of = made.told + len(made.untold)
    console.print(
        f"{made.vectors} vectors of {made.told} clauses of {of}, {made.size / 1e6:.1f} MB: {out}",
        markup=False,
    )
    for reason, count in sorted(Counter(made.untold.values()).items(), key=lambda pair: -pair[1]):
        console.print(f"  {count} cannot be told: {reason}", markup=False)
    if made.untold:
        console.print(f"  each by name in {out / MANIFEST}", markup=False)
    return 0


def check_vectors(
    folder: Path,
    part: str,
    spec: str,
    expectations: Sequence[Path],
    out: Path | None,
    isolate: bool | None,
    limits: Limits,
) -> int:
    """Hold a backend to vectors; returns the exit code of a run."""
    try:
        vectors = read(folder, part)
        known = [entry for path in expectations for entry in expectations_of(path)]
        backend = opened(spec, isolate, limits)
        with shown_progress() as progress:
            found = judge(vectors, backend, part, known, progress)
        if isinstance(backend, Isolated):
            backend.close()
        if out is not None:
            write_documents(found, out)
    except (VectorsError, UnknownBackendError, ExpectationError, DocumentError) as error:
        return refuse(str(error))
    print_summary(found, out)
    return summary.exit_code(found)
