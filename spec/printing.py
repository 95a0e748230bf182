"""How tensors show as text. Rules: `tensorcanon.spec.rules.printing`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Exactly, Outcome, Raises
from .rules import dtypes
from .rules.dtypes import DType
from .rules.printing import Options, tensor_text

_OPTIONS = "torch.set_printoptions"

# Texts that tutorials show, by what made them: nested data, the type, what is said of gradients.
SHOWN: dict[str, tuple[Any, DType, str]] = {
    "tensor(3.1400)": (3.14, dtypes.float32, ""),
    "tensor(5)": (5, dtypes.int64, ""),
    "tensor([1, 2, 3])": ([1, 2, 3], dtypes.int64, ""),
    "tensor([])": ([], dtypes.float32, ""),
    "tensor([1., 2.])": ([1, 2], dtypes.float32, ""),
    "tensor([1.0000, 1.5000])": ([1, 1.5], dtypes.float32, ""),
    "tensor([ True, False])": ([True, False], dtypes.bool_, ""),
    "tensor([ 0, 10, 20])": ([0, 10, 20], dtypes.int64, ""),
    "tensor([[ 6,  8],\n        [10, 12]])": ([[6, 8], [10, 12]], dtypes.int64, ""),
    "tensor([3., 6., 9.], dtype=torch.float16)": ([3, 6, 9], dtypes.float16, ""),
    "tensor([4, 5, 6], dtype=torch.int32)": ([4, 5, 6], dtypes.int32, ""),
    "tensor(1, dtype=torch.int8)": (1, dtypes.int8, ""),
    "tensor([1.], dtype=torch.float64)": ([1], dtypes.float64, ""),
    "tensor([1., 2., 3.], requires_grad=True)": ([1, 2, 3], dtypes.float32, "requires_grad=True"),
    "tensor(5., grad_fn=<AddBackward0>)": (5, dtypes.float32, "grad_fn=<AddBackward0>"),
    "tensor([1.+2.j])": ([1 + 2j], dtypes.complex64, ""),
}


@clause(_OPTIONS, covers="printing.basic", basis="observed")
def tensors_print_as_tutorials_show(text: str) -> Outcome:
    """The repr of a tensor is its elements in brackets, and what else is worth saying, in `tensor(...)`."""
    assert text in SHOWN
    return Exactly(text)


@clause(_OPTIONS, covers=("printing.basic", "printing.alignment"), basis="observed")
def integers_and_bools_are_aligned_to_the_right(array: Array) -> Outcome:
    """Integers and bools print as in Python, filled up from the left to one width; rows lie below each other
    and blank lines part matrices."""
    assert array.dtype.kind in "biu"
    return Exactly(tensor_text(array))


@clause(_OPTIONS, covers=("printing.basic", "printing.mixed-floats"), basis="observed")
def floats_have_no_or_four_decimals(array: Array) -> Outcome:
    """Floating numbers that are all whole print with a point and no decimals; else all have four decimals."""
    return Exactly(tensor_text(array))


@clause(f"{_OPTIONS}; tensors", covers="printing.dtype-suffix", basis="observed")
def a_type_that_is_no_default_is_named(array: Array, default: DType = dtypes.float32) -> Outcome:
    """The type is named unless it is the default floating type, its complex type, int64 or bool; of an empty
    tensor, unless it is the default floating type."""
    return Exactly(tensor_text(array, default=default))


@clause(_OPTIONS, covers="printing.requires-grad", basis="observed")
def gradients_are_named(array: Array, gradient: str) -> Outcome:
    """A leaf that requires gradients says so, a computed tensor names its node, others say nothing."""
    return Exactly(tensor_text(array, gradient=gradient))


@clause(_OPTIONS, covers="printing.sci-mode", basis="observed")
def a_wide_range_prints_in_scientific_notation(array: Array) -> Outcome:
    """Scientific notation is used if the largest magnitude is above 1e8 or 1000 times the smallest that is
    not zero, or if that is below 1e-4 and the numbers are not whole."""
    return Exactly(tensor_text(array))


@clause(_OPTIONS, covers="printing.summarise", basis="observed")
def long_tensors_are_summarised(array: Array) -> Outcome:
    """A tensor of more than 1000 elements shows three items at each end of a dimension that has more than
    six, and dots between."""
    return Exactly(tensor_text(array))


@clause(_OPTIONS, covers=("printing.options", "printing.sci-mode"))
def print_options_apply_to_every_tensor(array: Array, options: Options) -> Outcome:
    """`torch.set_printoptions` sets decimals, the length from which tensors are summarised, the items left at
    each end, the line width and scientific notation, singly or by profile, for all tensors."""
    return Exactly(tensor_text(array, options))


@clause("torch.Tensor", covers="printing.format-spec", basis="observed")
def a_zero_dim_tensor_is_formatted_as_its_number(element: Array, spec: str) -> Outcome:
    """`format` of a zero-dim tensor formats its element as a Python number."""
    number = element.astype(np.float64) if element.dtype.kind in "fV" else element
    return Exactly(format(number.item(), spec))


@clause("torch.Tensor", covers="printing.format-spec", basis="observed")
def other_tensors_take_no_format(shape: tuple[int, ...]) -> Outcome:
    """`format` of a tensor with dimensions refuses any specification."""
    assert shape
    return Raises("TypeError")


@clause("torch.Tensor", covers="printing.format-spec", basis="observed")
def str_and_repr_agree(array: Array) -> Outcome:
    """`str` of a tensor, and `format` without specification for one with dimensions, are its repr."""
    return Exactly(tensor_text(array))


@clause("size; torch.Size", covers="printing.size-repr", basis="observed")
def sizes_print_with_their_name(shape: tuple[int, ...]) -> Outcome:
    """The repr of a shape is its list of sizes in `torch.Size(...)`."""
    return Exactly(f"torch.Size({list(shape)})")


@clause("tensor_attributes#torch-dtype", covers="printing.size-repr", basis="observed")
def types_print_as_their_names(dtype: DType) -> Outcome:
    """The repr of a data type is its name below `torch`."""
    return Exactly(f"torch.{dtype.name}")


@clause("torch.Tensor", covers="printing.type-function", basis="observed")
def tensors_of_every_type_are_of_one_class(dtype: DType) -> Outcome:
    """Python's `type` of a tensor is the class `torch.Tensor`, whatever its data type."""
    return Exactly("<class 'torch.Tensor'>")


