"""The documentation: it builds without a warning, and every command that it shows is one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tensorcanon.conformance import book
from tensorcanon.conformance.cli.app import _completed, app
from tensorcanon.conformance.mutants.ledger import mutants
from tensorcanon.spec import canon

ROOT = Path(__file__).parent.parent
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(tensorcanon [a-z]+ [^`]*--[^`]+)`")


def shown() -> Iterator[tuple[str, str]]:
    """Yield every command of ours that a text shows, with the name of the text."""
    for path in TEXTS:
        text = path.read_text("utf-8")
        lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
        for line in (*lines, *INLINE.findall(text)):
            for part in re.split(r"&&|;", line.partition(" #")[0]):
                words = shlex.split(part.replace("…", ""))
                if words and Path(words[0]).name == "tensorcanon":
                    yield path.name, shlex.join(words[1:])


COMMANDS = sorted(set(shown()))


@pytest.mark.parametrize(("text", "command"), COMMANDS, ids=[f"{t}: {c}" for t, c in COMMANDS])
def test_a_command_shown_is_one(text: str, command: str) -> None:
    found: Any = typer.main.get_command(app)
    words = _completed(shlex.split(command))
    # Parsed only: nothing runs. A wrong option, a missing argument or an unknown choice raises.
    context = found.make_context("tensorcanon", [words[0], "--help"], resilient_parsing=True)
    while getattr(found, "commands", None) and words and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    if getattr(found, "commands", None):
        alone = found.invoke_without_command and (not words or words[0].startswith("-"))
        assert alone, f"no command {command!r}"
    found.make_context(found.name, words, parent=context)


@pytest.mark.parametrize("command", ["run --nonesuch", "nonesuch", "vectors nonesuch", "prove --op exp"])
def test_what_is_no_command_is_noticed(command: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|missing|no command|unexpected"):
        test_a_command_shown_is_one("", command)


def test_texts_show_commands() -> None:
    assert {"README.md", "index.md", "report.md", "ci.md", "vectors.md"} <= {text for text, _ in COMMANDS}


# The canon as a book


def test_the_book_has_every_clause_once() -> None:
    pages = book.pages()
    assert list(pages) == ["canon/index.md", *(f"canon/{name}.md" for name in canon.CHAPTERS)]
    anchors = [found for text in pages.values() for found in re.findall(r"^## .* \{ #(\w+) \}$", text, re.M)]
    assert anchors == [name.partition(".")[2] for name in canon.clauses()]
    clause = canon.clauses()["views.narrow_is_a_view_of_a_range"]
    page = pages["canon/views.md"]
    assert clause.statement in page and "def narrow_is_a_view_of_a_range" in page
    assert "generated/torch.narrow.html" in page
    rejected = next(m.name for m in mutants().values() if clause in m.kills)
    assert rejected.replace("_", " ") in page


def test_the_book_has_every_command() -> None:
    text = book.commands()
    assert "## `tensorcanon run`" in text and "## `tensorcanon vectors check`" in text
    assert "`--backend, -b`" in text and "`-n N`" in text and "| `SPEC" not in text


# The site


class Requests(HTMLParser):
    """Collects what a page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = (name == "src") or (tag == "link" and name == "href")
            if loads and value and re.match(r"(https?:)?//", value):
                self.found.append(value)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="the site is built with mkdocs-material")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path / "site")]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=env)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(canon.CHAPTERS) + 10
    requests = Requests()
    for page in (page for page in pages if page.stat().st_size < 400_000):
        requests.feed(page.read_text("utf-8"))
    assert not requests.found
    assert 'id="narrow_is_a_view_of_a_range"' in (tmp_path / "site" / "canon" / "views.html").read_text(
        "utf-8"
    )
