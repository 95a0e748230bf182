"""Faults of convolution and pooling."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from tensorcanon.spec import convolution as c

from .mutant import attribute, kernel, mutant


def _flipped(place: int) -> Any:
    def make(original: Any) -> Any:
        def call(*args: Any) -> Any:
            given = list(args)
            given[place] = given[place][..., ::-1]
            return original(*given)

        return call

    return make


def _forgiving(error: type[Exception], otherwise: Any = None) -> Any:
    def make(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except error:
                return otherwise(*args, **kwargs) if otherwise else None

        return call

    return make


def _silent(original: Any) -> Any:
    return lambda *args, **kwargs: None


def _any_output_padding(original: Any) -> Any:
    return _forgiving(RuntimeError, lambda *a, **k: original(*a, **{**k, "output_padding": 0}))(original)


def _shifted(original: Any) -> Any:
    def call(input: Any, kernel: Any, stride: Any, padding: Any, *rest: Any) -> Any:
        values, indices = original(input, kernel, stride, padding, *rest)
        return values, indices + padding[-1]

    return call


def _floors(module: Any) -> Any:
    def windows(length: int, count: int) -> list[tuple[int, int]]:
        starts = [i * length // count for i in range(count + 1)]
        return [(a, max(b, a + 1)) for a, b in pairwise(starts)]

    return SimpleNamespace(**{**vars(module), "adaptive_windows": windows})


def _any_groups(original: Any) -> Any:
    def build(self: Any, channels: Any, *args: Any) -> None:
        groups = args[5]
        whole = all(one % groups == 0 for one in channels)
        original(self, channels, *args[:5], groups if whole else 1, *args[6:])

    return build


def _any_padding(original: Any) -> Any:
    def call(name: str, input: Any, kernel: Any, stride: Any, padding: Any, *rest: Any) -> Any:
        smaller = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
        return original(name, input, kernel, stride, smaller, *rest)

    return call


def _whole_kernels(original: Any) -> Any:
    return lambda lengths, counts, kernel, *rest: np.full(tuple(counts), float(math.prod(kernel)))


MUTANTS = (
    mutant(
        "convolution_flips_the_kernel",
        (
            c.a_convolution_is_a_cross_correlation,
            c.groups_are_convolved_apart,
            c.dilation_inserts_zeros_into_the_kernel,
            c.padding_surrounds_the_input,
        ),
        attribute("convolution:_forward", _flipped(1)),
    ),
    mutant(
        "convolution_weight_gradient_reads_backwards",
        c.convolutions_are_differentiated_exactly,
        attribute("convolution:_weight_gradient", _flipped(1)),
    ),
    mutant(
        "transposed_convolution_flips_the_kernel",
        (c.a_transposed_convolution_spreads_each_element, c.convolutions_are_differentiated_exactly),
        attribute("convolution:_transposed", _flipped(1)),
    ),
    mutant(
        "convolution_without_bias_for_groups",
        (c.groups_are_convolved_apart, c.a_convolution_is_a_cross_correlation),
        kernel(
            "convolution",
            lambda o: lambda i, w, b, *rest: o(i, w, None if rest[-1] > 1 else b, *rest),
        ),
    ),
    mutant(
        "conv_transpose_takes_any_output_padding",
        c.output_padding_stays_below_stride_or_dilation,
        kernel("nn.functional.conv_transpose1d", _any_output_padding),
        fault="pytorch/pytorch#169236",
    ),
    mutant(
        "conv_takes_groups_that_do_not_divide",
        c.channels_must_divide_into_groups,
        attribute("nn.convolution:_Convolution._build", _any_groups),
    ),
    mutant(
        "conv_does_not_check_channels",
        c.channels_must_be_those_of_the_weight,
        attribute("convolution:_check", _silent),
    ),
    mutant(
        "conv_converts_types",
        c.layers_do_not_convert_their_input,
        attribute("convolution:_check_types", _silent),
    ),
    mutant(
        "same_padding_takes_any_stride",
        c.same_padding_needs_a_stride_of_one,
        attribute("nn.convolution:_Convolution._check", _silent),
    ),
    mutant(
        "reflect_padding_repeats_the_edge",
        c.padding_surrounds_the_input,
        kernel(
            "nn.functional.pad",
            lambda o: (
                lambda i, p, m="constant", v=None, **k: o(
                    i, p, "replicate" if k.get("mode", m) == "reflect" else k.get("mode", m), v
                )
            ),
        ),
    ),
    mutant(
        "pooling_ignores_ceil_mode",
        (c.the_size_follows_from_the_windows, c.max_pooling_takes_the_greatest_of_each_window),
        attribute("pooling:_counts", lambda o: lambda *args: o(*args[:-1], False)),
    ),
    mutant(
        "max_pool_indices_shifted_by_the_padding",
        c.max_pooling_takes_the_greatest_of_each_window,
        kernel("_max_pool", _shifted),
        fault="pytorch/pytorch#94348",
    ),
    mutant(
        "pooling_takes_any_padding",
        c.padding_is_at_most_half_of_the_kernel,
        attribute("pooling:_counts", _any_padding),
    ),
    mutant(
        "max_pool_loses_nan",
        c.max_pooling_keeps_nan,
        attribute("pooling:_first_greatest", lambda o: lambda s, n: o(np.nan_to_num(s, nan=-1e30), n)),
    ),
    mutant(
        "avg_pool_divides_overhanging_windows_by_the_kernel",
        (c.average_pooling_takes_the_mean_of_each_window, c.average_pooling_passes_its_shares_back),
        attribute("pooling:_divisors", _whole_kernels),
        fault="pytorch/pytorch#198119",
    ),
    mutant(
        "max_pool_gradient_halved",
        c.max_pooling_passes_back_to_the_greatest,
        attribute("pooling:_scattered", lambda o: lambda grad, indices, meta: o(grad * 0.5, indices, meta)),
    ),
    mutant(
        "adaptive_windows_do_not_overlap",
        c.adaptive_windows_cover_the_input,
        attribute("pooling:sizes", _floors),
    ),
)
