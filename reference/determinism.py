"""Deterministic mode: what fresh memory holds under it, and which operations it refuses.

Sources: ``torch.use_deterministic_algorithms``, ``torch.utils.deterministic.fill_uninitialized_memory``.
"""

from __future__ import annotations

import warnings

from tensorcanon.spec.rules import dtypes as rules

from .casting import number_array
from .tensor import Tensor
from .utils import deterministic

_mode = False
_warn_only = False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Switch deterministic mode; operations that torch has in no deterministic form are refused in it."""
    global _mode, _warn_only
    _mode, _warn_only = bool(mode), bool(warn_only)


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    return _warn_only


def refuse(name: str) -> None:
    """Refuse an operation in deterministic mode, or warn; every kernel here is deterministic as it is.

    Raises
    ------
    RuntimeError
    """
    if not _mode:
        return
    told = f"{name} does not have a deterministic implementation, but you set "
    if not _warn_only:
        raise RuntimeError(f"{told}'torch.use_deterministic_algorithms(True)'.")
    warnings.warn(
        f"{told}'torch.use_deterministic_algorithms(True, warn_only=True)'.", UserWarning, stacklevel=6
    )


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
