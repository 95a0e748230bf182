"""``tensorcanon prove``: a function held to its row of the op table on every value of a type."""

from __future__ import annotations

import importlib.metadata
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tensorcanon.reports import proof as proofs
from tensorcanon.reports import proof_page
from tensorcanon.reports.errors import DocumentError
from tensorcanon.spec import canon

from ..backend import Backend
from ..backends.catalogue import UnknownBackendError, resolve
from ..proving.holding import Holder
from ..proving.pool import PoolError, carried_out
from ..proving.question import Interval, Question, QuestionError, chunks, question, remaining
from .console import HARNESS_FAULT, console, errors, refuse

_INTERRUPTED = "interrupted; the same command goes on"


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    op: str
    dtype: str
    backend: str
    out: Path | None
    workers: int
    cluster: str | None
    chunk: int
    span: str | None

    @property
    def folder(self) -> Path:
        return self.out or Path("out") / f"prove-{self.op}-{self.dtype}"


def prove(request: Request) -> int:
    """Prove, or go on proving; returns the exit code."""
    try:
        asked = question(request.op, request.dtype)
        span = _span(request.span, asked)
        backend = resolve(request.backend)
        if asked.dtype not in backend.claims.dtypes or not backend.claims.data:
            raise QuestionError(f"{request.backend} does not claim elements of {asked.dtype.name}")
        journal = proofs.Journal(request.folder, _header(asked, backend))
    except (QuestionError, UnknownBackendError, DocumentError) as error:
        return refuse(str(error))
    with journal:
        try:
            _go_on(request, asked, span, journal)
        except KeyboardInterrupt:
            return refuse(_INTERRUPTED, HARNESS_FAULT)
        except (PoolError, DocumentError) as error:
            return refuse(str(error), HARNESS_FAULT)
        return _conclude(journal.proof, request.folder)


def _go_on(request: Request, asked: Question, span: Interval, journal: proofs.Journal) -> None:
    """Try what the journal does not hold yet."""
    done = [(chunk["first"], chunk["end"]) for chunk in journal.chunks]
    parts = list(remaining(span, done))
    left = sum(end - first for first, end in parts)
    task = (request.backend, asked.op.label, asked.dtype.name)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        shown = progress.add_task(_described(journal.proof), total=span[1] - span[0])
        progress.advance(shown, span[1] - span[0] - left)
        held = carried_out(task, chunks(parts, request.chunk), request.workers, request.cluster)
        with closing(held):
            for one in held:
                journal.append(one.as_json())
                progress.update(shown, advance=one.end - one.first, description=_described(journal.proof))


def _described(proof: proofs.Proof) -> str:
    largest = proof.largest
    error = "" if largest is None else f", at most {float(largest['error']):.4g} {proof.header['unit']}"
    return (
        f"{proof.header['op']} of {proof.header['dtype']}{error}{', refuted' if proof.counterexample else ''}"
    )


def _conclude(proof: proofs.Proof, folder: Path) -> int:
    try:
        proofs.write(proof, folder)
    except DocumentError as error:
        return refuse(str(error), HARNESS_FAULT)
    header = proof.header
    subject = f"{header['op']} of {header['dtype']} on {header['backend']['spec']}"
    console.print(f"{subject}: {proof_page.headline(proof)}", markup=False)
    for line in proof_page.findings(proof):
        console.print(line, markup=False)
    console.print(f"proof: {folder / proofs.DOCUMENT}", markup=False)
    return 1 if proof.verdict == "refuted" else 0


def _header(asked: Question, backend: Backend) -> proofs.Header:
    identity, holder = backend.identity, Holder(backend, asked)
    bound = holder.bound
    return {
        "kind": "proof",
        "schema": proofs.SCHEMA,
        "canon": {"version": importlib.metadata.version("tensorcanon"), "edition": canon.edition()},
        "backend": {
            "spec": identity.spec,
            "name": identity.name,
            "version": identity.version,
            "device": identity.device,
            "details": identity.details,
        },
        "op": asked.op.label,
        "dtype": asked.dtype.name,
        "values": asked.size,
        "clause": holder.clause.id,
        "limit": None if bound is None else float(bound.limit),
        "unit": None if bound is None else bound.unit,
    }


def _span(text: str | None, asked: Question) -> Interval:
    """Return the bit patterns that are asked for, all of them by default."""
    if text is None:
        return 0, asked.size
    found = re.fullmatch(r"(0x[0-9a-f]+|\d+):(0x[0-9a-f]+|\d+)", text.lower())
    first, end = (int(part, 0) for part in found.groups()) if found else (0, 0)
    if not first < end <= asked.size:
        raise QuestionError(
            f"no range {text!r} of {asked.dtype.name}: give FIRST:END, such as 0x0:{asked.size:#x} for all"
        )
    return first, end
