"""What is made of a document: the HTML page, JUnit XML, Markdown; whatever a backend says."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import junitparser
import pytest

from tensorcanon.reports import html, junit, markdown, payload, text
from tensorcanon.reports.document import Document, read
from tensorcanon.reports.highlight import runs
from tensorcanon.reports.sources import BASE, sources

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&amp;${1}{{ 7*7 }}"
    "\x00\x1b[31m\u202egnp.exe\u2066\u200b\ud800\u2028\ufffe ]]> --> ``` | @everyone [a](javascript:x)"
)


@pytest.fixture
def sample() -> Document:
    return read(Path(__file__).with_name("test_reports_run.json"))


@pytest.fixture
def hostile(sample: Document) -> Document:
    """The sample with every free text hostile."""
    header: Any = sample.header
    header["backend"] |= {"spec": HOSTILE, "name": HOSTILE, "version": HOSTILE, "device": HOSTILE}
    header["backend"]["details"] = {HOSTILE: HOSTILE}
    header["platform"] |= {"python": HOSTILE, "system": HOSTILE, "numpy": HOSTILE}
    header["canon"] |= {"version": HOSTILE, "edition": HOSTILE}
    header |= {"profile": HOSTILE, "filter": HOSTILE}
    for clause in header["clauses"].values():
        clause |= {"statement": HOSTILE, "source": HOSTILE, "code": HOSTILE, "covers": [HOSTILE]}
    for verdict in sample.verdicts:
        verdict |= {"test": HOSTILE, "message": HOSTILE}
        verdict["coverage"] = {
            "dtypes": {HOSTILE: 3},
            "layouts": [HOSTILE],
            "specials": [HOSTILE],
            "grid": {HOSTILE: [3, 1]},
        }
        verdict["errors"] = [{"op": HOSTILE, "dtype": HOSTILE, "unit": HOSTILE, "largest": 9.0, "limit": 4.0}]
        if verdict["witness"]:
            verdict["witness"] |= {"script": HOSTILE, "allowed": HOSTILE, "seen": HOSTILE}
        if verdict["expectation"]:
            verdict["expectation"] |= {"reason": HOSTILE, "url": "javascript:alert(3)"}
    return sample


class Page(HTMLParser):
    """The elements, scripts and styles of a page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, str] = {}
        self._open = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag in ("script", "style"):
            self._open = str(given.get("id") or tag)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.content[self._open] = self.content.get(self._open, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def data(self) -> Any:
        return json.loads(self.content["page-data"])

    def values(self, name: str) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.tags if name in attrs]


def hidden(content: str) -> set[str]:
    return set(
        re.findall(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", content
        )
    )


# The HTML page


