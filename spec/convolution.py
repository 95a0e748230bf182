"""Convolution and pooling: windows that slide over channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from . import accuracy
from .accuracy import Array
from .clause import clause
from .outcome import Each, Exactly, OneOf, Outcome, Raises, Structure, Within
from .rules import dtypes, sizes, windowing
from .rules.dtypes import DType
from .rules.rearranging import Mode, padded_places
from .rules.windowing import Geometry

_CONV = "nn.Conv2d; nn.functional.conv2d"
_TRANSPOSE = "nn.ConvTranspose2d; nn.functional.conv_transpose2d"
_MAX = "nn.MaxPool2d; nn.functional.max_pool2d"
_AVG = "nn.AvgPool2d; nn.functional.avg_pool2d"
_ADAPTIVE = "nn.AdaptiveAvgPool2d; nn.AdaptiveMaxPool2d"
# Fast algorithms (Winograd, Fourier) sum the same terms in fewer steps, with a larger constant.
_FAST = 4.0


def _wide(array: Array) -> Array:
    return array.astype(np.float64)


def _summed(exact: Array, magnitude: Array, terms: int, dtype: DType) -> Within:
    return Within(exact, accuracy.dot(terms, magnitude, _FAST), dtype, signed_zero=False)


def _with_bias(result: Array, bias: Array | None) -> Array:
    return result if bias is None else result + _wide(bias).reshape(-1, *(1,) * (result.ndim - 2))


def _convolved(x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Outcome:
    batch = x if x.ndim == weight.ndim else x[None]
    terms = int(np.prod(weight.shape[1:])) + 1
    both = []
    for change in (np.positive, np.abs):
        given = None if bias is None else change(bias)
        result = windowing.correlated(_wide(change(batch)), _wide(change(weight)), geometry)
        both.append(_with_bias(result, given))
    exact, magnitude = both if x.ndim == weight.ndim else (one[0] for one in both)
    return _summed(exact, magnitude, terms, dtypes.of_array(x))


@clause(_CONV, covers="modules.conv-values")
def a_convolution_is_a_cross_correlation(
    x: Array, weight: Array, bias: Array | None, geometry: Geometry
) -> Outcome:
    """Each output channel is the sum over input channels of the cross-correlation with its kernel, which is
    not flipped, plus its bias; an input without a batch dimension gives an output without one."""
    return _convolved(x, weight, bias, geometry)


@clause(_CONV, covers="modules.conv-groups")
def groups_are_convolved_apart(x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Outcome:
    """With groups, each part of the input channels is convolved with its own part of the kernels alone;
    as many groups as channels treat each channel on its own."""
    parts = np.split(x, geometry.groups, axis=x.ndim - weight.ndim + 1)
    kernels = np.split(weight, geometry.groups)
    each = Geometry(geometry.stride, geometry.padding, geometry.dilation)
    exact, magnitude = [], []
    for part, kernel in zip(parts, kernels, strict=True):
        within = _convolved(part, kernel, None, each)
        assert isinstance(within, Within) and isinstance(within.bound, accuracy.Dot)
        exact.append(within.value)
        magnitude.append(within.bound.magnitude)
    axis = x.ndim - weight.ndim + 1
    joined, size = np.concatenate(exact, axis), np.concatenate(magnitude, axis)
    if bias is not None:
        column = _wide(bias).reshape(-1, *(1,) * (weight.ndim - 2))
        joined, size = joined + column, size + np.abs(column)
    return _summed(joined, size, int(np.prod(weight.shape[1:])) + 1, dtypes.of_array(x))


@clause(_CONV, covers="modules.conv-groups")
def channels_must_divide_into_groups() -> Outcome:
    """The numbers of input and output channels of a layer must both be multiples of the number of groups."""
    return Raises("ValueError")


@clause(_CONV, covers="modules.conv-values", basis="observed")
def channels_must_be_those_of_the_weight() -> Outcome:
    """An input with another number of channels than the weight was made for is refused."""
    return Raises("RuntimeError")


@clause(_CONV, covers="modules.conv-dilation")
def dilation_inserts_zeros_into_the_kernel(
    x: Array, weight: Array, bias: Array | None, geometry: Geometry
) -> Outcome:
    """A dilated convolution is one whose kernel has the dilation less one zeros between its taps."""
    shape = tuple(d * (k - 1) + 1 for k, d in zip(weight.shape[2:], geometry.dilation, strict=True))
    wide = np.zeros((*weight.shape[:2], *shape), weight.dtype)
    wide[(slice(None), slice(None), *(slice(None, None, d) for d in geometry.dilation))] = weight
    ones = (1,) * len(shape)
    return _convolved(x, wide, bias, Geometry(geometry.stride, geometry.padding, ones, geometry.groups))


@clause(_CONV, covers="modules.conv-output-size")
def the_size_follows_from_the_windows(
    lengths: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    leading: Sequence[int],
    ceil_mode: bool = False,
) -> Outcome:
    """The size along a dimension is the number of windows that fit into the padded input, rounded down: the
    length plus twice the padding, less the dilated kernel's extent, divided by the stride, plus one. Where no
    window fits, the call is refused."""
    counts = tuple(
        sizes.window_count(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(lengths, kernel, stride, padding, dilation, strict=True)
    )
    if any(count <= 0 for count in counts):
        return Raises("RuntimeError")
    return Structure(shape=(*leading, *counts))


def _rearranged(x: Array, amounts: Sequence[tuple[int, int]], mode: Mode | Literal["zeros"]) -> Array:
    first = x.ndim - len(amounts)
    if mode == "zeros":
        return np.pad(x, [(0, 0)] * first + list(amounts))
    for dim, (before, after) in enumerate(amounts, start=first):
        x = np.take(x, padded_places(x.shape[dim], before, after, mode), axis=dim)
    return x


@clause(_CONV, covers="modules.conv-padding")
def padding_surrounds_the_input(
    x: Array,
    weight: Array,
    padding: int | Literal["same", "valid"],
    mode: Mode | Literal["zeros"] = "zeros",
    dilation: int = 1,
) -> Outcome:
    """A number of padding adds as many elements on both sides: zeros, or reflected, replicated or wrapped
    ones by the padding mode. The word ``same`` pads so that the size stays, ``valid`` does not pad."""
    count = weight.ndim - 2
    if padding == "same":
        amounts = [sizes.same_padding(kernel, dilation) for kernel in weight.shape[2:]]
    else:
        amounts = [(0, 0) if padding == "valid" else (padding, padding)] * count
    geometry = Geometry((1,) * count, (0,) * count, (dilation,) * count)
    return _convolved(_rearranged(x, amounts, mode), weight, None, geometry)


@clause(_CONV, covers="modules.conv-padding")
def same_padding_needs_a_stride_of_one() -> Outcome:
    """A layer that is to keep sizes cannot have a stride other than 1."""
    return Raises("ValueError")


@clause(_CONV, covers="modules.conv-values")
def convolutions_are_differentiated_exactly(
    x: Array, weight: Array, grad: Array, geometry: Geometry, of: Literal["input", "weight", "bias"]
) -> Outcome:
    """The gradients of a convolution are those of the sum of products that it is."""
    dims = tuple(dim for dim in range(grad.ndim) if dim != 1)
    both = []
    for change in (np.positive, np.abs):
        given, kernels, sent = (_wide(change(one)) for one in (x, weight, grad))
        if of == "bias":
            both.append(sent.sum(dims))
        elif of == "weight":
            both.append(windowing.weight_gradient(given, sent, weight.shape[2:], geometry))
        else:
            both.append(windowing.spread(sent, kernels, _filling(x, weight, grad, geometry)))
    terms = grad.size if of != "input" else int(np.prod(weight.shape[2:])) * weight.shape[0]
    return _summed(both[0], both[1], terms, dtypes.of_array(x))


def _filling(x: Array, weight: Array, grad: Array, geometry: Geometry) -> Geometry:
    """Return the transposed convolution's geometry that gives the sizes of the input."""
    extra = tuple(
        n - sizes.transposed_length(g, k, s, p, 0, d)
        for n, g, k, s, p, d in zip(
            x.shape[2:],
            grad.shape[2:],
            weight.shape[2:],
            geometry.stride,
            geometry.padding,
            geometry.dilation,
            strict=True,
        )
    )
    return Geometry(geometry.stride, geometry.padding, geometry.dilation, geometry.groups, extra)


