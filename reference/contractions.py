"""Sums of products over chosen dimensions. Sources: ``torch.einsum``, ``torch.tensordot`` and their kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes
from .dispatch import op, ops
from .folding import lacks_kernel
from .kernels import as_tensor, elements, fresh, wrap_dims
from .subscripts import Plan, plan
from .tensor import Tensor


@op("einsum", method=False, composite=True)
def einsum(equation: Any, *operands: Any) -> Any:
    """Return the sum of products that an equation of labelled dimensions states.

    The labels may be given as text, or as a list of integers after each operand.

    Raises
    ------
    ValueError
        Without an equation or operands.
    RuntimeError
        For an equation that is not well formed or does not fit the operands' shapes.
    """
    read = plan(equation, operands)
    aligned = [_aligned(operand, labels, read) for operand, labels in zip(*read.pairs, strict=True)]
    result, rest = aligned[0], aligned[1:]
    summed = set(range(read.kept, len(read.order)))
    for place, other in enumerate(rest):
        later = rest[place + 1 :]
        now = {dim for dim in summed if all(one.shape[dim] == 1 for one in later)}
        result = _paired(result, other, now)
        summed -= now
    if summed:
        result = ops.sum(result, sorted(summed), keepdim=True)
    return result.reshape(tuple(result.shape[: read.kept]))


def _aligned(operand: Tensor, labels: list[int], read: Plan) -> Any:
    """Return an operand with a dimension for each label of the plan, of size 1 for one it lacks."""
    seen: list[int] = []
    for label in labels:
        if label in seen:
            first = seen.index(label)
            operand = ops.movedim(ops.diagonal(operand, 0, first, len(seen)), -1, first)
        else:
            seen.append(label)
    own = [seen.index(label) for label in read.order if label in seen]
    return ops.permute(operand, own)[tuple(slice(None) if label in seen else None for label in read.order)]


def _paired(a: Tensor, b: Tensor, summed: set[int]) -> Any:
    """Return the product of two aligned operands, summed over dimensions that stay with size 1."""
    shared = {dim for dim in summed if 1 not in (a.shape[dim], b.shape[dim])}
    a, b = (_summed_out(one, summed - shared) for one in (a, b))
    if not shared:
        return ops.mul(a, b)
    groups: dict[str, list[int]] = {"batch": [], "left": [], "right": [], "summed": []}
    for dim in range(a.ndim):
        groups[_group(a.shape[dim], b.shape[dim], dim in shared)].append(dim)
    batch, left, right, both = groups.values()
    product = ops.bmm(_folded(a, batch, left, both), _folded(b, batch, both, right))
    sizes = [a.shape[dim] for dim in (*batch, *left)] + [b.shape[dim] for dim in right] + [1] * len(both)
    order = [*batch, *left, *right, *both]
    return ops.permute(product.reshape(sizes), [order.index(dim) for dim in range(a.ndim)])


def _summed_out(operand: Tensor, dims: set[int]) -> Any:
    long = [dim for dim in sorted(dims) if operand.shape[dim] != 1]
    return ops.sum(operand, long, keepdim=True) if long else operand


def _group(a: int, b: int, summed: bool) -> str:
    if summed:
        return "summed"
    if a == b:
        return "batch"
    return "left" if b == 1 else "right"


def _folded(operand: Tensor, *groups: list[int]) -> Any:
    """Return an operand as a batch of matrices; each group of dimensions becomes one."""
    named = [dim for group in groups for dim in group]
    rest = [dim for dim in range(operand.ndim) if dim not in named]
    sizes = [math.prod(operand.shape[dim] for dim in group) for group in groups]
    return ops.permute(operand, [*named, *rest]).reshape(sizes)


@op("tensordot", method=False, composite=True, out=True)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Any:
    """Return the sums of products over the last dimensions of one operand and the first of the other.

    Two lists name the dimensions of each; those left follow in order.

    Raises
    ------
    RuntimeError
        For a count that is negative or too large, lists of different lengths, different types, and sizes
        that do not agree.
    """
    first, second = _contracted(a, b, dims)
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype is not b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    for one, other in zip(first, second, strict=True):
        if 1 not in (a.shape[one], b.shape[other]) and a.shape[one] != b.shape[other]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[one]} in dim {one} and "
                f"second has size {b.shape[other]} in dim {other}"
            )
    for one, other in zip(first, second, strict=True):
        if b.shape[other] == 1:
            a = ops.sum(a, one, keepdim=True, dtype=a.dtype)
        elif a.shape[one] == 1:
            b = ops.sum(b, other, keepdim=True, dtype=b.dtype)
    own, left = wrap_dims(first, a.ndim), wrap_dims(second, b.ndim)
    rows = [dim for dim in range(a.ndim) if dim not in own]
    columns = [dim for dim in range(b.ndim) if dim not in left]
    count = math.prod(a.shape[dim] for dim in own)
    sizes = [a.shape[dim] for dim in rows], [b.shape[dim] for dim in columns]
    heights, widths = map(math.prod, sizes)
    product = ops.mm(
        ops.permute(a, [*rows, *own]).reshape(heights, count),
        ops.permute(b, [*left, *columns]).reshape(count, widths),
    )
    return product.reshape([*sizes[0], *sizes[1]])


def _contracted(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, list | tuple):
        first, second = ([one] if isinstance(one, int) else list(one) for one in dims)
        return first, second
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.ndim, b.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))


@op("inner", composite=True, out=True)
def inner(input: Tensor, other: Tensor) -> Any:
    """Return the sums of products over the last dimensions; a zero-dim operand multiplies.

    Raises
    ------
    RuntimeError
        For different types, and unless the last sizes agree.
    """
    if not input.ndim or not other.ndim:
        return ops.mul(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return ops.tensordot(input, other, ([-1], [-1]))


@op("kron", composite=True, out=True)
def kron(input: Tensor, other: Tensor) -> Any:
    """Return each element of one operand times the whole other, side by side; types promote.

    Raises
    ------
    RuntimeError
        For transposed matrices, as torch does.
    """
    ndim = max(input.ndim, other.ndim)
    a, b = ((1,) * (ndim - one.ndim) + tuple(one.shape) for one in (input, other))
    spread = ops.mul(
        input.reshape([size for n in a for size in (n, 1)]),
        other.reshape([size for n in b for size in (1, n)]),
    )
    return spread.view([n * m for n, m in zip(a, b, strict=True)])


@op("trace")
def trace(input: Tensor) -> Tensor:
    """Return the sum of the diagonal of a matrix; integers become int64.

    Raises
    ------
    RuntimeError
        Unless the input is a matrix.
    NotImplementedError
        For bool.
    """
    if as_tensor(input).ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    if input.dtype is dtypes.bool_:
        raise lacks_kernel("trace", input.dtype)
    kind = input.dtype if input.dtype.is_differentiable else dtypes.int64
    return fresh(np.trace(elements(input, kind), dtype=kind.compute.numpy), kind)
