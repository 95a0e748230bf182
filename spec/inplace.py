"""Operations that write into a tensor: methods with an underscore, augmented assignment, ``out=``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .clause import clause
from .outcome import Between, Exactly, OneOf, Outcome, Raises, Warns
from .rules import dtypes, strides
from .rules.dtypes import DType
from .rules.promotion import can_cast

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]

_PROMOTION = "tensor_attributes#type-promotion-doc"
_CHECKS = "notes/autograd#in-place-correctness-checks"
_AUTOGRAD = "notes/autograd#in-place-operations-with-autograd"


# Methods and augmented assignment.


@clause("torch.Tensor", covers="inplace.underscore")
def underscore_methods_return_self() -> Outcome:
    """A method whose name ends in an underscore modifies its tensor and returns that very object."""
    return Exactly(True)


@clause("torch.Tensor", covers="inplace.underscore")
def underscore_methods_write_the_result(result: Array, self_strides: Shape) -> Outcome:
    """A method whose name ends in an underscore leaves the function's result in its tensor, whose type,
    shape and strides stay."""
    return Exactly(result, strides=self_strides)


@clause(f"torch.Tensor; {_PROMOTION}", covers=("inplace.augmented-assign", "inplace.int-true-div"))
def augmented_assignment_is_in_place(result: Array | None) -> Outcome:
    """`x += y` and its kin write into the tensor of `x` and keep its type; a result that needs a type of
    higher category, such as the quotient of integers, is an error."""
    return Raises("RuntimeError") if result is None else Exactly(result)


@clause("torch.Tensor", covers="inplace.augmented-assign")
def augmented_assignment_keeps_the_object() -> Outcome:
    """After `x += y` the name `x` still stands for the same tensor object."""
    return Exactly(True)


@clause("torch.Tensor", covers="inplace.augmented-assign")
def rebinding_leaves_other_references_alone(before: Array) -> Outcome:
    """`x = x + y` makes a new tensor: whoever else holds the old one sees no change."""
    return Exactly(before)


@clause("torch.Tensor.copy_; torch.Tensor.fill_", covers="inplace.zero-fill-copy")
def writes_convert_and_broadcast(target: Array, source: Array | float) -> Outcome:
    """`zero_`, `fill_` and `copy_` overwrite every element, converting the type and broadcasting the source
    to the target's shape; a source that does not broadcast to it is an error."""
    try:
        spread = np.broadcast_to(np.asarray(source), target.shape)
    except ValueError:
        return Raises("RuntimeError")
    return Exactly(spread.astype(target.dtype))


@clause("tensor_view", covers="inplace.swap-assign-scalar")
def item_assignment_converts_and_writes(result: Array) -> Outcome:
    """`x[i] = number` converts the number to the type of `x`; `x[i] += number` writes through as well."""
    return Exactly(result)


@clause("torch.Tensor.apply_; torch.Tensor.map_", covers="inplace.map-apply", level="extended")
def apply_and_map_replace_each_element(
    function: Callable[..., float], x: Array, other: Array | None = None
) -> Outcome:
    """`apply_` replaces each element by a function of it, `map_` by a function of it and the other's."""
    pairs = zip(x.reshape(-1), x.reshape(-1) if other is None else other.reshape(-1), strict=True)
    values = [function(float(a)) if other is None else function(float(a), float(b)) for a, b in pairs]
    return Exactly(np.array(values, x.dtype).reshape(x.shape))


@clause("torch.Tensor.uniform_; torch.Tensor.normal_", covers="inplace.underscore")
def random_fills_reach_every_element(dtype: DType, shape: Shape, low: float, high: float) -> Outcome:
    """An in-place random fill replaces every element of its tensor, whatever its strides."""
    return Between(low, high, dtype, shape)


@clause("torch.Tensor.uniform_; tensor_view")
def writes_stay_inside_the_view(around: Array) -> Outcome:
    """A write through a view leaves the elements outside the view as they were."""
    return Exactly(around)


# Views and version counters.


