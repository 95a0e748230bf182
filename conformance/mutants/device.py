"""Faults of CUDA, there or not, and of what devices compute."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np

from tensorcanon.reference import devices, dtypes
from tensorcanon.reference.devices import cpu
from tensorcanon.reference.dispatch import ops
from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor
from tensorcanon.spec import device

from .changes import Call, always
from .device_moves import MOVES
from .device_places import PLACES
from .mutant import Mutant, attribute, kernel, mutant

Device = devices.device
_SUMS = count()


def _seeds_everything(original: Call) -> Call:
    from tensorcanon.reference import random

    return lambda seed: random.manual_seed(seed) and None


def _low_bits_lost(original: Call) -> Call:
    """Multiply with ten bits of mantissa, as TF32 does."""

    def matmul(input: Tensor, other: Tensor) -> Tensor:
        if input.dtype is not dtypes.float32:
            return original(input, other)  # type: ignore[no-any-return]
        a, b = (fresh(_ten_bits(one.array)) for one in (input, other))
        return original(a, b)  # type: ignore[no-any-return]

    return matmul


def _ten_bits(array: Any) -> Any:
    bits = np.ascontiguousarray(array).view(np.int32)
    return (bits & ~0x1FFF).view(np.float32)


def _reads_early(original: Call) -> Call:
    """Give what was written before the last element was."""

    def clone(input: Tensor, **options: Any) -> Tensor:
        made: Tensor = original(input, **options)
        if made.numel() > 4096:
            made.places.reshape(-1)[4096:] = 0
        return made

    return clone


def _in_any_order(original: Call) -> Call:
    def sums(input: Tensor, *args: Any, **options: Any) -> Tensor:
        made: Tensor = original(input, *args, **options)
        made.places[...] *= np.float32(1 + next(_SUMS) % 3 * 2.0**-22)
        return made

    return sums


def _clamps(original: Call) -> Call:
    def select(input: Tensor, *args: Any) -> Tensor:
        *front, index = args
        size = input.numel() if not front else input.shape[0]
        return original(input, *front, fresh(np.clip(index.array, -size, size - 1)))  # type: ignore[no-any-return]

    return select


def _zero_for_no_quotient(original: Call) -> Call:
    def divide(input: Any, other: Any, *args: Any, **options: Any) -> Any:
        if isinstance(other, Tensor) and other.dtype.is_integral and not other.array.all():
            return fresh(np.zeros(input.shape, np.int64))
        return original(input, other, *args, **options)

    return divide


def _flags(**values: Any) -> Any:
    return lambda original: SimpleNamespace(**{**vars(original), **values})


class _Stuck(SimpleNamespace):
    """Flags that cannot be set."""

    def __setattr__(self, name: str, value: Any) -> None:
        pass


def _stuck(original: Any) -> Any:
    return _Stuck(**vars(original))


CUDA = (
    mutant(
        "cuda_claims_to_be_there",
        (device.cuda_is_there_where_it_has_devices, device.moves_to_cuda_need_it),
        attribute("cuda:is_available", always(True)),
    ),
    mutant(
        "cuda_falls_back_to_the_cpu",
        device.moves_to_cuda_need_it,
        attribute(
            "devices:checked", lambda original: lambda where: cpu if "cuda" in str(where) else original(where)
        ),
    ),
    mutant(
        "cuda_is_chosen_without_being_there",
        device.a_string_chosen_by_availability_is_usable,
        attribute("cuda:is_available", always(True)),
        attribute("cuda:device_count", always(1)),
    ),
    mutant(
        "cuda_seeds_the_cpu",
        device.seeding_cuda_leaves_the_cpu_alone,
        attribute("cuda:manual_seed", _seeds_everything),
        attribute("cuda:manual_seed_all", _seeds_everything),
    ),
    mutant(
        "manual_seed_is_ignored",
        device.one_seed_starts_the_stream_of_every_device,
        attribute(":manual_seed", always(None)),
    ),
    mutant(
        "cudnn_benchmarks_at_first",
        device.flags_of_cudnn_are_plain_and_false,
        attribute("backends:cudnn", _flags(benchmark=True)),
    ),
    mutant(
        "cudnn_flags_are_stuck",
        (device.flags_of_cudnn_are_plain_and_false, device.tensor_float_32_is_for_convolutions_at_first),
        attribute("backends:cudnn", _stuck),
    ),
    mutant(
        "pin_memory_copies",
        device.pinning_needs_an_accelerator,
        kernel("pin_memory", lambda original: ops.clone),
    ),
    mutant(
        "everything_is_pinned",
        device.tensors_are_pinned_on_request_only,
        attribute("tensor:Tensor.is_pinned", always(True)),
    ),
    mutant(
        "memory_counts_the_cpu",
        device.the_memory_counted_is_that_of_live_tensors,
        attribute("cuda:memory_allocated", lambda original: iter(range(1 << 40)).__next__),
    ),
)
ARITHMETIC = (
    mutant(
        "products_lose_bits",
        device.every_device_multiplies_to_full_precision,
        kernel("matmul", _low_bits_lost),
    ),
    mutant("reads_do_not_wait", device.results_are_those_of_the_order_written, kernel("clone", _reads_early)),
    mutant(
        "deterministic_sums_vary",
        device.deterministic_sums_repeat_their_bits,
        kernel("index_add", _in_any_order),
        kernel("scatter_add", _in_any_order),
    ),
    mutant(
        "integers_divided_by_zero_are_zero",
        device.integers_divided_by_zero_fail_on_the_cpu,
        *(kernel(name, _zero_for_no_quotient) for name in ("floor_divide", "remainder", "fmod")),
    ),
    mutant(
        "indices_out_of_range_are_clamped",
        device.indices_out_of_range_fail_at_once_on_the_cpu,
        kernel("index_select", _clamps),
        kernel("take", _clamps),
    ),
)
MUTANTS: list[Mutant] = [*PLACES, *MOVES, *CUDA, *ARITHMETIC]
