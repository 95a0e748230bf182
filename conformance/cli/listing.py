"""``tensorcanon list`` and ``tensorcanon explain``."""

from __future__ import annotations

import difflib
from typing import Any

from tensorcanon.spec import canon
from tensorcanon.spec.clause import Clause

from .console import console, refuse


def list_all(part: str) -> int:
    """Print the clauses whose id contains `part`."""
    found = {name: clause for name, clause in canon.clauses().items() if part in name}
    if not found:
        return refuse(f"no clause has {part!r} in its id; the chapters are {', '.join(canon.CHAPTERS)}")
    width = max(map(len, found))
    for name, clause in found.items():
        console.print(f"{name:<{width}}  {clause.statement}", markup=False)
    return 0


def list_mutants(part: str) -> int:
    """Print the mutants that a clause with `part` in its id must reject."""
    from ..mutants.ledger import mutants

    found = [m for m in mutants().values() if any(part in clause.id for clause in m.kills)]
    if not found:
        return refuse(f"no mutant is to be rejected by a clause with {part!r} in its id")
    for mutant in found:
        console.print(f"{mutant.name}  {', '.join(c.id for c in mutant.kills)}  {mutant.fault}", markup=False)
    return 0


def explain_clause(name: str) -> int:
    """Print one clause."""
    clauses = canon.clauses()
    if name not in clauses:
        near = difflib.get_close_matches(name, clauses, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "see tensorcanon list"
        return refuse(f"no clause {name!r}; {hint}")
    _print_clause(clauses[name])
    return 0


def _print_clause(clause: Clause[Any]) -> None:
    from rich.syntax import Syntax

    from ..inventory import checks
    from ..mutants.ledger import mutants

    console.print(clause.id, style="bold", markup=False)
    console.print(clause.statement, markup=False)
    facts = {
        "source": clause.source,
        "strength": f"{clause.strength}, {clause.basis}, {clause.level}",
        "covers": ", ".join(clause.covers),
        "checks": ", ".join(check.name for check in checks().values() if clause in check.clauses),
        "mutants": ", ".join(mutant.name for mutant in mutants().values() if clause in mutant.kills),
    }
    for key, value in facts.items():
        if value:
            console.print(f"{key + ':':<10}{value}", markup=False)
    console.print()
    console.print(Syntax(clause.code, "python", background_color="default"))
