"""A summary in Markdown, for a pull request or the page of a CI job."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from . import difference, files, page, summary
from .page import GLYPHS
from .payload import error_text, number
from .records import Document, Verdict
from .summary import DIFFERENCES, ORDER, UNJUDGED, WORDS, Standing
from .text import clipped, one_line

# A comment on GitHub holds 65,536 characters.
ROOM = 60_000
# Changes of a kind that are listed; the page has all.
MOST = 30
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&$:])")


def render(document: Document) -> str:
    """Return the summary: what the run says, a table by chapter, and what differs with its program."""
    lines = [*_head(document), *_table(document), *_missing(document)]
    room = ROOM - sum(len(line) + 1 for line in lines)
    shown, left = 0, _differing(document)
    for verdict, standing in left:
        block = _block(verdict, standing)
        room -= len(block) + 1
        if room < 0:
            break
        lines.append(block)
        shown += 1
    if shown < len(left):
        lines.append(f"… and {len(left) - shown} more, in report.html.")
    return "\n".join(lines) + "\n"


def differing(before: Document, after: Document) -> str:
    """Return what changed between two runs, as a section of a comment."""
    found = difference.changes(before, after)
    since = before.header["started"].replace("T", " ")[:16]
    lines = [f"### Since {plain(since)}\n"]
    if not found:
        lines.append("Every clause stands where it stood, and no error grew.\n")
    for kind, count in difference.tally(found).items():
        shown = [change for change in found if change.kind == kind][:MOST]
        lines.append(f"**{count} {kind}** ({difference.KINDS[kind]})\n")
        lines += [_changed(change) for change in shown]
        lines.append(f"- and {count - len(shown)} more\n" if count > len(shown) else "")
    return "\n".join(lines) + "\n"


def write(document: Document, path: str | Path) -> None:
    """Write the summary; an earlier file stays as it is until the new one is whole.

    Raises
    ------
    DocumentError
    """
    files.replace(path, render(document))


def code(text: str) -> str:
    """Return a text as inline code, whatever it contains; fit for a cell of a table."""
    shown = one_line(text).replace("|", "\\|")
    fence = "`" * (_longest_run(shown) + 1)
    return f"{fence} {shown} {fence}" if "`" in shown else f"`{shown or ' '}`"


def fenced(text: str, language: str = "") -> str:
    """Return a text as a block of code, whatever it contains."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def plain(text: str) -> str:
    """Return a text on one line that Markdown shows as it is: no markup, no link, nobody mentioned."""
    return _SPECIAL.sub(r"\\\1", one_line(text)).replace("@", "@<!-- -->")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _changed(change: difference.Change) -> str:
    steps = [WORDS[standing] for standing in (change.before, change.after) if standing]
    grown = (
        f"; {plain(drift.after['op'])}, {plain(drift.after['dtype'])}: "
        f"{number(drift.before['largest'])} → {plain(error_text(drift.after))}"
        for drift in change.drifts[:4]
    )
    return f"- {code(change.clause)} {' → '.join(dict.fromkeys(steps))}{''.join(grown)}"


def _head(document: Document) -> Iterable[str]:
    header, (words, _) = document.header, page.headline(document)
    backend = header["backend"]
    yield f"## tensorcanon: {code(backend['spec'])} — {words}\n"
    for problem in summary.alarms(document):
        yield f"> **{plain(problem)}**\n"
    yield (
        f"{code(backend['name'] + ' ' + backend['version'])} on {code(backend['device'])}, "
        f"profile {code(header['profile'])}, seed {header['seed']}, "
        f"edition {code(header['canon']['edition'][:12])}"
        + (f", only {code(header['filter'])}" if header["filter"] else "")
        + ".\n"
    )


def _table(document: Document) -> Iterable[str]:
    totals = summary.counts(document)
    columns = [standing for standing in reversed(ORDER) if standing in totals]
    if not columns:
        yield "No clause was selected.\n"
        return
    yield "| chapter | " + " | ".join(f"{GLYPHS[s]} {WORDS[s]}" for s in columns) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for chapter, tally in summary.by_chapter(document).items():
        yield f"| {plain(chapter)} | " + " | ".join(str(tally.get(s, "")) for s in columns) + " |"
    name = "all" if document.complete else "so far"
    yield f"| **{name}** | " + " | ".join(f"**{totals[s]}**" for s in columns) + " |\n"


def _missing(document: Document) -> Iterable[str]:
    names = [clause for clause, verdicts in summary.by_clause(document).items() if not verdicts]
    if names:
        shown = ", ".join(code(name) for name in names[:20])
        yield f"Without a verdict: {shown}{f' and {len(names) - 20} more' if len(names) > 20 else ''}.\n"


def _differing(document: Document) -> list[tuple[Verdict, Standing]]:
    found = [
        (verdict, standing)
        for verdicts in summary.by_clause(document).values()
        for verdict, standing in zip(verdicts, summary.standings_of(verdicts), strict=True)
        if standing in DIFFERENCES | UNJUDGED
    ]
    return sorted(found, key=lambda pair: ORDER.index(pair[1]))


def _block(verdict: Verdict, standing: Standing) -> str:
    title = f"{GLYPHS[standing]} {WORDS[standing]}: <code>{verdict['clause']}</code>"
    parts = [f"<details><summary>{title}</summary>\n"]
    if verdict["message"]:
        parts.append(fenced(clipped(verdict["message"], 1500), "text") + "\n")
    witness = verdict["witness"]
    if witness is not None:
        script = clipped(witness["script"], 4000)
        allowed, seen = clipped(witness["allowed"], 800), clipped(witness["seen"], 800)
        parts.append(fenced(script, "python") + "\n")
        parts.append(fenced(f"allowed: {allowed}\nseen:    {seen}", "text") + "\n")
    parts.append(f"{code(verdict['test'])}\n\n</details>\n")
    return "\n".join(parts)
