"""The page in a real Chromium: opened from disk, used with mouse and keyboard, read by axe."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.reports import gather, html, statement, summary
from tensorcanon.reports.document import Document, read
from tensorcanon.reports.summary import WORDS

SAMPLE = Path(__file__).with_name("test_reports_run.json")
PUBLISHED = Path(__file__).parents[1] / "reports" / "published"
FOUND = "#page-found"
ROWS = "#page-list tr.row"


@pytest.fixture
def sample() -> Document:
    return read(SAMPLE)


@pytest.fixture
def four() -> list[Document]:
    """Runs of torch, the reference and two third-party engines, with different verdicts."""
    runs = [read(SAMPLE) for _ in range(4)]
    for place, (spec, verdict) in enumerate(
        [
            ("torch:cpu", "pass"),
            ("reference", "pass"),
            ("engine.canon:backend", "timeout"),
            ("torchax", "fail"),
        ]
    ):
        header: Any = runs[place].header
        header["backend"] |= {"spec": spec, "device": "cpu" if place < 3 else "jax"}
        runs[place].verdicts[0]["verdict"] = verdict  # type: ignore[typeddict-item]
        runs[place].verdicts[0]["coverage"] = {
            "dtypes": {"float32": 4, "int64": 2},
            "layouts": ["contiguous", "stepped"],
            "specials": ["nan"],
            "grid": {"float32": [4, 0, 1], "int64": [1, 1, 0]},
        }
        if place > 1:
            runs[place].verdicts[5] |= {"verdict": "pass"}
        footer: Any = runs[place].footer
        footer["counts"] = summary.counts(runs[place])
    return runs


class Opened:
    """A page, what it asked of a network, and what it complained of."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))
        self.path = path

    def goto(self, fragment: str = "") -> Any:
        self.page.goto(self.path.as_uri() + fragment)
        return self.page


@pytest.fixture
def opened(chromium: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Opened]]:
    """A function that renders runs and opens the page; afterwards it must have been quiet."""
    made: list[Opened] = []

    def show(documents: list[Document], before: tuple[Document, ...] = (), **options: Any) -> Opened:
        path = tmp_path / f"report{len(made)}.html"
        html.write(documents, path, before)
        made.append(Opened(chromium, path, **options))
        return made[-1]

    yield show
    for number, one in enumerate(made):
        _keep(one.page, f"{request.node.name}-{number}")
        assert one.faults == []
        assert {url.partition("#")[0] for url in one.asked} <= {one.path.as_uri()} | {
            url for url in one.asked if url.startswith("data:")
        }
        one.context.close()


def _keep(page: Any, name: str) -> None:
    """Leave a screenshot where ``SCREENSHOTS`` says, for CI to keep."""
    folder = os.environ.get("SCREENSHOTS")
    if folder and page.url != "about:blank":
        page.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9_-]', '-', name)}.png")


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


# What stands on the page


_BADGES = """rows => rows.map(row =>
  [row.dataset.clause, [...row.querySelectorAll(".badge")].map(badge => badge.textContent)])"""


def unroll(page: Any) -> None:
    """Bring every row about: those of a long list come as one scrolls to their chapter."""
    for section in page.locator("#page-list section.chapter").all():
        section.scroll_into_view_if_needed()
        section.locator("tr.row").first.wait_for()
        more = section.locator("button.more")
        while more.is_visible():
            more.click()


def recount(page: Any, documents: list[Document]) -> None:
    """Every figure of the frame and the list, told anew from the documents."""
    page.wait_for_selector("#page-list section")
    cards = page.locator("#page-runs .card")
    assert cards.count() == len(documents)
    for place, document in enumerate(documents):
        counts = {WORDS[standing]: count for standing, count in summary.counts(document).items()}
        legend = cards.nth(place).locator(".legend li")
        shown = {
            re.sub(r"^\W*[\d,]+\s*", "", text).strip(): number(text) for text in legend.all_inner_texts()
        }
        assert shown == counts
        figure = cards.nth(place).locator(".figure").inner_text()
        assert [number(part) for part in figure.split("of")] == [counts.get("pass", 0), sum(counts.values())]
        assert f"{summary.judged(document):,} observations" in cards.nth(place).inner_text()
    chapters = [summary.by_chapter(document) for document in documents]
    for row in page.locator("#page-chapters tbody tr").all():
        chapter = row.locator("th").inner_text()
        for place in range(len(documents)):
            cell = row.locator("td").nth(place).locator(".count")
            shown_here = {
                re.sub(r"^\W*[\d,]+\s*|\W+$", "", text): number(text) for text in cell.all_text_contents()
            }
            due = {WORDS[key]: count for key, count in chapters[place][chapter].items()}
            assert shown_here == due
    for key in ("proved", "tests", "examples", "judged"):
        title = {
            "proved": "Proved clauses",
            "tests": "Tests",
            "examples": "Examples",
            "judged": "Observations",
        }
        row = page.locator("#page-statement tr", has_text=title[key]).last
        assert [number(text) for text in row.locator("td").all_inner_texts()] == [
            statement.evidence(document)[key] for document in documents
        ]
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


