"""Powers, exponentials and chains of matrices. Sources: ``torch.linalg.matrix_power`` and its kin."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..cautions import warn_once
from ..dispatch import op, ops
from ..kernels import Array, as_int, fresh
from ..tensor import Tensor
from .checking import check_floating, check_square, identity_like, values_of

_CHAIN_OLD = "torch.chain_matmul is deprecated and will be removed in a future PyTorch release."


@op("linalg.matrix_power", composite=True, out=True)
def matrix_power(input: Tensor, n: Any) -> Any:
    """Return matrices times themselves; a negative power is one of the inverse, the power 0 a unit matrix.

    Raises
    ------
    RuntimeError
        Unless the matrices are square; for integers to a negative power.
    LinAlgError
        For a singular matrix to a negative power.
    """
    check_square(input, "linalg.matrix_power")
    power = _as_power(n)
    if power == 0:
        return input.clone().copy_(ops.eye(input.shape[-1], dtype=input.dtype, device=input.device))
    square = input if power > 0 else ops.linalg.inv(input)
    power, result = abs(power), None
    while power:
        if power % 2:
            result = square if result is None else ops.matmul(result, square)
        power //= 2
        if power:
            square = ops.matmul(square, square)
    return result.clone() if result is input else result


def _as_power(n: Any) -> int:
    try:
        return as_int(n)
    except TypeError:
        raise TypeError(
            f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}"
        ) from None


@op("matrix_power", composite=True, out=True)
def matrix_power_old(input: Tensor, n: Any) -> Any:
    """Return ``linalg.matrix_power``."""
    return ops.linalg.matrix_power(input, n)


# The coefficients of the diagonal Padé approximant of order 13, and the norm up to which it is exact in
# double precision (Higham, The Scaling and Squaring Method for the Matrix Exponential Revisited, 2005).
_PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0),
    *(129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0),
    *(40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)
_REACH = 5.371920351148152


@op("linalg.matrix_exp", "matrix_exp")
def matrix_exp(input: Tensor) -> Tensor:
    """Return the sum of the powers of each matrix over their factorials.

    Raises
    ------
    RuntimeError
        For integers, and unless the matrices are square.
    """
    check_square(input, "linalg.matrix_exp")
    check_floating(input, "linalg.matrix_exp")
    values = values_of(input)
    if not values.size:
        return fresh(values, input.dtype)
    with np.errstate(all="ignore"):
        return fresh(_exponential(values), input.dtype)


def _exponential(values: Array) -> Array:
    """Halve until the approximant holds, then square as often."""
    norm = np.abs(values).sum(-2).max(-1)
    known = np.isfinite(norm)
    halvings = np.where(known, np.ceil(np.log2(np.maximum(norm, _REACH) / _REACH)), 0)[..., None, None]
    found = _approximant(np.where(known[..., None, None], values * 0.5**halvings, 0))
    for step in range(int(halvings.max())):
        found = np.where(step < halvings, np.matmul(found, found), found)
    return np.where(known[..., None, None], found, np.nan)


def _approximant(values: Array) -> Array:
    unit = identity_like(values)
    squares = [unit, np.matmul(values, values)]
    for _ in range(5):
        squares.append(np.matmul(squares[-1], squares[1]))
    even = sum(c * one for c, one in zip(_PADE[0::2], squares, strict=True))
    odd = np.matmul(values, sum(c * one for c, one in zip(_PADE[1::2], squares, strict=True)))
    return np.asarray(np.linalg.solve(even - odd, even + odd))


@op("linalg.multi_dot", composite=True, out=True)
def multi_dot(tensors: Any) -> Any:
    """Return the product of matrices in the order of fewest multiplications; the ends may be vectors.

    Raises
    ------
    RuntimeError
        For fewer than two tensors, several types, other ranks, and sizes that do not fit.
    """
    tensors = list(tensors)
    _check_chain(tensors)
    first = tensors[0].unsqueeze(0) if tensors[0].ndim == 1 else tensors[0]
    last = tensors[-1].unsqueeze(-1) if tensors[-1].ndim == 1 else tensors[-1]
    matrices = [first, *tensors[1:-1], last]
    for place, (a, b) in enumerate(itertools.pairwise(matrices)):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {place} and {place + 1} with shapes {list(a.shape)} and "
                f"{list(b.shape)} cannot be multiplied"
            )
    result = _multiplied(matrices, _splits([one.shape[0] for one in matrices] + [last.shape[1]]))
    shape = [*(tensors[0].shape[:-1]), *(tensors[-1].shape[1:])]
    return result.view(shape)


@op("chain_matmul", composite=True, out=True, method=False)
def chain_matmul(*matrices: Any) -> Any:
    """Return the product of matrices, as `multi_dot` does; of a single one, the matrix itself."""
    warn_once(_CHAIN_OLD)
    for one in matrices:
        if one.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {one.ndim}, expected 2 instead.")
    return matrices[0] if len(matrices) == 1 else ops.linalg.multi_dot(matrices)


def _check_chain(tensors: list[Tensor]) -> None:
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for place, one in enumerate(tensors):
        inner = 0 < place < len(tensors) - 1
        if one.ndim not in ((2,) if inner else (1, 2)):
            ranks = "2D" if inner else "1D or 2D"
            raise RuntimeError(f"multi_dot(): tensor {place} must be {ranks} but got {one.ndim}D")
        if one.dtype is not tensors[0].dtype:
            raise RuntimeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{tensors[0].dtype.c_name} and tensor {place} {one.dtype.c_name}"
            )


def _splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return for each run of matrices after which of them to split it."""
    count = len(sizes) - 1
    cost = {(place, place): 0 for place in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for start in range(count - length):
            stop = start + length
            costs = [
                cost[start, at] + cost[at + 1, stop] + sizes[start] * sizes[at + 1] * sizes[stop + 1]
                for at in range(start, stop)
            ]
            cost[start, stop] = min(costs)
            split[start, stop] = start + costs.index(min(costs))
    return split


def _multiplied(matrices: list[Tensor], split: dict[tuple[int, int], int]) -> Any:
    def product(start: int, stop: int) -> Any:
        if start == stop:
            return matrices[start]
        at = split[start, stop]
        return ops.mm(product(start, at), product(at + 1, stop))

    return product(0, len(matrices) - 1)
