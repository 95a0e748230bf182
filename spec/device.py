"""Devices: their names, what lies where, moves between them, and tensors without data.

A clause speaks of the device under test and of the ``meta`` device, which every build has: what holds between
two devices is judged there even on a build for the CPU alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import accuracy
from .clause import clause
from .observation import Array
from .outcome import Exactly, OneOf, Outcome, Raises, Structure, Unspecified, Within
from .rules import casts, dtypes
from .rules import strides as stride_rules
from .rules.dtypes import DType

Shape = tuple[int, ...]
NO_CUDA = ("AssertionError", "RuntimeError")
FLAGS = {
    "backends.cudnn.deterministic": False,
    "backends.cudnn.benchmark": False,
}
PRECISION_FLAGS = {
    "backends.cuda.matmul.allow_tf32": False,
    "backends.cudnn.allow_tf32": True,
}


# Names.


@clause("tensor_attributes#torch-device", covers="device.construct")
def a_device_is_a_type_and_an_index(kind: str, index: int | None) -> Outcome:
    """A device is made of a type and an optional index, given apart or in one string, hardware or not."""
    return Exactly((kind, index))


@clause("tensor_attributes#torch-device", covers=("device.construct", "device.attribute"))
def a_device_prints_as_its_string(kind: str, index: int | None) -> Outcome:
    """A device prints as its type, followed by a colon and its index where it has one."""
    return Exactly(kind if index is None else f"{kind}:{index}")


@clause("tensor_attributes#torch-device", covers="device.construct")
def devices_are_equal_where_type_and_index_are(first: tuple[Any, ...], second: tuple[Any, ...]) -> Outcome:
    """Two devices are equal exactly where their types and their indices are; no index is not index 0."""
    return Exactly(first == second)


@clause("tensor_attributes#torch-device", covers="device.construct", basis="observed")
def equal_devices_are_one_key() -> Outcome:
    """Equal devices hash alike, so that one finds what was stored under the other."""
    return Exactly(True)


@clause("tensor_attributes#torch-device", covers="device.construct", basis="observed")
def malformed_device_strings_are_refused(text: str) -> Outcome:
    """Unknown types and indices that are no natural numbers raise an error."""
    return Raises("RuntimeError")


@clause("tensor_attributes#torch-device", covers="device.ordinal-without-accelerator", level="extended")
def a_bare_number_is_a_device_of_the_accelerator(accelerator: str | None, number: int) -> Outcome:
    """A number alone is the current accelerator's device of that index, and refused without one."""
    return Raises("RuntimeError") if accelerator is None else Exactly((accelerator, number))


# What lies where.


@clause("tensor_attributes#torch-device; torch.get_default_device", covers="device.attribute")
def tensors_lie_on_the_cpu_unless_told_otherwise(dtype: DType, shape: Shape) -> Outcome:
    """Functions that make tensors put them on the CPU where no device is named."""
    return Structure(dtype, shape, device="cpu")


@clause("tensor_attributes#torch-device", covers=("device.attribute", "device.context-manager"))
def a_device_argument_decides(dtype: DType, shape: Shape, device: str) -> Outcome:
    """A device named in the call is where the new tensor lies, whatever the default is."""
    return Structure(dtype, shape, device=device)


@clause("torch.Tensor.is_cuda; torch.Tensor.is_meta", covers="device.is-cpu-flags", level="extended")
def flags_tell_the_kind_of_device(device: str, flag: str) -> Outcome:
    """Of ``is_cpu``, ``is_cuda`` and ``is_meta`` only the one of the tensor's device is True."""
    return Exactly(flag == f"is_{device}")


@clause("torch.Tensor.get_device", covers="device.get-device")
def the_cpu_has_the_ordinal_minus_one(device: str, index: int) -> Outcome:
    """The ordinal of a tensor's device is its index on an accelerator and -1 on the CPU."""
    return Exactly(-1 if device == "cpu" else index)


@clause("notes/cuda#cuda-semantics; meta", covers=("device.cuda-result-device", "device.meta"))
def results_lie_where_the_operands_do(dtype: DType, shape: Shape, device: str) -> Outcome:
    """The result of an operation lies on the device of its tensors, whichever the default device is."""
    return Structure(dtype, shape, device=device)


