"""The page in a real Chromium: opened from disk, used with mouse and keyboard, read by axe."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from tensorcanon.reports import summary
from tensorcanon.reports.document import Document

FOUND = "#page-found"
ROWS = "#page-list tr.row"


def test_a_clause_shows_its_inputs_with_empty_cells(opened: Callable[..., Any], four: list[Document]) -> None:
    page = opened(four).goto("#promotion.categories_rank")
    rows = page.locator(".detail .heatmap").first.locator("tbody tr")
    assert [row.split() for row in rows.all_inner_texts()] == [
        ["int64", "2", "1", "1", "0", "·"],
        ["float32", "4", "4", "0", "0", "1"],
    ]
    assert page.locator(".detail .heat.h0").count() == 12


def test_changes_and_history_are_told(opened: Callable[..., Any], sample: Document) -> None:
    before = copy.deepcopy(sample)
    before.header["started"] = "2026-11-20T07:00:00Z"
    before.verdicts[0]["verdict"] = "fail"
    page = opened([sample], (before,)).goto()
    assert "1 fixed" in page.locator("#page-changes summary").inner_text().replace("\n", " ")
    assert page.locator("#page-history svg.plot").is_visible()
    assert page.locator("#page-history tbody tr").count() == 2


def test_no_run_has_a_page_of_its_own(opened: Callable[..., Any]) -> None:
    assert "No runs to show" in opened([]).goto().inner_text("main")


# Finding


def test_filters_narrow_the_list_and_the_address(opened: Callable[..., Any], four: list[Document]) -> None:
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


def test_an_address_leads_to_a_clause_or_a_filter(opened: Callable[..., Any], four: list[Document]) -> None:
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


def test_a_count_of_the_matrix_leads_to_its_clauses(opened: Callable[..., Any], four: list[Document]) -> None:
    page = opened(four).goto()
    page.wait_for_selector(ROWS)
    page.locator("#page-chapters tr", has_text="promotion").locator("td").nth(2).locator("a").click()
    assert page.inner_text(FOUND) == "1 of 6 clauses"
    assert page.input_value("#page-backend") == "2" and page.input_value("#page-chapter") == "promotion"


# Using


def test_a_script_is_copied_as_it_stands(opened: Callable[..., Any], sample: Document) -> None:
    one = opened([sample], permissions=["clipboard-read", "clipboard-write"])
    page = one.goto("#views.narrow_is_a_range")
    page.locator(".code", has_text="import torch").locator("button").click()
    page.wait_for_selector("button:has-text('Copied')")
    witness = sample.verdicts[2]["witness"]
    assert witness is not None and page.evaluate("navigator.clipboard.readText()") == witness["script"]


def test_the_theme_follows_the_system_and_the_button(opened: Callable[..., Any], sample: Document) -> None:
    page = opened([sample], color_scheme="dark").goto()
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.click("#page-theme")
    light = page.evaluate(colour)
    assert light != dark and page.inner_text("#page-theme") == "Dark"
    page.reload()
    assert page.evaluate(colour) == light


def test_the_keyboard_is_enough(opened: Callable[..., Any], four: list[Document]) -> None:
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


def test_it_prints_without_its_controls(opened: Callable[..., Any], sample: Document) -> None:
    one = opened([sample], color_scheme="dark")
    page = one.goto()
    page.wait_for_selector(ROWS)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.is_visible("#page-tools") and not page.is_visible("nav") and page.is_visible(ROWS)
    assert page.pdf().startswith(b"%PDF")


def test_without_scripts_what_counts_is_there(opened: Callable[..., Any], sample: Document) -> None:
    page = opened([sample], java_script_enabled=False).goto()
    assert page.locator("#page-chapters tbody tr").count() == 4
    assert "switched off" in page.inner_text("noscript")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(
    opened: Callable[..., Any], four: list[Document], sample: Document, theme: str, width: int
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
    opened: Callable[..., Any], large_run: Callable[..., Document]
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


def test_hostile_text_is_shown_as_text(opened: Callable[..., Any], sample: Document) -> None:
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
