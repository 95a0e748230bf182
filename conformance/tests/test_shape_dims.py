"""Dimensions out of range, and zero-dim tensors along a dimension."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import shape as chapter
from tensorcanon.spec.outcome import Raises
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# Operations along a dimension: the arguments around it, and whether a new dimension may follow the last.
ALONG: dict[str, tuple[tuple[Any, ...], tuple[Any, ...], int]] = {
    "Tensor.size": ((), (), 0),
    "Tensor.stride": ((), (), 0),
    "torch.squeeze": ((), (), 0),
    "torch.unsqueeze": ((), (), 1),
    "torch.transpose": ((0,), (), 0),
    "torch.movedim": ((0,), (), 0),
    "torch.select": ((), (0,), 0),
    "torch.narrow": ((), (0, 1), 0),
    "Tensor.unfold": ((), (1, 1), 0),
    "torch.diagonal": ((0, 0), (), 0),
    "torch.flatten": ((0,), (), 0),
    "torch.unbind": ((), (), 0),
    "torch.split": ((1,), (), 0),
    "torch.chunk": ((2,), (), 0),
    "torch.tensor_split": ((2,), (), 0),
    "Tensor.flip": ((), (), 0),
    "torch.roll": ((1,), (), 0),
    "torch.repeat_interleave": ((2,), (), 0),
    "torch.sum": ((), (), 0),
    "torch.mean": ((), (), 0),
    "torch.amax": ((), (), 0),
    "torch.argmax": ((), (), 0),
    "torch.max": ((), (), 0),
    "torch.all": ((), (), 0),
    "torch.cumsum": ((), (), 0),
    "torch.cumprod": ((), (), 0),
    "torch.sort": ((), (), 0),
    "torch.argsort": ((), (), 0),
    "torch.softmax": ((), (), 0),
    "torch.logsumexp": ((), (), 0),
}


@verifies(chapter.a_dimension_out_of_range_is_an_index_error, over=ALONG)
def test_dimensions_out_of_range(run: Run, name: str) -> None:
    """Every operation raises beyond either end and, as a control, not at the ends."""
    # Without data some kernels do not look at their arguments.
    run.require_data()
    before, after, extra = ALONG[name]
    x = run.tensor(np.ones((2, 3, 4), np.float32))
    for dim in (-3 - extra, 2 + extra):
        if name != "torch.diagonal" or dim != -3:
            run.call(name, x, *before, dim, *after)
    for dim in (-4 - extra, 3 + extra, 17):
        run.expect(chapter.a_dimension_out_of_range_is_an_index_error(), name, x, *before, dim, *after)


# What operations along a dimension make of one element.
OF_ONE: dict[str, str] = {
    "torch.sum": "itself",
    "torch.prod": "itself",
    "torch.mean": "itself",
    "torch.cumsum": "itself",
    "torch.cumprod": "itself",
    "torch.amax": "itself",
    "torch.amin": "itself",
    "torch.logsumexp": "itself",
    "Tensor.flip": "itself",
    "torch.squeeze": "itself",
    "torch.softmax": "one",
    "torch.log_softmax": "zero",
    "torch.argmax": "place",
    "torch.argmin": "place",
    "torch.argsort": "place",
    "torch.sort": "itself and place",
    "torch.max": "itself and place",
    "torch.min": "itself and place",
    "torch.cummax": "itself and place",
    "torch.median": "itself and place",
}


@verifies(
    chapter.a_zero_dim_tensor_counts_as_one_element,
    over=product(OF_ONE, (dtypes.float32, dtypes.float64), (0, -1, 1, -2)),
)
def test_zero_dim_tensors(run: Run, case: tuple[str, DType, int]) -> None:
    name, dtype, dim = case
    value = np.array(2.5, dtype.storage)
    allowed = chapter.a_zero_dim_tensor_counts_as_one_element(value, OF_ONE[name], dim)
    if isinstance(allowed, Raises):
        run.require_data()
    run.expect(allowed, name, run.tensor(value), dim)
