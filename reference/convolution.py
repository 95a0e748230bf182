"""Convolutions of any rank. Sources: the pages of ``torch.nn.functional``'s convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorcanon.spec.rules import sizes

from .autograd.derivatives import derivative
from .dispatch import op, ops
from .kernels import Array, elements, fresh
from .tensor import Tensor

Sizes = tuple[int, ...]


def windows(array: Array, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Array:
    """Return a view ``(N, C, *places, *kernel)`` of an array ``(N, C, *sizes)``."""
    counts = [
        sizes.window_count(length, k, s, 0, d)
        for length, k, s, d in zip(array.shape[2:], kernel, stride, dilation, strict=True)
    ]
    steps = array.strides[2:]
    strides = (
        *array.strides[:2],
        *(step * s for step, s in zip(steps, stride, strict=True)),
        *(step * d for step, d in zip(steps, dilation, strict=True)),
    )
    shape = (*array.shape[:2], *counts, *kernel)
    return np.lib.stride_tricks.as_strided(array, shape, strides, writeable=False)


def padded(array: Array, padding: Sequence[int], value: Any = 0) -> Array:
    """Return an array with the same amount before and after each spatial dimension."""
    if not any(padding):
        return array
    return np.pad(array, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=value)


def _forward(x: Array, w: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Array:
    kernel = w.shape[2:]
    count, inside = len(kernel), w.shape[1] * math.prod(kernel)
    columns = windows(padded(x, padding), kernel, stride, dilation)
    batch, places = x.shape[0], columns.shape[2 : 2 + count]
    # Taps before places: whole rows are copied at a time, and the product comes in the order of the result.
    order = (0, 1, *range(2 + count, 2 + 2 * count), *range(2, 2 + count))
    columns = columns.transpose(order).reshape(batch, groups, inside, math.prod(places))
    result: Array = np.matmul(w.reshape(groups, w.shape[0] // groups, inside), columns)
    return result.reshape(batch, w.shape[0], *places)


def _transposed(x: Array, w: Array, stride: Sizes, dilation: Sizes, groups: int, full: Sizes) -> Array:
    """Return what each element sends to the windows it belongs to, on a field of sizes `full`."""
    kernel = w.shape[2:]
    batch, channels, *places = x.shape
    rows = x.reshape(batch, groups, channels // groups, math.prod(places))
    weights = w.reshape(groups, channels // groups, -1)
    sent = np.matmul(weights.swapaxes(1, 2), rows)
    sent = sent.reshape(batch, groups * w.shape[1], *kernel, *places)
    result = np.zeros((batch, groups * w.shape[1], *full), sent.dtype)
    for tap in np.ndindex(*kernel):
        where = tuple(
            slice(t * d, t * d + s * (n - 1) + 1, s)
            for t, d, s, n in zip(tap, dilation, stride, places, strict=True)
        )
        result[(slice(None), slice(None), *where)] += sent[(slice(None), slice(None), *tap)]
    return result


def _weight_gradient(
    x: Array, grad: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    spread = padded(x, padding)
    used = [
        min(d * (k - 1) + s * (n - 1) + 1, length)
        for k, s, d, n, length in zip(kernel, stride, dilation, grad.shape[2:], spread.shape[2:], strict=True)
    ]
    spread = spread[(slice(None), slice(None), *(slice(n) for n in used))]
    columns = windows(spread, kernel, stride, dilation)
    batch, count = x.shape[0], len(kernel)
    columns = columns.reshape(batch, groups, x.shape[1] // groups, *columns.shape[2:])
    order = (1, 0, *range(3, 3 + count), 2, *range(3 + count, 3 + 2 * count))
    places = math.prod(grad.shape[2:])
    inside = x.shape[1] // groups * math.prod(kernel)
    columns = columns.transpose(order).reshape(groups, batch * places, inside)
    sent = grad.reshape(batch, groups, grad.shape[1] // groups, places).transpose(1, 2, 0, 3)
    product = np.matmul(sent.reshape(groups, grad.shape[1] // groups, batch * places), columns)
    result: Array = product.reshape(grad.shape[1], x.shape[1] // groups, *kernel)
    return result


@op("convolution", method=False)
def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> Tensor:
    """Return the cross-correlation of a batch with a weight, or its transpose; one number a dimension."""
    kind = input.dtype
    x, w = elements(input, kind), elements(weight, kind)
    with np.errstate(all="ignore"):
        if not transposed:
            result = _forward(x, w, stride, padding, dilation, groups)
        else:
            full = tuple(
                sizes.transposed_length(n, k, s, 0, extra, d)
                for n, k, s, extra, d in zip(
                    x.shape[2:], w.shape[2:], stride, output_padding, dilation, strict=True
                )
            )
            inner = (slice(p, n - p) for p, n in zip(padding, full, strict=True))
            result = _transposed(x, w, stride, dilation, groups, full)[(slice(None), slice(None), *inner)]
        if bias is not None:
            result = result + elements(bias, kind).reshape(-1, *(1,) * len(stride))
    return fresh(result, kind)


@op("_convolution_weight", method=False)
def convolution_weight(
    input: Tensor,
    grad_output: Tensor,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    """Return the gradient of a convolution with respect to its weight."""
    kind = input.dtype
    x, grad = elements(input, kind), elements(grad_output, kind)
    return fresh(_weight_gradient(x, grad, kernel, stride, padding, dilation, groups), kind)


def _input_gradient(
    grad: Tensor, weight: Tensor, shape: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Any:
    extra = tuple(
        n - sizes.transposed_length(g, k, s, p, 0, d)
        for n, g, k, s, p, d in zip(
            shape[2:], grad.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True
        )
    )
    return ops.convolution(grad, weight, None, stride, padding, dilation, True, extra, groups)


def _of_input(
    grad: Any, weight: Any, stride: Any, padding: Any, dilation: Any, transposed: Any, groups: Any, meta: Any
) -> Any:
    if transposed:
        zeros = (0,) * len(stride)
        found = ops.convolution(grad, weight, None, stride, padding, dilation, False, zeros, groups)
        # Output padding can make room for windows that no element of the input has sent anything to.
        for dim, size in enumerate(meta.input.shape[2:], start=2):
            found = ops.narrow(found, dim, 0, size)
        return found
    return _input_gradient(grad, weight, meta.input.shape, stride, padding, dilation, groups)


def _of_weight(
    grad: Any, input: Any, stride: Any, padding: Any, dilation: Any, transposed: Any, groups: Any, meta: Any
) -> Any:
    pair = (grad, input) if transposed else (input, grad)
    kernel = tuple(meta.weight.shape[2:])
    return ops._convolution_weight(*pair, kernel, stride, padding, dilation, groups)


derivative(
    "convolution",
    input=_of_input,
    weight=_of_weight,
    bias=lambda grad: ops.sum(grad, tuple(dim for dim in range(grad.ndim) if dim != 1)),
)
derivative(
    "_convolution_weight",
    input=lambda grad, grad_output, stride, padding, dilation, groups, meta: _input_gradient(
        grad_output, grad, meta.input.shape, stride, padding, dilation, groups
    ),
    grad_output=lambda grad, input, stride, padding, dilation, groups: ops.convolution(
        input, grad, None, stride, padding, dilation, False, (0,) * len(stride), groups
    ),
)


# What the public functions check.


def _check_types(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if input.dtype is not weight.dtype:
        raise RuntimeError(
            f"Input type ({input.dtype.c_name}) and weight type ({weight.dtype.c_name}) should be the same"
        )
    if bias is not None and bias.dtype is not input.dtype:
        raise RuntimeError(
            f"Input type ({input.dtype.c_name}) and bias type ({bias.dtype.c_name}) should be the same"
        )


def _check(input: Tensor, weight: Tensor, count: int, groups: int, channels: int, **positive: Sizes) -> None:
    name = f"conv{count}d"
    if input.ndim not in (count + 1, count + 2):
        raise RuntimeError(
            f"Expected {count + 1}D (unbatched) or {count + 2}D (batched) input to {name}, but got input of "
            f"size: {list(input.shape)}"
        )
    if weight.ndim != count + 2:
        raise RuntimeError(f"weight should have {count + 2} dimensions, but has {weight.ndim}")
    for what, given in positive.items():
        if len(given) != count:
            raise RuntimeError(f"expected {what} to be a single integer value or a list of {count} values")
        if any(value <= 0 for value in given):
            raise RuntimeError(f"non-positive {what} is not supported")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if input.shape[-count - 1] != channels:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected "
            f"input{list(input.shape)} to have {channels} channels, but got {input.shape[-count - 1]} "
            "channels instead"
        )


def _check_fits(input: Tensor, kernel: Sizes, padding: Sizes, dilation: Sizes) -> None:
    if any(p < 0 for p in padding):
        raise RuntimeError("negative padding is not supported")
    lengths = [n + 2 * p for n, p in zip(input.shape[-len(kernel) :], padding, strict=True)]
    extents = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if any(length < extent for length, extent in zip(lengths, extents, strict=True)):
        shown = [" x ".join(map(str, values)) for values in (lengths, extents)]
        raise RuntimeError(
            f"Calculated padded input size per channel: ({shown[0]}). Kernel size: ({shown[1]}). "
            "Kernel size can't be greater than actual input size"
        )


def _convolve(
    count: int,
    input: Tensor,
    weight: Tensor,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    stride, dilation = sizes.repeated(stride, count), sizes.repeated(dilation, count)
    _check(input, weight, count, groups, weight.shape[1] * groups, stride=stride, dilation=dilation)
    if weight.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got "
            f"weight of size {list(weight.shape)} instead"
        )
    _check_types(input, weight, bias)
    kernel = tuple(weight.shape[2:])
    if isinstance(padding, str):
        input, amounts = _padded_by_name(input, padding, kernel, stride, dilation)
    else:
        amounts = sizes.repeated(padding, count)
    _check_fits(input, kernel, amounts, dilation)
    batch = input if input.ndim == count + 2 else input.unsqueeze(0)
    zeros = (0,) * count
    result = ops.convolution(batch, weight, bias, stride, amounts, dilation, False, zeros, groups)
    return result if input.ndim == count + 2 else result.squeeze(0)


def _padded_by_name(
    input: Tensor, padding: str, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[Tensor, Sizes]:
    zeros = (0,) * len(kernel)
    if padding == "valid":
        return input, zeros
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    pairs = [sizes.same_padding(k, d) for k, d in zip(kernel, dilation, strict=True)]
    if all(before == after for before, after in pairs):
        return input, tuple(before for before, _ in pairs)
    return ops.constant_pad_nd(input, [amount for pair in reversed(pairs) for amount in pair]), zeros


def _convolve_transposed(
    count: int,
    input: Tensor,
    weight: Tensor,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    stride, padding, output_padding, dilation = (
        sizes.repeated(one, count) for one in (stride, padding, output_padding, dilation)
    )
    _check(input, weight, count, groups, weight.shape[0], stride=stride, dilation=dilation)
    _check_types(input, weight, bias)
    for extra, s, d in zip(output_padding, stride, dilation, strict=True):
        if extra >= max(s, d):
            raise RuntimeError(
                f"output padding must be smaller than either stride or dilation, but got output_padding: "
                f"{extra}, stride: {s}, dilation: {d}"
            )
    batch = input if input.ndim == count + 2 else input.unsqueeze(0)
    result = ops.convolution(batch, weight, bias, stride, padding, dilation, True, output_padding, groups)
    return result if input.ndim == count + 2 else result.squeeze(0)


def _register(count: int) -> None:
    @op(f"nn.functional.conv{count}d", f"conv{count}d", method=False, composite=True)
    def conv(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        return _convolve(count, input, weight, bias, stride, padding, dilation, groups)

    @op(f"nn.functional.conv_transpose{count}d", f"conv_transpose{count}d", method=False, composite=True)
    def conv_transpose(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Any:
        return _convolve_transposed(
            count, input, weight, bias, stride, padding, output_padding, groups, dilation
        )

    conv.__doc__ = f"Return the cross-correlation over {count} dimensions, plus a bias for each channel."
    conv_transpose.__doc__ = f"Return the transpose of a convolution over {count} dimensions, plus a bias."


for _count in (1, 2, 3):
    _register(_count)
