"""``tensorcanon report`` and the other commands that make something of results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tensorcanon.reports import (
    accuracy,
    badge,
    difference,
    files,
    gather,
    html,
    markdown,
    publishing,
    statement,
    witnesses,
    workflow,
)
from tensorcanon.reports.errors import DocumentError
from tensorcanon.spec import canon

from .console import console, refuse


def write_report(results: Sequence[Path], before: Sequence[Path], out: Path) -> int:
    """Write one report of several results."""

    def made() -> int:
        html.write(gather.collect(results), out, gather.collect(before))
        console.print(f"report: {out}", markup=False)
        return 0

    return _answered(made)


def publish_results(results: Sequence[Path], out: Path) -> int:
    """Write results in short, and a page that shows all of them."""

    def made() -> int:
        for path in publishing.publish(gather.collect(results), out):
            console.print(f"{path}: {path.stat().st_size / 1024:.0f} KiB", markup=False)
        return 0

    return _answered(made)


def write_witnesses(result: Path, out: Path) -> int:
    """Write the witnesses of a result as files."""

    def made() -> int:
        count = witnesses.write(gather.collect([result])[0], out)
        console.print(f"{count} witnesses: {out}", markup=False)
        return 0

    return _answered(made)


def print_difference(before: Path, after: Path, as_markdown: bool) -> int:
    """Print what changed between two results; returns 1 where a clause regressed."""

    def made() -> int:
        then, now = gather.collect([before, after])
        found = difference.changes(then, now)
        if as_markdown:
            sys.stdout.write(f"{markdown.differing(then, now)}\n{accuracy.render(then, now)}")
        else:
            for change in found:
                console.print(difference.described(change), markup=False)
            counts = ", ".join(f"{count} {kind}" for kind, count in difference.tally(found).items())
            console.print(counts or "nothing changed", markup=False)
        return 1 if any(change.kind == "regressed" for change in found) else 0

    return _answered(made)


def write_statement(result: Path, out: Path) -> int:
    """Write the statement of a result; returns 1 where the backend does not conform."""

    def made() -> int:
        path = gather.document_path(result)
        found = statement.statement(files.content(path), str(path))
        files.replace(out, statement.dumped(found))
        for line in statement.described(found):
            console.print(line, markup=False)
        console.print(f"statement: {out}", markup=False)
        return 0 if found["conforms"] else 1

    return _answered(made)


def verify_statement(claimed: Path, result: Path) -> int:
    """Check a statement against its run and print what does not hold; returns 1 if anything does not."""

    def made() -> int:
        path = gather.document_path(result)
        found = statement.read(files.content(claimed), str(claimed))
        problems = statement.problems(found, files.content(path), str(path))
        for problem in problems:
            console.print(problem, markup=False)
        if not problems:
            console.print(f"{claimed} holds: all in it follows from {path}", markup=False)
        if found["canon"]["edition"] != canon.edition():
            console.print("It speaks of another edition of the canon than the one installed.", markup=False)
        return 1 if problems else 0

    return _answered(made)


def write_badge(result: Path, out: Path) -> int:
    """Write the badge of a result."""

    def made() -> int:
        badge.write(gather.collect([result])[0], out)
        console.print(f"badge: {out}", markup=False)
        return 0

    return _answered(made)


def print_annotations(result: Path) -> int:
    """Print the annotations of a result."""

    def made() -> int:
        sys.stdout.write(workflow.render(gather.collect([result])[0]))
        return 0

    return _answered(made)


def _answered(made: Callable[[], int]) -> int:
    try:
        return made()
    except DocumentError as error:
        return refuse(str(error))
