"""What tests and benchmarks of the tool share."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tensorcanon.reports import summary
from tensorcanon.reports.document import Document

_DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64")
_LAYOUTS = ["contiguous", "transposed", "stepped", "offset", "channels_last", "expanded"]
_SPECIALS = ["nan", "inf", "-0", "subnormal", "large", "empty", "zero-dim"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium of this machine; ``CHROMIUM`` names another than the one on the path."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        # Pages are our own and ask no network; containers have no sandbox to give.
        browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def large_run() -> Callable[..., Document]:
    """A function that makes a run with made-up verdicts, of the size and variety of a real one."""
    return _large_run


def _large_run(spec: str, *, clauses: int = 1250, tests: int = 8, seed: int = 0) -> Document:
    draw = random.Random(seed)
    names = [f"chapter{number % 40}.clause_{number:04}_does_what_it_says" for number in range(clauses)]
    header: Any = {
        "kind": "header",
        "schema": 2,
        "canon": {"version": "0.1.0", "edition": "0" * 64},
        "backend": {
            "spec": spec,
            "name": "made-up",
            "version": "1",
            "device": f"dev{seed % 3}",
            "details": {},
        },
        "profile": "ci",
        "seed": seed,
        "filter": None,
        "started": f"2026-11-{1 + seed % 28:02}T07:00:00Z",
        "platform": {"python": "3.11", "system": "Linux", "cpus": 2, "numpy": "2"},
        "inventory": names,
        "clauses": {name: _clause(name, number) for number, name in enumerate(names)},
    }
    verdicts: list[Any] = [_verdict(name, test, draw) for name in names for test in range(tests)]
    footer = summary.footer(header, verdicts, finished="2026-11-21T08:00:00Z", seconds=60.0, complete=True)
    return Document(header, verdicts, footer)


def _clause(name: str, number: int) -> dict[str, Any]:
    chapter, _, function = name.partition(".")
    lines = [f"    step{line} = rule_{(number * 7 + line) % 91}(value, {number + line})" for line in range(8)]
    body = "\n".join(lines)
    return {
        "chapter": chapter,
        "statement": f"The {number}th result keeps what {function.replace('_', ' ')} of its operands.",
        "source": "torch.narrow; tensor_view",
        "strength": "must",
        "basis": "documented",
        "level": "core" if number % 5 else "extended",
        "covers": [f"{chapter}.behaviour{number}"],
        "code": f'def {function}(value):\n    """Of {number}."""\n{body}\n    return step7\n',
        "mutants": [f"{function}_is_wrong"],
    }


def _verdict(clause: str, test: int, draw: random.Random) -> dict[str, Any]:
    kind = draw.choices(["pass", "fail", "crash", "unclaimed", "flaky"], [94, 2, 1, 2, 1])[0]
    rows = {
        dtype: [draw.randrange(40) for _ in (*_LAYOUTS, *_SPECIALS)]
        for dtype in _DTYPES
        if draw.random() < 0.6
    }
    witness = {
        "program": None,
        "script": f"import torch\nx = torch.full((3, 4), {draw.random()})\nprint(x.narrow(0, 1, 2))\n",
        "allowed": f"[{draw.random()}]",
        "seen": f"[{draw.random()}]",
        "tape": "",
        "seed": 0,
    }
    return {
        "kind": "verdict",
        "clause": clause,
        "test": f"test_{clause.partition('.')[0]}.py::test_property[{test}]",
        "verdict": kind,
        "examples": draw.randrange(20, 400),
        "judged": draw.randrange(20, 900),
        "unclaimed": 0,
        "proved": test % 4 == 0,
        "seconds": round(draw.random(), 4),
        "errors": [
            {"op": "exp", "dtype": dtype, "unit": "ulp", "largest": draw.random() * 2, "limit": 4.0}
            for dtype in list(rows)[:1]
        ],
        "coverage": {
            "dtypes": {dtype: sum(row[: len(_LAYOUTS)]) for dtype, row in rows.items()},
            "layouts": _LAYOUTS,
            "specials": _SPECIALS,
            "grid": rows,
        },
        "message": f"{draw.random()}, due: {draw.random()}" if kind != "pass" else "",
        "witness": witness if kind == "fail" else None,
        "expectation": None,
    }
