"""Which tensors are slices of a mapped one, and what must not be done with them.

Source: ``func.ux_limitations#vmap-limitations``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..state import state
from ..tensor import Tensor

if TYPE_CHECKING:
    from ..dispatch import Op

# Operations whose result has a shape that depends on elements.
_DYNAMIC = frozenset({"nonzero", "masked_select", "unique", "unique_consecutive", "bincount"})
_NUMBER = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a "
    "Tensor, please try to rewrite what you're doing with other operations."
)
_SHAPE = (
    "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over {}."
)
_WRITE = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in "
    "extra_args that has more elements than `self`."
)


def level_of(tensor: Any) -> int:
    """Return how many mappings a tensor is a slice of, 0 outside any."""
    return min(tensor.mapped, len(state.mapping)) if isinstance(tensor, Tensor) else 0


def mark(results: Sequence[Any], operands: Iterable[Any]) -> None:
    """Mark results as slices where an operand is one."""
    level = max(map(level_of, operands), default=0)
    for result in results:
        if level and isinstance(result, Tensor):
            result.mapped = level


def check(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse operations whose result has a shape that depends on the elements of a slice."""
    if op.name in _DYNAMIC and any(map(level_of, (*args, *kwargs.values()))):
        raise RuntimeError(_SHAPE.format(op.name))


def check_write(target: Tensor, operands: Iterable[Tensor]) -> None:
    """Refuse to write a slice into a tensor that is none."""
    if max(map(level_of, operands), default=0) > level_of(target):
        raise RuntimeError(_WRITE)


def check_number(tensor: Tensor) -> None:
    """Refuse to make a Python value of a slice."""
    if level_of(tensor):
        raise RuntimeError(_NUMBER)
