"""Fresh tensors of random numbers. Sources: ``torch.rand``, ``torch.randn`` and those like another tensor."""

from __future__ import annotations

from typing import Any

from .dispatch import op, ops
from .random import Generator
from .tensor import Tensor


@op("rand", method=False, out=True, exact_out=True)
def rand(*size: Any, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return numbers uniform in [0, 1)."""
    return ops.empty(*size, **options).uniform_(generator=generator)  # type: ignore[no-any-return]


@op("randn", method=False, out=True, exact_out=True)
def randn(*size: Any, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return numbers of the standard normal distribution."""
    return ops.empty(*size, **options).normal_(generator=generator)  # type: ignore[no-any-return]


@op("rand_like", method=False, differentiable=False)
def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Return numbers uniform in [0, 1) in the shape, type and dense strides of a tensor."""
    return ops.empty_like(input, **options).uniform_()  # type: ignore[no-any-return]


@op("randn_like", method=False, differentiable=False)
def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Return standard normal numbers in the shape, type and dense strides of a tensor."""
    return ops.empty_like(input, **options).normal_()  # type: ignore[no-any-return]
