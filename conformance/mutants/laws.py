"""Faults that break a law, for one op or for all."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import elementwise, fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import laws

from .changes import then
from .mutant import attribute, kernel, mutant
from .recomputing import Array, are_floating, are_integral, of, recomputed, strided, through_float32


def _last_block_missing(a: Array, b: Array) -> Any:
    product = np.atleast_1d(a * b)
    flat = product.reshape(-1)
    flat[4096:] = 0
    return flat.reshape(np.shape(a * b))


def _misread(original: Any) -> Any:
    """Read a strided operand in storage order."""

    def call(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if strided(input):
            stored = input.storage.bytes.view(input.dtype.numpy)[input.offset :]
            if stored.size >= input.numel():
                input = fresh(stored[: input.numel()].reshape(input.shape))
        return original(input, *args, **kwargs)

    return call


def _zeros_where_strided(original: Any) -> Any:
    def call(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        found = original(input, *args, **kwargs)
        return fresh(found.array * 0) if strided(input) else found

    return call


def _truncating_integers(original: Any) -> Any:
    def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
        truncates = rounding_mode is None and are_integral(input, other)
        return original(input, other, rounding_mode="trunc" if truncates else rounding_mode)

    return div


def _without_ranks(original: Any) -> Any:
    """Promote zero-dim tensors as if they had dimensions."""

    def promoted(*operands: Any) -> Any:
        return original(*(o.reshape(-1) if isinstance(o, Tensor) and o.ndim == 0 else o for o in operands))

    return promoted


def _first_type(original: Any) -> Any:
    """Forget to promote two zero-dim operands."""

    def atan2(input: Any, other: Any) -> Any:
        found = original(input, other)
        flat = all(isinstance(o, Tensor) and o.ndim == 0 for o in (input, other))
        return found.to(input.dtype) if flat and input.dtype.is_floating_point else found

    return atan2


def _transposed(found: Tensor) -> Tensor:
    """Return a matrix stored by columns."""
    return fresh(found.array.T).t() if found.ndim == 2 else found


def _as_tensor_of_one(found: Tensor) -> Tensor:
    return found.reshape(1) if found.ndim == 0 else found


def _number_converted(original: Any) -> Any:
    """Convert a number to the tensor's type before the types are promoted."""

    def mul(input: Any, other: Any) -> Any:
        if isinstance(input, Tensor) and input.dtype.is_integral and isinstance(other, float):
            other = int(other)
        return original(input, other)

    return mul


def _works_on_its_operand(original: Any) -> Any:
    def relu(input: Tensor) -> Any:
        found = original(input)
        if not input.tracked:
            input.places[...] = found.array
        return found

    return relu


def _itself_where_nothing_changes(original: Any) -> Any:
    def relu6(input: Tensor) -> Any:
        found = original(input)
        return input if np.array_equal(input.array, found.array) else found

    return relu6


_calls = itertools.count()


def _alternating(original: Any) -> Any:
    """Give other bits at every second call."""

    def tanh(input: Tensor) -> Any:
        found = original(input)
        if next(_calls) % 2 and found.dtype.is_floating_point and found.dtype.itemsize > 2:
            return fresh(np.nextafter(found.array, found.dtype.numpy.type(0)))
        return found

    return tanh


def _coarse_when_recording(original: Any) -> Any:
    """Use an approximation that suits the backward pass where gradients are required."""

    def sigmoid(input: Tensor) -> Any:
        if input.tracked and are_floating(input):
            return elementwise(lambda x: 0.5 + 0.5 * np.tanh(0.5 * x), input)
        return original(input)

    return sigmoid


def _in_a_copy(original: Any) -> Any:
    """Write into a contiguous copy of a strided target and forget to copy back."""

    def write(self: Tensor, values: Array) -> None:
        if not strided(self):
            original(self, values)

    return write


def _over_the_gaps(original: Any) -> Any:
    """Write a block of storage where the target has gaps."""

    def write(self: Tensor, values: Array) -> None:
        original(self, values)
        if self.ndim == 1 and self.stride(0) == 2 and self.numel():
            stored = self.storage.bytes.view(self.dtype.numpy)
            stored[1::2] = stored[:-1:2] if stored.size % 2 else stored[::2]

    return write


def _returning_another(original: Any) -> Any:
    return lambda op, args, kwargs: original(op, args, kwargs).view_as(args[0])


