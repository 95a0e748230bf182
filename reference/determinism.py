"""Deterministic mode: what fresh memory holds under it.

Sources: ``torch.use_deterministic_algorithms``, ``torch.utils.deterministic.fill_uninitialized_memory``.
"""

from __future__ import annotations

from tensorcanon.spec.rules import dtypes as rules

from .casting import number_array
from .tensor import Tensor
from .utils import deterministic

_mode = False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Switch deterministic mode; every kernel here is deterministic, so only fresh memory changes."""
    global _mode
    _mode = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    return _mode


def settle(made: Tensor) -> Tensor:
    """Return a fresh tensor, its elements filled where deterministic mode asks for it."""
    if _fills():
        made.places[...] = number_array(_filler(made), made.dtype)
    return made


def settle_added(resized: Tensor, nbytes: int) -> None:
    """Fill what was added to the storage of a tensor beyond its first bytes, where the mode asks for it."""
    if _fills():
        added = resized.storage.bytes[nbytes:].view(resized.dtype.numpy)
        added[...] = number_array(_filler(resized), resized.dtype)


def _fills() -> bool:
    return _mode and deterministic.fill_uninitialized_memory


def _filler(tensor: Tensor) -> int | float:
    kind = tensor.dtype
    return float("nan") if kind.is_differentiable else rules.integer_range(kind.rule)[1]
