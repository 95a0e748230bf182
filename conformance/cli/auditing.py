"""``tensorcanon audit``."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rich.progress import Progress

from tensorcanon.spec import canon

from ..audit import Trial, trials, uncovered, without_kill
from ..mutants.ledger import mutants
from .console import console, errors, refuse


def audit_clauses(part: str, seed: int, workers: int) -> int:
    """Audit the clauses whose id contains `part` and print each trial.

    Returns
    -------
    int
        0 when every clause has a kill and every mutant dies, 1 otherwise, 2 when nothing is selected.
    """
    selected = [name for name in canon.clauses() if part in name]
    if not selected:
        return refuse(f"no clause has {part!r} in its id; see tensorcanon list")
    tried = _tried(selected, seed, workers)
    for trial in tried:
        _print_trial(trial)
    bare = without_kill(selected, tried)
    survivors = [trial for trial in tried if not trial.killed]
    missing = [] if part else uncovered()
    for clause in bare:
        console.print(f"no kill    {clause}", style="red", markup=False)
    for behaviour in missing:
        console.print(f"no clause  {behaviour}", style="red", markup=False)
    console.print(
        f"{len(selected)} clauses, {len(tried)} trials of {len({t.mutant for t in tried})} mutants "
        f"({len({t.fault for t in tried if t.fault and t.killed})} real faults killed): "
        f"{len(survivors)} survived, {len(bare)} clauses without a kill, {len(missing)} behaviours uncovered"
    )
    return 1 if bare or survivors or missing else 0


def _tried(selected: list[str], seed: int, workers: int) -> list[Trial]:
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("audit", total=sum(len(m.kills) for m in mutants().values()))
        if workers == 1:
            done = []
            for trial in trials(selected, seed):
                done.append(trial)
                progress.advance(task)
            return done
        shares = [selected[start::workers] for start in range(workers)]
        # Not forked: the libraries below keep threads.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = [trial for share in pool.map(_share, shares, [seed] * workers) for trial in share]
        return sorted(found, key=lambda trial: (selected.index(trial.clause), trial.mutant))


def _share(selected: list[str], seed: int) -> list[Trial]:
    return list(trials(selected, seed))


def _print_trial(trial: Trial) -> None:
    word, style = ("killed  ", "green") if trial.killed else ("survived", "red")
    fault = f"  [{trial.fault}]" if trial.fault else ""
    console.print(f"{word}   {trial.clause}  {trial.mutant}{fault}", style=style, markup=False)
