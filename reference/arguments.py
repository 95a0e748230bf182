"""Which arguments of an operation must be tensors: its kernel's annotations say so.

A parameter annotated ``Tensor`` takes nothing else; of those annotated ``Operand`` one at least is a tensor.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from .tensor import Tensor

_ABSENT = object()


@dataclass(frozen=True)
class Demand:
    """The places and names of a kernel's parameters of one annotation."""

    tensors: tuple[tuple[int, str], ...] = ()
    operands: tuple[tuple[int, str], ...] = ()

    def check(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raise TypeError where an argument is no tensor and should be one."""
        for place, parameter in self.tensors:
            value = args[place] if place < len(args) else kwargs.get(parameter, _ABSENT)
            if not isinstance(value, Tensor) and value is not _ABSENT:
                raise TypeError(
                    f"{name}(): argument '{parameter}' (position {place + 1}) must be Tensor, "
                    f"not {type(value).__name__}"
                )
        if self.operands and not any(
            isinstance(args[place] if place < len(args) else kwargs.get(parameter), Tensor)
            for place, parameter in self.operands
        ):
            kinds = ", ".join(type(value).__name__ for value in (*args, *kwargs.values()))
            raise TypeError(f"{name}() received an invalid combination of arguments - got ({kinds})")


def demand_of(signature: inspect.Signature) -> Demand | None:
    """Return what a kernel's annotations demand, None for nothing."""
    tensors, operands = (
        tuple(
            (place, one.name)
            for place, one in enumerate(signature.parameters.values())
            if one.annotation == kind
        )
        for kind in ("Tensor", "Operand")
    )
    return Demand(tensors, operands) if tensors or operands else None