def test_the_policy_admits_the_script_and_the_style_by_their_digests(sample: Document) -> None:
    page = Page(html.render([sample]))
    (policy,) = [a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and policy.startswith("default-src 'none'; ")
    for directive in ("script", "style"):
        digest = hashlib.sha256(page.content[directive].encode()).digest()
        assert f"{directive}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert "unsafe" not in policy and "http" not in policy


def test_the_page_asks_no_network_and_has_no_inline_handlers(sample: Document) -> None:
    page = Page(html.render([sample]))
    assert not [
        a for _, a in page.tags if "src" in a or "style" in a or any(name.startswith("on") for name in a)
    ]
    fetched = [str(a["href"]) for tag, a in page.tags if tag in ("link", "use", "image", "base")]
    assert all(address.startswith(("data:", "#")) for address in fetched)
    assert not re.search(r"@import|url\(", page.content["style"])
    assert not re.search(
        r"innerHTML|insertAdjacentHTML|document\.write|\bfetch\(|eval\(", page.content["script"]
    )


def test_hostile_text_is_shown_and_never_markup(hostile: Document) -> None:
    content = html.render([hostile])
    plain = html.render([read(Path(__file__).with_name("test_reports_run.json"))])
    assert not hidden(content)
    assert "<script>alert" not in content and "<img" not in content
    page, tame = Page(content), Page(plain)
    assert [tag for tag, _ in page.tags].count("script") == [tag for tag, _ in tame.tags].count("script")
    assert not [href for href in page.values("href") if href.startswith("javascript")]
    assert "\\u202e" in content and "\\ud800" in content and "\\x00" in content
    assert HOSTILE[:30] in page.data()["clauses"][0][2]


def test_the_data_hold_every_clause_and_verdict(sample: Document) -> None:
    data = Page(html.render([sample, sample])).data()
    assert data["backends"] == ["torch:cpu #1", "torch:cpu #2"]
    assert [clause[0] for clause in data["clauses"]] == sample.header["inventory"]
    words = [[data["words"][cell[0] if cell else 0] for cell in column] for column in data["cells"]]
    assert words[0] == words[1] == ["pass", "fail", "unclaimed", "fail, as expected", "crash", "pass"]
    assert sum(len(cell[1]) for cell in data["cells"][0]) == len(sample.verdicts)
    witness = data["cells"][0][1][1][1][9]
    assert data["strings"][witness[0]].startswith("import torch")


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(sample: Document) -> None:
    page = Page(html.render([sample]))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    known = {*ids, *sample.header["inventory"], "promotion", "views", "sorting", "elementwise"}
    assert {href[1:] for href in page.values("href") if re.match("#[^?]", href)} <= known
    assert {name for names in page.values("aria-labelledby") for name in names.split()} <= set(ids)


def test_departures_stand_apart(sample: Document) -> None:
    content = html.render([sample])
    assert "Departures of torch from its documentation" in content
    assert "The position of the last maximum is shown." in content
    assert 'href="https://example.org/issues/1"' in content


def test_a_long_message_is_cut_with_a_note(sample: Document) -> None:
    sample.verdicts[2]["message"] = "x" * 1_000_000
    content = html.render([sample])
    assert len(content) < 200_000
    assert "988,000 more characters" in content


def test_large_data_are_packed(sample: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Page(html.render([sample])).data()
    monkeypatch.setattr(payload, "READABLE", 100)
    packed = Page(html.render([sample])).content["page-data"]
    assert json.loads(zlib.decompress(base64.b64decode(packed))) == plain


def test_no_run_and_a_run_of_nothing_have_a_page(sample: Document) -> None:
    assert "No runs to show" in html.render([])
    header: Any = {**sample.header, "inventory": [], "clauses": {}}
    content = html.render([Document(header, [], None)])
    assert "Nothing was judged" not in content or "incomplete" in content
    assert "No clause was selected." in content


def test_runs_of_colour_cover_the_code() -> None:
    code = 'def f(x):\n    """Über 𝛼."""\n    return x + 1.0  # why\n'
    lengths = sum(int(run[1:]) for run in runs(code).split())
    assert lengths == len(code.encode("utf-16-le")) // 2
    assert runs("x" * 30_000) == ""


# JUnit XML


def test_junit_has_a_case_for_each_clause_and_test(sample: Document) -> None:
    xml = junitparser.JUnitXml.fromstring(junit.render(sample).encode())
    suites = {suite.name: suite for suite in xml}
    assert list(suites) == ["promotion", "views", "sorting", "elementwise"]
    assert sum(suite.tests for suite in suites.values()) == len(sample.verdicts)
    kinds = {
        case.name: [type(r).__name__ for r in case.result] for suite in suites.values() for case in suite
    }
    assert kinds["test_views.py::test_narrow_strides"] == ["Failure"]
    assert kinds["test_sorting.py::test_cummax_shows_the_first_of_ties"] == ["Skipped"]
    assert kinds["test_views.py::test_view_needs_compatible_strides"] == ["Skipped"]
    assert "torch.narrow(x" in junit.render(sample)


def test_junit_is_xml_whatever_a_backend_says(hostile: Document) -> None:
    content = junit.render(hostile)
    assert not hidden(content) and "\ufffe" not in content
    (name,) = {e.get("name") for e in ElementTree.fromstring(content).iter("testcase")}
    assert name is not None and "<script>" in name and "\\x00" in name


# Markdown


def test_markdown_has_the_table_and_the_smallest_program(sample: Document) -> None:
    content = markdown.render(sample)
    assert "| views |" in content and "2 clauses differ" in content
    assert "```python\nimport torch\n" in content
    assert "<details><summary>▲ crash: <code>sorting.msort_is_stable</code>" in content


def test_markdown_is_escaped(hostile: Document) -> None:
    content = markdown.render(hostile)
    assert not hidden(content)
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", content)
    outside = re.sub(r"(?s)(?<!`)(`+)(?!`) ?.+?(?<!`)\1(?!`)", "", outside)
    assert "<script>" not in outside and "@everyone" not in outside and "<img" not in outside


def test_markdown_fits_a_comment(sample: Document) -> None:
    sample.verdicts[2]["message"] = "x" * 1_000_000
    verdicts = sample.verdicts + [sample.verdicts[2]] * 500
    content = markdown.render(Document(sample.header, verdicts, sample.footer))
    assert len(content) < 65_536
    assert "more, in report.html" in content


# Text and sources


def test_hidden_characters_are_spelled() -> None:
    assert text.visible("a\tb\n\x00\u202e\ud800\U000e0041é😀") == "a\tb\n\\x00\\u202e\\ud800\\U000e0041é😀"
    assert text.one_line("a\n  b\u2028") == "a b\\u2028"
    assert text.clipped("abc", 2) == "ab\n… 1 more characters, in run.json"


@pytest.mark.parametrize(
    ("cited", "address"),
    [
        ("notes/broadcasting#general-semantics", "notes/broadcasting.html#general-semantics"),
        ("tensor_attributes#torch-dtype", "tensor_attributes.html#torch-dtype"),
        ("tensor_view", "tensor_view.html"),
        ("torch.narrow", "generated/torch.narrow.html"),
        ("torch.Tensor.view", "generated/torch.Tensor.view.html"),
        ("torch.Tensor", "tensors.html#torch.Tensor"),
        ("linalg.svd", "generated/torch.linalg.svd.html"),
        ("nn.Module.forward", "generated/torch.nn.Module.html#torch.nn.Module.forward"),
        ("lr_scheduler.StepLR", "generated/torch.optim.lr_scheduler.StepLR.html"),
        ("data.DataLoader", "data.html#torch.utils.data.DataLoader"),
        ("data#memory-pinning", "data.html#memory-pinning"),
        ("testing.assert_close", "testing.html#torch.testing.assert_close"),
        ("docs silent", None),
        ("seed 004", None),
        ("IEEE 754", None),
        ("javascript:alert(1)", None),
        ("notes/../../x", None),
        ("torch.x\n", "generated/torch.x.html"),
    ],
)
def test_sources_lead_to_their_pages(cited: str, address: str | None) -> None:
    (found,) = sources(cited)
    assert found.url == (None if address is None else BASE + address)


def test_remarks_stay_beside_the_link() -> None:
    first, second = sources("torch.cummax (docs silent); docs silent")
    assert (first.text, first.remark, second.url) == ("torch.cummax", "(docs silent)", None)
