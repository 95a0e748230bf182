"""500 documents that are broken, foreign or hostile: each is refused in one line or correctly reported."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from tensorcanon.reports import badge, html, junit, markdown, payload, statement, summary, workflow
from tensorcanon.reports.document import Document, loads, read
from tensorcanon.reports.errors import DocumentError

SAMPLE = Path(__file__).with_name("test_reports_run.json")
SEEDS = range(500)
TEXTS = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script><![CDATA[",
    "--><script>alert(1)</script><!--",
    "\"><svg/onload=alert(1)> ' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}{# #}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\x00\x01\x1b[2J\x7f\x9b",
    "\u202egnp.exe\u2066\u200f",
    "\ud800\udfff\udc00",
    "\u2028\u2029\ufeff",
    "```\n# heading\n<details>\n@everyone ![x](http://example.invalid/x)",
    "%0a::error::forged\n::set-output name=x::y",
    "__proto__",
    "a\tb\nc\r\n",
    "x" * 100_000,
    "🏳️‍🌈" * 2000,
    "",
)
VALUES = (None, True, -1, 2**53, 10**400, 1e308, "", [], {}, [[[]]], {"__proto__": 1}, "inf", "nan")


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each value in a JSON value."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in pairs:
        yield (*path, key)
        yield from leaves(item, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def hostile(seed: int) -> bytes:
    """A document changed in one of five ways, by its seed."""
    draw = random.Random(seed)
    original = json.loads(SAMPLE.read_text()) if seed % 2 else read(SAMPLE).as_json()
    places = list(leaves(original))
    match seed % 5:
        case 0 | 1:
            texts = [place for place in places if isinstance(at(original, place), str)]
            for place in draw.sample(texts, draw.randrange(1, 12)):
                if place[-1] not in _FIXED:
                    at(original, place[:-1])[place[-1]] = draw.choice(TEXTS)
        case 2:
            place = draw.choice(places)
            at(original, place[:-1])[place[-1]] = draw.choice(VALUES)
        case 3:
            objects = [place for place in places if isinstance(at(original, place), dict)]
            at(original, draw.choice(objects))[draw.choice(TEXTS)] = draw.choice(TEXTS)
        case _:
            return _torn(json.dumps(original).encode(), draw)
    return json.dumps(original).replace("Infinity", "1e999").encode()


# Words of the schema, whose change is refused at once.
_FIXED = {"kind", "verdict", "clause", "started", "finished", "tape", "chapter", "strength", "basis", "level"}


def _torn(raw: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.randrange(1, 4)):
        start = draw.randrange(len(raw))
        end = start + draw.randrange(1, 40)
        noise = draw.choice(
            [b"", b"\x00", b"\xff\xfe", b"[" * 5000, b'"', b"}", b'{"kind":', draw.randbytes(8)]
        )
        raw = draw.choice([raw[:start] + noise + raw[end:], raw[:start] + noise, raw[start:], raw + noise])
        raw = raw or b"\n"
    return raw


def outcome(seed: int) -> Document | None:
    """The document of a seed, or None where it is refused as it should be."""
    try:
        return loads(hostile(seed), "run.json")
    except DocumentError as error:
        assert "\n" not in str(error) and str(error).isascii() and len(str(error)) < 500
        return None


def test_each_is_refused_in_one_line_or_correctly_reported() -> None:
    reported = 0
    for seed in SEEDS:
        document = outcome(seed)
        if document is None:
            continue
        reported += 1
        data = payload.payload([document], ["run"])
        shown = Counter(summary.ORDER[cell[0] if cell else 0] for cell in data["cells"][0])
        assert shown == summary.counts(document), seed
        assert sum(len(cell[1]) for cell in data["cells"][0] if len(cell) > 1) == len(document.verdicts)
        ElementTree.fromstring(junit.render(document))
        ElementTree.fromstring(badge.render(document).encode("utf-8", "backslashreplace"))
        assert all(line.startswith("::") for line in workflow.render(document).splitlines())
        read_by_others = MarkdownIt("commonmark").enable("table").render(markdown.render(document))
        assert not [tag for tag in ("<script", "<img", "<svg") if tag in read_by_others]
    assert 120 < reported < 400  # both ways are taken


def test_a_statement_of_each_can_be_verified(tmp_path: Path) -> None:
    for seed in SEEDS[::10]:
        if outcome(seed) is not None:
            raw = hostile(seed)
            found = statement.read(statement.dumped(statement.statement(raw, "run.json")).encode(), "s.json")
            assert statement.problems(found, raw, "run.json") == []


def test_no_page_of_them_runs_a_script_or_asks_a_network(chromium: Any, tmp_path: Path) -> None:
    sound = [document for document in map(outcome, SEEDS) if document is not None]
    assert len(sound) > 120
    for number, start in enumerate(range(0, len(sound), 12)):
        path = tmp_path / f"{number}.html"
        some = sound[start : start + 12]
        html.write(some, path, [copy.deepcopy(some[0])])
        page = chromium.new_page()
        faults: list[str] = []
        asked: list[str] = []
        page.on("dialog", lambda dialog, faults=faults: (faults.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
        page.on("console", lambda message, faults=faults: faults.append(message.text))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("#page-list .chapter, #page-list .empty")
        for row in page.locator("tr.row a[id]").all()[:4]:
            row.evaluate("(anchor) => anchor.click()")
        assert faults == [], start
        assert page.locator("script").count() == 3 and page.locator("img, iframe, object").count() == 0
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        page.close()


@pytest.mark.parametrize("make", [html.render, lambda runs: junit.render(runs[0])])
def test_a_page_of_megabytes_of_messages_stays_small(
    make: Callable[[list[Document]], str], large_run: Callable[..., Document]
) -> None:
    document = large_run("engine", clauses=20)
    for verdict in document.verdicts:
        verdict["message"] = "\u202e<b>" * 250_000
    assert len(make([document])) < 5_000_000
