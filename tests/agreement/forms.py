"""The forms in which an operation is called: function, aliases, method, in place, operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch.testing._internal.opinfo.core import OpInfo

from .carrying import at, found, rebound


@dataclass(frozen=True)
class Form:
    """One way to call an operation; `reference` is None where the reference has no such name."""

    name: str
    torch: Callable[..., Any]
    reference: Callable[..., Any] | None
    writes: bool = False


def forms_of(info: OpInfo) -> Iterator[Form]:
    """Yield the forms that torch's table names for an operation."""
    yield _form("function", info.op, path=info.name)
    for alias in info.aliases:
        yield _form(f"alias {alias.name}", alias.op)
    for name, function, writes in (
        ("method", info.method_variant, False),
        ("in place", info.inplace_variant, True),
        ("operator", info.operator_variant, False),
        ("operator in place", info.inplace_operator_variant, True),
    ):
        if function is not None:
            yield _form(name, function, writes)


def _form(name: str, function: Any, writes: bool = False, path: str | None = None) -> Form:
    if getattr(function, "__module__", None) == "_operator":
        return Form(name, function, function, writes)
    try:
        own = at(path) if path is not None and found(path) is function else rebound(function)
    except AttributeError:
        own = None
    return Form(name, function, own, writes)
