"""The canon as a book, in Markdown: a page for each chapter, generated from the clauses themselves."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import typer.main

from tensorcanon.reports.sources import sources
from tensorcanon.spec import canon
from tensorcanon.spec.clause import Clause

from .expectations import every_departure
from .mutants.ledger import mutants
from .mutants.mutant import Mutant

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\*_[]<>#|"})


def pages() -> dict[str, str]:
    """Return the pages of the book by path: an overview, and the chapters in their order."""
    made = {"canon/index.md": _overview()}
    by_clause = _mutants_by_clause()
    departed = {entry.clause: entry.reason for entry in every_departure()}
    for chapter in canon.CHAPTERS:
        made[f"canon/{chapter}.md"] = _chapter(chapter, by_clause, departed)
    return made


def commands() -> str:
    """Return the page of the command line: every command as its ``--help`` has it."""
    from .cli.app import app

    root = typer.main.get_command(app)
    lines = ["# Commands", "", (root.help or "").strip(), ""]
    for name, command in _leaves(root, "tensorcanon"):
        lines += [f"## `{name}`", "", *_help(command), ""]
    return "\n".join(lines)


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the commands below one by their full names, a group that does something of itself included."""
    below = getattr(command, "commands", None)
    if below is None or command.invoke_without_command:
        yield name, command
    for word, child in (below or {}).items():
        yield from _leaves(child, f"{name} {word}")


def _help(command: Any) -> list[str]:
    rows = []
    for given in command.params:
        option = given.param_type_name == "option"
        value = given.metavar or ("" if option else given.name.upper())
        words = ", ".join([*given.opts, *given.secondary_opts]) if option else ""
        if given.name != "help":
            told = (getattr(given, "help", None) or "").replace("|", "\\|")
            rows.append(f"| `{f'{words} {value}'.strip()}` | {told} |")
    table = ["", "| argument | |", "| --- | --- |", *rows] if rows else []
    return [inspect.cleandoc(command.help or ""), *table]


def _mutants_by_clause() -> dict[str, list[Mutant]]:
    found: dict[str, list[Mutant]] = {name: [] for name in canon.clauses()}
    for mutant in mutants().values():
        for clause in mutant.kills:
            found[clause.id].append(mutant)
    return found


def _clauses_of(chapter: str) -> list[Clause[Any]]:
    return [clause for clause in canon.clauses().values() if clause.chapter == chapter]


def _title(chapter: str) -> str:
    module = importlib.import_module(f"tensorcanon.spec.{chapter}")
    return inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def _overview() -> str:
    rows = [f"| [{name}]({name}.md) | {len(_clauses_of(name))} | {_title(name)} |" for name in canon.CHAPTERS]
    return "\n".join(
        [
            "# The canon",
            "",
            f"{len(canon.clauses())} clauses in {len(canon.CHAPTERS)} chapters, generated from the",
            f"specification itself (edition `{canon.edition()[:12]}`). Each has its statement, the",
            "documentation that it follows from, its executable form, and the wrong implementations that it",
            "must reject.",
            "",
            "| chapter | clauses | |",
            "| --- | ---: | --- |",
            *rows,
            "",
        ]
    )


def _chapter(chapter: str, by_clause: dict[str, list[Mutant]], departed: dict[str, str]) -> str:
    lines = [f"# {chapter.capitalize()}", "", _title(chapter), ""]
    for clause in _clauses_of(chapter):
        lines += _clause(clause, by_clause[clause.id], departed.get(clause.id))
    return "\n".join(lines)


def _clause(clause: Clause[Any], rejected: list[Mutant], departure: str | None) -> list[str]:
    name = clause.id.partition(".")[2]
    lines = [f"## {name.replace('_', ' ')} {{ #{name} }}", "", clause.statement, ""]
    lines += [
        f"`{clause.id}` · {clause.strength}, {clause.basis}, {clause.level} · {_links(clause.source)}",
        "",
    ]
    if departure is not None:
        lines += ['!!! warning "torch departs from its documentation here"', "", f"    {departure}", ""]
    lines += ['??? abstract "Executable form"', "", "    ```python"]
    lines += [f"    {line}".rstrip() for line in clause.code.rstrip().splitlines()]
    lines += ["    ```", ""]
    if rejected:
        lines += [f'??? bug "Rejects {len(rejected)} mutant{"s" * (len(rejected) > 1)}"', ""]
        lines += [f"    - {_told(mutant)}" for mutant in rejected]
        lines.append("")
    return lines


def _told(mutant: Mutant) -> str:
    name = mutant.name.replace("_", " ")
    return f"{name} ({mutant.fault.translate(_SPECIAL)})" if mutant.fault else name


def _links(cited: str) -> str:
    made = []
    for source in sources(cited):
        text = f"[{source.text.translate(_SPECIAL)}]({source.url})" if source.url else f"`{source.text}`"
        made.append(f"{text} {source.remark}".strip())
    return "; ".join(made)
