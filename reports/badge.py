"""A badge in SVG: what a run says, for a README."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from . import files, page, summary
from .records import Document
from .text import one_line

LABEL = "tensorcanon"
# White text on each is read at a contrast of 4.5 and more.
_COLOURS = {"good": "#0b6e62", "bad": "#b0371d", "hollow": "#855700"}
# Widths of the characters of Verdana at 11 px, in classes; the text is then fitted to the sum.
_NARROW, _WIDE, _OTHER = "fijlrtI.,:;|! ()'", "mwMWNOQGDH@%—", 6.7


def render(document: Document) -> str:
    """Return the badge: the share of clauses that pass where the run is conclusive, else that it is not."""
    _, tone = page.headline(document)
    message = _message(document)
    spec = one_line(document.header["backend"]["spec"], 40)
    label = f"{LABEL} {spec}"
    sides = _width(label), _width(message)
    environment = Environment(
        loader=PackageLoader("tensorcanon.reports", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("badge.svg").render(
        label=label, message=message, left=sides[0], right=sides[1], colour=_COLOURS[tone]
    )


def write(document: Document, path: str | Path) -> None:
    """Write the badge; an earlier file stays as it is until the new one is whole.

    Raises
    ------
    DocumentError
    """
    files.replace(path, render(document))


def _message(document: Document) -> str:
    words, tone = page.headline(document)
    if tone == "hollow":
        return words.partition(":")[0].lower()
    counts = summary.counts(document)
    passed, total = counts.get("pass", 0), sum(counts.values())
    known = f", {counts['expected']} known" if "expected" in counts else ""
    return f"{passed:,} of {total:,} clauses{known}" if tone == "good" else words.lower()


def _width(text: str) -> int:
    return round(sum(3.9 if c in _NARROW else 9.0 if c in _WIDE else _OTHER for c in text)) + 12
