"""Faults of moves of tensors and modules."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.reference import devices, dtypes, formats
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.parameters import Parameter
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import device

from .changes import Call, forcing, then
from .mutant import attribute, kernel, mutant

Device = devices.device


def _to(change: Any) -> tuple[Any, ...]:
    """Change `to` in all its forms."""
    return kernel("to", change), kernel("_to", change)


def _returns_itself(original: Call) -> Call:
    """Take no notice of ``copy=True`` where nothing changes."""
    return lambda *args, copy=False, **kwargs: original(
        *(a for a in args if not isinstance(a, bool)), **kwargs
    )


def _shares(original: Call) -> Call:
    def to(input: Tensor, *args: Any, copy: bool = False, **kwargs: Any) -> Tensor:
        result: Tensor = original(input, *args, **kwargs)
        return input.detach() if copy and result is input else result

    return to


def _copies_always(original: Call) -> Call:
    def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = original(input, *args, **kwargs)
        return ops.clone(input) if result is input else result

    return to


def _drops_the_graph(original: Call) -> Call:
    def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = original(input, *args, **kwargs)
        return result if result is input else result.detach().requires_grad_(input.requires_grad)

    return to


def _keeps_the_type_beside_a_device(original: Call) -> Call:
    def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        named = any(isinstance(arg, str | Device) for arg in args)
        kept = tuple(arg for arg in args if not isinstance(arg, dtypes.dtype)) if named else args
        return original(input, *kept, **kwargs)  # type: ignore[no-any-return]

    return to


def _adopts_no_type(original: Call) -> Call:
    def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        places = tuple(arg.device if isinstance(arg, Tensor) else arg for arg in args)
        return original(input, *places, **kwargs)  # type: ignore[no-any-return]

    return to


def _converts_in_place(original: Call) -> Call:
    def to_copy(input: Tensor, dtype: Any, memory_format: Any) -> Tensor:
        made: Tensor = original(input, dtype, memory_format)
        if dtype is input.dtype or not input.dtype.is_floating_point or not dtype.is_integral:
            return made
        input.places[...] = np.trunc(input.places)
        return made

    return to_copy


def _loses_zero_signs(original: Call) -> Call:
    def to_copy(input: Tensor, dtype: Any, memory_format: Any) -> Tensor:
        made: Tensor = original(input, dtype, memory_format)
        if dtype.is_floating_point and input.dtype is dtype:
            made.places[...] += dtype.numpy.type(0)
        return made

    return to_copy


def _late(original: Call) -> Call:
    def to(input: Tensor, *args: Any, non_blocking: bool = False, **kwargs: Any) -> Tensor:
        result: Tensor = original(input, *args, **kwargs)
        if non_blocking and result is not input and result.numel() > 1:
            result.places.reshape(-1)[-1:] = 0
            result.places[-1:] = 0 if result.ndim else result.places
        return result

    return to


def _row_major(original: Call) -> Call:
    return lambda input, dtype, memory_format: original(input, dtype, formats.contiguous_format)


def _breaks_ties(original: Call) -> Call:
    def convert(self: Any, change: Any, recurse: bool = True) -> Any:
        for module in self.modules():
            for name, one in module._parameters.items():
                if one is not None:
                    module._parameters[name] = Parameter(change(one.data), one.requires_grad)
            for name, one in module._buffers.items():
                if one is not None:
                    module._buffers[name] = change(one)
        return self

    return convert


def _skips_buffers(original: Call) -> Call:
    def convert(self: Any, change: Any, recurse: bool = True) -> Any:
        buffers = [(module, dict(module._buffers)) for module in self.modules()]
        original(self, change, recurse)
        for module, kept in buffers:
            module._buffers.update(kept)
        return self

    return convert


def _converts_integers(original: Call) -> Call:
    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._convert(lambda one: one.to(*args, **kwargs))

    return to


def _returns_a_copy(original: Call) -> Call:
    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        import copy

        return copy.deepcopy(original(self, *args, **kwargs))

    return to


TENSORS = (
    mutant(
        "copy_returns_itself",
        device.a_copy_asked_for_is_another_tensor,
        *_to(_returns_itself),
        fault="Lightning-AI/lightning-thunder#1291",
    ),
    mutant("copy_shares_memory", device.a_copy_asked_for_is_another_tensor, *_to(_shares)),
    mutant("to_always_copies", device.a_move_that_changes_nothing_returns_the_tensor, *_to(_copies_always)),
    mutant(
        "to_drops_the_graph",
        device.gradients_flow_back_through_moves,
        *_to(_drops_the_graph),
        fault="tinygrad/tinygrad#3593",
    ),
    mutant(
        "to_copy_is_not_differentiated",
        device.gradients_flow_back_through_moves,
        *_to(then(lambda made: made.detach())),
    ),
    mutant("to_takes_the_device_only", device.forms_of_a_move_agree, *_to(_keeps_the_type_beside_a_device)),
    mutant("to_adopts_the_device_only", device.forms_of_a_move_agree, *_to(_adopts_no_type)),
    mutant(
        "to_writes_its_source", device.a_move_leaves_its_source_alone, kernel("_to_copy", _converts_in_place)
    ),
    mutant(
        "moves_lose_the_sign_of_zero",
        device.there_and_back_keeps_every_bit,
        kernel("_to_copy", _loses_zero_signs),
    ),
    mutant("non_blocking_is_not_waited_for", device.non_blocking_changes_no_element, *_to(_late)),
    mutant("moves_are_row_major", device.moves_keep_dense_strides, kernel("_to_copy", _row_major)),
)
MODULES = (
    mutant(
        "module_to_breaks_ties",
        device.tied_parameters_stay_tied,
        attribute("nn.module:Module._convert", _breaks_ties),
        fault="pytorch/xla#1247",
    ),
    mutant(
        "module_to_skips_buffers",
        device.modules_move_in_place,
        attribute("nn.module:Module._convert", _skips_buffers),
    ),
    mutant(
        "module_to_converts_integer_buffers",
        device.modules_move_in_place,
        attribute("nn.module:Module.to", _converts_integers),
    ),
    mutant(
        "module_to_returns_a_copy",
        device.moving_a_module_returns_the_module,
        attribute("nn.module:Module.to", _returns_a_copy),
    ),
    mutant(
        "to_empty_does_nothing",
        device.meta_modules_are_given_memory_by_to_empty,
        attribute("nn.module:Module.to_empty", lambda original: lambda self, **options: self),
    ),
    mutant(
        "assign_is_ignored",
        device.assigned_states_replace_meta_parameters,
        attribute("nn.module:Module.load_state_dict", forcing(assign=False)),
    ),
)
MOVES = [*TENSORS, *MODULES]
