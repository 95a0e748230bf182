"""Whole programs: views, writes, modes and backward passes in any order.

What a program must show follows from `rules.machine`, which keeps the derivatives as explicit matrices.
"""

from __future__ import annotations

import numpy as np

from .accuracy import Array
from .clause import clause
from .outcome import Exactly, Outcome, Raises, Structure

_GRAPH = "notes/autograd#how-autograd-encodes-the-history"


@clause("tensor_view; torch.Tensor.detach", covers="autograd.detach")
def every_window_shows_every_write(values: Array) -> Outcome:
    """In any program the elements of a tensor are those last written to its places, through whichever
    tensor that shares them."""
    return Exactly(values, signed_zero=False)


@clause("notes/autograd#setting-requires-grad", covers="autograd.propagation")
def results_and_written_tensors_require_grad_as_their_operands_do(requires_grad: bool) -> Outcome:
    """In any program a tensor requires gradients where it, the tensor it is a view of, or an operand of a
    recorded operation that made it or wrote into it does."""
    return Structure(requires_grad=requires_grad)


@clause("torch.Tensor.is_leaf", covers="autograd.leaf")
def leaves_stay_leaves(is_leaf: bool) -> Outcome:
    """In any program what does not require gradients is a leaf, and so is what was asked to require them;
    the rest is not."""
    return Exactly(is_leaf)


@clause(f"{_GRAPH}; torch.autograd.backward", covers="autograd.accumulation")
def passes_add_the_derivative_of_the_recorded_program(gradient: Array | None) -> Outcome:
    """In any program each backward pass adds to the leaves that it reaches the derivative of what was
    recorded: writes count, through views too, except for those made under `no_grad`."""
    return Exactly(None) if gradient is None else Exactly(np.asarray(gradient), signed_zero=False)


@clause("notes/autograd#in-place-operations-with-autograd", covers="autograd.leaf")
def leaves_refuse_recorded_writes(refused: bool) -> Outcome:
    """In any program a recorded write to a leaf that requires gradients, or through a view of one, is an
    error; other writes are not."""
    return Raises("RuntimeError") if refused else Structure()


@clause("notes/autograd#in-place-correctness-checks", covers="autograd.no-grad-required-error")
def passes_refuse_what_was_written_since(refused: bool) -> Outcome:
    """In any program a pass through an operation whose saved operand was written to since, recorded or not,
    is an error, as is a pass from a tensor that does not require gradients."""
    return Raises("RuntimeError") if refused else Exactly(None)
