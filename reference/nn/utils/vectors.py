"""Parameters as one vector. Source: ``nn.utils.parameters_to_vector``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...dispatch import ops
from ...tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """Return the elements of all parameters, one after the other."""
    return ops.cat([one.reshape(-1) for one in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Any]) -> None:
    """Give parameters the elements of a vector, in order."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for one in parameters:
        count = one.numel()
        one.data = vec[start : start + count].reshape(one.shape).data
        start += count