@clause(_TRANSPOSE, covers="modules.conv-transpose")
def a_transposed_convolution_spreads_each_element(
    x: Array, weight: Array, bias: Array | None, geometry: Geometry
) -> Outcome:
    """A transposed convolution sends each element times the kernel to the places from which a convolution of
    the same geometry would read; padding is cut off and output padding added behind."""
    both = []
    for change in (np.positive, np.abs):
        result = windowing.spread(_wide(change(x)), _wide(change(weight)), geometry)
        both.append(_with_bias(result, None if bias is None else change(bias)))
    terms = int(np.prod(weight.shape[2:])) * weight.shape[0] + 1
    return _summed(both[0], both[1], terms, dtypes.of_array(x))


@clause(_TRANSPOSE, covers="modules.conv-transpose")
def output_padding_stays_below_stride_or_dilation() -> Outcome:
    """The output padding must be smaller than the stride or the dilation."""
    return Raises("RuntimeError", "ValueError")


# Pooling.


def _every(x: Array, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    return [
        windowing.spans(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    ]


def _greatest(x: Array, every: Any, *, with_indices: bool) -> Outcome:
    shape = (*x.shape[:2], *(len(one) for one in every))
    flat = x.reshape(*x.shape[:2], -1)
    values, indices = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    unique = np.ones(shape, bool)
    for place, inside in windowing.windowed(x, every):
        seen = flat[..., inside]
        at = (slice(None), slice(None), *place)
        values[at] = seen.max(-1)
        indices[at] = inside[np.argmax(seen, -1)]
        unique[at] = (seen == seen.max(-1, keepdims=True)).sum(-1) == 1
    due = Exactly(values, signed_zero=False)
    return Each((due, Exactly(indices, where=unique))) if with_indices else due


@clause(_MAX, covers="modules.maxpool")
def max_pooling_takes_the_greatest_of_each_window(
    x: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
    with_indices: bool,
) -> Outcome:
    """Each window gives its greatest element; padding counts as minus infinity. The indices, if asked for,
    are flat places in the unpadded input. Of equal elements any may be named."""
    every = _every(x, kernel, stride, padding, dilation, ceil_mode)
    return _greatest(x, every, with_indices=with_indices)


@clause(_MAX, covers="modules.maxpool")
def padding_is_at_most_half_of_the_kernel() -> Outcome:
    """Pooling refuses a padding of more than half the kernel's size."""
    return Raises("RuntimeError")


@clause(_MAX, covers="modules.maxpool-nan", level="extended", basis="observed")
def max_pooling_keeps_nan(x: Array, kernel: Sequence[int]) -> Outcome:
    """A window with a NaN in it gives NaN."""
    zeros, ones = (0,) * len(kernel), (1,) * len(kernel)
    return _greatest(x, _every(x, kernel, kernel, zeros, ones, False), with_indices=False)


def _divisor(
    lengths: Any, place: Any, kernel: Any, stride: Any, padding: Any, include: bool, override: int | None
) -> int:
    if override is not None:
        return override
    total = 1
    for n, i, k, s, p in zip(lengths, place, kernel, stride, padding, strict=True):
        start = i * s - p
        stop = min(start + k, n + p)
        total *= (stop - start) if include else min(stop, n) - max(start, 0)
    return total


def _means(
    x: Array, grad: Array | None, kernel: Any, stride: Any, padding: Any, ceil: bool, include: bool, over: Any
) -> tuple[Array, Array]:
    """Return the means of the windows, or how they pass a gradient on, with the sums of absolute terms."""
    every = _every(x, kernel, stride, padding, (1,) * len(kernel), ceil)
    flat = _wide(x).reshape(*x.shape[:2], -1)
    shape = (*x.shape[:2], *(len(one) for one in every)) if grad is None else flat.shape
    result, size = np.zeros(shape), np.zeros(shape)
    for place, inside in windowing.windowed(x, every):
        divisor = _divisor(x.shape[2:], place, kernel, stride, padding, include, over)
        at = (slice(None), slice(None), *place)
        if grad is None:
            result[at] = flat[..., inside].sum(-1) / divisor
            size[at] = np.abs(flat[..., inside]).sum(-1) / abs(divisor)
        else:
            result[..., inside] += _wide(grad)[at][..., None] / divisor
            size[..., inside] += np.abs(_wide(grad)[at])[..., None] / abs(divisor)
    return (result, size) if grad is None else (result.reshape(x.shape), size.reshape(x.shape))


@clause(_AVG, covers="modules.avgpool")
def average_pooling_takes_the_mean_of_each_window(
    x: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Outcome:
    """Each window gives its sum over its size. Zeros of the padding are counted unless told otherwise, what
    lies beyond the padding is not, and another divisor replaces the size."""
    parts = _means(x, None, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return _summed(*parts, int(np.prod(kernel)) + 1, dtypes.of_array(x))


@clause(_AVG, covers="modules.avgpool")
def average_pooling_passes_its_shares_back(
    x: Array,
    grad: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Outcome:
    """The gradient of an average goes to the elements of its window, divided by the average's divisor."""
    parts = _means(x, grad, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return _summed(*parts, int(np.prod(kernel)) + 1, dtypes.of_array(x))


@clause(_MAX, covers="modules.maxpool")
def max_pooling_passes_back_to_the_greatest(
    x: Array, grad: Array, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int]
) -> Outcome:
    """The gradient of a maximum goes to the element that was taken, the sum of all windows' that took it."""
    flat = x.reshape(*x.shape[:2], -1)
    result = np.zeros(flat.shape)
    ones = (1,) * len(kernel)
    for place, inside in windowing.windowed(x, _every(x, kernel, stride, padding, ones, False)):
        best = inside[np.argmax(flat[..., inside], -1)]
        for n, c in np.ndindex(*x.shape[:2]):
            result[n, c, best[n, c]] += grad[(n, c, *place)]
    exact = result.reshape(x.shape)
    return _summed(exact, np.full(x.shape, np.abs(_wide(grad)).sum()), 16, dtypes.of_array(x))


@clause(_ADAPTIVE, covers="modules.adaptive-pool")
def adaptive_windows_cover_the_input(
    x: Array, counts: Sequence[int | None], kind: Literal["avg", "max"]
) -> Outcome:
    """Adaptive pooling to a size takes, for each place, the window from the floor of place times length over
    size to the ceiling of the next; None keeps the size of a dimension."""
    every = [
        windowing.adaptive_spans(n, n if one is None else one)
        for n, one in zip(x.shape[2:], counts, strict=True)
    ]
    if kind == "max":
        return _greatest(x, every, with_indices=False)
    shape = (*x.shape[:2], *(len(one) for one in every))
    flat = _wide(x).reshape(*x.shape[:2], -1)
    exact, size = np.empty(shape), np.empty(shape)
    for place, inside in windowing.windowed(x, every):
        at = (slice(None), slice(None), *place)
        exact[at], size[at] = flat[..., inside].mean(-1), np.abs(flat[..., inside]).mean(-1)
    return _summed(exact, size, int(np.prod(x.shape[2:])) + 1, dtypes.of_array(x))


@clause(_CONV, covers="modules.dtype-mismatch", basis="observed")
def layers_do_not_convert_their_input() -> Outcome:
    """A layer whose parameters have another type than the input refuses it."""
    return OneOf(Raises("RuntimeError"))
