"""Faults of making tensors of sizes, after other tensors, and of parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.casting import cast, number_array
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import creation

from .changes import Call, ignoring, then, where
from .mutant import Mutant, attribute, kernel, mutant


def _always_float32(original: Call) -> Call:
    def filled(sizes: Any, value: Any, options: Any, kind: Any = None, like: Any = None) -> Tensor:
        made: Tensor = original(sizes, value, options, kind, like)
        defaulted = options.dtype is None and kind is None
        return fresh(made.array, dtypes.float32) if defaulted else made

    return filled


def _past(limit: int) -> Callable[[Call], Call]:
    """Leave what lies past so many elements unset."""

    def make(original: Call) -> Call:
        def filled(*args: Any, **kwargs: Any) -> Tensor:
            made: Tensor = original(*args, **kwargs)
            made.places.reshape(-1)[limit:] = number_array(0, made.dtype)
            return made

        return filled

    return make


def _floating(original: Call) -> Call:
    def full(size: Any, fill_value: Any, **options: Any) -> Tensor:
        if options.get("dtype") is None:
            options["dtype"] = dtypes.get_default_dtype()
        return original(size, fill_value, **options)  # type: ignore[no-any-return]

    return full


def _garbage(original: Call) -> Call:
    return lambda *args, **kwargs: original(*args, **kwargs).fill_(7)


def _keeps_requires_grad(original: Call) -> Call:
    def like(input: Tensor, *args: Any, **options: Any) -> Tensor:
        made: Tensor = original(input, *args, **options)
        made.tracked = input.requires_grad and made.dtype.is_differentiable
        return made

    return like


def _of_the_numbers_type(original: Call) -> Call:
    def full_like(input: Tensor, fill_value: Any, **options: Any) -> Tensor:
        made: Tensor = original(input, fill_value, **options)
        return made if options.get("dtype") else fresh(cast(made.array, dtypes.int64), dtypes.int64)

    return full_like


def _strided_like_its_source(original: Call) -> Call:
    def new(input: Tensor, *args: Any, **options: Any) -> Tensor:
        made: Tensor = original(input, *args, **options)
        return made.t().contiguous().t() if made.ndim == 2 else made

    return new


def _unchecked(made: Tensor, requires_grad: bool = False) -> Tensor:
    made.tracked = bool(requires_grad)
    return made


def _swapped(original: Call) -> Call:
    return lambda first, second: original(second, first)


def _widens_parts(original: Call) -> Call:
    def complex_(real: Tensor, imag: Tensor) -> Any:
        mixed = real.dtype is not imag.dtype
        return original(real.double(), imag.double()) if mixed else original(real, imag)

    return complex_


def _of_one_size(size: int, value: Any, **_: Any) -> Tensor:
    return ops.full((size,), value)  # type: ignore[no-any-return]


def _unsigned_zero(original: Call) -> Call:
    return lambda size, value, **kwargs: original(size, value or type(value)(0), **kwargs)


def _no_less_than_zero(size: Any) -> tuple[int, ...]:
    return tuple(max(one, 0) for one in np.ravel(size).tolist())


def _by_zero(input: Any, other: Any) -> bool:
    return isinstance(other, int) and other == 0


SIZES: list[Mutant] = [
    mutant(
        "factories_ignore_the_default_type",
        (
            creation.a_fill_is_contiguous_and_of_the_default_type,
            creation.empty_has_unspecified_elements,
        ),
        attribute("creation:filled", _always_float32),
    ),
    mutant(
        "fills_stop_after_4096_elements",
        (
            creation.a_fill_is_contiguous_and_of_the_default_type,
            creation.full_infers_the_type_from_the_number,
        ),
        attribute("creation:filled", _past(4096)),
    ),
    mutant(
        "the_product_of_nothing_is_zero",
        creation.sizes_of_zero_are_valid,
        kernel(
            "prod", where(lambda input, *_, **__: not input.numel(), lambda input, *_, **__: ops.sum(input))
        ),
        fault="kulinseth/pytorch#188",
    ),
    mutant(
        "full_is_always_floating", creation.full_infers_the_type_from_the_number, kernel("full", _floating)
    ),
    mutant(
        "full_drops_the_sign_of_zero",
        creation.full_infers_the_type_from_the_number,
        kernel(
            "full",
            _unsigned_zero,
        ),
    ),
    mutant(
        "full_takes_one_size",
        creation.full_needs_a_sequence_of_sizes,
        kernel(
            "full",
            where(
                lambda size, *_, **__: isinstance(size, int),
                lambda size, value, **_: ops.full((size,), value),
            ),
        ),
    ),
    mutant(
        "negative_sizes_are_empty",
        creation.negative_sizes_are_refused,
        attribute(
            "creation:_sizes",
            lambda original: _no_less_than_zero,
        ),
    ),
    mutant(
        "multiplying_by_zero_does_nothing",
        creation.uninitialised_times_zero_is_zero_or_nan,
        kernel("empty", _garbage),
        kernel(
            "mul",
            where(_by_zero, lambda input, other: input.clone()),
        ),
    ),
    mutant(
        "deterministic_mode_fills_nothing",
        creation.deterministic_mode_fills_what_is_uninitialised,
        attribute("determinism:_fills", lambda original: lambda: False),
    ),
    mutant(
        "deterministic_mode_leaves_what_resize_adds",
        creation.deterministic_mode_fills_what_is_uninitialised,
        attribute("inplace:settle_added", lambda original: lambda resized, nbytes: None),
    ),
    mutant(
        "full_like_takes_the_type_of_its_number",
        creation.like_takes_shape_and_type,
        kernel("full_like", _of_the_numbers_type),
    ),
    mutant(
        "ones_like_requires_gradients_too",
        creation.like_takes_shape_and_type,
        kernel("ones_like", _keeps_requires_grad),
    ),
    mutant(
        "zeros_like_is_row_major",
        creation.like_keeps_the_strides_of_a_dense_tensor,
        kernel("zeros_like", then(lambda made: made.contiguous())),
    ),
    mutant(
        "like_ignores_the_memory_format",
        creation.like_follows_the_memory_format_asked_for,
        kernel("empty_like", ignoring("memory_format")),
    ),
    mutant(
        "new_full_has_the_default_type",
        creation.new_methods_take_the_type_of_their_tensor,
        kernel("new_full", lambda original: lambda input, size, value, **_: ops.full(size, float(value))),
    ),
    mutant(
        "new_zeros_is_column_major",
        creation.new_methods_take_the_type_of_their_tensor,
        kernel("new_zeros", _strided_like_its_source),
    ),
    mutant(
        "new_tensor_infers_its_type",
        creation.new_tensor_copies_into_the_type_of_its_tensor,
        kernel("new_tensor", lambda original: lambda input, data, **options: ops.tensor(data, **options)),
    ),
    mutant(
        "integers_may_require_gradients",
        creation.only_floating_and_complex_tensors_require_gradients,
        attribute("creation:finished", lambda original: _unchecked),
    ),
    mutant(
        "factories_ignore_requires_grad",
        creation.only_floating_and_complex_tensors_require_gradients,
        attribute("creation:finished", lambda original: lambda made, requires_grad=False: made),
    ),
    mutant("complex_swaps_its_parts", creation.complex_joins_its_parts, kernel("complex", _swapped)),
    mutant("complex_widens_its_parts", creation.complex_joins_its_parts, kernel("complex", _widens_parts)),
    mutant(
        "polar_takes_the_angle_first", creation.polar_turns_a_length_by_an_angle, kernel("polar", _swapped)
    ),
]
