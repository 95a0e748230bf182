"""The command line: ``tensorcanon COMMAND``. Each command imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .data import commands as vector_commands
from .gates import commands as gate_commands
from .results import commands

app = typer.Typer(
    name="tensorcanon",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "Hold a tensor backend against the executable specification of PyTorch's documented semantics.\n\n"
        "Exit codes: 0 all is as the specification or the expectations say, 1 differences, 2 wrong use, "
        "3 a fault of the harness or an incomplete run."
    ),
)

_CHAPTER = "Only clauses whose id contains this, such as *views* or *views.narrow*."


class ProfileName(StrEnum):
    SMOKE = "smoke"
    CI = "ci"
    FULL = "full"
    CAMPAIGN = "campaign"


@app.command()
def run(
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            "-b",
            help="torch, torch:DEVICE+TRANSFORM, torchax, reference, a TOML file, package.module:name, …; "
            "give it again for several, or *all* for each that is installed.",
            show_default="torch",
        ),
    ] = None,
    profile: Annotated[
        ProfileName,
        typer.Option(
            "--profile",
            "-p",
            help="How much is tried: smoke (seconds), ci (minutes), full (half an hour), campaign (a night).",
        ),
    ] = ProfileName.CI,
    seed: Annotated[int, typer.Option(min=0, help="The same seed tries the same examples.")] = 0,
    workers: Annotated[
        int,
        typer.Option(
            "-n",
            min=0,
            help="Worker processes; 0 runs in this process. With several backends, so many at a time.",
            metavar="N",
        ),
    ] = 0,
    expression: Annotated[
        str | None, typer.Option("-k", help="Only tests whose name matches, as for pytest.", metavar="EXPR")
    ] = None,
    expectations: Annotated[
        list[Path] | None,
        typer.Option(help="A TOML file of known failures; tensorcanon expect writes it."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where results are written; made if it is missing.")] = Path(
        "out"
    ),
    isolate: Annotated[
        bool | None,
        typer.Option(
            "--isolate/--no-isolate",
            help="Whether the backend gets a process of its own, which may crash, hang or eat memory without "
            "harm to the run. By default all do but torch on CPU and the reference.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that one step may take in such a process.")
    ] = 60.0,
    memory: Annotated[
        float, typer.Option(min=0.05, help="GiB that such a process may hold (looked at on Linux).")
    ] = 8.0,
    budget: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Seconds after which no check begins, by backend: what was not reached has no verdict, "
            "and the run is incomplete until --resume has ended it.",
            metavar="SECONDS",
        ),
    ] = None,
    check_seconds: Annotated[
        float | None,
        typer.Option(min=0.1, help="Seconds after which a check tries no further example."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(help="Only the I-th of N parts, for several machines; see merge.", metavar="I/N"),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the run that was cut short in --out; nothing is lost."),
    ] = False,
    cluster: Annotated[
        str,
        typer.Option(
            help="Run shards on a Dask cluster: one of -n workers started here, or that of a scheduler.",
            metavar="[tcp://…]",
        ),
    ] = "",
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report",
            help="Whether report.html, junit.xml and summary.md are made: of a shard, merge makes them.",
        ),
    ] = True,
) -> None:
    """Run the canon on a backend and write run.json, report.html, junit.xml and summary.md.

    Each failure also leaves a stand-alone script and what replay needs in the folder witnesses. Several
    backends run each in a process and a folder of its own; report.html and summary.md show all of them.
    """
    from .run import Request, execute
    from .several import execute_each

    specs = backend or ["torch"]
    request = Request(
        specs[0],
        profile.value,
        seed,
        workers,
        expression,
        tuple(expectations or ()),
        out,
        isolate,
        timeout,
        memory,
        shard,
        resume,
        cluster or None,
        budget,
        check_seconds,
        report,
    )
    alone = len(specs) == 1 and specs[0] != "all"
    raise typer.Exit(execute(request) if alone else execute_each(request, specs))


@app.command()
def prove(
    op: Annotated[str, typer.Option(help="A function of one operand in the op table, such as exp.")],
    dtype: Annotated[str, typer.Option(help="The type whose every value is tried: at most 32 bits.")],
    backend: Annotated[str, typer.Option("--backend", "-b", help="As for run.")] = "torch",
    out: Annotated[
        Path | None,
        typer.Option(help="Where the proof is written, and gone on with; by default out/prove-OP-DTYPE."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("-n", min=1, help="Processes; by default one a core.", metavar="N")
    ] = None,
    cluster: Annotated[
        str,
        typer.Option(
            help="Use a Dask cluster: one started here, or that of a scheduler.",
            metavar="[tcp://…]",
        ),
    ] = "",
    chunk: Annotated[int, typer.Option(min=1, help="Values a process takes at a time.")] = 1 << 23,
    span: Annotated[
        str | None,
        typer.Option("--range", help="Only bit patterns from FIRST to before END.", metavar="FIRST:END"),
    ] = None,
) -> None:
    """Hold a function to its bound on every value of a type; a run that was cut short goes on."""
    from .proving import Request
    from .proving import prove as carry_out

    count = workers or os.cpu_count() or 1
    raise typer.Exit(carry_out(Request(op, dtype, backend, out, count, cluster or None, chunk, span)))


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="The engine's package, or the one that makes a device known.")],
    device: Annotated[str, typer.Option(help="A device of torch; without it, an API of its own.")] = "",
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path("."),
) -> None:
    """Write a working adapter for a backend of your own, with its test and a recipe for CI."""
    from .starting import start

    raise typer.Exit(start(name, device, folder))


@app.command()
def backends(
    specs: Annotated[
        list[str] | None,
        typer.Argument(help="Backends; without any, all that have a name.", metavar="BACKEND…"),
    ] = None,
) -> None:
    """Show what backends claim beside what is found of them."""
    from .claiming import show

    raise typer.Exit(show(specs or ()))


@app.command("list")
def list_clauses(
    chapter: Annotated[str, typer.Argument(help=_CHAPTER)] = "",
    mutants: Annotated[bool, typer.Option("--mutants", help="List the mutants instead.")] = False,
) -> None:
    """List the clauses, one a line."""
    from .listing import list_all, list_mutants

    raise typer.Exit(list_mutants(chapter) if mutants else list_all(chapter))


@app.command()
def explain(clause: Annotated[str, typer.Argument(help="The id of a clause.")]) -> None:
    """Show a clause: its statement, source, executable form, and the mutants it rejects."""
    from .listing import explain_clause

    raise typer.Exit(explain_clause(clause))


@app.command()
def audit(
    chapter: Annotated[str, typer.Argument(help=_CHAPTER)] = "",
    seed: Annotated[int, typer.Option(min=0, help="The seed of the inputs.")] = 0,
    workers: Annotated[int, typer.Option("-n", min=1, help="Processes.", metavar="N")] = 1,
) -> None:
    """Try each clause against its mutants; fail where a clause rejects none or a mutant survives."""
    from .auditing import audit_clauses

    raise typer.Exit(audit_clauses(chapter, seed, workers))


app.add_typer(commands)
app.add_typer(gate_commands)
app.add_typer(vector_commands, name="vectors")


@app.command()
def sources(
    update: Annotated[
        bool, typer.Option("--update", help="Write the digests of the installed torch.")
    ] = False,
) -> None:
    """Name the clauses whose cited documentation changed with the installed torch."""
    from .sourcing import compare_sources

    raise typer.Exit(compare_sources(update))


def main() -> None:
    """Run the command line; a closed pipe is not an error."""
    try:
        app(args=_completed(sys.argv[1:]))
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None


def _completed(arguments: list[str]) -> list[str]:
    """Return arguments with the value of an option that may stand alone."""
    made: list[str] = []
    for here, after in zip(arguments, [*arguments[1:], "-"], strict=True):
        made += [here, "local"] if here == "--cluster" and after.startswith("-") else [here]
    return made
