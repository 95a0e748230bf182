"""``torch.nn.Parameter``. Source: ``torch.nn.Parameter``."""

from __future__ import annotations

from typing import Any

from .dispatch import FUNCTIONS
from .kernels import fresh
from .printing import tensor_text
from .tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires gradients unless told otherwise."""

    plain_results = True

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        source = fresh([]) if data is None else data.detach()
        made = Tensor.make(source.storage, source.shape, source.strides, source.offset, source.dtype, cls=cls)
        made.version = source.version
        made.requires_grad = requires_grad
        return made  # type: ignore[return-value]

    def __repr__(self, **options: Any) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + tensor_text(self)


FUNCTIONS["nn.Parameter"] = Parameter