@clause("tensor_view", covers="inplace.view-propagates")
def writes_through_a_view_reach_the_base(base: Array) -> Outcome:
    """An in-place operation on a view changes the base at the view's places, and nowhere else."""
    return Exactly(base)


@clause("tensor_view", covers="inplace.view-propagates")
def writes_to_the_base_reach_its_views(view: Array) -> Outcome:
    """An in-place operation on a base shows in every view of it."""
    return Exactly(view)


@clause(_CHECKS, covers="inplace.version-counter")
def in_place_operations_raise_the_version() -> Outcome:
    """Each in-place operation raises the version counter of its tensor."""
    return Exactly(True)


@clause(_CHECKS, covers="inplace.version-counter")
def views_share_the_version_counter() -> Outcome:
    """A write through a view raises the version of the base, and a write to the base that of its views."""
    return Exactly(True)


@clause(_CHECKS, covers="inplace.version-counter")
def other_operations_keep_the_version(before: int) -> Outcome:
    """Out-of-place operations leave the version counter as it was."""
    return Exactly(before)


@clause(
    f"{_CHECKS}; torch.Tensor.detach", covers=("inplace.detach-shares-version", "inplace.version-counter")
)
def detached_tensors_share_the_version_counter(through_data: bool) -> Outcome:
    """A write through `detach()` raises the version of its source; one through `.data` does not."""
    return Exactly(not through_data)


# Memory overlap.


@clause("torch.Tensor.expand", covers="inplace.overlap-error", basis="observed")
def writes_need_memory_that_does_not_overlap(overlaps: bool, result: Array) -> Outcome:
    """An in-place operation whose input overlaps its output in part is an error; full overlap is not."""
    return Raises("RuntimeError", from_values=True) if overlaps else Exactly(result)


@clause("notes/out", covers="inplace.out-overlap", level="extended", basis="observed")
def out_may_not_overlap_an_input_in_part(overlaps: bool, result: Array) -> Outcome:
    """`out=` may be an input itself, but may not overlap one in part."""
    return Raises("RuntimeError", from_values=True) if overlaps else Exactly(result)


# Autograd.


@clause(_AUTOGRAD, covers="inplace.leaf-error")
def leaves_that_require_grad_refuse_writes(grad_mode: bool, result: Array) -> Outcome:
    """An in-place operation on a leaf that requires gradients, or on a view of one, is an error, except
    where gradients are not recorded."""
    if grad_mode:
        return Raises("RuntimeError", message="a leaf Variable that requires grad")
    return Exactly(result, requires_grad=True)


@clause(f"torch.Tensor; {_AUTOGRAD}", covers="inplace.seed-claims")
def non_leaves_and_integers_accept_writes(result: Array, requires_grad: bool) -> Outcome:
    """In-place operations are allowed on tensors that are not leaves, and on integer tensors."""
    return Exactly(result, requires_grad=requires_grad)


@clause(_CHECKS, covers="inplace.saved-tensor-error")
def backward_refuses_a_modified_saved_tensor(saved: bool) -> Outcome:
    """Backward is an error once a tensor saved for it was modified in place; others may be modified."""
    if saved:
        return Raises("RuntimeError", message="modified by an inplace operation")
    return Exactly(None)


@clause(_AUTOGRAD, covers="inplace.autograd-rebase")
def gradients_account_for_writes(gradient: Array) -> Outcome:
    """An in-place operation on a non-leaf, or on a view of one, becomes part of its history."""
    return Exactly(gradient)


@clause("docs silent", covers="inplace.multi-view-error", basis="observed")
def outputs_of_multi_views_refuse_writes() -> Outcome:
    """One of several views made at once (unbind, split, chunk) of a tensor with history refuses writes."""
    return Raises("RuntimeError", message="is a view")


@clause("notes/autograd", covers="inplace.no-grad-view-error", basis="observed")
def views_made_without_grad_refuse_writes_with_it() -> Outcome:
    """A view made under `no_grad` of a tensor that requires gradients refuses writes in grad mode."""
    return Raises("RuntimeError")


@clause(_AUTOGRAD, covers="inplace.shared-storage", level="extended")
def storage_of_others_refuses_writes_under_autograd() -> Outcome:
    """An in-place operation whose tensor shares its storage with another tensor is an error."""
    return Raises("RuntimeError")


