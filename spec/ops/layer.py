"""A function of a layer, exactly: what its values and gradients are judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..rules.broadcasting import Shape
from .differentiable import Values


@dataclass(frozen=True, eq=False)
class Layer:
    """One way to call a function.

    Attributes
    ----------
    name : str
        The function below ``torch.nn.functional``.
    exact : callable
        The same function of the operands, as arrays of any precision.
    shapes : mapping
        Of the operands that are differentiated, by the name of their parameter.
    options : mapping
        Further arguments; arrays among them are tensors.
    batched : tuple of str
        Operands and options that hold a sample at each place of dimension 0.
    values : {"any", "positive", "zeros", "distinct"}
    terms : int
        How many roundings one result, or one element of a gradient, may add up.
    halves : bool
        Whether the function is there for float16 and bfloat16.
    """

    name: str
    exact: Callable[..., Any]
    shapes: Mapping[str, Shape]
    options: Mapping[str, Any] = field(default_factory=dict)
    batched: tuple[str, ...] = ("input",)
    values: Values = "any"
    terms: int = 16
    halves: bool = True


@dataclass(frozen=True, eq=False)
class LayerFamily:
    """A function in all its rows."""

    name: str
    rows: tuple[Layer, ...]

    def __str__(self) -> str:
        return self.name


def in_channels(value: Any, ndim: int) -> Any:
    """Return one number for each channel in a shape that broadcasts with (N, C, ...)."""
    return value.reshape(-1, *(1,) * (ndim - 2))
