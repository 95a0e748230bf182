"""Shards of one run as one document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import summary
from .errors import DocumentError
from .records import Document, Header, Shard


def merge(documents: Sequence[Document]) -> Document:
    """Return the run that shards are the parts of.

    Raises
    ------
    DocumentError
        If one is no shard, is of another run, is given twice, or if one is missing.
    """
    if not documents:
        raise DocumentError("no shard to merge")
    shards = [_shard(document) for document in documents]
    first = documents[0].header
    for document in documents[1:]:
        _check_same(first, document.header)
    _check_whole(shards)
    _check_apart(documents)
    ordered = sorted(documents, key=lambda document: _shard(document)["index"])
    header = _header([document.header for document in ordered])
    verdicts = [verdict for document in ordered for verdict in document.verdicts]
    footers = [document.footer for document in ordered if document.footer is not None]
    if len(footers) < len(ordered):
        return Document(header, verdicts, None)
    footer = summary.footer(
        header,
        verdicts,
        finished=max(footer["finished"] for footer in footers),
        seconds=round(sum(footer["seconds"] for footer in footers), 1),
        complete=all(footer["complete"] for footer in footers),
    )
    return Document(header, verdicts, footer)


def _shard(document: Document) -> Shard:
    shard = document.header.get("shard")
    if shard is None:
        raise DocumentError("one of the documents is a whole run, not a shard: run with --shard I/N")
    return shard


def _facts(header: Header) -> dict[str, Any]:
    backend, shard = header["backend"], header.get("shard")
    assert shard is not None
    return {
        "backend": backend["spec"],
        "version of the backend": backend["version"],
        "edition of the canon": header["canon"]["edition"],
        "profile": header["profile"],
        "seed": header["seed"],
        "filter": header["filter"],
        "number of shards": shard["of"],
        "selection of checks": shard["selection"],
    }


def _check_same(one: Header, other: Header) -> None:
    facts = _facts(other)
    for name, value in _facts(one).items():
        if facts[name] != value:
            raise DocumentError(
                f"these are shards of different runs: the {name} is {value!r} and {facts[name]!r}"
            )


def _check_whole(shards: Sequence[Shard]) -> None:
    of, found = shards[0]["of"], [shard["index"] for shard in shards]
    twice = sorted({index for index in found if found.count(index) > 1})
    if twice:
        raise DocumentError(f"shard {twice[0]}/{of} is given twice")
    missing = sorted(set(range(1, of + 1)) - set(found))
    if missing:
        raise DocumentError(f"shard {', '.join(f'{index}/{of}' for index in missing)} is missing")


def _check_apart(documents: Sequence[Document]) -> None:
    seen: set[tuple[str, str]] = set()
    for document in documents:
        own = {(verdict["clause"], verdict["test"]) for verdict in document.verdicts}
        both = seen & own
        if both:
            clause, test = min(both)
            raise DocumentError(f"two shards have a verdict of {test} about {clause}")
        seen |= own


def _header(headers: Sequence[Header]) -> Header:
    """Return the header of the whole, with the inventories of all."""
    clauses = {name: text for header in headers for name, text in header["clauses"].items()}
    known: dict[str, Any] = {name: None for header in headers for name in header["inventory"]}
    return {
        **headers[0],
        "started": min(header["started"] for header in headers),
        "inventory": list(known),
        "clauses": clauses,
        "shard": None,
    }
