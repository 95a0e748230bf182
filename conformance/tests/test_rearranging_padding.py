"""Padding, repeating by a tensor, and pixels."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import rearranging
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.rearranging import Mode

# (shape, amounts) for the ranks that continuing modes take; some amounts are too long.
PADDED = (
    ((2, 3), (1, 1)),
    ((2, 5), (2, 4)),
    ((1, 2, 4), (3, 0)),
    ((2, 3), (3, 1)),
    ((2, 3), (0, 4)),
    ((2, 3, 4), (1, 2, 2, 1)),
    ((1, 2, 3, 4), (3, 3, 2, 2)),
    ((1, 2, 3, 4), (1, 0, 0, 3)),
    ((1, 2, 3, 2, 2), (1, 1, 1, 0, 2, 1)),
    ((2, 3, 4, 5), (1, 1, 1, 1, 1, 1)),
)
# Types for which every mode has a kernel.
PADDED_TYPES = (*dtypes.REALS, *dtypes.COMPLEXES)


@verifies(
    rearranging.pad_continues_the_tensor,
    over=product(("reflect", "replicate", "circular"), PADDED, PADDED_TYPES, ("contiguous", "transposed")),
)
def test_pad_continues(run: Run, case: tuple[Mode, tuple[Shape, Shape], DType, str]) -> None:
    mode, (shape, amounts), dtype, layout = case
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype.storage)
    allowed = rearranging.pad_continues_the_tensor(array, amounts, mode)
    x = run.tensor(Operand(array, layout))
    run.expect(allowed, "torch.nn.functional.pad", x, amounts, mode)


@verifies(rearranging.pad_surrounds_with_a_constant, over=product(dtypes.COMMON, (0, 1, 2.5, -3)))
def test_pad_with_a_value(run: Run, case: tuple[DType, float]) -> None:
    dtype, value = case
    if dtypes.bool_ is dtype:
        value = bool(value)
    elif dtype.is_integral:
        value = abs(int(value))
    array = np.arange(6).reshape(2, 3).astype(dtype.storage)
    x = run.tensor(array)
    for amounts in ((1, 2), (0, 1, 2, 0), (-1, 1, 1, -1)):
        allowed = rearranging.pad_surrounds_with_a_constant(array, amounts, value)
        run.expect(allowed, "torch.nn.functional.pad", x, amounts, "constant", value)
        run.expect(allowed, "torch.nn.functional.pad", x, amounts, value=value)


def draw_repeats(tape: Tape) -> tuple[Operand, int, Operand]:
    shape = draw_shape(tape, ndim=(1, 2, 3))
    dim = tape.between(-len(shape), len(shape) - 1)
    count = 1 if tape.one_in(4) else shape[dim] + (tape.one_in(8))
    times = np.array([tape.below(4) for _ in range(count)]).astype(tape.choose((np.int64, np.int32)))
    if times.size and 0 not in shape and tape.one_in(12):
        times[0] = -1
    return draw_operand(tape, tape.choose(dtypes.COMMON), shape, "exact"), dim, Operand(times)


@verifies(rearranging.repeat_interleave_repeats_each_element, drawn=draw_repeats)
def test_repeat_interleave_by_a_tensor(run: Run, case: tuple[Operand, int, Operand]) -> None:
    operand, dim, times = case
    allowed = rearranging.repeat_interleave_repeats_each_element(operand.array, times.array.tolist(), dim)
    run.require_data()
    x, repeats_of = run.tensor(operand), run.tensor(times)
    run.expect(allowed, "torch.repeat_interleave", x, repeats_of, dim)
    run.expect(allowed, "Tensor.repeat_interleave", x, repeats_of, dim=dim)


@verifies(
    rearranging.pixel_unshuffle_reshapes_what_is_empty,
    rearranging.pixel_unshuffle_undoes_pixel_shuffle,
    rearranging.pixel_shuffle_turns_channels_into_pixels,
    over=[(2, 0, 4, 4), (0, 4, 2, 2), (2, 4, 0, 2), (1, 4, 2, 2)],
)
def test_pixels_of_empty_tensors(run: Run, shape: Shape) -> None:
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    x = run.tensor(array)
    shuffled = rearranging.pixel_shuffle_turns_channels_into_pixels(array, 2)
    run.expect(shuffled, "torch.nn.functional.pixel_shuffle", x, 2)
    law = (
        rearranging.pixel_unshuffle_undoes_pixel_shuffle
        if array.size
        else rearranging.pixel_unshuffle_reshapes_what_is_empty
    )
    run.expect(law(array, 2), "torch.nn.functional.pixel_unshuffle", x, 2)
