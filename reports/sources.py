"""Links from the source of a clause to the documentation's pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

BASE = "https://docs.pytorch.org/docs/stable/"

# Pages that are cited by their own name, with or without an anchor.
# fmt: off
PAGES = frozenset({
    "accelerator", "amp", "autograd", "backends", "checkpoint", "complex_numbers", "cpu",
    "cuda", "data", "distributions", "dlpack", "fft", "func", "func.api",
    "func.ux_limitations", "hub", "linalg", "meta", "mps", "named_tensor", "nested",
    "nn", "nn.attention", "nn.functional", "nn.init", "numerical_accuracy", "optim", "random",
    "size", "sparse", "special", "storage", "tensor_attributes", "tensor_view", "tensors",
    "testing", "torch", "torch.compiler", "type_info", "xpu",
})
# fmt: on
# Qualified names without a generated page of their own: the page that holds their anchor.
_ANCHORED = (
    (re.compile(r"torch\.Tensor(\.([A-Z]|mT|mH|__\w+__))?"), "tensors"),
    (re.compile(r"torch\.autograd\.Function"), "autograd"),
    (re.compile(r"torch\.Size(\.\w+)?"), "size"),
    (re.compile(r"torch\.(dtype|device|layout|memory_format)"), "tensor_attributes"),
    (re.compile(r"torch\.(finfo|iinfo)"), "type_info"),
    (re.compile(r"torch\.utils\.data\..+"), "data"),
    (re.compile(r"torch\.testing\..+"), "testing"),
    (re.compile(r"torch\.random\..+"), "random"),
    (re.compile(r"torch\.special\..+"), "special"),
    (re.compile(r"torch\.nn\.init\..+"), "nn.init"),
    (re.compile(r"torch\.utils\.checkpoint\..+"), "checkpoint"),
)
# Short forms that the sources use, and what they stand for.
_PREFIXES = {
    "nn.": "torch.nn.",
    "optim.": "torch.optim.",
    "lr_scheduler.": "torch.optim.lr_scheduler.",
    "linalg.": "torch.linalg.",
    "autograd.": "torch.autograd.",
    "data.": "torch.utils.data.",
    "testing.": "torch.testing.",
    "cuda.": "torch.cuda.",
    "special.": "torch.special.",
    "fft.": "torch.fft.",
    "func.": "torch.func.",
}
_NAME = re.compile(r"[A-Za-z_][\w/.]*(#[\w.-]+)?", re.ASCII)
_METHOD = re.compile(r"(?P<class>torch(?:\.[a-z_]\w*)*\.[A-Z]\w*)\.[a-z_]\w*")


@dataclass(frozen=True)
class Source:
    """One place that documents a clause: its text, its address where it has one, and a remark."""

    text: str
    url: str | None
    remark: str = ""


def sources(cited: str) -> list[Source]:
    """Return the places a source field names, separated by ``;``."""
    return [_source(part.strip()) for part in cited.split(";") if part.strip()]


def _source(part: str) -> Source:
    name, _, remark = part.partition(" ")
    address = url(name)
    return Source(part, None) if address is None else Source(name, address, remark.strip())


def url(name: str) -> str | None:
    """Return the address of a page, a page's anchor or a qualified name; None where it is none of these."""
    if not _NAME.fullmatch(name) or ".." in name:
        return None
    page, hash_, anchor = name.partition("#")
    if page in PAGES or re.fullmatch(r"notes/[\w.-]+", page):
        return f"{BASE}{page}.html{hash_}{anchor}"
    full = next(
        (long + name[len(short) :] for short, long in _PREFIXES.items() if name.startswith(short)), name
    )
    if hash_ or not re.fullmatch(r"torch(\.\w+)+", full) or full == "torch.__version__":
        return None
    return BASE + _place(full)


def _qualified(name: str) -> str:
    for short, long in _PREFIXES.items():
        if name.startswith(short):
            return long + name[len(short) :]
    return name


def _place(name: str) -> str:
    for pattern, page in _ANCHORED:
        if pattern.fullmatch(name):
            return f"{page}.html#{name}"
    method = _METHOD.fullmatch(name)
    if method and method["class"] not in ("torch.Tensor", "torch.optim.Optimizer"):
        return f"generated/{method['class']}.html#{name}"
    return f"generated/{name}.html"
