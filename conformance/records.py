"""From what a run found to the records of a result document."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tensorcanon.reports.records import (
    SCHEMA,
    Coverage,
    Header,
    KnownFailure,
    Limits,
    Shard,
    Verdict,
    VerdictName,
)
from tensorcanon.spec import canon
from tensorcanon.spec.clause import Clause

from .backend import Identity
from .examine import Examination
from .expectations import Expectation
from .inventory import checks
from .reproduction import script
from .tally import Tally

Record = dict[str, Any]


def now() -> str:
    """Return the time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def header(
    identity: Identity,
    profile: str,
    seed: int,
    expression: str | None,
    inventory: Iterable[str],
    known: Iterable[Expectation] = (),
    shard: Shard | None = None,
    limits: Limits | None = None,
) -> Header:
    """Return the first record of a run."""
    from .mutants.ledger import mutants  # not needed by the processes that only judge

    clauses = canon.clauses()
    wanted = set(inventory)
    selected = [name for name in clauses if name in wanted]
    killed: dict[str, list[str]] = {name: [] for name in clauses}
    for mutant in mutants().values():
        for clause in mutant.kills:
            killed[clause.id].append(mutant.name)
    return {
        "kind": "header",
        "schema": SCHEMA,
        "canon": {"version": importlib.metadata.version("tensorcanon"), "edition": canon.edition()},
        "backend": {
            "spec": identity.spec,
            "name": identity.name,
            "version": identity.version,
            "device": identity.device,
            "details": identity.details,
        },
        "profile": profile,
        "seed": seed,
        "filter": expression,
        "started": now(),
        "platform": {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "cpus": os.cpu_count() or 1,
            "numpy": np.__version__,
        },
        "inventory": selected,
        "clauses": {name: clause_text(clauses[name], killed[name]) for name in selected},  # type: ignore[misc]
        "expectations": [_known(entry) for entry in known],
        "shard": shard,
        "limits": limits,
    }


def _known(entry: Expectation) -> KnownFailure:
    return {
        "clause": entry.clause,
        "reason": entry.reason,
        "url": entry.url,
        "expires": None if entry.expires is None else entry.expires.isoformat(),
        "state": entry.state(canon.clauses(), checks()),
    }


def clause_text(clause: Clause[Any], killed: list[str]) -> Record:
    """Return a clause as the report shows it, with the names of the mutants that it must reject."""
    return {
        "chapter": clause.chapter,
        "statement": clause.statement,
        "source": clause.source,
        "strength": clause.strength,
        "basis": clause.basis,
        "level": clause.level,
        "covers": list(clause.covers),
        "code": clause.code,
        "mutants": killed,
    }


def verdict(found: Examination, identity: Identity, seed: int, expected: Iterable[Expectation]) -> Verdict:
    """Return the record of one examination."""
    tally = found.tally
    known = _explanation(found, identity, expected)
    return {
        "kind": "verdict",
        "clause": found.clause.id,
        "test": found.check.name,
        "verdict": found.verdict,
        "examples": tally.examples,
        "judged": tally.judged[found.clause.id],
        "unclaimed": tally.unclaimed,
        "proved": found.proved,
        "seconds": round(found.seconds, 4),
        "errors": [
            {"op": op, "dtype": dtype, "unit": m.unit, "largest": m.largest, "limit": m.limit}
            for (op, dtype), m in sorted(tally.errors.items())
        ],
        "coverage": _coverage(tally),
        "message": found.message,
        "witness": _witness(found, identity, seed),  # type: ignore[typeddict-item]
        "expectation": None
        if known is None
        else {"reason": known.reason, "url": known.url, "kind": known.kind, "expect": known.expect},
    }


def _explanation(
    found: Examination, identity: Identity, expected: Iterable[Expectation]
) -> Expectation | None:
    """Return the expectation that a failure meets, or that a pass does not."""
    concerned = (entry for entry in expected if entry.concerns(found.clause.id, identity))
    if found.verdict in ("pass", "unclaimed"):
        return next((entry for entry in concerned if _must_show(entry, identity)), None)
    program = None if found.witness is None else found.witness.refusal.program
    return next((entry for entry in concerned if entry.explains(found.verdict, program)), None)


def _must_show(entry: Expectation, identity: Identity) -> bool:
    """Return whether a pass is news: a device or a compiler need not share what torch departs in."""
    return entry.kind == "known" or (identity.device == "cpu" and "transform" not in identity.details)


def unexamined(clause: str, test: str, kind: VerdictName, message: str) -> Verdict:
    """Return the record of a clause that was not examined: missing, or the process crashed."""
    return {
        "kind": "verdict",
        "clause": clause,
        "test": test,
        "verdict": kind,
        "examples": 0,
        "judged": 0,
        "unclaimed": 0,
        "proved": False,
        "seconds": 0.0,
        "errors": [],
        "coverage": {"dtypes": {}, "layouts": [], "specials": [], "grid": {}},
        "message": message,
        "witness": None,
        "expectation": None,
    }


def _coverage(tally: Tally) -> Coverage:
    dtypes = sorted({dtype for dtype, _ in tally.layouts})
    layouts = sorted({layout for _, layout in tally.layouts})
    specials = sorted({special for _, special in tally.specials})
    grid = {
        dtype: [
            *(tally.layouts[dtype, layout] for layout in layouts),
            *(tally.specials[dtype, special] for special in specials),
        ]
        for dtype in dtypes
    }
    return {
        "dtypes": {dtype: sum(row[: len(layouts)]) for dtype, row in grid.items()},
        "layouts": layouts,
        "specials": specials,
        "grid": grid,
    }


def _witness(found: Examination, identity: Identity, seed: int) -> Record | None:
    if found.witness is None:
        return None
    refusal = found.witness.refusal
    return {
        "program": refusal.program.to_json(),
        "script": script(refusal, identity),
        "allowed": refusal.allowed,
        "seen": refusal.seen,
        "tape": (found.witness.tape or b"").hex(),
        "seed": seed,
        "case": found.witness.example if isinstance(found.witness.example, int) else None,
    }