@clause("torch.Tensor.grad", covers="printing.type-function")
def an_unset_gradient_is_none(array: Array) -> Outcome:
    """A tensor has no gradient, None, before any was computed."""
    return Exactly(None)


@clause(_OPTIONS, covers="printing.size-zero", basis="observed")
def empty_tensors_show_their_size(array: Array) -> Outcome:
    """A tensor without elements prints as empty brackets, with its size unless it has one dimension."""
    assert array.size == 0
    return Exactly(tensor_text(array))


@clause(_OPTIONS, covers="printing.complex", basis="observed")
def complex_numbers_print_in_two_columns(array: Array) -> Outcome:
    """Complex numbers print as a sum with a j behind; real and imaginary parts are styled apart."""
    return Exactly(tensor_text(array))


@clause("torch.nn.Parameter", covers="printing.parameter", basis="observed")
def parameters_print_below_a_heading(array: Array) -> Outcome:
    """The repr of a parameter is a heading above that of a tensor that requires gradients."""
    return Exactly("Parameter containing:\n" + tensor_text(array, gradient="requires_grad=True"))


@clause("torch.max; torch.sort", covers="printing.named-tuple", basis="observed")
def named_results_print_field_by_field(name: str, fields: Sequence[tuple[str, Array]]) -> Outcome:
    """The repr of several results names their fields, one on a line, in `torch.return_types`."""
    lines = ",\n".join(f"{field}={tensor_text(array)}" for field, array in fields)
    return Exactly(f"torch.return_types.{name}(\n{lines})")
