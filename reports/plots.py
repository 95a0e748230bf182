"""Plots as SVG that stands in the page: drawn by Matplotlib, coloured and set by the page's own style sheet.

The page's policy admits no inline style, so each property becomes an attribute, and the colours of the
standings become classes, which follow the light and the dark theme.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# What Matplotlib is told to draw with, and the class that the style sheet colours.
COLOURS = {
    "#000001": "good",
    "#000002": "known",
    "#000003": "bad",
    "#000004": "hollow",
    "#000005": "quiet",
    "#000006": "axis",
    "#000007": "paper",
}
PENS = {name: colour for colour, name in COLOURS.items()}
_UNUSED = {"metadata", "style", "clipPath"}
_SVG = "http://www.w3.org/2000/svg"
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tensorcanon",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": PENS["axis"],
    "axes.labelcolor": PENS["axis"],
    "xtick.color": PENS["axis"],
    "ytick.color": PENS["axis"],
    "text.color": PENS["axis"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "hatch.linewidth": 0.8,
    "hatch.color": PENS["paper"],
}


def bars(names: Sequence[str], layers: Sequence[tuple[str, str, str, Sequence[int]]], title: str) -> Markup:
    """Return stacked bars, one a name.

    Parameters
    ----------
    names : sequence of str
        Below the bars.
    layers : sequence of (label, tone, hatch, heights)
        From the bottom up; a tone is a key of `PENS`, a hatch as Matplotlib writes it.
    title : str
        What a screen reader says.
    """
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(max(4.5, 0.62 * len(names) + 2.2), 2.5), layout="constrained")
        axes = figure.add_subplot()
        base = [0] * len(names)
        for label, tone, hatch, heights in layers:
            axes.bar(range(len(names)), heights, 0.62, base, label=label, color=PENS[tone], hatch=hatch)
            base = [below + height for below, height in zip(base, heights, strict=True)]
        for place, height in enumerate(base):
            axes.annotate(f"{height:,}", (place, height), (0, 3), textcoords="offset points", ha="center")
        axes.set_xticks(range(len(names)), names)
        axes.set_ylim(0, 1.15 * max([*base, 1]))
        axes.yaxis.set_major_locator(_whole())
        axes.set_ylabel("clauses")
        if layers:
            figure.legend(loc="outside right upper", frameon=False, reverse=True)
        return _page_svg(figure, title)


@lru_cache(maxsize=16)
def boxes(rows: tuple[tuple[str, str, tuple[float, ...]], ...], title: str) -> Markup:
    """Return horizontal boxes of shares of a limit, from 0.1 % on: quartiles, and whiskers to the extremes.

    Parameters
    ----------
    rows : tuple of (label, tone, values)
        From the top down.
    title : str
    """
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(7.4, 0.7 + 0.27 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for place, (_, tone, values) in enumerate(rows):
            pen = {"color": PENS[tone]}
            axes.boxplot(
                [[min(max(value, 0.001), 2.0) for value in values]],
                positions=[place],
                orientation="horizontal",
                widths=0.55,
                whis=(0, 100),
                medianprops={**pen, "linewidth": 2},
                boxprops=pen,
                whiskerprops=pen,
                capprops=pen,
            )
        axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(0.0009, 2.2)
        axes.set_xticks([0.001, 0.01, 0.1, 1.0], ["≤ 0.1 %", "1 %", "10 %", "100 %"])
        axes.axvline(1.0, color=PENS["bad"], linewidth=1, linestyle="--")
        axes.set_xlabel("largest error as a share of its limit")
        return _page_svg(figure, title)


def _whole() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True)


def _page_svg(figure: Figure, title: str) -> Markup:
    """Return a figure as an element that needs no style of its own; text stays text."""
    content = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(content, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(content.getvalue())
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag.rpartition("}")[2] in _UNUSED]:
            parent.remove(child)
    # Names are kept only where something refers to them, and told apart from those of other plots.
    mark = f"plot{zlib.crc32(content.getvalue()):08x}-"
    named = re.findall(rb'(?:href="#|url\(#)([^")]+)', content.getvalue())
    for element in root.iter():
        _plain(element, {name.decode() for name in named}, mark)
    del root.attrib["height"]
    root.attrib |= {"class": "plot", "role": "img", "aria-label": title}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _plain(element: ElementTree.Element, named: set[str], mark: str) -> None:
    given, classes = dict(element.attrib), []
    element.attrib.clear()
    for name, value in (*_properties(given.pop("style", "")), *given.items()):
        name = name.rpartition("}")[2]
        if name in ("fill", "stroke") and value in COLOURS:
            classes.append(f"{name}-{COLOURS[value]}")
        elif name == "id" and value in named:
            element.set(name, mark + value)
        elif name == "href":
            element.set(name, f"#{mark}{value[1:]}")
        elif name not in ("id", "clip-path", "style"):
            size = re.search(r"([\d.]+)px", value) if name == "font" else None
            element.set(
                "font-size" if size else name, size[1] if size else value.replace("url(#", f"url(#{mark}")
            )
    if classes:
        element.set("class", " ".join(classes))


def _properties(style: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in style.split(";") if ":" in part)
    return [(name.strip(), value.strip()) for name, _, value in pairs]
