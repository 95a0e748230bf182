"""Which errors are raised, what they leave behind, and the messages that tutorials show."""

from __future__ import annotations

from typing import Any

from .clause import clause
from .outcome import Exactly, Outcome, Raises, Structure, Warns
from .rules.dtypes import DType
from .rules.expansion import Array
from .rules.strides import Shape

_CLASSES = "errors.exception-classes"


@clause("torch.add; torch.matmul; torch.reshape", covers=_CLASSES, basis="observed")
def sizes_that_disagree_are_runtime_errors() -> Outcome:
    """Sizes that do not fit together, or a shape for another count of elements, are a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.sum; torch.Tensor.size", covers=_CLASSES, basis="observed")
def dimensions_and_indices_out_of_range_are_index_errors() -> Outcome:
    """A dimension that the tensor does not have, or an index past a size, is an IndexError."""
    return Raises("IndexError")


@clause("torch.add; torch.zeros", covers=_CLASSES, basis="observed")
def arguments_of_a_wrong_type_are_type_errors() -> Outcome:
    """An argument of a wrong Python type, a missing one, or a keyword nobody knows is a TypeError."""
    return Raises("TypeError")


@clause("torch.nn.functional.mse_loss; torch.tensor", covers=_CLASSES, basis="observed")
def python_values_without_a_meaning_are_value_errors() -> Outcome:
    """An unknown name of a reduction, ragged lists or a slice that steps backwards are a ValueError."""
    return Raises("ValueError", from_values=True)


@clause("torch.softmax; torch.arange", covers=_CLASSES, basis="observed")
def missing_kernels_are_not_implemented_errors() -> Outcome:
    """An operation that has no kernel for a data type raises a NotImplementedError, a RuntimeError."""
    return Raises("NotImplementedError", from_values=True)


@clause("torch.linalg.LinAlgError; torch.cuda.OutOfMemoryError", covers="errors.linalg-oom-classes")
def special_errors_are_runtime_errors() -> Outcome:
    """``torch.linalg.LinAlgError`` and ``torch.OutOfMemoryError`` derive from RuntimeError."""
    return Exactly(True)


@clause("torch.linalg.inv", covers="errors.linalg-oom-classes")
def a_singular_matrix_is_a_linalg_error() -> Outcome:
    """Inverting a singular matrix is a LinAlgError."""
    return Raises("LinAlgError", from_values=True)


@clause("notes/broadcasting#in-place-semantics", covers="errors.no-partial-effect", basis="observed")
def a_refused_operation_changes_nothing(array: Array, strides: Shape) -> Outcome:
    """An operation that refuses its arguments leaves elements, shapes and strides as they were."""
    return Exactly(array, strides=strides)


@clause("notes/broadcasting#in-place-semantics", covers="errors.no-partial-effect", basis="observed")
def shapes_and_types_are_checked_first() -> Outcome:
    """Shapes and types that do not fit are refused with a RuntimeError before anything is written."""
    return Raises("RuntimeError")


@clause("torch.softmax; torch.mean; torch.std", covers="errors.int-unsupported", basis="observed")
def floating_operations_refuse_integers(dtype: DType) -> Outcome:
    """Means, deviations, quantiles, softmax, losses and inverses of integers are a RuntimeError."""
    return Structure(dtype) if dtype.is_floating_point else Raises("RuntimeError")


@clause("torch.relu; torch.clamp; torch.matmul", covers="errors.int-unsupported", basis="observed")
def integer_operations_take_integers(result: Array) -> Outcome:
    """Sums, clamping, relu, matrix products and sorting are exact on integers."""
    return Exactly(result)


@clause("torch.argmax; torch.neg", covers="errors.bool-unsupported", basis="observed")
def arithmetic_refuses_bools() -> Outcome:
    """Bool tensors are refused by minus, floor division, matrix products, relu, argmax and means."""
    return Raises("RuntimeError")


@clause("torch.any; torch.logical_and", covers="errors.bool-unsupported", basis="observed")
def logic_and_order_take_bools(result: Array) -> Outcome:
    """Bool tensors have maxima, sums, an order, and logical and bitwise operations."""
    return Exactly(result)


@clause("torch.Tensor", covers="errors.float-index", basis="observed")
def indices_must_be_integers(index: Any) -> Outcome:
    """A float or a floating tensor as an index is an IndexError; a string is one or a TypeError."""
    return Raises("IndexError", "TypeError") if isinstance(index, str) else Raises("IndexError")


@clause("torch.Tensor", covers="errors.float-index", basis="observed")
def numpy_integers_and_ranges_are_indices(result: Array) -> Outcome:
    """NumPy integers, arrays of integers or bools, and ranges index as Python's own do."""
    return Exactly(result)


@clause("torch.sum", covers="errors.duplicate-dims", basis="observed")
def a_dimension_may_be_named_once() -> Outcome:
    """A dimension named twice, be it counted from the front and from the back, is a RuntimeError."""
    return Raises("RuntimeError")


@clause("torch.matmul", covers="errors.message-matmul")
def matmul_names_both_shapes(a: Shape, b: Shape) -> Outcome:
    """The error of a product of matrices that do not fit names both shapes."""
    shapes = " and ".join("x".join(map(str, shape)) for shape in (a, b))
    return Raises("RuntimeError", message=f"mat1 and mat2 shapes cannot be multiplied ({shapes})")


@clause("torch.autograd.backward", covers="errors.message-backward")
def backward_needs_history() -> Outcome:
    """`backward` of a tensor that does not require gradients says so."""
    return Raises(
        "RuntimeError", message="element 0 of tensors does not require grad and does not have a grad_fn"
    )


@clause("torch.autograd.backward", covers="errors.message-backward")
def backward_needs_a_gradient_unless_the_tensor_is_a_number() -> Outcome:
    """`backward` without a gradient is for tensors of one element; the error for others says so."""
    return Raises("RuntimeError", message="grad can be implicitly created only for scalar outputs")


@clause("torch.is_warn_always_enabled; torch.set_warn_always", covers="errors.warn-once", level="extended")
def the_warning_flag_is_off_until_set(enabled: bool) -> Outcome:
    """`torch.is_warn_always_enabled` is False at first, then what `torch.set_warn_always` made it."""
    return Exactly(enabled)


@clause("torch.set_warn_always", covers="errors.warn-once", level="extended")
def warnings_come_every_time_when_asked_for(result: Outcome) -> Outcome:
    """After `torch.set_warn_always(True)` a warning that else comes once per process comes at each call."""
    return Warns("UserWarning", result)
