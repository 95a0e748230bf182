"""Promotion, over every pair of data types."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import promotion
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import Operand

NUMBERS = (True, 3, 2.5, 1j)
PAIRS = list(product(dtypes.COMMON, repeat=2))


def ones(dtype: DType, ndim: int) -> np.ndarray:
    return np.ones((2,) * ndim).astype(dtype.storage)


@verifies(
    promotion.promote_types_gives_the_smallest_common_type, over=product(dtypes.ALL, repeat=2), proves=True
)
def test_promote_types(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    run.expect(promotion.promote_types_gives_the_smallest_common_type(*pair), "torch.promote_types", *pair)


@verifies(promotion.can_cast_looks_at_the_category_only, over=product(dtypes.ALL, repeat=2), proves=True)
def test_can_cast(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    run.expect(promotion.can_cast_looks_at_the_category_only(*pair), "torch.can_cast", *pair)


@verifies(promotion.zero_dim_yields_within_category, over=PAIRS, proves=True)
def test_zero_dim(run: Run, pair: tuple[DType, DType]) -> None:
    vector, scalar = (run.tensor(ones(dtype, ndim)) for dtype, ndim in zip(pair, (1, 0), strict=True))
    allowed = promotion.zero_dim_yields_within_category(*pair)
    run.expect(allowed, "torch.add", vector, scalar)
    run.expect(allowed, "operator.mul", scalar, vector)


@verifies(
    promotion.result_type_is_that_of_the_sum,
    over=[
        (Operand(dtype, ndim), other)
        for dtype, ndim in product(dtypes.COMMON, (0, 1))
        for other in (*NUMBERS, *(Operand(d, n) for d, n in product(dtypes.COMMON, (0, 1))))
    ],
    proves=True,
)
def test_result_type(run: Run, pair: tuple[Operand, Operand | complex]) -> None:
    a, b = (run.tensor(ones(o.dtype, o.ndim)) if isinstance(o, Operand) else o for o in pair)
    run.expect(promotion.result_type_is_that_of_the_sum(*pair), "torch.result_type", a, b)
