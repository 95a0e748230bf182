"""``tensorcanon backends``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

from rich.table import Table

from ..backends.catalogue import ENTRY_POINTS, OTHERS, UnknownBackendError
from ..backends.coordinates import NAMED
from ..backends.probe import described
from ..isolation.opening import opened
from ..isolation.remote import Isolated
from .console import console


def show(specs: Sequence[str]) -> int:
    """Print what each backend claims beside what is found of it, or why it cannot be had.

    Returns
    -------
    int
        0, or 2 where one that was asked for cannot be had.
    """
    named = [*NAMED, *OTHERS, "reference", *(point.name for point in entry_points(group=ENTRY_POINTS))]
    table = Table("backend", "version", "claimed", "found")
    missing = 0
    for spec in specs or named:
        try:
            backend = opened(spec)
        except UnknownBackendError as error:
            missing += 1
            table.add_row(spec, "", str(error), "")
            continue
        identity = backend.identity
        claims = described(backend.claims)
        table.add_row(spec, identity.version, claims, identity.details.get("found", "not looked for"))
        if isinstance(backend, Isolated):
            backend.close()
    console.print(table, markup=False)
    return 2 if specs and missing else 0
