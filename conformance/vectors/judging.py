"""A backend held to vectors: the same judge, the same verdicts and the same document as those of a run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tensorcanon.reports import summary
from tensorcanon.reports.records import Document

from .. import records
from ..backend import Backend
from ..backends.probe import is_sound
from ..examination import examined
from ..expectations import Expectation, departures
from ..inventory import clause_ids
from ..isolation.remote import Isolated
from ..profiles import Profile
from ..recorder import Progress
from .reading import Vectors

_ALL = Profile("vectors", drawn=0, seeded=0)


def judge(
    vectors: Vectors, backend: Backend, part: str, known: Sequence[Expectation], progress: Progress
) -> Document:
    """Return the result document of a backend.

    Parameters
    ----------
    vectors : Vectors
    backend : Backend
    part : str
        The part of clause ids that the vectors were chosen by; empty for all.
    known : sequence of Expectation
        The vendor's known failures.
    progress : Progress
    """
    started = time.monotonic()
    # Their witnesses are examples of other checks than these.
    expected = [replace(entry, test="") for entry in (*departures(backend.identity), *known)]
    inventory = clause_ids(vectors.checks)
    header = records.header(backend.identity, _ALL.name, vectors.seed, part or None, inventory, known)
    verdicts: list[Any] = []
    progress.begin(len(vectors.checks))
    for check in vectors.checks:
        made = [_unsurprised(record) for record in examined(check, backend, _ALL, vectors.seed, expected)]
        verdicts += made
        progress.advance(summary.worst(summary.standings_of(made)), check.name)
        if isinstance(backend, Isolated) and not is_sound(backend):
            backend.close()
    seconds = round(time.monotonic() - started, 1)
    finished = records.now()
    footer = summary.footer(header, verdicts, finished=finished, seconds=seconds, complete=True)
    return Document(header, verdicts, footer)


def _unsurprised(record: Any) -> Any:
    """Return a record in which a pass is no surprise: few vectors need not show what is known to fail."""
    return {**record, "expectation": None} if record["verdict"] in ("pass", "unclaimed") else record
