"""Convolutions over one, two and three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from tensorcanon.conformance import layers
from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import convolution
from tensorcanon.spec.rules import dtypes, sizes
from tensorcanon.spec.rules.windowing import Geometry

OPERANDS: tuple[Literal["input", "weight", "bias"], ...] = ("input", "weight", "bias")


@dataclass(frozen=True, eq=False)
class Sliding:
    """An input, a weight, perhaps a bias, and where the windows lie."""

    x: Operand
    weight: Operand
    bias: Array | None
    geometry: Geometry

    @property
    def count(self) -> int:
        return self.weight.ndim - 2

    def arguments(self, run: Run) -> tuple[list[Any], dict[str, Any]]:
        bias = None if self.bias is None else run.tensor(self.bias)
        one = self.geometry
        named: dict[str, Any] = {"stride": one.stride, "padding": one.padding, "dilation": one.dilation}
        named["groups"] = one.groups
        if one.output_padding:
            named["output_padding"] = one.output_padding
        return [run.tensor(self.x), run.tensor(self.weight), bias], named


def draw_sliding(tape: Tape, transposed: bool = False) -> Sliding:
    """Draw a convolution; every fourth is without a batch dimension."""
    count = tape.choose((2, 1, 1, 3))
    groups = tape.choose((1, 1, 2, 3))
    inside, outside = groups * tape.between(1, 2), groups * tape.between(1, 3)
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    kernel, stride, padding, dilation = (
        tuple(tape.between(low, high) for _ in range(count)) for low, high in ((1, 3), (1, 3), (0, 1), (1, 2))
    )
    geometry = Geometry(stride, padding, dilation, groups)
    if transposed:
        lengths = tuple(tape.between(2, 4) for _ in range(count))
        extra = tuple(tape.below(max(s, d)) for s, d in zip(stride, dilation, strict=True))
        geometry = Geometry(stride, padding, dilation, groups, extra)
        first, second = inside, outside
    else:
        lengths = tuple(d * (k - 1) + 1 + tape.below(5) for k, d in zip(kernel, dilation, strict=True))
        first, second = outside, inside
    batch = () if not transposed and tape.one_in(4) else (tape.between(1, 3),)
    kind: Kind = tape.choose(("exact", "unit"))
    x = Operand(draw_array(tape, dtype, (*batch, inside, *lengths), kind), draw_layout(tape))
    weight = Operand(draw_array(tape, dtype, (first, second // groups, *kernel), kind), draw_layout(tape))
    bias = draw_array(tape, dtype, (outside,), kind) if tape.one_in(2) else None
    return Sliding(x, weight, bias, geometry)


@verifies(
    convolution.a_convolution_is_a_cross_correlation,
    convolution.groups_are_convolved_apart,
    convolution.dilation_inserts_zeros_into_the_kernel,
    drawn=draw_sliding,
)
def test_values(run: Run, case: Sliding) -> None:
    args, named = case.arguments(run)
    known = (case.x.array, case.weight.array, case.bias, case.geometry)
    name = f"torch.nn.functional.conv{case.count}d"
    run.expect(convolution.a_convolution_is_a_cross_correlation(*known), name, *args, **named)
    run.expect(convolution.groups_are_convolved_apart(*known), name, *args, **named)
    allowed = convolution.dilation_inserts_zeros_into_the_kernel(*known)
    run.expect(allowed, f"torch.conv{case.count}d", *args, **named)


@verifies(convolution.a_convolution_is_a_cross_correlation, drawn=draw_sliding)
def test_layers(run: Run, case: Sliding) -> None:
    one, weight = case.geometry, case.weight.array
    layer = layers.made(
        run,
        f"Conv{case.count}d",
        weight.shape[1] * one.groups,
        weight.shape[0],
        weight.shape[2:],
        stride=one.stride,
        padding=one.padding,
        dilation=one.dilation,
        groups=one.groups,
        bias=case.bias is not None,
        dtype=case.x.dtype,
    )
    layers.fill(run, layer, weight=weight, bias=case.bias)
    allowed = convolution.a_convolution_is_a_cross_correlation(case.x.array, weight, case.bias, one)
    run.expect(allowed, "Tensor.detach", layers.called(run, layer, run.tensor(case.x)))


@verifies(convolution.convolutions_are_differentiated_exactly, drawn=draw_sliding)
def test_gradients(run: Run, case: Sliding) -> None:
    run.require_data()
    one, weight = case.geometry, case.weight.array
    x = case.x.array if case.x.ndim == weight.ndim else case.x.array[None]
    counts = [
        sizes.window_count(n, k, s, p, d)
        for n, k, s, p, d in zip(
            x.shape[2:], weight.shape[2:], one.stride, one.padding, one.dilation, strict=True
        )
    ]
    grad = np.resize(np.array([1, -2, 0.5, 3], x.dtype), (x.shape[0], weight.shape[0], *counts))
    bias = np.ones(weight.shape[0], x.dtype)
    args = [run.tensor(given, requires_grad=True) for given in (Operand(x, case.x.layout), case.weight, bias)]
    named = {"stride": one.stride, "padding": one.padding, "dilation": one.dilation, "groups": one.groups}
    result = run.call(f"torch.nn.functional.conv{case.count}d", *args, **named)
    run.call("Tensor.backward", result, run.tensor(grad))
    for of, tensor in zip(OPERANDS, args, strict=True):
        due = convolution.convolutions_are_differentiated_exactly(x, weight, grad, one, of)
        run.look(due, run.call("Tensor.grad", tensor))


def draw_transposed(tape: Tape) -> Sliding:
    return draw_sliding(tape, transposed=True)


@verifies(convolution.a_transposed_convolution_spreads_each_element, drawn=draw_transposed)
def test_transposed(run: Run, case: Sliding) -> None:
    args, named = case.arguments(run)
    natural = [
        sizes.transposed_length(n, k, s, p, o, d)
        for n, k, s, p, o, d in zip(
            case.x.shape[2:],
            case.weight.shape[2:],
            case.geometry.stride,
            case.geometry.padding,
            case.geometry.output_padding,
            case.geometry.dilation,
            strict=True,
        )
    ]
    if min(natural) <= 0:
        return
    allowed = convolution.a_transposed_convolution_spreads_each_element(
        case.x.array, case.weight.array, case.bias, case.geometry
    )
    run.expect(allowed, f"torch.nn.functional.conv_transpose{case.count}d", *args, **named)


@verifies(
    convolution.output_padding_stays_below_stride_or_dilation,
    over=[
        (n, s, d, e) for n in (1, 2, 3) for s, d, e in ((1, 1, 1), (2, 1, 2), (2, 1, 3), (1, 2, 2), (2, 3, 3))
    ],
)
def test_output_padding(run: Run, case: tuple[int, int, int, int]) -> None:
    # A device without data does not check this.
    run.require_data()
    count, stride, dilation, extra = case
    x, weight = (run.tensor(np.ones((1, 1, *(2,) * count), np.float32)) for _ in range(2))
    run.expect(
        convolution.output_padding_stays_below_stride_or_dilation(),
        f"torch.nn.functional.conv_transpose{count}d",
        x,
        weight,
        stride=stride,
        output_padding=extra,
        dilation=dilation,
    )


@verifies(
    convolution.channels_must_divide_into_groups,
    convolution.channels_must_be_those_of_the_weight,
    convolution.layers_do_not_convert_their_input,
    over=[1, 2, 3],
)
def test_channels(run: Run, count: int) -> None:
    allowed = convolution.channels_must_divide_into_groups()
    for inside, outside, groups in ((3, 4, 2), (4, 3, 2)):
        for name in (f"torch.nn.Conv{count}d", f"torch.nn.ConvTranspose{count}d"):
            run.expect(allowed, name, inside, outside, 1, groups=groups)
    weight = run.tensor(np.ones((2, 3, *(1,) * count), np.float32))
    for channels in (2, 4, 6):
        x = run.tensor(np.ones((1, channels, *(2,) * count), np.float32))
        refused = convolution.channels_must_be_those_of_the_weight()
        run.expect(refused, f"torch.nn.functional.conv{count}d", x, weight)
    for kind in (np.float64, np.int64):
        x = run.tensor(np.ones((1, 3, *(2,) * count), kind))
        refused = convolution.layers_do_not_convert_their_input()
        run.expect(refused, f"torch.nn.functional.conv{count}d", x, weight)


NAMED: tuple[tuple[Any, str], ...] = (
    *(((p, "zeros")) for p in ("same", "valid", 0, 1, 2)),
    *product((1, 2), ("reflect", "replicate", "circular")),
    *product(("same",), ("reflect", "replicate", "circular")),
)


@verifies(
    convolution.padding_surrounds_the_input,
    over=[(*named, n, k, d) for named in NAMED for n in (1, 2) for k in (2, 3, 4) for d in (1, 2)],
)
def test_padding(run: Run, case: tuple[Any, Any, int, int, int]) -> None:
    padding, mode, count, kernel, dilation = case
    shape = (2, 2, *(7, 8)[:count])
    x = (np.arange(np.prod(shape)).reshape(shape) % 11 - 5).astype(np.float32)
    weight = (np.arange(2 * 2 * kernel**count).reshape(2, 2, *(kernel,) * count) % 5 - 2).astype(np.float32)
    options: dict[str, Any] = {"padding": padding, "dilation": dilation, "bias": False}
    layer = layers.made(run, f"Conv{count}d", 2, 2, kernel, padding_mode=mode, **options)
    layers.fill(run, layer, weight=weight)
    allowed = convolution.padding_surrounds_the_input(x, weight, padding, mode, dilation)
    run.expect(allowed, "Tensor.detach", layers.called(run, layer, run.tensor(x)))
    if mode == "zeros":
        args = (run.tensor(x), run.tensor(weight))
        name = f"torch.nn.functional.conv{count}d"
        run.expect(allowed, name, *args, padding=padding, dilation=dilation)


@verifies(convolution.same_padding_needs_a_stride_of_one, over=list(product((1, 2, 3), (2, 3))))
def test_same_padding_with_a_stride(run: Run, case: tuple[int, int]) -> None:
    count, stride = case
    name = f"torch.nn.Conv{count}d"
    run.expect(convolution.same_padding_needs_a_stride_of_one(), name, 2, 2, 3, stride=stride, padding="same")


def draw_sizes(tape: Tape) -> tuple[Any, ...]:
    count = tape.choose((2, 1, 3))
    spans = ((1, 9), (1, 4), (1, 3), (0, 2), (1, 3))
    each = (tuple(tape.between(low, high) for _ in range(count)) for low, high in spans)
    return (*each, tape.choose(("conv", "max_pool", "avg_pool")), tape.one_in(2))


@verifies(convolution.the_size_follows_from_the_windows, drawn=draw_sizes)
def test_sizes(run: Run, case: tuple[Any, ...]) -> None:
    lengths, kernel, stride, padding, dilation, kind, ceil_mode = case
    count = len(lengths)
    x = run.tensor(np.ones((1, 2, *lengths), np.float32))
    options: dict[str, Any] = {"stride": stride, "padding": padding}
    if kind == "conv":
        weight = run.tensor(np.ones((3, 2, *kernel), np.float32))
        allowed = convolution.the_size_follows_from_the_windows(
            lengths, kernel, stride, padding, dilation, (1, 3)
        )
        name = f"torch.nn.functional.conv{count}d"
        run.expect(allowed, name, x, weight, dilation=dilation, **options)
        return
    padding = options["padding"] = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
    if kind == "avg_pool":
        # Some kernels want the input itself to be as large as a window, which is not documented.
        lengths, dilation = tuple(map(max, lengths, kernel)), (1,) * count
        x = run.tensor(np.ones((1, 2, *lengths), np.float32))
    else:
        options["dilation"] = dilation
    allowed = convolution.the_size_follows_from_the_windows(
        lengths, kernel, stride, padding, dilation, (1, 2), ceil_mode
    )
    run.expect(allowed, f"torch.nn.functional.{kind}{count}d", x, kernel, ceil_mode=ceil_mode, **options)