# out=


@clause("notes/out; torch.add", covers="inplace.out-argument")
def out_receives_the_result(result: Array, out_strides: Shape) -> Outcome:
    """`out=` receives the result; with the right shape it keeps its strides and storage."""
    return Exactly(result, strides=out_strides)


@clause("notes/out; torch.add", covers="inplace.out-argument")
def out_is_what_the_function_returns() -> Outcome:
    """A function called with `out=` returns that very object."""
    return Exactly(True)


@clause("notes/out", covers="inplace.out-resize")
def out_is_resized(result: Array, out_is_empty: bool) -> Outcome:
    """An empty `out=` takes the result's shape; one of another shape may, with a warning, or is refused."""
    if out_is_empty:
        return Exactly(result)
    return OneOf(Warns("UserWarning", Exactly(result)), Warns("", Raises("RuntimeError")))


@clause("notes/out", covers="inplace.out-dtype")
def out_holds_a_type_the_result_can_be_cast_to(result: Array, out: DType, promotes: bool) -> Outcome:
    """`out=` of a lower category than the result is an error; an operation that does not promote needs
    exactly the result's type."""
    source = dtypes.of_array(result)
    if source is not out and not (promotes and can_cast(source, out)):
        return Raises("RuntimeError")
    return Exactly(result.astype(out.storage))


@clause("notes/out", covers="inplace.out-grad-error")
def out_does_not_support_autograd(grad_mode: bool, result: Array) -> Outcome:
    """`out=` is an error in grad mode where an argument requires gradients."""
    if grad_mode:
        return Raises("RuntimeError", message="don't support automatic differentiation")
    return Exactly(result)


# The tensor's own storage.


@clause("torch.Tensor.resize_", covers="inplace.resize")
def resize_keeps_the_leading_elements(storage: Array, shape: Shape) -> Outcome:
    """`resize_` gives a tensor another shape, row by row over the storage as it is; elements past the old
    storage are unspecified."""
    count = int(np.prod(shape))
    padded = np.zeros(count, storage.dtype)
    padded[: storage.size] = storage.reshape(-1)[:count]
    known = np.arange(count) < storage.size
    return Exactly(padded.reshape(shape), strides.contiguous_strides(shape), where=known.reshape(shape))


@clause("torch.Tensor.resize_", covers="inplace.resize")
def resize_refuses_tensors_that_require_grad() -> Outcome:
    """`resize_` to another shape is an error on a tensor that requires gradients."""
    return Raises("RuntimeError")


@clause("torch.Tensor.set_", covers="inplace.set", level="extended")
def set_shares_the_storage_of_its_source(source: Array, source_strides: Shape) -> Outcome:
    """`x.set_(y)` gives `x` the storage, shape and strides of `y`, so that a write to one shows in both."""
    return Exactly(source, strides=source_strides)


@clause("torch.Tensor.data", covers="inplace.data-assign", basis="observed")
def assigning_data_replaces_the_storage(value: Array) -> Outcome:
    """`w.data = t` gives `w` the elements of `t`; `w` stays the same leaf, requires gradients as before,
    and shares storage with `t`."""
    return Exactly(value, requires_grad=True)


@clause("torch.Tensor.data", covers="inplace.data-assign", basis="observed")
def assigning_data_leaves_the_gradient(gradient: Array) -> Outcome:
    """`w.data = t` does not touch the gradient accumulated in `w.grad`."""
    return Exactly(gradient)


@clause("torch.Tensor.data", covers="inplace.data-assign", basis="observed")
def assigning_data_needs_a_compatible_type(dtype: DType) -> Outcome:
    """`w.data = t` is an error where `w` requires gradients and the type of `t` cannot."""
    assert not (dtype.is_floating_point or dtype.is_complex)
    return Raises("RuntimeError")


@clause(_PROMOTION, covers="inplace.underscore")
def refused_writes_leave_the_tensor_alone(before: Array) -> Outcome:
    """An in-place operation that is refused leaves its tensor as it was."""
    return Exactly(before)
