"""The commands between a run and a decision: gate, expect, merge and replay."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


class BasisName(StrEnum):
    DOCUMENTED = "documented"
    OBSERVED = "observed"
    ALL = "all"


Run = Annotated[Path, typer.Argument(help="The folder of a run, its run.json or its log.")]


@commands.command()
def gate(
    run: Run,
    baseline: Annotated[
        Path | None,
        typer.Option(help="An earlier run: a clause that is lost or tried with fewer examples stops too."),
    ] = None,
    basis: Annotated[
        BasisName,
        typer.Option(help="What stops: documented clauses, those observed besides, or all of them."),
    ] = BasisName.DOCUMENTED,
    junit: Annotated[Path | None, typer.Option(help="Write the findings as JUnit XML.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the findings as Markdown.")] = None,
) -> None:
    """Decide whether a change may pass.

    Shut by an unexpected failure or pass, an expectation that expired or names no clause any more, a clause
    without a verdict, and, beside a baseline, a lost clause or fewer examples. Exit codes: 0 open, 1 shut, 2
    wrong use, 3 the run does not say.
    """
    from .gating import hold_gate

    raise typer.Exit(hold_gate(run, baseline, basis.value, junit, markdown))


@commands.command()
def expect(
    run: Run,
    file: Annotated[Path, typer.Option("--file", "-f", help="The TOML file of expectations.")] = Path(
        "expectations.toml"
    ),
    update: Annotated[
        bool, typer.Option("--update", help="Write the file; comments and layout stay as they are.")
    ] = False,
    expires: Annotated[
        str | None, typer.Option(help="The day from which the entries added no longer count.", metavar="DAY")
    ] = None,
) -> None:
    """Bring a file of known failures in line with a run that was made with it.

    Failures that it does not know are added, each with the witness that a run tries first; entries of
    clauses that pass or are gone are removed. Without --update it shows what would change, and exits 1 if
    anything would.
    """
    from .expecting import expect_failures

    raise typer.Exit(expect_failures(run, file, expires, write=update))


@commands.command()
def merge(
    shards: Annotated[list[Path], typer.Argument(help="The folders of all shards of one run.")],
    out: Annotated[Path, typer.Option(help="Where the documents of the whole run are written.")] = Path(
        "out"
    ),
) -> None:
    """Make one run of its shards; a shard that is missing or given twice is refused."""
    from .gating import merge_shards

    raise typer.Exit(merge_shards(shards, out))


@commands.command()
def replay(
    witness: Annotated[Path, typer.Argument(help="A .json file of the folder witnesses of a run.")],
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", help="As for run; by default the one it was seen on.")
    ] = None,
    isolate: Annotated[
        bool | None, typer.Option("--isolate/--no-isolate", help="As for run.", show_default=False)
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="As for run.")] = 60.0,
    memory: Annotated[float, typer.Option(min=0.05, help="As for run.")] = 8.0,
) -> None:
    """Take the steps of a failure again, on any backend; exit 0 if it holds there, 1 if it fails."""
    from ..isolation.channel import Limits
    from .replaying import replay_witness

    raise typer.Exit(replay_witness(witness, backend, isolate, Limits.of(timeout, memory)))
