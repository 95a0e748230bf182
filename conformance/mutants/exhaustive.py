"""Faults at a single value, or a single pair of values: no drawn input need ever meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference import dtypes
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import exhaustive

from .dtypes_casts import Cast, casting
from .mutant import Patch, kernel, mutant
from .recomputing import Array

EXACT = exhaustive.exact_functions_hold_at_every_narrow_value
NEAR = exhaustive.other_functions_are_near_at_every_narrow_value
PAIRS = exhaustive.functions_of_two_hold_at_every_pair_of_bytes
CASTS = exhaustive.casts_hold_at_every_narrow_value


def _bits(tensor: Tensor) -> Array:
    return tensor.array.view(f"u{tensor.itemsize}")


def at(op: str, dtype: str, patterns: tuple[int, ...], result: Any) -> Patch:
    """Let an op give one result wherever its operands, all of a type, have some bit patterns."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*operands: Any, **kwargs: Any) -> Any:
            found = original(*operands, **kwargs)
            pairs = list(zip(operands, patterns, strict=False))
            if all(isinstance(one, Tensor) and one.dtype.rule.name == dtype for one, _ in pairs):
                hit = np.asarray(True)
                for one, pattern in pairs:
                    hit = hit & (_bits(one) == pattern)
                found.places[np.broadcast_to(hit, found.shape)] = result
            return found

        return call

    return kernel(op, make)


def cast_at(source: str, pattern: int, target: str, result: Any) -> Patch:
    """Let a cast give one result for the value of one bit pattern."""

    def change(array: Array, into: dtypes.dtype, healthy: Cast) -> Array:
        found = healthy(array, into)
        if array.dtype == dtypes.named(source).numpy and into is dtypes.named(target):
            hit = array.view(f"u{array.itemsize}") == pattern
            found = np.where(hit, np.asarray(result).astype(found.dtype), found)
        return found

    return casting(change)


MUTANTS = [
    mutant("abs_saturates_the_lowest_int8", EXACT, at("abs", "int8", (0x80,), 127)),
    mutant("square_of_minus_181_in_int16_saturates", EXACT, at("square", "int16", (0xFF4A,), 32767)),
    mutant("bitwise_not_of_one_byte", EXACT, at("bitwise_not", "uint8", (0x5A,), 0xA4)),
    mutant("round_of_one_tie_in_bfloat16", EXACT, at("round", "bfloat16", (0x4020,), 3.0)),
    mutant("floor_of_the_smallest_negative_float16", EXACT, at("floor", "float16", (0x8001,), -0.0)),
    mutant("isnan_misses_one_payload", EXACT, at("isnan", "float16", (0x7E00,), False)),
    mutant("sqrt_flushes_one_subnormal_float16", NEAR, at("sqrt", "float16", (0x0001,), 0.0)),
    mutant("exp_off_at_one_bfloat16", NEAR, at("exp", "bfloat16", (0x40DB,), 948.0)),
    mutant("log_of_one_int16", NEAR, at("log", "int16", (0x7FFF,), np.log(32768.1))),
    mutant("sigmoid_saturates_early_at_one_float16", NEAR, at("sigmoid", "float16", (0x4600,), 1.0)),
    mutant("sum_of_two_bytes_saturates_once", PAIRS, at("add", "uint8", (255, 1), 255)),
    mutant("quotient_of_one_pair_of_int8", PAIRS, at("div", "int8", (0xFD, 2), -1.0)),
    mutant("xor_of_true_and_true", PAIRS, at("logical_xor", "bool", (1, 1), True)),
    mutant("shift_of_the_lowest_int8", PAIRS, at("bitwise_right_shift", "int8", (0x80, 7), 1)),
    mutant("half_to_uint8_rounds_up_once", CASTS, cast_at("float16", 0x3BFF, "uint8", 1)),
    mutant("half_subnormal_lost_in_bfloat16", CASTS, cast_at("float16", 1, "bfloat16", 0.0)),
    mutant("int16_tie_rounds_up_in_bfloat16", CASTS, cast_at("int16", 257, "bfloat16", 258.0)),
    mutant("float8_widens_one_value_wrongly", CASTS, cast_at("float8_e5m2", 3, "float32", 0.0)),
    mutant("int16_keeps_one_high_bit_in_bool", CASTS, cast_at("int16", 0x100, "bool", False)),
]
