"""The commands about vectors: the canon as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()

_PART = "Only clauses whose id contains this, such as *views* or *views.narrow*."


@commands.callback(invoke_without_command=True)
def write(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option(help="The folder to write; the vectors that it holds are replaced.")
    ] = Path("vectors"),
    chapter: Annotated[str, typer.Option("--clauses", "-k", help=_PART, metavar="PART")] = "",
    examples: Annotated[
        int, typer.Option(min=1, help="How often each test judges each of its clauses.", metavar="N")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes, on any machine.")] = 0,
) -> None:
    """Write the canon as vectors: programs with what they are to show, as JSON that any language reads.

    A file for each chapter, a JSON Schema, and a manifest with digests, and with the clauses that cannot be
    told as data, each with the reason. docs/vectors.md has the form on one page; examples/vectors.js is a
    reader in JavaScript. The command *check* holds a backend to them.
    """
    if context.invoked_subcommand is None:
        from .vectoring import write_vectors

        raise typer.Exit(write_vectors(out, chapter, examples, seed))


@commands.command()
def check(
    folder: Annotated[Path, typer.Argument(help="What tensorcanon vectors wrote.", metavar="DIR")],
    backend: Annotated[str, typer.Option("--backend", "-b", help="As for run.")] = "torch",
    chapter: Annotated[str, typer.Option("--clauses", "-k", help=_PART, metavar="PART")] = "",
    expectations: Annotated[
        list[Path] | None, typer.Option(help="A TOML file of known failures, as for run.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for run.json, report.html and what else a run writes.")
    ] = None,
    isolate: Annotated[
        bool | None, typer.Option("--isolate/--no-isolate", help="As for run.", show_default=False)
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="As for run.")] = 60.0,
    memory: Annotated[float, typer.Option(min=0.05, help="As for run.")] = 8.0,
) -> None:
    """Hold a backend to vectors and give a verdict on each clause; exit codes as for run.

    The folder is checked against its digests first: what is damaged, cut short or foreign is refused in a
    line, with exit code 2.
    """
    from ..isolation.channel import Limits
    from .vectoring import check_vectors

    limits = Limits.of(timeout, memory)
    raise typer.Exit(check_vectors(folder, chapter, backend, expectations or (), out, isolate, limits))
