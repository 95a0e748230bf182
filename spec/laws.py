"""What holds for every row of the op table (`tensorcanon.spec.ops`)."""

from __future__ import annotations

from .accuracy import Array
from .clause import clause
from .ops.op import Op, Value, shape_of, value_outcome
from .outcome import Exactly, Outcome, Structure
from .rules import iteration, strides
from .rules.broadcasting import Shape
from .rules.dtypes import DType
from .rules.iteration import Window

_PROMOTION = "tensor_attributes#type-promotion-doc"


@clause("torch (pointwise ops: the page of each function); numerical_accuracy")
def every_element_is_the_function_of_its_operands(op: Op, *operands: Value) -> Outcome:
    """Each element of a result is the function of the corresponding elements, to the last bit.

    Of operations that IEEE 754 and integer arithmetic determine; 16-bit floating types are computed in
    float32 and rounded once.
    """
    return value_outcome(op, *operands)


@clause(
    "torch (pointwise ops: the page of each function); numerical_accuracy",
    basis="implementation-defined",
)
def every_element_is_near_the_exact_one(op: Op, *operands: Value) -> Outcome:
    """Each element of a result lies within the row's bound of the exact value."""
    return value_outcome(op, *operands)


@clause(_PROMOTION, covers=("promotion.unary-float-ops", "promotion.comparison-bool"))
def a_result_has_the_promoted_type(op: Op, *operands: Value) -> Outcome:
    """The type of a result follows from the types of the operands, never from their values.

    Functions whose values are no integers make integers and bools the default floating type first;
    comparisons and tests give bool.
    """
    return Structure(dtype=op.result(*operands))


@clause("notes/broadcasting#general-semantics")
def a_result_has_the_broadcast_shape(op: Op, *operands: Value) -> Outcome:
    """The shape of a result is that to which the shapes of its operands broadcast."""
    return Structure(shape=shape_of(*operands))


@clause("tensor_attributes#torch-memory-format")
def contiguous_operands_give_a_contiguous_result(op: Op, *operands: Value) -> Outcome:
    """Where every operand is contiguous, so is the result."""
    return Structure(strides=strides.contiguous_strides(shape_of(*operands)))


@clause("tensor_attributes#torch-memory-format", basis="observed", level="extended")
def a_result_follows_the_layout_of_its_operands(shape: Shape, *operands: Window) -> Outcome:
    """A result is dense, with its dimensions ordered in storage as those of its operands are."""
    return Structure(strides=iteration.elementwise_strides(shape, operands), dense=True)


@clause("tensor_view; torch.Tensor.is_contiguous")
def the_layout_of_operands_does_not_matter(op: Op, *operands: Value) -> Outcome:
    """Transposed, stepped, offset and expanded operands give the elements that contiguous ones give."""
    return value_outcome(op, *operands)


@clause("torch.Tensor (methods); special; nn.functional")
def methods_operators_and_aliases_agree(op: Op, *operands: Value) -> Outcome:
    """The method, the Python operator and every other name of a function give its result."""
    return value_outcome(op, *operands)


@clause(_PROMOTION)
def a_number_stands_for_an_operand(op: Op, *operands: Value) -> Outcome:
    """A Python number in the place of a tensor counts as an element for each of the other's."""
    return value_outcome(op, *operands)


@clause("torch.Tensor (in-place methods)")
def in_place_forms_write_the_result(op: Op, written: DType, *operands: Value) -> Outcome:
    """The form with an underscore writes the function's result into its tensor, whose type stays."""
    return value_outcome(op, *operands, into=written)


@clause("torch.Tensor (in-place methods)")
def in_place_forms_return_their_tensor() -> Outcome:
    """The form with an underscore returns the very tensor it wrote into."""
    return Exactly(True)


@clause("torch.Tensor (in-place methods); tensor_view")
def a_write_reaches_the_tensor_only(storage: Array, others: Array | None = None) -> Outcome:
    """Writing into a view leaves the rest of the storage as it was, and so the other operands.

    Parameters
    ----------
    storage : ndarray
        The elements before the write.
    others : ndarray of bool or None
        Where the elements are that the view does not show; None stands for all.
    """
    return Exactly(storage, where=others)


@clause("notes/out")
def out_receives_the_result(op: Op, written: DType, *operands: Value) -> Outcome:
    """The tensor given as ``out`` receives the result, whose type may be of a lower category."""
    return value_outcome(op, *operands, into=written)


@clause("notes/out")
def out_is_returned() -> Outcome:
    """The tensor given as ``out`` is the one returned."""
    return Exactly(True)


@clause("notes/out")
def out_keeps_its_layout(shape: Shape, kept: Shape) -> Outcome:
    """An ``out`` of the right shape keeps its strides."""
    return Structure(shape=shape, strides=kept)


@clause("tensor_view", covers="elementwise.returns-new")
def operands_stay_as_they_were(operand: Array) -> Outcome:
    """No form but the one with an underscore modifies an operand."""
    return Exactly(operand)


@clause("tensor_view", covers="elementwise.returns-new")
def a_result_shares_no_memory_with_operands(operand: Array) -> Outcome:
    """A result is a tensor of its own: writing into it does not show in an operand, not even for x + 0."""
    return Exactly(operand)


@clause("notes/randomness", covers="numerics.deterministic-repeat")
def a_second_call_gives_the_same_bits(first: Array) -> Outcome:
    """Two calls with the same operands give the same bits."""
    return Exactly(first)


@clause("torch.no_grad; notes/autograd#locally-disable-grad-doc")
def recording_does_not_change_the_elements(op: Op, *operands: Value) -> Outcome:
    """Under ``no_grad``, and with operands that require gradients, the elements are the same."""
    return value_outcome(op, *operands)