@clause(
    "tensor_attributes#torch-device; torch.set_default_device",
    covers="device.context-manager",
)
def the_default_device_takes_new_tensors(dtype: DType, shape: Shape, device: str) -> Outcome:
    """In a block under a device, or with it as default, new tensors lie there unless told otherwise."""
    return Structure(dtype, shape, device=device)


@clause("torch.get_default_device; torch.set_default_device", covers="device.context-manager")
def the_default_device_can_be_asked_for(device: str) -> Outcome:
    """`get_default_device` names the innermost device in force, the one before it after a block."""
    return Exactly(device)


@clause("torch.set_default_device", covers="device.context-manager")
def shared_memory_stays_where_it_is(array: Array) -> Outcome:
    """A tensor that shares memory with an array lies on the CPU whatever the default device is."""
    return Exactly(array, device="cpu")


# Moves.


@clause(
    "torch.Tensor.to; notes/cuda#device-agnostic-code",
    covers=("device.to-combined", "device.agnostic", "device.cuda-roundtrip"),
)
def a_move_that_changes_nothing_returns_the_tensor() -> Outcome:
    """Moving a tensor to where it lies, in its own type and without ``copy``, returns the very tensor."""
    return Exactly(True)


@clause("torch.Tensor.to", covers="device.to-combined")
def a_copy_asked_for_is_another_tensor(array: Array) -> Outcome:
    """With ``copy=True`` a move gives a tensor with memory of its own, even where nothing changes."""
    return Exactly(array)


@clause("torch.Tensor.to", covers="device.to-combined")
def forms_of_a_move_agree(array: Array, target: DType, device: str) -> Outcome:
    """A device, a type, both, or another tensor that has them: all forms of the call give the same."""
    known = casts.specified(array, target)
    return Exactly(casts.cast(array, target), device=device, where=None if known.all() else known)


@clause("torch.Tensor.to", covers=("device.to-combined", "device.module-to"))
def a_move_leaves_its_source_alone(array: Array) -> Outcome:
    """A move gives a new tensor: the one moved keeps its type, its elements and its device."""
    return Exactly(array)


@clause("torch.Tensor.to", covers="device.to-combined")
def non_blocking_changes_no_element(array: Array) -> Outcome:
    """The elements moved with ``non_blocking=True`` are those of the source once they can be read."""
    return Exactly(array)


@clause("torch.Tensor.to; notes/autograd", covers="device.to-combined")
def gradients_flow_back_through_moves(slope: Array) -> Outcome:
    """A move is differentiable: the gradient comes back in the type of the source, and on its device."""
    return Exactly(slope)


@clause(
    "torch.Tensor.to; torch.Tensor.cpu; notes/cuda", covers=("device.cuda-roundtrip", "device.cuda-async")
)
def there_and_back_keeps_every_bit(array: Array) -> Outcome:
    """Elements moved to a device and back to the CPU are the same bits."""
    return Exactly(array, device="cpu")


@clause("torch.Tensor.to", covers="device.strides-preserved", level="extended")
def moves_keep_dense_strides(dtype: DType, shape: Shape, strides: Shape) -> Outcome:
    """A tensor whose elements fill their memory keeps its strides in another type and on another device."""
    return Structure(dtype, shape, strides) if stride_rules.is_dense(shape, strides) else Unspecified()


@clause("torch.Tensor.numpy", covers=("device.cuda-numpy-error", "device.meta"))
def only_the_cpu_shares_memory_with_numpy(device: str) -> Outcome:
    """A tensor on another device than the CPU is refused by `numpy` unless forced; the message names it."""
    return Raises("TypeError", message=f"can't convert {device} device type tensor to numpy.")


# Tensors of several devices.


@clause("tensor_attributes#torch-device; notes/cuda", covers="device.mixed-error")
def devices_do_not_mix() -> Outcome:
    """An operation on tensors with dimensions that lie on different devices is refused."""
    return Raises("RuntimeError", "NotImplementedError")


