"""Faults of writing into tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.autograd import modes
from tensorcanon.reference.storage import Storage, Version
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import inplace

from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]


def _returns_a_window(original: Call) -> Call:
    return lambda op, args, kwargs: original(op, args, kwargs).detach()


def _writes_a_copy_of_a_strided_target(original: Call) -> Call:
    def inplace(op: Any, args: Any, kwargs: Any) -> Any:
        if args and args[0].numel() and not args[0].is_contiguous() and not args[0].requires_grad:
            original(op, (args[0].clone(), *args[1:]), kwargs)
            return args[0]
        return original(op, args, kwargs)

    return inplace


def _spoils_the_target_of_a_refused_write(original: Call) -> Call:
    def inplace(op: Any, args: Any, kwargs: Any) -> Any:
        try:
            return original(op, args, kwargs)
        except RuntimeError:
            args[0].places[...] = 0
            raise

    return inplace


def _keeps_the_version_in(name: str) -> Call:
    def make(original: Call) -> Call:
        def inplace(op: Any, args: Any, kwargs: Any) -> Any:
            before = args[0].version.count
            result = original(op, args, kwargs)
            if op.name == name:
                args[0].version.count = before
            return result

        return inplace

    return make


def _only_contiguous(original: Call) -> Call:
    def fill(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if input.is_contiguous():
            return original(input, *args, **kwargs)  # type: ignore[no-any-return]
        original(input.clone(), *args, **kwargs)
        return input

    return fill


def _fills_the_whole_storage(original: Call) -> Call:
    def fill(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = original(input, *args, **kwargs)
        whole = input.storage.bytes.view(input.dtype.numpy)
        whole[whole == 77] = result.array.reshape(-1)[0]
        return result

    return fill


def _repeats_in_storage_order(original: Call) -> Call:
    def copy(input: Tensor, src: Any, *args: Any) -> Any:
        result = original(input, src, *args)
        if isinstance(src, Tensor) and 0 < src.numel() < input.numel():
            result.array[...] = np.resize(src.array, result.shape)
        return result

    return copy


def _rounds_numbers(original: Call) -> Call:
    def setitem(input: Tensor, key: Any, value: Any) -> None:
        original(
            input, key, value + 0.5 if isinstance(value, float) and input.dtype.rule.is_integral else value
        )

    return setitem


def _moves_to_new_storage(original: Call) -> Call:
    def write(self: Tensor, values: Any) -> None:
        if self.base is None and self.storage.resizable:
            self.storage = Storage(self.storage.bytes.copy())
        original(self, values)

    return write


def _own_version(original: Any) -> Any:
    def make(*args: Any, version: Any = None, **kwargs: Any) -> Any:
        return original.__func__(*args, **kwargs)

    return staticmethod(make)


def _counts_every_operation(original: Call) -> Call:
    def run(name: str, args: Any, kwargs: Any) -> Any:
        if args and isinstance(args[0], Tensor) and name == "neg":
            args[0].version.count += 1
        return original(name, args, kwargs)

    return run


def _detaches_the_version(original: Call) -> Call:
    def detach(input: Tensor) -> Tensor:
        made: Tensor = original(input)
        made.version = Version()
        return made

    return detach


def _refuses(condition: Callable[[Tensor], bool]) -> Call:
    def make(original: Call) -> Call:
        def check(target: Tensor, args: Any, kwargs: Any) -> None:
            if condition(target):
                raise RuntimeError("in-place operations are not supported here")
            original(target, args, kwargs)

        return check

    return make


def _skips_origin(original: Call) -> Call:
    def check(target: Tensor, args: Any, kwargs: Any) -> None:
        if target.origin is None:
            original(target, args, kwargs)

    return check


def _recorded_for_whole_tensors_only(original: Call) -> Call:
    return lambda op, target, *args: None if target.base is not None else original(op, target, *args)


def _writes_out_elsewhere(original: Call) -> Call:
    def fill_out(op: Any, result: Tensor, target: Tensor, inputs: Any) -> None:
        target.storage = Storage(target.storage.bytes.copy())
        original(op, result, target, inputs)

    return fill_out


def _without_grad(original: Call) -> Call:
    def into(*args: Any) -> Any:
        with modes.no_grad():
            return original(*args)

    return into


def _keeps_its_shape(original: Call) -> Call:
    def resize(target: Tensor, shape: Any, strides: Any = None) -> None:
        raise RuntimeError("out= does not have the shape of the result")

    return resize


def _clears(original: Call) -> Call:
    def resize(input: Tensor, *size: Any, **kwargs: Any) -> Tensor:
        made: Tensor = original(input, *size, **kwargs)
        made.places[...] = 0
        return made

    return resize


def _resizes_without_asking(original: Call) -> Call:
    return lambda input, *size, **kwargs: original(input.detach(), *size, **kwargs)


def _data_setter(change: Call) -> Call:
    def make(original: Any) -> Any:
        def set_data(self: Tensor, value: Tensor) -> None:
            change(original.fset, self, value)

        return property(original.fget, set_data)

    return make


def _forgets_the_gradient(assign: Call, target: Tensor, value: Tensor) -> None:
    assign(target, value)
    target.grad = None


def _ignores_the_type(assign: Call, target: Tensor, value: Tensor) -> None:
    assign(target, value if value.dtype.is_differentiable else value.float())


def _written(target: Tensor, result: Tensor) -> Tensor:
    if target.shape == result.shape:
        target.write(result.array)
    return result


_INPLACE = "writing:inplace"
_CHECK = "autograd.tape:check_writable"
_UNCOUNTED = ("mul", "fill_", "zero_", "exp", "relu", "copy_", "clamp", "masked_fill")

MUTANTS: list[Mutant] = [
    mutant(
        "inplace_returns_a_new_object",
        (inplace.underscore_methods_return_self, inplace.augmented_assignment_keeps_the_object),
        attribute(_INPLACE, _returns_a_window),
    ),
    mutant(
        "inplace_leaves_strided_tensors_alone",
        inplace.underscore_methods_write_the_result,
        attribute(_INPLACE, _writes_a_copy_of_a_strided_target),
    ),
    mutant(
        "inplace_stores_any_category",
        (inplace.augmented_assignment_is_in_place, inplace.out_holds_a_type_the_result_can_be_cast_to),
        attribute("writing:check_category", lambda original: lambda result, target: None),
    ),
    mutant(
        "inplace_spoils_what_it_refuses",
        inplace.refused_writes_leave_the_tensor_alone,
        attribute(_INPLACE, _spoils_the_target_of_a_refused_write),
    ),
    mutant(
        "add_writes_into_its_first_operand",
        inplace.rebinding_leaves_other_references_alone,
        kernel(
            "add", lambda add: lambda input, other, **kwargs: _written(input, add(input, other, **kwargs))
        ),
    ),
    mutant(
        "copy_repeats_its_source_in_storage_order",
        inplace.writes_convert_and_broadcast,
        kernel("copy_", _repeats_in_storage_order),
        fault="pytorch/pytorch#105277",
    ),
    mutant(
        "setitem_rounds_numbers",
        inplace.item_assignment_converts_and_writes,
        kernel("setitem", _rounds_numbers),
    ),
    mutant(
        "apply_calls_its_function_twice",
        inplace.apply_and_map_replace_each_element,
        kernel("apply_", lambda apply: lambda input, fn: apply(input, lambda value: fn(fn(value)))),
    ),
    mutant(
        "map_swaps_its_tensors",
        inplace.apply_and_map_replace_each_element,
        kernel("map_", lambda apply: lambda input, other, fn: apply(input, other, lambda a, b: fn(b, a))),
    ),
    *(
        mutant(
            f"{name}leaves_strided_tensors_alone",
            inplace.random_fills_reach_every_element,
            kernel(name, _only_contiguous),
            fault="pytorch/pytorch#165257" if name in ("uniform_", "normal_") else "",
        )
        for name in ("uniform_", "normal_", "random_", "bernoulli_")
    ),
    mutant(
        "uniform_fills_the_gaps_of_a_view",
        inplace.writes_stay_inside_the_view,
        kernel("uniform_", _fills_the_whole_storage),
    ),
    mutant(
        "t_copies",
        inplace.writes_through_a_view_reach_the_base,
        kernel("t", lambda original: lambda input: original(input).clone()),
    ),
    mutant(
        "writes_move_a_base_to_new_storage",
        inplace.writes_to_the_base_reach_its_views,
        attribute("tensor:Tensor.write", _moves_to_new_storage),
    ),
    *(
        mutant(
            f"{name.rstrip('_')}_does_not_raise_the_version",
            inplace.in_place_operations_raise_the_version,
            attribute(_INPLACE, _keeps_the_version_in(name)),
            fault="pytorch/pytorch#197887" if name == "mul" else "",
        )
        for name in _UNCOUNTED
    ),
    mutant(
        "mul_hides_from_backward_that_it_wrote",
        inplace.backward_refuses_a_modified_saved_tensor,
        attribute(_INPLACE, _keeps_the_version_in("mul")),
        fault="pytorch/pytorch#197887",
    ),
    mutant(
        "views_count_their_own_writes",
        inplace.views_share_the_version_counter,
        attribute("tensor:Tensor.make", _own_version),
    ),
    mutant(
        "neg_raises_the_version",
        inplace.other_operations_keep_the_version,
        attribute("dispatch:run", _counts_every_operation),
    ),
    mutant(
        "detach_counts_its_own_writes",
        inplace.detached_tensors_share_the_version_counter,
        kernel("detach", _detaches_the_version),
    ),
    mutant(
        "partial_overlap_goes_unnoticed",
        (inplace.writes_need_memory_that_does_not_overlap, inplace.out_may_not_overlap_an_input_in_part),
        attribute("writing:partly_overlaps", lambda original: lambda a, b: False),
    ),
    mutant(
        "leaves_accept_writes",
        inplace.leaves_that_require_grad_refuse_writes,
        attribute(_CHECK, lambda original: lambda target, args, kwargs: None),
    ),
    mutant(
        "integers_refuse_writes",
        inplace.non_leaves_and_integers_accept_writes,
        attribute(_CHECK, _refuses(lambda target: target.dtype.rule.is_integral)),
    ),
    mutant(
        "non_leaves_refuse_writes",
        inplace.non_leaves_and_integers_accept_writes,
        attribute(_CHECK, _refuses(lambda target: target.requires_grad)),
    ),
    mutant(
        "writes_through_views_are_not_recorded",
        inplace.gradients_account_for_writes,
        attribute("autograd.tape:inplace_recording", _recorded_for_whole_tensors_only),
    ),
    mutant(
        "views_forget_how_they_were_made",
        (inplace.outputs_of_multi_views_refuse_writes, inplace.views_made_without_grad_refuse_writes_with_it),
        attribute(_CHECK, _skips_origin),
    ),
    mutant(
        "out_is_written_elsewhere",
        inplace.out_receives_the_result,
        attribute("writing:_fill_out", _writes_out_elsewhere),
    ),
    mutant(
        "out_is_returned_as_a_new_object",
        inplace.out_is_what_the_function_returns,
        attribute("writing:into", lambda original: lambda *args: original(*args).detach()),
    ),
    mutant("out_is_not_resized", inplace.out_is_resized, attribute("writing:resize", _keeps_its_shape)),
    mutant(
        "out_drops_gradients_silently",
        inplace.out_does_not_support_autograd,
        attribute("writing:into", _without_grad),
    ),
    mutant("resize_clears", inplace.resize_keeps_the_leading_elements, kernel("resize_", _clears)),
    mutant(
        "resize_ignores_requires_grad",
        inplace.resize_refuses_tensors_that_require_grad,
        kernel("resize_", _resizes_without_asking),
    ),
    mutant(
        "set_copies",
        inplace.set_shares_the_storage_of_its_source,
        kernel("set_", lambda original: lambda input, source: original(input, source.clone())),
    ),
    mutant(
        "assigning_data_copies",
        inplace.assigning_data_replaces_the_storage,
        attribute("tensor:Tensor.data", _data_setter(lambda assign, w, value: assign(w, value.clone()))),
    ),
    mutant(
        "assigning_data_forgets_the_gradient",
        inplace.assigning_data_leaves_the_gradient,
        attribute("tensor:Tensor.data", _data_setter(_forgets_the_gradient)),
    ),
    mutant(
        "assigning_data_converts_integers",
        inplace.assigning_data_needs_a_compatible_type,
        attribute("tensor:Tensor.data", _data_setter(_ignores_the_type)),
    ),
]
