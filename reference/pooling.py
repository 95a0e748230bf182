"""Pooling of any rank. Sources: the pages of ``torch.nn.functional``'s pooling functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorcanon.spec.rules import sizes

from . import dtypes
from .convolution import padded, windows
from .dispatch import FUNCTIONS, op, ops
from .folding import lacks_kernel
from .kernels import Array, fresh
from .tensor import Tensor

Sizes = tuple[int, ...]


def _batched(input: Tensor, count: int, name: str) -> Any:
    if input.ndim not in (count + 1, count + 2):
        raise RuntimeError(f"{name}: Expected {count + 1}D or {count + 2}D input, but got {input.ndim}D")
    if 0 in input.shape[-count - 1 :]:
        raise RuntimeError(f"{name}: expected a non-empty input, but got sizes {list(input.shape)}")
    return input if input.ndim == count + 2 else input.unsqueeze(0)


def _counts(
    name: str, input: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> list[int]:
    if any(value <= 0 for value in (*kernel, *stride, *dilation)):
        raise RuntimeError(f"{name}: kernel size, stride and dilation should be greater than zero")
    if any(p < 0 for p in padding):
        raise RuntimeError("pad must be non-negative")
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise RuntimeError(f"pad should be at most half of effective kernel size, got pad={padding}")
    counts = [
        sizes.window_count(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(input.shape[-len(kernel) :], kernel, stride, padding, dilation, strict=True)
    ]
    if any(one <= 0 for one in counts):
        raise RuntimeError(
            f"Given input size: {tuple(input.shape)}. Calculated output size: {tuple(counts)}. "
            "Output size is too small"
        )
    return counts


def _reaching(array: Array, counts: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, value: Any) -> Array:
    """Return an array padded behind, or cut, so that exactly `counts` windows fit."""
    needed = [
        (n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(counts, kernel, stride, dilation, strict=True)
    ]
    lacking = [max(n - m, 0) for n, m in zip(needed, array.shape[2:], strict=True)]
    if any(lacking):
        behind = [(0, 0), (0, 0), *((0, n) for n in lacking)]
        array = np.pad(array, behind, constant_values=value)
    return array[(slice(None), slice(None), *(slice(n) for n in needed))]


@op("_max_pool", method=False)
def max_pool(
    input: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes
) -> tuple[Tensor, Tensor]:
    """Return the greatest element of each window and its flat place in the input; NaN is the greatest."""
    values = input.array
    kind = input.dtype.numpy
    floating = input.dtype.is_floating_point
    least = -np.inf if floating else np.iinfo(kind).min
    places = np.arange(math.prod(input.shape[2:])).reshape(1, 1, *input.shape[2:])
    pair = []
    for array, value in ((values, least), (places, -1)):
        wide = _reaching(padded(array, padding, value), counts, kernel, stride, dilation, value)
        spread = windows(wide, kernel, stride, dilation)
        pair.append(spread.reshape(*spread.shape[: 2 + len(kernel)], -1))
    shown, where = pair
    # A place of the padding never wins, even where all elements are the least.
    order = np.where(where < 0, -1, 0) if floating else np.zeros(where.shape, int)
    best = _first_greatest(shown, np.broadcast_to(order, shown.shape))
    values = np.take_along_axis(shown, best, -1)[..., 0]
    found = np.take_along_axis(np.broadcast_to(where, shown.shape), best, -1)[..., 0]
    return fresh(values, input.dtype), fresh(found.astype(np.int64))


def _first_greatest(shown: Array, order: Array) -> Array:
    """Return the index of the greatest element along the last dimension: the first that is in the input."""
    with np.errstate(invalid="ignore"):
        greatest = shown.max(axis=-1, keepdims=True)
        hit = (shown == greatest) | ((shown != shown) & (greatest != greatest))
    first: Array = np.argmax(hit & (order == 0), axis=-1, keepdims=True)
    return first


def _scattered(grad: Any, indices: Any, meta: Any) -> Any:
    shape = tuple(meta.input.shape)
    flat = ops.zeros((*shape[:2], math.prod(shape[2:])), dtype=grad.dtype)
    sent = ops.scatter_add(flat, 2, indices.reshape(*shape[:2], -1), grad.reshape(*shape[:2], -1))
    return sent.reshape(shape)


def _register_derivatives() -> None:
    from .autograd.derivatives import derivative

    derivative(
        "_max_pool",
        "_adaptive_max_pool",
        input=lambda grad, results, meta: _scattered(grad, results[1], meta),
    )


_register_derivatives()


@op("_adaptive_max_pool", method=False)
def adaptive_max_pool(input: Tensor, counts: Sizes) -> tuple[Tensor, Tensor]:
    """Return the greatest element of each of the windows that cover the input, and its flat place."""
    shape = input.shape
    places = np.arange(math.prod(shape[2:])).reshape(tuple(shape[2:]))
    values = np.empty((*shape[:2], *counts), input.dtype.numpy)
    found = np.empty(values.shape, np.int64)
    spans = [sizes.adaptive_windows(n, o) for n, o in zip(shape[2:], counts, strict=True)]
    for place in np.ndindex(*counts):
        inside = tuple(slice(*span[at]) for span, at in zip(spans, place, strict=True))
        shown = input.array[(slice(None), slice(None), *inside)].reshape(*shape[:2], -1)
        best = _first_greatest(shown, np.zeros(shown.shape, int))
        at = (slice(None), slice(None), *place)
        values[at] = np.take_along_axis(shown, best, -1)[..., 0]
        found[at] = places[inside].reshape(-1)[best[..., 0]]
    return fresh(values, input.dtype), fresh(found)


def _average(
    count: int,
    input: Tensor,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    name = f"avg_pool{count}d"
    batch = _batched(input, count, name)
    if not input.dtype.is_floating_point and input.dtype is not dtypes.int64:
        raise lacks_kernel(name, input.dtype)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    kernel = sizes.repeated(kernel, count)
    stride = kernel if stride is None or stride == () else sizes.repeated(stride, count)
    padding, ones = sizes.repeated(padding, count), (1,) * count
    counts = _counts(name, batch, kernel, stride, padding, ones, ceil_mode)
    shape = tuple(batch.shape)
    behind = [
        (n - 1) * s + k - size - p
        for n, s, k, size, p in zip(counts, stride, kernel, shape[2:], padding, strict=True)
    ]
    amounts = [amount for pair in zip(padding[::-1], behind[::-1], strict=True) for amount in pair]
    spread = ops.constant_pad_nd(batch, amounts).reshape(
        shape[0] * shape[1], 1, *_padded_sizes(shape, padding, behind)
    )
    weight = ops.ones((1, 1, *kernel), dtype=input.dtype)
    sums = ops.convolution(spread, weight, None, stride, (0,) * count, ones, False, (0,) * count, 1)
    divisor = divisor_override or fresh(
        _divisors(shape[2:], counts, kernel, stride, padding, count_include_pad), input.dtype
    )
    rounding = None if input.dtype.is_floating_point else "trunc"
    result = ops.div(sums, divisor, rounding_mode=rounding).reshape(*shape[:2], *counts)
    return result if input.ndim == count + 2 else result.squeeze(0)


def _padded_sizes(shape: Sizes, padding: Sizes, behind: list[int]) -> list[int]:
    return [n + p + b for n, p, b in zip(shape[2:], padding, behind, strict=True)]


def _divisors(
    lengths: Any, counts: Any, kernel: Sizes, stride: Sizes, padding: Sizes, include: bool
) -> Array:
    """Return how many elements each window averages: those of the input, and of the padding if counted."""
    result = np.ones(())
    for n, count, k, s, p in zip(lengths, counts, kernel, stride, padding, strict=True):
        starts = np.arange(count) * s - p
        stops = np.minimum(starts + k, n + p)
        if not include:
            starts, stops = np.maximum(starts, 0), np.minimum(stops, n)
        result = np.multiply.outer(result, stops - starts)
    return result


def _adaptive_counts(name: str, output_size: Any, input: Tensor, count: int) -> Sizes:
    """Return the sizes asked for; None keeps the input's.

    Raises
    ------
    ValueError
        For several sizes of an input without so many dimensions and one more.
    RuntimeError
        For another number of sizes and for negative ones.
    """
    one_for_all = isinstance(output_size, int) or output_size is None
    given = (output_size,) * count if one_for_all else tuple(output_size)
    if count > 1 and not one_for_all and input.ndim <= len(given):
        raise ValueError(f"Input dimension should be at least {len(given) + 1}")
    if len(given) != count:
        raise RuntimeError(f"{name}: output_size must be {count}")
    lengths = input.shape[input.ndim - count :]
    counts = tuple(int(n) if one is None else int(one) for one, n in zip(given, lengths, strict=True))
    if any(one < 0 for one in counts):
        raise RuntimeError(f"{name}: elements of output_size must not be negative but received {counts}")
    return counts


def _adaptive_average(count: int, input: Tensor, output_size: Any) -> Any:
    name = f"adaptive_avg_pool{count}d"
    counts = _adaptive_counts(name, output_size, input, count)
    batch = _batched(input, count, name)
    if not input.dtype.is_floating_point:
        raise lacks_kernel(name, input.dtype)
    batch = batch.to(input.dtype.compute)
    for dim, wanted in enumerate(counts, start=2):
        spans = sizes.adaptive_windows(batch.shape[dim], wanted)
        means = [batch.narrow(dim, a, b - a).mean(dim, keepdim=True) for a, b in spans]
        batch = ops.cat(means, dim) if means else batch.narrow(dim, 0, 0)
    batch = batch.to(input.dtype)
    return batch if input.ndim == count + 2 else batch.squeeze(0)


def _register(count: int) -> None:
    def average(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Any:
        return _average(
            count, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        )

    def adaptive_average(input: Tensor, output_size: Any) -> Any:
        return _adaptive_average(count, input, output_size)

    def greatest(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        batch = _batched(input, count, f"max_pool{count}d")
        kernel, padding, dilation = (sizes.repeated(one, count) for one in (kernel_size, padding, dilation))
        step = kernel if stride is None or stride == () else sizes.repeated(stride, count)
        counts = _counts(f"max_pool{count}d", batch, kernel, step, padding, dilation, ceil_mode)
        pair = ops._max_pool(batch, kernel, step, padding, dilation, tuple(counts))
        if input.ndim < count + 2:
            pair = tuple(one.squeeze(0) for one in pair)
        return pair if return_indices else pair[0]

    def adaptive_greatest(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        counts = _adaptive_counts(f"adaptive_max_pool{count}d", output_size, input, count)
        batch = _batched(input, count, f"adaptive_max_pool{count}d")
        pair = ops._adaptive_max_pool(batch, counts)
        if input.ndim < count + 2:
            pair = tuple(one.squeeze(0) for one in pair)
        return pair if return_indices else pair[0]

    for name, kernel, what in (
        ("avg_pool", average, "mean of each window"),
        ("adaptive_avg_pool", adaptive_average, "mean of each of the windows that cover the input"),
        ("max_pool", greatest, "greatest element of each window"),
        ("adaptive_max_pool", adaptive_greatest, "greatest element of each window that covers the input"),
    ):
        kernel.__doc__ = f"Return the {what}, over {count} dimensions."
        op(f"nn.functional.{name}{count}d", method=False, composite=True)(kernel)
    for name in ("max_pool", "adaptive_max_pool"):
        _register_pair(f"nn.functional.{name}{count}d")


def _register_pair(name: str) -> None:
    @op(f"{name}_with_indices", method=False, composite=True)
    def kernel(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return FUNCTIONS[name](input, *args, **{**kwargs, "return_indices": True})

    kernel.__doc__ = f"Return the results of ``{name}`` and their places in the input."


for _count in (1, 2, 3):
    _register(_count)
