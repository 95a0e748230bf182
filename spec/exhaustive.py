"""What is held over every value there is: laws of the op table, and casts, on narrow types.

An 8- or 16-bit type has so few values that nothing need be drawn: a pass is a proof.
"""

from __future__ import annotations

from .accuracy import Array
from .clause import clause
from .ops.op import Op, value_outcome
from .outcome import Exactly, Outcome
from .rules import casts
from .rules.dtypes import DType

_FUNCTIONS = "torch (pointwise ops: the page of each function); numerical_accuracy"


@clause(_FUNCTIONS)
def exact_functions_hold_at_every_narrow_value(op: Op, operand: Array) -> Outcome:
    """At every value of an 8- or 16-bit type, a function that has an exact result gives it."""
    return value_outcome(op, operand)


@clause(_FUNCTIONS, basis="implementation-defined")
def other_functions_are_near_at_every_narrow_value(op: Op, operand: Array) -> Outcome:
    """At every value of an 8- or 16-bit type, a function lies within its bound of the exact value."""
    return value_outcome(op, operand)


@clause(_FUNCTIONS)
def functions_of_two_hold_at_every_pair_of_bytes(op: Op, first: Array, second: Array) -> Outcome:
    """For every two values of an 8-bit type, and every two bools, a function of both gives what it should.

    Divisors are not 0, the lowest integer is not divided, and shifts stay within the width.
    """
    return value_outcome(op, first, second)


@clause("torch.Tensor.to; tensor_attributes#torch-dtype")
def casts_hold_at_every_narrow_value(operand: Array, target: DType) -> Outcome:
    """Every value of an 8- or 16-bit type becomes the right one in every other type.

    Left open is what a number becomes that an integer type, or one without infinities, cannot hold.
    """
    return Exactly(casts.cast(operand, target), where=casts.specified(operand, target))
