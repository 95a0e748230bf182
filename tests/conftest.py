"""What tests of the report share: runs, and a page in a browser that must stay quiet."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorcanon.reports import html, summary
from tensorcanon.reports.document import Document, read

SAMPLE = Path(__file__).with_name("test_reports_run.json")


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
