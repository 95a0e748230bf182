"""The commands that read results of runs and make other documents of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()

Result = Annotated[Path, typer.Argument(help="The folder of a run, its run.json or its log.")]


@commands.command()
def report(
    results: Annotated[list[Path], typer.Argument(help="Folders of runs, run.json files or logs.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    before: Annotated[
        list[Path] | None,
        typer.Option(help="Earlier runs of the same backends: the report shows what changed, and the trend."),
    ] = None,
) -> None:
    """Make one HTML report of the results of any number of runs."""
    from .reporting import write_report

    raise typer.Exit(write_report(results, before or [], out))


@commands.command()
def publish(
    results: Annotated[list[Path], typer.Argument(help="Folders of runs, run.json files or logs.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("published"),
) -> None:
    """Write results to be kept: each compressed and without paths of this machine, and a page on all."""
    from .reporting import publish_results

    raise typer.Exit(publish_results(results, out))


@commands.command()
def witnesses(
    result: Result,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("witnesses"),
) -> None:
    """Write the witnesses of a result as files: for each failure a script, and what replay takes."""
    from .reporting import write_witnesses

    raise typer.Exit(write_witnesses(result, out))


@commands.command()
def diff(
    before: Result,
    after: Result,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
) -> None:
    """Show what changed between two runs; exit 1 if a clause regressed."""
    from .reporting import print_difference

    raise typer.Exit(print_difference(before, after, markdown))


@commands.command()
def statement(
    result: Result,
    out: Annotated[Path, typer.Option(help="The JSON file to write.")] = Path("statement.json"),
) -> None:
    """Write the conformance statement of a run: what it conforms to by level, the evidence, the digests."""
    from .reporting import write_statement

    raise typer.Exit(write_statement(result, out))


@commands.command()
def verify(
    statement: Annotated[Path, typer.Argument(help="What `tensorcanon statement` wrote.")],
    result: Result,
) -> None:
    """Check a conformance statement against the run it speaks of; exit 1 if it does not hold."""
    from .reporting import verify_statement

    raise typer.Exit(verify_statement(statement, result))


@commands.command()
def badge(
    result: Result,
    out: Annotated[Path, typer.Option(help="The SVG file to write.")] = Path("badge.svg"),
) -> None:
    """Write a badge that says what a run says."""
    from .reporting import write_badge

    raise typer.Exit(write_badge(result, out))


@commands.command()
def annotate(result: Result) -> None:
    """Print a run's differences as annotations of a GitHub workflow."""
    from .reporting import print_annotations

    raise typer.Exit(print_annotations(result))
