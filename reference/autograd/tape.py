"""Recording: which operations become nodes of the graph. Source: ``notes/autograd``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..tensor import Tensor

if TYPE_CHECKING:
    from ..dispatch import Op


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among values, inside lists and tuples as well."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)


def run(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run a kernel and record it where an input requires gradients."""
    return op.kernel(*args, **kwargs)


def check_writable(target: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a write that autograd cannot follow."""


def inplace_recording(op: Op, target: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what records an in-place operation, None where nothing is recorded."""
    return None
