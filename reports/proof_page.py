"""A proof in Markdown, and in the lines that the command prints."""

from __future__ import annotations

from collections.abc import Iterator

from .markdown import code, fenced, plain
from .proof import Proof
from .text import clipped

_MARKS = {"proved": "✔", "held": "◐", "refuted": "✘"}


def headline(proof: Proof) -> str:
    """Return what a proof says, in a line."""
    header, tried = proof.header, f"{proof.held:,} of {proof.header['values']:,} values tried"
    bound = "exact" if header["limit"] is None else f"within {header['limit']:g} {header['unit']}"
    match proof.verdict:
        case "proved":
            return f"proved: {bound} on all {proof.held:,} values"
        case "held":
            return f"held: {bound} as far as tried, {tried}"
    return f"refuted: not {bound}, {tried}"


def findings(proof: Proof) -> Iterator[str]:
    """Yield what was measured, a line each."""
    wrong = proof.counterexample
    if wrong is not None:
        yield f"counterexample: {wrong['pattern']} ({wrong['input']}): {wrong['reason']}"
    largest = proof.largest
    if largest is not None:
        yield (
            f"largest error: {float(largest['error']):.6g} {proof.header['unit']} at {largest['pattern']} "
            f"({largest['input']}): {largest['seen']}, exact: {largest['exact']}"
        )
    if proof.held:
        yield f"{proof.rounded:,} results ({proof.rounded / proof.held:.4%}) are the exact one, rounded"
    if proof.seconds:
        yield f"{proof.held / proof.seconds / 1e6:.1f} million values a second and process"


def render(proof: Proof) -> str:
    """Return the page of a proof."""
    header = proof.header
    backend, wrong = header["backend"], proof.counterexample
    lines = [
        f"## {_MARKS[proof.verdict]} {code(header['op'])} of {code(header['dtype'])} "
        f"on {code(backend['spec'])}",
        "",
        plain(headline(proof)),
        "",
        *(f"- {plain(line)}" for line in findings(proof)),
        "",
        f"Clause {code(header['clause'])}, edition {code(header['canon']['edition'][:12])}, "
        f"{code(backend['name'] + ' ' + backend['version'])} on {code(backend['device'])}.",
    ]
    if wrong is not None and wrong["script"]:
        lines += ["", fenced(clipped(wrong["script"], 4000), "python")]
    return "\n".join(lines) + "\n"
