"""Several runs in one page of Markdown: what each backend counts, and what kinds of differences it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from . import summary
from .markdown import code, plain
from .records import Document, Verdict
from .summary import DIFFERENCES, ORDER, WORDS

# Of one kind in one backend, the clauses that are told; the documents have all.
_MOST = 8
_ERROR = r"[A-Z]\w*(?:Error|Exception|Warning|Interrupt|NotFound|Mismatch)"
# What a refusal's message tells, by its form; the first that fits counts.
_KINDS = (
    (r"dtype \S+, due", "another data type"),
    (r"shape .*, due", "another shape"),
    (r"strides ", "other strides"),
    (r"requires_grad ", "gradients asked for, or not"),
    (r"device .*, due", "another device"),
    (r"[^,]* off(?: at|\)? \()|.* off at ", "a value further off than the bound"),
    (rf"{_ERROR}(?: or {_ERROR})*(?: saying .*)? was due, seen: (?!{_ERROR})", "no error where one is due"),
    (rf"{_ERROR} \(.*\), due: ", "an error of another kind"),
    (r".* raises .* on a right call as well", "an error where a result is due"),
    (r"a \w*Warning was due, seen: ", "no warning where one is due"),
    (rf".* was due, seen: {_ERROR}|.* were due, seen: {_ERROR}|{_ERROR}\b", "an error where a result is due"),
    (r".*(?:elements differ|, due: )", "another value"),
    (r".* was due, seen: |.* were due, seen: |one value, ", "a result of another form"),
)
_LOSSES = {"crash", "timeout", "out-of-memory", "flaky"}


def render(documents: Sequence[Document]) -> str:
    """Return the page."""
    lines = ["# What backends show", ""]
    if not documents:
        return "\n".join([*lines, "No run.", ""])
    lines += [*_counts(documents), ""]
    for document in documents:
        lines += _section(document)
    return "\n".join(lines) + "\n"


def kind_of(verdict: Verdict) -> str:
    """Return what kind of difference a verdict tells of, in a few words."""
    if verdict["verdict"] in _LOSSES:
        return WORDS[verdict["verdict"]]
    message = re.sub(r"^(?:result \d+: )+", "", " ".join(verdict["message"].split()))
    return next((words for form, words in _KINDS if re.match(form, message)), "another value")


def _counts(documents: Sequence[Document]) -> Iterable[str]:
    tallies = [summary.counts(document) for document in documents]
    columns = [standing for standing in reversed(ORDER) if any(standing in tally for tally in tallies)]
    yield "Clauses by how they stand:"
    yield ""
    yield "| backend | version | profile | " + " | ".join(WORDS[each] for each in columns) + " |"
    yield "| --- | --- | --- |" + " ---: |" * len(columns)
    for document, tally in zip(documents, tallies, strict=True):
        header = document.header
        backend = header["backend"]
        name = f"{code(backend['spec'])} | {plain(_versions(document))} | {plain(header['profile'])}"
        yield f"| {name} | " + " | ".join(str(tally.get(each, "")) for each in columns) + " |"


def _versions(document: Document) -> str:
    """Return the versions of the engine and of what it was reached through."""
    backend = document.header["backend"]
    numbered = re.compile(r"\d+\.\d[\w.+]*")
    others = {key: text for key, text in backend["details"].items() if numbered.fullmatch(text)}
    named = {backend["name"]: backend["version"], **others}
    return ", ".join(f"{name} {version}" for name, version in named.items())


def _section(document: Document) -> Iterable[str]:
    backend = document.header["backend"]
    yield f"## {code(backend['spec'])}"
    yield ""
    yield f"{plain(backend['name'])} {plain(backend['version'])} on {plain(backend['device'])}."
    details = {key: value for key, value in backend["details"].items() if key != "device"}
    yield from (f"{plain(key)}: {plain(value)}." for key, value in details.items())
    if document.header["filter"]:
        yield f"Only {code(document.header['filter'])}."
    limits = document.header.get("limits")
    if limits and limits["check"] is not None:
        yield f"A check tries no further example after {limits['check']:g} s."
    yield from (f"**{plain(problem)}**" for problem in summary.alarms(document))
    yield ""
    kinds = _kinds(document)
    if not kinds:
        yield "No difference."
        yield ""
        return
    yield "| what differs | clauses | among them |"
    yield "| --- | ---: | --- |"
    for kind, clauses in sorted(kinds.items(), key=lambda item: -len(item[1])):
        told = "<br>".join(_told(document, clause) for clause in _spread(clauses))
        yield f"| {kind} | {len(clauses)} | {told} |"
    yield ""


def _kinds(document: Document) -> dict[str, list[str]]:
    """Return the clauses that differ, by the kind of difference; a clause may be under several."""
    found: dict[str, dict[str, None]] = {}
    for clause, verdicts in summary.by_clause(document).items():
        for verdict, standing in zip(verdicts, summary.standings_of(verdicts), strict=True):
            if standing in DIFFERENCES - {"unexpected"}:
                found.setdefault(kind_of(verdict), {})[clause] = None
    return {kind: list(clauses) for kind, clauses in found.items()}


def _spread(clauses: Sequence[str]) -> list[str]:
    """Return a few clauses, evenly spaced, so that they are of different chapters."""
    count = min(_MOST, len(clauses))
    return [clauses[place * len(clauses) // count] for place in range(count)]


def _told(document: Document, clause: str) -> str:
    text = document.header["clauses"].get(clause)
    said = f": {plain(text['statement'])} ({plain(text['source'])})" if text else ""
    return f"{code(clause)}{said}"