@clause("tensor_attributes#torch-device", covers=("device.cuda-zero-dim-transfer", "device.mixed-error"))
def zero_dim_tensors_of_the_cpu_mix(dtype: DType, shape: Shape, device: str) -> Outcome:
    """A zero-dim tensor of the CPU combines with tensors of another device, where the result lies."""
    return Structure(dtype, shape, device=device)


@clause("tensor_attributes#torch-device", covers="device.cuda-zero-dim-transfer")
def zero_dim_tensors_of_other_devices_do_not_mix() -> Outcome:
    """A zero-dim tensor of another device is refused next to one of the CPU with dimensions."""
    return Raises("RuntimeError")


# Without data.


@clause("meta", covers=("device.meta", "device.meta-shape-equivalence"))
def meta_results_have_the_shape_of_real_ones(dtype: DType, shape: Shape, strides: Shape) -> Outcome:
    """An operation on tensors without data gives the type, shape and strides that real ones would."""
    return Structure(dtype, shape, strides, device="meta")


@clause("meta", covers="device.meta")
def what_has_no_data_cannot_be_read() -> Outcome:
    """Reading an element, copying to another device and results sized by elements fail for a meta tensor."""
    return Raises("NotImplementedError", "RuntimeError")


# Modules.


@clause("nn.Module.to", covers=("device.module-to", "device.meta-module"))
def modules_move_in_place(dtype: DType, shape: Shape, device: str) -> Outcome:
    """Moving a module changes its own parameters and buffers; integer buffers keep their type."""
    return Structure(dtype, shape, device=device)


@clause("nn.Module.to", covers="device.module-to")
def moving_a_module_returns_the_module() -> Outcome:
    """What a module's move returns is the module itself."""
    return Exactly(True)


@clause("nn.Module.to; nn.Module.parameters", covers="device.module-to", basis="observed")
def tied_parameters_stay_tied() -> Outcome:
    """Two names of one parameter name one parameter after a move to another type as well."""
    return Exactly(True)


@clause("meta; nn.Module.to_empty", covers="device.meta-module", level="extended")
def meta_modules_are_given_memory_by_to_empty(dtype: DType, shape: Shape, device: str) -> Outcome:
    """A module without data gets parameters of unspecified elements, where `to_empty` is told to."""
    return Structure(dtype, shape, device=device)


@clause("meta; nn.Module.to_empty", covers="device.meta-module", level="extended")
def meta_modules_cannot_be_moved() -> Outcome:
    """Moving a module without data to a real device is refused."""
    return Raises("NotImplementedError")


@clause("meta; nn.Module.load_state_dict", covers="device.meta-module", level="extended")
def assigned_states_replace_meta_parameters(array: Array) -> Outcome:
    """Loading with ``assign=True`` puts real tensors in the place of those without data."""
    return Exactly(array, device="cpu", requires_grad=True)


# CUDA, there or not.


@clause("cuda; notes/cuda#device-agnostic-code", covers="device.cuda-unavailable")
def cuda_is_there_where_it_has_devices(available: bool) -> Outcome:
    """`is_available` says True exactly where `device_count` is above 0."""
    return Exactly(available)


@clause("cuda; notes/cuda#device-agnostic-code", covers=("device.cuda-unavailable", "device.agnostic"))
def moves_to_cuda_need_it(available: bool, dtype: DType, shape: Shape) -> Outcome:
    """Making a tensor on CUDA or moving one there works where it is available and is refused elsewhere."""
    return Structure(dtype, shape, device="cuda") if available else Raises(*NO_CUDA)


@clause("notes/cuda#device-agnostic-code", covers="device.agnostic")
def a_string_chosen_by_availability_is_usable(dtype: DType, shape: Shape, available: bool) -> Outcome:
    """The name chosen by asking whether CUDA is available makes tensors on any build."""
    return Structure(dtype, shape, device="cuda" if available else "cpu")


@clause(
    "cuda.manual_seed; cuda.manual_seed_all; notes/randomness",
    covers=("device.cuda-seed-noop", "device.cuda-seeds"),
)
def seeding_cuda_leaves_the_cpu_alone(drawn: Array) -> Outcome:
    """Seeding CUDA is allowed without it, and the numbers drawn on the CPU do not change by it."""
    return Exactly(drawn)


