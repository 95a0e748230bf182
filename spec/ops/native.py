"""What layers and gradients are made of, where it is public under a name of its own.

Sources: ``torch.nn.functional.grid_sample``, ``torch.nn.GroupNorm``, ``torch.compiler_ir`` and the functions'
pages.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules import dtypes
from .columns import FINE, NEITHER, WIDE
from .function import SECOND, THIRD, Function

_KERNEL = ((2, 2), (2, 2), (0, 0), (1, 1), False)
# Where in each of two planes of 4 by 4 the greatest elements of windows of 2 by 2 lie.
_GREATEST = np.array([[[[0, 3], [13, 10]], [[5, 2], [8, 15]]]])
_KEPT = np.array([[True, False, True, True], [False] * 4, [True, True, False, True]])
# From -1 to 1, the last dimension first; beyond them are zeros.
_POINTS = np.array([[[[-0.5, 0.25], [0.75, 1], [-3, 0]]]])
_CUBE_POINTS = np.array([[[[[-1, 0.25, 0.5]]], [[[1, 0, -2]]]]])


def _near(place: Array, size: int) -> Array:
    """Return the weight of each element along a dimension: what its distance leaves of 1."""
    distance = np.abs((place[..., None] + 1) / 2 * (size - 1) - np.arange(size))
    return np.asarray(np.maximum(1 - distance, 0))


def _sampled(x: Array, grid: Array) -> Array:
    """Return what lies between elements, linear in each dimension."""
    weights = (_near(grid[..., -1 - dim], size) for dim, size in enumerate(x.shape[2:]))
    if x.ndim == 4:
        return np.asarray(np.einsum("nchw,nabh,nabw->ncab", x, *weights))
    return np.asarray(np.einsum("ncdhw,nabed,nabeh,nabew->ncabe", x, *weights))


def _by_group(x: Array, groups: int) -> tuple[Array, Array, Array]:
    parts = x.reshape(x.shape[0], groups, -1)
    mean = parts.mean(-1, keepdims=True)
    scale = 1 / np.sqrt(((parts - mean) ** 2).mean(-1, keepdims=True) + 0.5)
    return ((parts - mean) * scale).reshape(x.shape), mean[..., 0], scale[..., 0]


def _sent_back(grad: Array, places: Array) -> Array:
    """Return the planes that receive each window's gradient at the place of its greatest element."""
    made = np.zeros((*grad.shape[:2], 16), grad.dtype)
    np.put_along_axis(made, places.reshape(*grad.shape[:2], 4), grad.reshape(*grad.shape[:2], 4), -1)
    return made.reshape(*grad.shape[:2], 4, 4)


def _places(x: Array, size: int, fill: int) -> Array:
    """Return so many of the places of what is not zero; filled up where there are fewer."""
    found = np.argwhere(x != 0)[:size]
    return np.pad(found, ((0, size - len(found)), (0, 0)), constant_values=fill)


def _sampling(name: str, *inputs: Any, **more: Any) -> Function:
    # Bilinear; zeros outside; the outermost elements lie at -1 and 1.
    large = (1, 200, *inputs[0][2:])
    how = {"values": "unit", "terms": 64, "forms": NEITHER, "large": large, **more}
    return Function(name, _sampled, inputs, (0, 0, True), **how)


SAMPLED = (
    _sampling("grid_sampler_2d", (1, 2, 3, 4), (1, 2, 3, 2), types=FINE, smooth=False),
    _sampling("grid_sampler_2d", (1, 2, 3, 4), _POINTS, types=(dtypes.float64,)),
    _sampling("grid_sampler_3d", (1, 2, 2, 3, 4), (1, 2, 1, 2, 3), types=FINE, smooth=False),
    _sampling("grid_sampler_3d", (1, 2, 2, 3, 4), _CUBE_POINTS, types=(dtypes.float64,)),
)
LAYERS = (
    *(
        Function(
            "native_group_norm",
            lambda x: _by_group(x, 2),
            ((2, 4, size),),
            (None, None, 2, 4, size, 2, 0.5),
            contiguous=True,
            values="unit",
            types=FINE,
            terms=64,
            forms=NEITHER,
            smooth=size == 3,
        )
        for size in (3, 300)
    ),
    Function(
        "ops.aten.native_dropout_backward",
        lambda grad, kept: grad * kept * grad.dtype.type(2),
        ((3, 4), _KEPT),
        (2.0,),
        values="exact",
        types=FINE,
        forms=NEITHER,
    ),
    Function(
        "ops.aten.max_pool2d_with_indices_backward",
        lambda grad, x, places: _sent_back(grad, places),
        ((1, 2, 2, 2), (1, 2, 4, 4), _GREATEST),
        (SECOND, *_KERNEL, THIRD),
        values="distinct",
        types=FINE,
        forms=NEITHER,
    ),
)
PLACES = (
    Function(
        "ops.aten.slice", lambda x: x[:, 1:4:2], args=(1, 1, 4, 2), forms=NEITHER, views=True, large=WIDE
    ),
    Function("ops.aten.slice", lambda x: x[-2:], args=(0, -2), forms=NEITHER, views=True, large=WIDE),
    *(
        Function(
            "nonzero_static",
            lambda x, size=size, fill=fill: _places(x, size, fill),
            kwargs={"size": size, "fill_value": fill},
            values="ties",
            smooth=False,
            maps=False,
            large=WIDE,
        )
        for size, fill in ((5, -1), (20, 7))
    ),
    Function(
        "unravel_index",
        lambda places: np.unravel_index(places, (2, 3, 4)),
        (np.array([[0, 23], [7, 12]]),),
        ((2, 3, 4),),
        smooth=False,
        maps=False,
        forms=NEITHER,
    ),
)
FUNCTIONS = (*SAMPLED, *LAYERS, *PLACES)
