"""Grids, products, choices and one-hot rows. Sources: the pages of the functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.spec.rules import combinations as rules

from . import dtypes
from .cautions import warn_once
from .dispatch import op, ops
from .kernels import as_int, fresh
from .tensor import Tensor

_INDEXING_WARNING = (
    "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
)


@op("meshgrid", method=False, composite=True)
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Return a view of each vector, expanded so that it varies along its own dimension.

    Raises
    ------
    RuntimeError
        Without vectors, for vectors of several types, tensors of more dimensions, or an unknown indexing.
    """
    vectors = _vectors("meshgrid", tensors)
    if indexing is None:
        warn_once(_INDEXING_WARNING)
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = 1, 0
    sizes = [vectors[place].numel() for place in order]
    return tuple(
        vector.view([vector.numel() if own == place else 1 for own in order]).expand(sizes)
        for place, vector in enumerate(vectors)
    )


def _vectors(name: str, tensors: tuple[Any, ...]) -> list[Tensor]:
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    if not given:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    for one in given:
        if not isinstance(one, Tensor):
            raise TypeError(f"expected Tensor as element of the arguments, but got {type(one).__name__}")
        if one.ndim > 1:
            raise RuntimeError(f"torch.{name}: Expected 0D or 1D tensor in the tensor list but got: {one}")
        if one.dtype is not given[0].dtype:
            raise RuntimeError(f"{name} expects all tensors to have the same dtype")
    return list(given)


@op("cartesian_prod", method=False, composite=True)
def cartesian_prod(*tensors: Any) -> Tensor:
    """Return a row for each tuple of elements; one vector alone is returned as it is."""
    vectors = _vectors("cartesian_prod", tensors)
    if len(vectors) == 1:
        return vectors[0]
    grids = meshgrid(*vectors, indexing="ij")
    return ops.stack([ops.reshape(grid, (-1,)) for grid in grids], 1)  # type: ignore[no-any-return]


@op("combinations", method=False, composite=True)
def combinations(input: Tensor, r: Any = 2, with_replacement: bool = False) -> Tensor:
    """Return a row for each choice of ``r`` places, in lexicographic order."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    length = as_int(r)
    if length < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {length}")
    if length == 0:
        return ops.empty(0, dtype=input.dtype)  # type: ignore[no-any-return]
    places = rules.choices(np.arange(input.numel()), length, repeats=with_replacement)
    return input[fresh(places)]  # type: ignore[no-any-return]


@op("nn.functional.one_hot", differentiable=False)
def one_hot(input: Tensor, num_classes: Any = -1) -> Tensor:
    """Return rows with a 1 at the class; the count of classes is by default one more than the largest."""
    if input.dtype is not dtypes.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    count, classes = as_int(num_classes), input.array
    if not classes.size:
        if count <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return fresh(np.zeros((*input.shape, count), np.int64))
    if classes.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if count == -1:
        count = int(classes.max()) + 1
    elif classes.max() >= count:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return fresh(rules.one_hot(classes, count))


@op("unravel_index", method=False, composite=True)
def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Return the place along each dimension of a shape that flat indices stand for.

    Raises
    ------
    TypeError
        For indices that are no integers, and sizes that are none.
    ValueError
        For a negative size.
    """
    if not indices.dtype.is_integral:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if not isinstance(shape, int | list | tuple):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(size)}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    steps = np.cumprod([1, *sizes[:0:-1]], dtype=np.int64)[::-1][: len(sizes)]
    counts, lengths = (fresh(one).to(indices.device) for one in (steps, np.array(sizes, np.int64)))
    places = ops.floor_divide(indices.unsqueeze(-1), counts)
    return tuple(ops.remainder(places, lengths).unbind(-1))
