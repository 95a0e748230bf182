"""Faults of casts, of integers that overflow and of numbers that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.casting import cast, number_array
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import dtypes as chapter

from .mutant import Patch, attribute, kernel, mutant

Call = Callable[..., Any]
Array = np.ndarray[Any, Any]
Cast = Callable[[Array, dtypes.dtype], Array]


def casting(change: Callable[[Array, dtypes.dtype, Cast], Array]) -> Patch:
    """Replace the cast behind `to` by ``change``, which is given the healthy one too."""
    return attribute(
        "conversion:cast", lambda original: lambda array, target: change(array, target, original)
    )


def _is_floating(array: Array) -> bool:
    return array.dtype.kind not in "biuc"


def _rounds(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if target.is_integral and _is_floating(array):
        with np.errstate(all="ignore"):
            array = np.rint(array.astype(np.float64))
    return healthy(array, target)


def _floors(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if target.is_integral and _is_floating(array):
        with np.errstate(all="ignore"):
            array = np.floor(array.astype(np.float64))
    return healthy(array, target)


def _by_way_of_float32(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    """Cast float64 to integers through float32: inexact above 2**24."""
    narrowed = array.dtype == np.float64 and target.is_integral
    return healthy(healthy(array, dtypes.float32) if narrowed else array, target)


def _refuses_what_does_not_fit(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if target.is_integral and _is_floating(array) and not np.isfinite(array.astype(np.float64)).all():
        raise RuntimeError("value cannot be converted without overflow")
    return healthy(array, target)


def _saturates(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if target.is_integral and array.dtype.kind in "iu":
        limits = np.iinfo(target.numpy)
        array = np.array([min(max(int(n), limits.min), limits.max) for n in array.reshape(-1)]).reshape(
            array.shape
        )
    return healthy(array, target)


def _cuts_before_asking(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if target is dtypes.bool_ and _is_floating(array):
        with np.errstate(all="ignore"):
            array = healthy(np.nan_to_num(array.astype(np.float64)), dtypes.int64)
    return healthy(array, target)


def _nan_is_false(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    made = healthy(array, target)
    with np.errstate(all="ignore"):
        return np.asarray(made & (array == array)) if target is dtypes.bool_ else made


def _true_is_all_ones(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    made = healthy(array, target)
    signed = target.is_integral and target.is_signed
    return -made if array.dtype == np.bool_ and signed else made


def _cuts_bfloat16_off(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if target is not dtypes.bfloat16 or array.dtype == target.numpy:
        return healthy(array, target)
    with np.errstate(all="ignore"):
        bits = np.ascontiguousarray(healthy(array, dtypes.float32)).view(np.uint32)
    return (bits >> 16).astype(np.uint16).view(target.numpy)


def _float16_stays_finite(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    made = healthy(array, target)
    if target is not dtypes.float16 or array.dtype.kind == "c":
        return made
    return np.asarray(np.where(np.isinf(made), np.copysign(made.dtype.type(65504), made), made))


def _by_way_of_the_real_part(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    return healthy(array.real if array.dtype.kind == "c" else array, target)


def _magnitude(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    if array.dtype.kind == "c" and not target.is_complex and target is not dtypes.bool_:
        with np.errstate(all="ignore"):
            array = np.abs(array)
    return healthy(array, target)


def _flushes_subnormals(array: Array, target: dtypes.dtype, healthy: Cast) -> Array:
    made = healthy(array, target)
    if target is not dtypes.float32:
        return made
    tiny = np.abs(made) < np.finfo(np.float32).tiny
    return np.asarray(np.where(tiny, np.copysign(np.float32(0), made), made))


def _never_copies(original: Call) -> Call:
    """Return the tensor itself where nothing changes, even if a copy is asked for."""

    def to(input: Tensor, *args: Any, copy: bool = False, **kwargs: Any) -> Any:
        return original(input, *args, **kwargs)

    return to


def _always_copies(original: Call) -> Call:
    return lambda input, *args, **kw: original(input, *args, **{"copy": True} | kw)


def _copies_as_a_window(original: Call) -> Call:
    def to(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        made = original(input, *args, **kwargs)
        return input.detach() if made is not input and made.dtype is input.dtype else made

    return to


def _zeroes_strided_copies(original: Call) -> Call:
    """Copy the storage in its own order, as if every tensor were contiguous."""

    def to(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        made = original(input, *args, **kwargs)
        if made is input or input.is_contiguous():
            return made
        return fresh(np.zeros_like(made.array), made.dtype)

    return to


def _drops_the_graph(original: Call) -> Call:
    def to(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        made = original(input, *args, **kwargs)
        return made if made is input else made.detach()

    return to


def _saturating(original: Call) -> Call:
    def add(input: Any, other: Any, **kwargs: Any) -> Any:
        made = original(input, other, **kwargs)
        if not made.dtype.is_integral or made.dtype.itemsize == 8:
            return made
        wide = [one.to(dtypes.int64) if isinstance(one, Tensor) else one for one in (input, other)]
        limits = np.iinfo(made.dtype.numpy)
        return fresh(np.clip(original(*wide, **kwargs).array, limits.min, limits.max), made.dtype)

    return add


def _in_int32(original: Call) -> Call:
    def add(input: Any, other: Any, **kwargs: Any) -> Any:
        made = original(input, other, **kwargs)
        return made.to(dtypes.int32).to(dtypes.int64) if made.dtype is dtypes.int64 else made

    return add


def _in_float32(original: Call) -> Call:
    """Multiply wide integers as floating numbers: inexact above 2**24."""

    def mul(input: Any, other: Any) -> Any:
        made = original(input, other)
        if made.dtype is not dtypes.int32:
            return made
        with np.errstate(all="ignore"):
            return fresh(cast(made.array.astype(np.float32).astype(np.int64), dtypes.int32))

    return mul


MUTANTS = [
    mutant("casts_to_integers_round", chapter.floats_lose_their_fraction, casting(_rounds)),
    mutant("casts_to_integers_round_down", chapter.floats_lose_their_fraction, casting(_floors)),
    mutant(
        "casts_of_float64_to_integers_go_through_float32",
        chapter.floats_lose_their_fraction,
        casting(_by_way_of_float32),
    ),
    mutant(
        "casts_of_nan_to_integers_are_errors",
        chapter.floats_outside_an_integer_type_give_any_value,
        casting(_refuses_what_does_not_fit),
    ),
    mutant("casts_between_integers_saturate", chapter.integers_keep_their_low_bits, casting(_saturates)),
    mutant("fractions_are_false", chapter.bool_is_whatever_is_not_zero, casting(_cuts_before_asking)),
    mutant("nan_is_false", chapter.bool_is_whatever_is_not_zero, casting(_nan_is_false)),
    mutant("true_is_minus_one", chapter.bools_become_zero_and_one, casting(_true_is_all_ones)),
    mutant("casts_to_bfloat16_cut_off", chapter.numbers_round_to_the_nearest, casting(_cuts_bfloat16_off)),
    mutant("casts_to_float16_saturate", chapter.numbers_round_to_the_nearest, casting(_float16_stays_finite)),
    mutant(
        "casts_to_float32_flush_subnormals",
        chapter.numbers_round_to_the_nearest,
        casting(_flushes_subnormals),
    ),
    mutant(
        "casts_between_complex_types_lose_the_imaginary_part",
        chapter.numbers_become_complex_part_by_part,
        casting(_by_way_of_the_real_part),
    ),
    mutant(
        "casts_of_complex_numbers_give_the_magnitude",
        chapter.complex_numbers_lose_their_imaginary_part,
        casting(_magnitude),
    ),
    mutant(
        "casts_of_strided_tensors_are_zero",
        chapter.every_way_of_casting_gives_the_same,
        kernel("to", _zeroes_strided_copies),
    ),
    mutant(
        "type_as_gives_float32",
        chapter.every_way_of_casting_gives_the_same,
        kernel("type_as", lambda original: lambda input, other: ops._to(input, dtypes.float32)),
    ),
    mutant(
        "writes_of_floats_into_integers_round",
        chapter.writes_convert_to_the_type_of_the_target,
        attribute(
            "tensor:Tensor.write",
            lambda original: lambda self, values: original(self, _rounds(values, self.dtype, cast)),
        ),
    ),
    mutant(
        "casts_always_copy", chapter.a_cast_to_its_own_type_is_the_tensor_itself, kernel("to", _always_copies)
    ),
    mutant(
        "copies_without_change_are_the_tensor_itself",
        chapter.a_copy_has_memory_of_its_own,
        kernel("to", _never_copies),
        fault="Lightning-AI/lightning-thunder#1291",
    ),
    mutant("copies_share_memory", chapter.a_copy_has_memory_of_its_own, kernel("to", _copies_as_a_window)),
    mutant(
        "copies_of_strided_tensors_are_zero",
        chapter.a_copy_is_another_tensor,
        kernel("to", _zeroes_strided_copies),
    ),
    mutant(
        "casts_drop_the_graph",
        chapter.casts_between_floating_types_are_differentiable,
        kernel("to", _drops_the_graph),
        fault="tinygrad/tinygrad#3593",
    ),
    mutant("sums_of_integers_saturate", chapter.integer_arithmetic_wraps_around, kernel("add", _saturating)),
    mutant(
        "sums_of_int64_wrap_in_int32",
        chapter.integer_arithmetic_wraps_around,
        kernel("add", _in_int32),
        fault="pytorch/pytorch#78848",
    ),
    mutant(
        "products_of_int32_go_through_float32",
        chapter.integer_arithmetic_wraps_around,
        kernel("mul", _in_float32),
    ),
    mutant(
        "numbers_written_wrap",
        chapter.numbers_out_of_range_cannot_be_written,
        attribute("inplace:checked_number", lambda original: number_array),
        attribute("creation:checked_number", lambda original: number_array),
    ),
]