def _truncating_first(original: Any) -> Any:
    """Convert the operands to the type of ``out`` before the operation."""

    def into(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        made = original(op, out, args, kwargs)
        if isinstance(made, Tensor) and op.name == "div" and made.dtype.is_floating_point:
            made.places[...] = np.trunc(made.array)
        return made

    return into


def _out_returning_another(original: Any) -> Any:
    def into(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        made = original(op, out, args, kwargs)
        return made.clone() if isinstance(made, Tensor) else made

    return into


def _out_made_contiguous(original: Any) -> Any:
    def into(op: Any, out: Any, args: Any, kwargs: Any) -> Any:
        made = original(op, out, args, kwargs)
        if isinstance(made, Tensor) and strided(made):
            whole = fresh(made.array)
            made.storage, made.strides, made.offset = whole.storage, whole.strides, 0
        return made

    return into


MUTANTS = [
    mutant(
        "add_of_int64_wraps_as_int32",
        laws.every_element_is_the_function_of_its_operands,
        recomputed("add", lambda a, b: (a + b).astype(np.int32).astype(np.int64), of("int64")),
        fault="pytorch/pytorch#78848",
    ),
    mutant(
        "abs_of_int64_goes_through_float32",
        laws.every_element_is_the_function_of_its_operands,
        recomputed("abs", through_float32(np.abs), are_integral),
        fault="pytorch/pytorch#190052",
    ),
    mutant(
        "mul_forgets_what_follows_the_first_block",
        laws.every_element_is_the_function_of_its_operands,
        recomputed("mul", _last_block_missing),
    ),
    mutant(
        "log2_divides_by_a_rounded_constant",
        laws.every_element_is_near_the_exact_one,
        recomputed("log2", lambda x: np.log(x) * x.dtype.type(np.float16(1.4427)), are_floating),
    ),
    mutant(
        "div_of_integers_gives_integers",
        laws.a_result_has_the_promoted_type,
        kernel("div", _truncating_integers),
        fault="pytorch/pytorch#43879",
    ),
    mutant(
        "zero_dim_operands_rank_with_dimensioned_ones",
        laws.a_result_has_the_promoted_type,
        attribute("kernels:promoted", _without_ranks),
        fault="Lightning-AI/lightning-thunder#1239",
    ),
    mutant(
        "zero_dim_atan2_has_the_type_of_the_first",
        laws.a_result_has_the_promoted_type,
        kernel("atan2", _first_type),
        fault="pytorch/pytorch#43360",
    ),
    mutant(
        "minimum_of_zero_dim_tensors_has_one_dimension",
        laws.a_result_has_the_broadcast_shape,
        kernel("minimum", then(_as_tensor_of_one)),
    ),
    mutant(
        "round_of_matrices_is_stored_by_columns",
        laws.contiguous_operands_give_a_contiguous_result,
        kernel("round", then(_transposed)),
    ),
    mutant(
        "results_are_always_row_major",
        laws.a_result_follows_the_layout_of_its_operands,
        attribute("kernels:arranged", lambda original: lambda array, dtype, *operands: fresh(array, dtype)),
    ),
    mutant(
        "softplus_of_permuted_operands_is_zero",
        laws.the_layout_of_operands_does_not_matter,
        kernel("nn.functional.softplus", _zeros_where_strided),
        fault="pytorch/pytorch#131736",
    ),
    mutant(
        "gelu_reads_strided_operands_in_storage_order",
        laws.the_layout_of_operands_does_not_matter,
        kernel("nn.functional.gelu", _misread),
    ),
    mutant(
        "maximum_reads_strided_operands_in_storage_order",
        laws.the_layout_of_operands_does_not_matter,
        kernel("maximum", _misread),
    ),
    mutant(
        "mul_has_an_alias_that_adds",
        laws.methods_operators_and_aliases_agree,
        attribute("tensor:Tensor.multiply", lambda original: lambda self, other: self.add(other)),
    ),
    mutant(
        "mul_converts_a_number_to_the_type_of_the_tensor",
        laws.a_number_stands_for_an_operand,
        kernel("mul", _number_converted),
    ),
    mutant(
        "in_place_forms_leave_strided_tensors_alone",
        laws.in_place_forms_write_the_result,
        attribute("tensor:Tensor.write", _in_a_copy),
        fault="pytorch/pytorch#165257",
    ),
    mutant(
        "in_place_forms_return_a_view",
        laws.in_place_forms_return_their_tensor,
        attribute("writing:inplace", _returning_another),
    ),
    mutant(
        "writes_into_stepped_views_fill_the_gaps",
        laws.a_write_reaches_the_tensor_only,
        attribute("tensor:Tensor.write", _over_the_gaps),
    ),
    mutant(
        "div_into_out_truncates",
        laws.out_receives_the_result,
        attribute("writing:into", _truncating_first),
    ),
    mutant("out_is_copied", laws.out_is_returned, attribute("writing:into", _out_returning_another)),
    mutant(
        "out_becomes_contiguous", laws.out_keeps_its_layout, attribute("writing:into", _out_made_contiguous)
    ),
    mutant(
        "relu_works_on_its_operand", laws.operands_stay_as_they_were, kernel("relu", _works_on_its_operand)
    ),
    mutant(
        "floor_of_integers_is_its_operand",
        laws.a_result_shares_no_memory_with_operands,
        kernel("floor", lambda original: lambda input: input if input.dtype.is_integral else original(input)),
    ),
    mutant(
        "relu6_is_its_operand_where_nothing_changes",
        laws.a_result_shares_no_memory_with_operands,
        kernel("nn.functional.relu6", _itself_where_nothing_changes),
    ),
    mutant(
        "tanh_gives_other_bits_at_the_second_call",
        laws.a_second_call_gives_the_same_bits,
        kernel("tanh", _alternating),
    ),
    mutant(
        "sigmoid_is_approximated_where_gradients_are_required",
        laws.recording_does_not_change_the_elements,
        kernel("sigmoid", _coarse_when_recording),
    ),
]