@clause("torch.manual_seed", covers="device.cuda-seeds", level="extended")
def one_seed_starts_the_stream_of_every_device(drawn: Array) -> Outcome:
    """After the same seed the numbers drawn on the device are the same again."""
    return Exactly(drawn)


@clause("notes/randomness#cuda-convolution-benchmarking", covers="device.cuda-seed-noop")
def flags_of_cudnn_are_plain_and_false(value: bool) -> Outcome:
    """The flags of cuDNN for determinism and benchmarks are False at first, then what they are set to."""
    return Exactly(value)


@clause("notes/cuda#tf32-on-ampere", covers="device.tf32-flags", level="extended")
def tensor_float_32_is_for_convolutions_at_first(value: bool) -> Outcome:
    """TF32 is off for products of matrices and on for cuDNN at first; any build can set both."""
    return Exactly(value)


@clause(
    "torch.Tensor.pin_memory; torch.Tensor.is_pinned", covers="device.pin-memory-cpu-only", level="extended"
)
def pinning_needs_an_accelerator(accelerator: bool, array: Array) -> Outcome:
    """`pin_memory` copies into pinned memory where there is an accelerator and is refused elsewhere."""
    return Exactly(array, device="cpu") if accelerator else Raises("RuntimeError")


@clause(
    "torch.Tensor.is_pinned; notes/cuda#use-pinned-memory-buffers",
    covers=("device.pin-memory-cpu-only", "device.cuda-pinned-copy"),
    level="extended",
)
def tensors_are_pinned_on_request_only(pinned: bool) -> Outcome:
    """Tensors are not in pinned memory unless they were asked for there."""
    return Exactly(pinned)


@clause("notes/cuda#memory-management", covers="device.cuda-memory", level="extended")
def the_memory_counted_is_that_of_live_tensors(grows: bool) -> Outcome:
    """The memory that CUDA reports as allocated grows with a tensor there, and not with one of the CPU."""
    return Exactly(grows)


# One arithmetic.


@clause(
    "notes/numerical_accuracy; notes/cuda#tf32-on-ampere",
    covers=("device.cuda-cpu-close", "device.cuda-tf32"),
)
def every_device_multiplies_to_full_precision(a: Array, b: Array) -> Outcome:
    """Without TF32 a product of float32 matrices errs by its own roundings only, on any device."""
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    bound = accuracy.dot(a.shape[1], np.abs(wide_a) @ np.abs(wide_b))
    return Within(wide_a @ wide_b, bound, dtypes.float32, signed_zero=False)


@clause(
    "notes/cuda#asynchronous-execution; notes/cuda#cuda-streams",
    covers=("device.cuda-async", "device.cuda-streams"),
)
def results_are_those_of_the_order_written(array: Array) -> Outcome:
    """Whatever a device does in parallel, what is read is what the steps give in their order."""
    return Exactly(array)


@clause("torch.use_deterministic_algorithms", covers="device.cuda-nondeterministic", level="extended")
def deterministic_sums_repeat_their_bits(first: Array) -> Outcome:
    """In deterministic mode a sum over repeated indices gives the same bits again, or is refused."""
    return OneOf(Exactly(first), Raises("RuntimeError"))


@clause("torch.fmod; torch.div", covers="device.cuda-int-div-zero", level="extended")
def integers_divided_by_zero_fail_on_the_cpu(device: str) -> Outcome:
    """An integer divided by zero raises an error on the CPU; on other devices it gives any value."""
    return (
        Raises("RuntimeError") if device == "cpu" else OneOf(Structure(dtypes.int64), Raises("RuntimeError"))
    )


@clause("notes/cuda#asynchronous-execution", covers="device.cuda-index-error-async", level="extended")
def indices_out_of_range_fail_at_once_on_the_cpu() -> Outcome:
    """On the CPU an index out of range fails in the very call; other devices may report it later."""
    return Raises("IndexError", "RuntimeError", from_values=True)
