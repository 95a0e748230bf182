"""``tensorcanon gate`` and ``tensorcanon merge``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tensorcanon.reports import document as documents
from tensorcanon.reports import files, gate, gather, html, junit, markdown, merging, summary
from tensorcanon.reports.errors import DocumentError

from .console import console, refuse

_MOST_LINES = 60


def hold_gate(
    run: Path, baseline: Path | None, basis: gate.Basis, junit_out: Path | None, markdown_out: Path | None
) -> int:
    """Print what stops a change and write it where wanted.

    Returns
    -------
    int
        0 open, 1 shut, 2 wrong use, 3 when the run does not say.
    """
    try:
        (document,) = gather.collect([run])
        then = None if baseline is None else gather.collect([baseline])[0]
        found = gate.findings(document, then, basis)
        if junit_out is not None:
            files.replace(junit_out, gate.junit(document, found))
        if markdown_out is not None:
            files.replace(markdown_out, gate.markdown(document, found))
    except DocumentError as error:
        return refuse(str(error))
    for finding in found[:_MOST_LINES]:
        before = "" if finding.fresh else " (as in the baseline)"
        console.print(f"{finding.kind}: {finding.clause}: {finding.reason}{before}", markup=False)
    if len(found) > _MOST_LINES:
        console.print(f"and {len(found) - _MOST_LINES} more")
    for problem in summary.problems(document):
        console.print(problem, style="bold red", markup=False)
    code = gate.exit_code(document, found)
    words = {0: "open", 1: f"shut: {len(found)} reasons", 3: "the run does not say"}
    console.print(f"gate: {words[code]}", style="green" if code == 0 else "bold red", markup=False)
    return code


def merge_shards(results: Sequence[Path], out: Path) -> int:
    """Make one run of its shards and write its documents."""
    try:
        whole = merging.merge(gather.collect(results))
        documents.write(whole, out / "run.json")
        html.write([whole], out / "report.html")
        junit.write(whole, out / "junit.xml")
        markdown.write(whole, out / "summary.md")
    except DocumentError as error:
        return refuse(str(error))
    counted = ", ".join(
        f"{count} {summary.WORDS[standing]}" for standing, count in summary.counts(whole).items()
    )
    console.print(f"{len(results)} shards: {counted}", markup=False)
    console.print(f"report: {out / 'report.html'}", markup=False)
    return summary.exit_code(whole)
