"""Forward mode: tangents that go along with the tensors. Source: ``torch.autograd.forward_ad``.

The product of a vector with an operation's Jacobian, as its formula gives it, is linear in the vector, and
its own gradient is the product of the Jacobian with the tangent: every formula serves both modes.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from ..dispatch import Op, ops
from ..state import state
from ..tensor import Tensor
from . import engine, modes
from .nodes import alias

_numbers = itertools.count(1)
_NO_LEVEL = (
    "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() "
    "first."
)


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns."""

    primal: Tensor
    tangent: Tensor | None


class dual_level:
    """Inside, tensors can be made dual; outside they have no tangent again."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *error: object) -> None:
        exit_dual_level()


def enter_dual_level() -> int:
    """Open a level and return its number."""
    if state.levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    state.levels = (next(_numbers),)
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level."""
    if not state.levels:
        raise RuntimeError("Trying to exit a forward AD level but no level was entered.")
    state.levels = ()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """Return a view of a tensor with a tangent."""
    if not state.levels:
        raise RuntimeError(_NO_LEVEL)
    if tangent.shape != tensor.shape:
        raise RuntimeError(
            f"Expected tangent to have the same shape as the primal, got {tangent.shape} and {tensor.shape}"
        )
    made: Tensor = tensor.view_as(tensor)
    made.tangent = (state.levels[-1], tangent)
    return made


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """Return a tensor and its tangent, None where it has none."""
    return UnpackedDualTensor(alias(tensor), tangent_of(tensor))


def tangent_of(tensor: Any) -> Tensor | None:
    """Return the tangent of the open level."""
    held = tensor.tangent if isinstance(tensor, Tensor) else None
    return held[1] if held is not None and held[0] in state.levels else None


def push(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], results: tuple[Any, ...]) -> None:
    """Give the results of an operation their tangents."""
    level, state.levels = state.levels, ()
    try:
        with modes.enable_grad():
            tangents = _tangents(op, args, kwargs, level)
    finally:
        state.levels = level
    for result, tangent in zip(results, tangents, strict=True):
        if tangent is not None:
            result.tangent = (level[-1], tangent)


def _tangents(op: Op, args: Any, kwargs: Any, level: tuple[int, ...]) -> list[Tensor | None]:
    stand_ins: list[Tensor] = []
    tangents: list[Tensor] = []

    def replaced(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(map(replaced, value))
        if not isinstance(value, Tensor):
            return value
        made = alias(value)
        held = value.tangent
        if held is not None and held[0] in level:
            stand_ins.append(made.requires_grad_())
            tangents.append(held[1])
        return made

    from . import tape

    made = tape.run(op, replaced(args), {key: replaced(value) for key, value in kwargs.items()})
    results = made if isinstance(made, tuple | list) else (made,)
    return [_tangent(result, stand_ins, tangents) for result in results]


def _tangent(result: Any, inputs: list[Tensor], tangents: list[Tensor]) -> Tensor | None:
    if not isinstance(result, Tensor) or not result.requires_grad:
        return None
    probe = ops.zeros_like(result).requires_grad_()
    pulled = engine.grad(result, inputs, probe, create_graph=True, allow_unused=True)
    pairs = [
        (one, t) for one, t in zip(pulled, tangents, strict=True) if one is not None and one.requires_grad
    ]
    if not pairs:
        return ops.zeros_like(result.detach())  # type: ignore[no-any-return]
    (found,) = engine.grad([one for one, _ in pairs], probe, [t for _, t in pairs], allow_unused=True)
    return found
