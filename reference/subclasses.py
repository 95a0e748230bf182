"""Classes derived from ``torch.Tensor``: results of operations on their instances have the class too.

Source: ``notes/extending#subclassing-torch-tensor``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .tensor import Tensor

# A class with a true `plain_results`, as `nn.Parameter`, is none of these.
derived: set[type] = set()


def _register(cls: type[Tensor], **options: Any) -> None:
    super(Tensor, cls).__init_subclass__(**options)
    if not getattr(cls, "plain_results", False):
        derived.add(cls)


def kept(args: tuple[Any, ...], result: Any) -> Any:
    """Return a result with its plain tensors, other than arguments, made instances of an argument's class."""
    kind = next((type(one) for one in args if type(one) in derived), None)
    if kind is not None:
        for made in _tensors(result):
            if type(made) is Tensor and all(made is not one for one in args):
                made.__class__ = kind
    return result


def _tensors(result: Any) -> Iterable[Tensor]:
    if isinstance(result, Tensor):
        return (result,)
    return [one for one in result if isinstance(one, Tensor)] if isinstance(result, tuple | list) else ()


Tensor.__init_subclass__ = classmethod(_register)  # type: ignore[assignment,arg-type]
