"""How long the page of 10,000 verdicts of each of 8 backends takes to show and to filter, in Chromium.

Aims: below 5 MB, a first paint within a second, a filter within 100 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tensorcanon.reports import html
from tensorcanon.reports.document import Document

# From the change of a control to the frame that shows the result.
_TIMED = """([id, value]) => new Promise((done) => {
  const control = document.getElementById(id);
  const start = performance.now();
  control.value = value;
  if (id === "page-search") control.form.requestSubmit();
  else control.dispatchEvent(new Event("change"));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


@pytest.fixture(scope="module")
def path(large_run: Callable[..., Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("page") / "report.html"
    html.write([large_run(f"engine{number}", seed=number) for number in range(8)], found)
    return found


def test_first_paint(benchmark: BenchmarkFixture, chromium: Any, path: Path) -> None:
    benchmark.extra_info["bytes"] = path.stat().st_size
    paints = []

    def opened() -> None:
        page = chromium.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("tr.row, .chapter")
        paints.append(page.evaluate("performance.getEntriesByName('first-paint')[0].startTime"))
        page.close()

    benchmark.pedantic(opened, rounds=5, warmup_rounds=1)
    benchmark.extra_info["first_paint_ms"] = sorted(paints)[len(paints) // 2]


@pytest.mark.parametrize(
    ("control", "values"),
    [
        ("page-search", ["narrow 7", "clause_0012", "due 0.5", ""]),
        ("page-chapter", ["chapter3", ""]),
        ("page-dtype", ["float32", "bool"]),
        ("page-device", ["dev1", ""]),
    ],
)
def test_filter(
    benchmark: BenchmarkFixture, chromium: Any, path: Path, control: str, values: list[str]
) -> None:
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("tr.row, .chapter")
    times = []

    def filtered() -> None:
        times.extend(page.evaluate(_TIMED, [control, value]) for value in values)

    benchmark.pedantic(filtered, rounds=5)
    benchmark.extra_info["filter_ms"] = sorted(times)[len(times) // 2]
    page.close()
