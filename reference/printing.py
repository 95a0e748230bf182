"""How tensors print. Source: ``torch.set_printoptions``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from . import casting, dtypes
from .tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Options:
    """The options in force.

    Attributes
    ----------
    precision : int
        Digits after the point.
    threshold : float
        Tensors with more elements are shown in part.
    edgeitems : int
        How many items such a tensor shows at each end of a dimension.
    linewidth : int
    sci_mode : bool or None
        Whether to use the scientific notation; None leaves it to the values.
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
_options = Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set the options that are given, after those of a profile; ``sci_mode`` is set each time."""
    global _options
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    start = _PROFILES.get(profile or "", _options)
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = replace(start, **changed, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """Return the options in force by name."""
    return asdict(_options)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Set options until the end of the block."""
    global _options
    before = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = before


class _Numbers:
    """How the real numbers of one tensor are written: the notation and the common width."""

    def __init__(self, values: Array) -> None:
        self.floating = values.dtype.kind not in "biu"
        self.scientific = False
        self.whole = True
        self.width = 1
        if self.floating:
            values = values.astype(np.float64)
            values = values[np.isfinite(values) & (values != 0)]
        if values.size == 0:
            return
        if self.floating:
            self.whole = bool((values == np.ceil(values)).all())
            self.scientific = _wants_scientific(np.abs(values))
        self.width = max(1, max(len(self._bare(value)) for value in values.reshape(-1).tolist()))

    def _bare(self, value: Any) -> str:
        if not self.floating:
            return str(value)
        if self.scientific:
            return f"{value:.{_options.precision}e}"
        if not self.whole:
            return f"{value:.{_options.precision}f}"
        return f"{value:.0f}" + ("." if math.isfinite(value) else "")

    def text(self, value: Any) -> str:
        return self._bare(value).rjust(self.width)


def _wants_scientific(magnitudes: Array) -> bool:
    if _options.sci_mode is not None:
        return _options.sci_mode
    low, high = float(magnitudes.min()), float(magnitudes.max())
    return high / low > 1000 or high > 1e8 or low < 1e-4


def _element_text(shown: Array) -> tuple[Callable[[Any], str], int]:
    """Return how elements are written and how wide they are; complex parts have a width each."""
    if shown.dtype.kind != "c":
        numbers = _Numbers(shown)
        return numbers.text, numbers.width
    real, imaginary = _Numbers(shown.real), _Numbers(shown.imag)

    def text(value: complex) -> str:
        second = imaginary.text(value.imag).lstrip() + "j"
        return real.text(value.real) + ("" if second[0] in "+-" else "+") + second

    return text, real.width + imaginary.width + 1


def _in_part(array: Array) -> Array:
    """Return the items at both ends of each dimension."""
    edge = _options.edgeitems
    keep = [np.r_[:edge, size - edge : size] if size > 2 * edge else np.arange(size) for size in array.shape]
    return array[np.ix_(*keep)] if keep else array


def _block(array: Array, indent: int, partly: bool, text: Callable[[Any], str], width: int) -> str:
    """Return the elements in nested brackets."""
    if array.ndim == 0:
        return text(array.item())
    edge = _options.edgeitems
    cut = partly and array.shape[0] > 2 * edge
    places = range(array.shape[0])
    if array.ndim == 1:
        items = [text(value) for value in (_in_part(array) if cut else array).tolist()]
        if cut:
            items.insert(edge, " ..." if edge else "...")
        per_line = max(1, (_options.linewidth - indent) // (width + 2))
        rows = [", ".join(items[first : first + per_line]) for first in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(rows) + "]"
    shown = [*places[:edge], *places[len(places) - edge :]] if cut else places
    blocks = [_block(array[place], indent + 1, partly, text, width) for place in shown]
    if cut:
        blocks.insert(edge, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(blocks) + "]"


def tensor_text(tensor: Tensor) -> str:
    """Return a tensor's repr: its elements, then whatever is not the default."""
    name = type(tensor).__name__
    prefix = "tensor(" if name in ("Tensor", "Parameter") else f"{name}("
    text = prefix + (_elements_text(tensor, len(prefix)) if tensor.numel() else "[]")
    last_line = len(text) - text.rfind("\n") + 1
    for suffix in _suffixes(tensor):
        if last_line + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * len(prefix) + suffix
            last_line = len(prefix) + len(suffix)
        else:
            text += ", " + suffix
            last_line += len(suffix) + 2
    return text + ")"


def _elements_text(tensor: Tensor, indent: int) -> str:
    array = tensor.array
    if tensor.dtype.rule.name == "complex32":
        array = casting.cast(array, dtypes.complex64)
    elif array.dtype.kind not in "biufc":
        array = array.astype(np.float32)
    partly = tensor.numel() > _options.threshold
    text, width = _element_text(_in_part(array) if partly else array)
    return _block(array, indent, partly, text, width)


def _suffixes(tensor: Tensor) -> Iterator[str]:
    default = dtypes.get_default_dtype()
    plain = {default, dtypes.int64, dtypes.bool_}
    plain.add(dtypes.complex128 if default is dtypes.float64 else dtypes.complex64)
    if tensor.numel() == 0:
        plain = {default}
    if (tensor.numel() == 0 and tensor.ndim != 1) or (tensor.numel() and not _options.edgeitems):
        yield f"size={tuple(tensor.shape)}"
    if tensor.dtype not in plain:
        yield f"dtype={tensor.dtype!r}"
    if tensor.grad_fn is not None:
        yield f"grad_fn=<{tensor.grad_fn.name()}>"
    elif tensor.requires_grad:
        yield "requires_grad=True"
