"""Every figure of the HTML report, counted again from the documents it was made of, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tensorcanon.reports import gather, statement, summary
from tensorcanon.reports.document import Document
from tensorcanon.reports.summary import WORDS

PUBLISHED = Path(__file__).parents[1] / "reports" / "published"
ROWS = "#page-list tr.row"


_EVIDENCE = {
    "proved": "Proved clauses",
    "tests": "Tests",
    "examples": "Examples",
    "judged": "Observations",
}
# What cells of the table of chapters, and rows of the list, show of each run.
_CELLS = """rows => rows.map(row => [row.querySelector("th").innerText, [...row.querySelectorAll("td")].map(
  cell => [...cell.querySelectorAll(".count")].map(count => count.textContent))])"""
_BADGES = """rows => rows.map(row =>
  [row.dataset.clause, [...row.querySelectorAll(".badge")].map(badge => badge.textContent)])"""


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def counted(texts: list[str]) -> dict[str, int]:
    """Return the counts of texts such as ``3 pass``, by the word."""
    return {re.sub(r"^\W*[\d,]+\s*|\W+$", "", text): number(text) for text in texts}


def unroll(page: Any) -> None:
    """Bring every row about: those of a long list come as one scrolls to their chapter."""
    for section in page.locator("#page-list section.chapter").all():
        section.scroll_into_view_if_needed()
        section.locator("tr.row").first.wait_for()
        more = section.locator("button.more")
        while more.is_visible():
            more.click()


def recount(page: Any, documents: list[Document]) -> None:
    """Every figure of the page, told anew from the documents."""
    page.wait_for_selector("#page-list section")
    recount_cards(page, documents)
    recount_chapters(page, documents)
    recount_statement(page, documents)
    recount_list(page, documents)


def recount_cards(page: Any, documents: list[Document]) -> None:
    cards = page.locator("#page-runs .card")
    assert cards.count() == len(documents)
    for place, document in enumerate(documents):
        counts = {WORDS[standing]: count for standing, count in summary.counts(document).items()}
        assert counted(cards.nth(place).locator(".legend li").all_inner_texts()) == counts
        figure = cards.nth(place).locator(".figure").inner_text()
        assert [number(part) for part in figure.split("of")] == [counts.get("pass", 0), sum(counts.values())]
        assert f"{summary.judged(document):,} observations" in cards.nth(place).inner_text()


def recount_chapters(page: Any, documents: list[Document]) -> None:
    chapters = [summary.by_chapter(document) for document in documents]
    shown = dict(page.eval_on_selector_all("#page-chapters tbody tr", _CELLS))
    assert shown.keys() == chapters[0].keys()
    for chapter, cells in shown.items():
        assert [counted(texts) for texts in cells] == [
            {WORDS[standing]: count for standing, count in each[chapter].items()} for each in chapters
        ]


def recount_statement(page: Any, documents: list[Document]) -> None:
    for key, title in _EVIDENCE.items():
        row = page.locator("#page-statement tr", has_text=title).last
        assert [number(text) for text in row.locator("td").all_inner_texts()] == [
            statement.evidence(document)[key] for document in documents
        ]


def recount_list(page: Any, documents: list[Document]) -> None:
    standings = [summary.clause_standings(document) for document in documents]
    unroll(page)
    badges = {
        clause: [re.sub(r"^\W+", "", text) for text in texts]
        for clause, texts in page.eval_on_selector_all(ROWS, _BADGES)
    }
    assert badges == {
        clause: [WORDS[each[clause]] for each in standings] for clause in documents[0].header["inventory"]
    }
    for chip in page.locator("#page-chips button").all():
        word = re.sub(r"[\d\W]+$", "", re.sub(r"^\W+", "", chip.inner_text()))
        assert number(chip.locator("b").inner_text()) == sum(word in words for words in badges.values())


def test_every_figure_is_that_of_the_documents(opened: Callable[..., Any], four: list[Document]) -> None:
    recount(opened(four).goto(), four)


def test_every_figure_of_real_runs_is_that_of_their_documents(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    specs = ["torch:cpu", "reference", "torch:npy", *(["tinygrad"] if find_spec("tinygrad") else [])]
    command = [
        sys.executable,
        "-m",
        "tensorcanon.conformance.cli.entry",
        "run",
        "--profile",
        "smoke",
        "-k",
        "narrow",
    ]
    for place, spec in enumerate(specs):
        out = tmp_path / str(place)
        ended = subprocess.run([*command, "--backend", spec, "--out", out], capture_output=True, timeout=500)
        # What such a backend does not claim leaves clauses without a judgement, which is 3.
        assert ended.returncode in (0, 1, 3), ended.stderr.decode()
    documents = gather.collect(tmp_path / str(place) for place in range(len(specs)))
    assert all(document.complete for document in documents) and summary.judged(documents[0]) > 0
    recount(opened(documents).goto(), documents)


def test_every_figure_of_published_runs_is_that_of_their_documents(opened: Callable[..., Any]) -> None:
    """Whole runs of torch, of the reference and of two other frameworks."""
    names = ("torch", "reference", "borch", "mlx")
    documents = gather.collect(PUBLISHED / f"{name}.json.gz" for name in names)
    assert [document.header["backend"]["spec"] for document in documents] == list(names)
    recount(opened(documents).goto(), documents)
