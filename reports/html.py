"""One self-contained HTML page of one or more runs.

The frame (runs, matrix of chapters and backends, departures) is markup from ``templates/report.html``; the
clauses are data that the page's script shows as they are looked at. The page's content security policy
admits that one script and that one style sheet by their digests and nothing from a network.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import difference, page, sections, statement
from . import files as output
from .payload import embedded, payload
from .records import Document
from .text import visible

SCRIPTS = ("controls.js", "clause.js", "coverage.js", "filter.js", "page.js")
STYLES = ("report.css", "clauses.css")


def render(documents: Sequence[Document], before: Sequence[Document] = ()) -> str:
    """Return the page of some runs, one column each; no run at all gives a page that says so.

    Earlier runs of the same backends, if there are any, are what the page tells changes and trends from.
    """
    labels = page.labels(documents)
    data, packed = embedded(payload(documents, labels))
    script, style = _script(), "".join(map(_template, STYLES))
    return (
        _environment()
        .get_template("report.html")
        .render(
            policy=Markup(_policy(script, style)),
            script=Markup(script),
            style=Markup(style),
            data=Markup(data),
            packed=packed,
            levels=sections.levels(documents),
            evidence=[statement.evidence(document) for document in documents],
            comparisons=sections.comparisons(documents, labels, before),
            looks=sections.LOOKS,
            titles=sections.TITLES,
            kinds=difference.KINDS,
            histories=sections.histories(documents, labels, before),
            accuracy=sections.accuracy(documents, labels),
            compared=sections.largest_errors(documents),
            **page.frame(documents, labels),
        )
    )


def write(documents: Sequence[Document], path: str | Path, before: Sequence[Document] = ()) -> None:
    """Write the page; an earlier file stays as it is until the new one is whole.

    Raises
    ------
    DocumentError
    """
    output.replace(path, render(documents, before))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tensorcanon.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _template(name: str) -> str:
    return files("tensorcanon.reports").joinpath("templates", name).read_text("utf-8")


def _script() -> str:
    return "\n".join(('"use strict";', *map(_template, SCRIPTS)))


def _policy(script: str, style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