def test_every_figure_is_that_of_the_documents(opened: Callable[..., Opened], four: list[Document]) -> None:
    recount(opened(four).goto(), four)


def test_every_figure_of_real_runs_is_that_of_their_documents(
    opened: Callable[..., Opened], tmp_path: Path
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


def test_every_figure_of_published_runs_is_that_of_their_documents(opened: Callable[..., Opened]) -> None:
    """Whole runs of torch, of the reference and of two other frameworks."""
    names = ("torch", "reference", "borch", "mlx")
    documents = gather.collect(PUBLISHED / f"{name}.json.gz" for name in names)
    assert [document.header["backend"]["spec"] for document in documents] == list(names)
    recount(opened(documents).goto(), documents)


def test_a_clause_shows_its_inputs_with_empty_cells(
    opened: Callable[..., Opened], four: list[Document]
) -> None:
    page = opened(four).goto("#promotion.categories_rank")
    rows = page.locator(".detail .heatmap").first.locator("tbody tr")
    assert [row.split() for row in rows.all_inner_texts()] == [
        ["int64", "2", "1", "1", "0", "·"],
        ["float32", "4", "4", "0", "0", "1"],
    ]
    assert page.locator(".detail .heat.h0").count() == 12


def test_changes_and_history_are_told(opened: Callable[..., Opened], sample: Document) -> None:
    before = copy.deepcopy(sample)
    before.header["started"] = "2026-11-20T07:00:00Z"
    before.verdicts[0]["verdict"] = "fail"
    page = opened([sample], (before,)).goto()
    assert "1 fixed" in page.locator("#page-changes summary").inner_text().replace("\n", " ")
    assert page.locator("#page-history svg.plot").is_visible()
    assert page.locator("#page-history tbody tr").count() == 2


def test_no_run_has_a_page_of_its_own(opened: Callable[..., Opened]) -> None:
    assert "No runs to show" in opened([]).goto().inner_text("main")


# Finding


def test_filters_narrow_the_list_and_the_address(opened: Callable[..., Opened], four: list[Document]) -> None:
    page = opened(four).goto()
    assert page.inner_text(FOUND) == "6 clauses"
    page.click("#page-chips button:has-text('timeout')")
    assert page.locator(ROWS).all_inner_texts()[0].startswith("promotion.categories_rank")
    assert page.inner_text(FOUND) == "1 of 6 clauses" and page.url.endswith("#?verdict=timeout")
    page.select_option("#page-backend", label="torch:cpu")
    assert page.inner_text(FOUND) == "0 of 6 clauses"
    assert "No clause matches" in page.inner_text("#page-list")
    page.click("#page-list .empty button")
    assert page.inner_text(FOUND) == "6 clauses" and "#" not in page.url
    for control, value, due in [
        ("#page-chapter", "views", 2),
        ("#page-level", "extended", 1),
        ("#page-dtype", "int64", 1),
        ("#page-device", "jax", 6),
    ]:
        page.select_option(control, value)
        assert page.inner_text(FOUND).startswith(f"{due} "), control
        page.click("#page-clear") if page.is_visible("#page-clear") else None
    page.fill("#page-search", "STRIDES (2, 1)")
    page.locator(FOUND, has_text="1 of 6 clauses").wait_for()


def test_an_address_leads_to_a_clause_or_a_filter(
    opened: Callable[..., Opened], four: list[Document]
) -> None:
    one = opened(four)
    page = one.goto("#views.narrow_is_a_range")
    assert page.locator(".detail").is_visible()
    assert page.evaluate("document.activeElement.id") == "views.narrow_is_a_range"
    page = opened(four).goto("#?chapter=sorting&verdict=crash")
    assert page.inner_text(FOUND) == "1 of 6 clauses"
    for odd in (
        "#%E0%A4%A",
        "#?verdict=%00&chapter=nowhere",
        "#constructor",
        "#?",
        "#<script>alert(1)</script>",
    ):
        assert opened(four).goto(odd).inner_text(FOUND) == "6 clauses"


def test_a_count_of_the_matrix_leads_to_its_clauses(
    opened: Callable[..., Opened], four: list[Document]
) -> None:
    page = opened(four).goto()
    page.wait_for_selector(ROWS)
    page.locator("#page-chapters tr", has_text="promotion").locator("td").nth(2).locator("a").click()
    assert page.inner_text(FOUND) == "1 of 6 clauses"
    assert page.input_value("#page-backend") == "2" and page.input_value("#page-chapter") == "promotion"


# Using


def test_a_script_is_copied_as_it_stands(opened: Callable[..., Opened], sample: Document) -> None:
    one = opened([sample], permissions=["clipboard-read", "clipboard-write"])
    page = one.goto("#views.narrow_is_a_range")
    page.locator(".code", has_text="import torch").locator("button").click()
    page.wait_for_selector("button:has-text('Copied')")
    witness = sample.verdicts[2]["witness"]
    assert witness is not None and page.evaluate("navigator.clipboard.readText()") == witness["script"]


def test_the_theme_follows_the_system_and_the_button(opened: Callable[..., Opened], sample: Document) -> None:
    page = opened([sample], color_scheme="dark").goto()
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.click("#page-theme")
    light = page.evaluate(colour)
    assert light != dark and page.inner_text("#page-theme") == "Dark"
    page.reload()
    assert page.evaluate(colour) == light


def test_the_keyboard_is_enough(opened: Callable[..., Opened], four: list[Document]) -> None:
    page = opened(four).goto()
    page.wait_for_selector(ROWS)
    press = page.keyboard.press
    press("/")
    page.keyboard.type("range")
    press("Enter")
    assert page.evaluate("document.activeElement.id") == "views.narrow_is_a_range"
    press("Enter")
    assert page.locator(".detail").count() == 1
    press("Escape")
    assert page.locator(".detail").count() == 0
    press("/")
    press("Escape")
    assert page.inner_text(FOUND) == "6 clauses"
    press("ArrowDown")
    press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "views.narrow_is_a_range"
    page.goto(page.url.partition("#")[0])
    press("Tab")
    press("Enter")
    assert page.evaluate("document.activeElement.id") == "page-clauses"


def test_it_prints_without_its_controls(opened: Callable[..., Opened], sample: Document) -> None:
    one = opened([sample], color_scheme="dark")
    page = one.goto()
    page.wait_for_selector(ROWS)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.is_visible("#page-tools") and not page.is_visible("nav") and page.is_visible(ROWS)
    assert page.pdf().startswith(b"%PDF")


def test_without_scripts_what_counts_is_there(opened: Callable[..., Opened], sample: Document) -> None:
    page = opened([sample], java_script_enabled=False).goto()
    assert page.locator("#page-chapters tbody tr").count() == 4
    assert "switched off" in page.inner_text("noscript")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(
    opened: Callable[..., Opened], four: list[Document], sample: Document, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    before = copy.deepcopy(sample)
    before.header["started"] = "2026-11-20T07:00:00Z"
    before.verdicts[0]["verdict"] = "fail"
    # The page's policy keeps any other script out, axe's too.
    one = opened(
        four, (before,), color_scheme=theme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page = one.goto("#views.narrow_is_a_range")
    page.wait_for_selector(".detail")
    found = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found] == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


# Large and hostile


def test_ten_thousand_verdicts_are_found_and_opened(
    opened: Callable[..., Opened], large_run: Callable[..., Document]
) -> None:
    documents = [large_run(f"engine{place}", tests=1, seed=place) for place in range(8)]
    page = opened(documents).goto("#page-clauses")
    page.wait_for_selector(ROWS)
    assert page.inner_text(FOUND) == "1,250 clauses"
    assert page.locator(ROWS).count() < 1250  # what is far away waits
    last = documents[0].header["inventory"][-1]
    page.goto(page.url.partition("#")[0] + f"#{last}")
    page.wait_for_selector(".detail")
    assert page.locator(".detail .seen").count() == 8
    page.click("#page-chips button:has-text('crash')")
    due = {
        clause
        for document in documents
        for clause, s in summary.clause_standings(document).items()
        if s == "crash"
    }
    assert page.inner_text(FOUND) == f"{len(due)} of 1,250 clauses"


def test_hostile_text_is_shown_as_text(opened: Callable[..., Opened], sample: Document) -> None:
    hostile = (
        "</script><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>"
        "\x00\x1b[31m\u202egnp.exe\u2066\ud800\u2028{{7*7}}${alert(4)}"
    )
    header: Any = sample.header
    header["backend"] |= {"spec": hostile, "name": hostile, "version": hostile, "device": hostile}
    header["profile"] = hostile
    for text in header["clauses"].values():
        text |= {"statement": hostile, "source": hostile, "code": hostile, "mutants": [hostile]}
    for verdict in sample.verdicts:
        verdict |= {"test": hostile, "message": hostile + "x" * 1_000_000}
        verdict["coverage"] = {
            "dtypes": {hostile: 1},
            "layouts": [hostile],
            "specials": [hostile],
            "grid": {hostile: [1, 1]},
        }
    page = opened([sample], (copy.deepcopy(sample),)).goto("#views.narrow_is_a_range")
    page.wait_for_selector(".detail")
    for control in ("#page-dtype", "#page-level"):
        if page.is_visible(control):
            page.select_option(control, index=1)
    text = page.inner_text("body")
    assert "<script>alert(1)</script>" in text and "\\u202e" in text and "\\ud800" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", text)
    assert page.locator("img").count() == 0 and page.locator("script").count() == 3
