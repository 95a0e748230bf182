"""Pooling over one, two and three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance import layers
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import convolution
from tensorcanon.spec.rules import dtypes, sizes


@dataclass(frozen=True, eq=False)
class Pooling:
    """An input and its windows."""

    x: Operand
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool
    include: bool
    divisor: int | None

    @property
    def count(self) -> int:
        return len(self.kernel)


def draw_pooling(tape: Tape) -> Pooling:
    count = tape.choose((2, 1, 3))
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    kernel = tuple(tape.between(1, 3) for _ in range(count))
    stride = tuple(tape.between(1, 3) for _ in range(count)) if tape.one_in(2) else kernel
    padding = tuple(tape.below(k // 2 + 1) for k in kernel)
    dilation = tuple(tape.choose((1, 1, 2)) for _ in range(count))
    lengths = tuple(d * (k - 1) + 1 + tape.below(4) for k, d in zip(kernel, dilation, strict=True))
    shape = (tape.between(1, 2), tape.between(1, 2), *lengths)
    x = Operand(draw_array(tape, dtype, shape, tape.choose(("exact", "distinct", "ties"))), draw_layout(tape))
    divisor = tape.choose((None, None, 1, 3, -2)) if count > 1 else None
    return Pooling(x, kernel, stride, padding, dilation, tape.one_in(2), not tape.one_in(2), divisor)


@verifies(convolution.max_pooling_takes_the_greatest_of_each_window, drawn=draw_pooling)
def test_greatest(run: Run, case: Pooling) -> None:
    known = (case.x.array, case.kernel, case.stride, case.padding, case.dilation, case.ceil_mode)
    named: dict[str, Any] = {"padding": case.padding, "dilation": case.dilation, "ceil_mode": case.ceil_mode}
    if case.stride != case.kernel:
        named["stride"] = case.stride
    x = run.tensor(case.x)
    name = f"torch.nn.functional.max_pool{case.count}d"
    for wanted in (False, True):
        allowed = convolution.max_pooling_takes_the_greatest_of_each_window(*known, wanted)
        run.expect(allowed, name, x, case.kernel, return_indices=wanted, **named)
    layer = layers.made(run, f"MaxPool{case.count}d", case.kernel, **named)
    allowed = convolution.max_pooling_takes_the_greatest_of_each_window(*known, False)
    run.expect(allowed, "Tensor.__call__", layer, x)


@verifies(convolution.max_pooling_keeps_nan, drawn=draw_pooling)
def test_nan(run: Run, case: Pooling) -> None:
    array = case.x.array.copy()
    array.reshape(-1)[array.size // 2] = np.nan
    x = run.tensor(Operand(array, case.x.layout))
    allowed = convolution.max_pooling_keeps_nan(array, case.kernel)
    run.expect(allowed, f"torch.nn.functional.max_pool{case.count}d", x, case.kernel)


@verifies(
    convolution.average_pooling_takes_the_mean_of_each_window,
    convolution.average_pooling_passes_its_shares_back,
    drawn=draw_pooling,
)
def test_averages(run: Run, case: Pooling) -> None:
    run.require_data()
    array = case.x.array
    options = (case.kernel, case.stride, case.padding, case.ceil_mode, case.include, case.divisor)
    named = {"padding": case.padding, "ceil_mode": case.ceil_mode, "count_include_pad": case.include}
    if case.stride != case.kernel:
        named["stride"] = case.stride
    if case.divisor is not None:
        named["divisor_override"] = case.divisor
    name = f"torch.nn.functional.avg_pool{case.count}d"
    allowed = convolution.average_pooling_takes_the_mean_of_each_window(array, *options)
    run.expect(allowed, name, run.tensor(case.x), case.kernel, **named)
    layer = layers.made(run, f"AvgPool{case.count}d", case.kernel, **named)
    run.expect(allowed, "Tensor.__call__", layer, run.tensor(case.x))
    counts = [
        sizes.window_count(n, k, s, p, 1, case.ceil_mode)
        for n, k, s, p in zip(array.shape[2:], case.kernel, case.stride, case.padding, strict=True)
    ]
    grad = np.resize(np.array([1, -2, 0.5, 3], array.dtype), (*array.shape[:2], *counts))
    x = run.tensor(case.x, requires_grad=True)
    run.call("Tensor.backward", run.call(name, x, case.kernel, **named), run.tensor(grad))
    due = convolution.average_pooling_passes_its_shares_back(array, grad, *options)
    run.look(due, run.call("Tensor.grad", x))


@verifies(convolution.max_pooling_passes_back_to_the_greatest, drawn=draw_pooling)
def test_gradient_of_the_greatest(run: Run, case: Pooling) -> None:
    run.require_data()
    array = np.random.Generator(np.random.PCG64(case.x.array.size)).permutation(case.x.array.size)
    array = array.reshape(case.x.shape).astype(case.x.array.dtype)
    counts = [
        sizes.window_count(n, k, s, p)
        for n, k, s, p in zip(array.shape[2:], case.kernel, case.stride, case.padding, strict=True)
    ]
    grad = np.resize(np.array([1, -2, 0.5, 3], array.dtype), (*array.shape[:2], *counts))
    x = run.tensor(Operand(array, case.x.layout), requires_grad=True)
    name = f"torch.nn.functional.max_pool{case.count}d"
    result = run.call(name, x, case.kernel, case.stride, case.padding)
    run.call("Tensor.backward", result, run.tensor(grad))
    due = convolution.max_pooling_passes_back_to_the_greatest(
        array, grad, case.kernel, case.stride, case.padding
    )
    run.look(due, run.call("Tensor.grad", x))


@verifies(
    convolution.padding_is_at_most_half_of_the_kernel,
    over=[(n, kind, k, p) for n in (1, 2, 3) for kind in ("max", "avg") for k, p in ((2, 2), (3, 2), (1, 1))],
)
def test_padding(run: Run, case: tuple[int, str, int, int]) -> None:
    count, kind, kernel, padding = case
    x = run.tensor(np.ones((1, 1, *(5,) * count), np.float32))
    name = f"torch.nn.functional.{kind}_pool{count}d"
    run.expect(convolution.padding_is_at_most_half_of_the_kernel(), name, x, kernel, padding=padding)


def draw_adaptive(tape: Tape) -> tuple[Operand, tuple[int | None, ...], Any]:
    count = tape.choose((2, 1, 3))
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    shape = (tape.between(1, 2), tape.between(1, 2), *(tape.between(1, 6) for _ in range(count)))
    counts: tuple[int | None, ...] = tuple(tape.between(1, 7) for _ in range(count))
    if count > 1 and tape.one_in(3):
        counts = (None, *counts[1:])
    x = Operand(draw_array(tape, dtype, shape, "exact"), draw_layout(tape))
    return x, counts, tape.choose(("avg", "max"))


@verifies(convolution.adaptive_windows_cover_the_input, drawn=draw_adaptive)
def test_adaptive(run: Run, case: tuple[Operand, tuple[int | None, ...], Any]) -> None:
    x, counts, kind = case
    allowed = convolution.adaptive_windows_cover_the_input(x.array, counts, kind)
    name = f"adaptive_{kind}_pool{len(counts)}d"
    wanted: Any = counts if len(counts) > 1 else counts[0]
    run.expect(allowed, f"torch.nn.functional.{name}", run.tensor(x), wanted)
    layer = layers.made(run, f"Adaptive{kind.title()}Pool{len(counts)}d", wanted)
    run.expect(allowed, "Tensor.__call__", layer, run.tensor(x))
