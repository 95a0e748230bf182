"""The rules of data types: laws of promotion, what casts leave open, texts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tensorcanon.spec.rules import casts, dtypes, printing
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.promotion import NoPromotionError, can_cast, promote_types, result_type


def test_promotion_is_a_join() -> None:
    for a, b in product(dtypes.COMMON, repeat=2):
        joined = promote_types(a, b)
        assert joined is promote_types(b, a)
        assert promote_types(joined, a) is joined
        assert joined.category == max(a.category, b.category)
    for a, b, c in product(dtypes.COMMON, repeat=3):
        assert promote_types(promote_types(a, b), c) is promote_types(a, promote_types(b, c))


def test_bool_changes_no_type() -> None:
    assert all(promote_types(dtypes.bool_, dtype) is dtype for dtype in dtypes.COMMON)


def test_results_can_be_stored_where_they_come_from() -> None:
    assert all(can_cast(a, promote_types(a, b)) for a, b in product(dtypes.COMMON, repeat=2))


@pytest.mark.parametrize("pair", [("uint16", "int32"), ("uint64", "uint8"), ("float8_e5m2", "float32")])
def test_types_with_few_kernels_do_not_mix(pair: tuple[str, str]) -> None:
    with pytest.raises(NoPromotionError):
        promote_types(*map(dtypes.named, pair))


def test_no_operands_have_no_type() -> None:
    with pytest.raises(ValueError, match="at least one"):
        result_type()


@pytest.mark.parametrize("target", dtypes.ALL, ids=str)
def test_casts_keep_the_shape(target: DType) -> None:
    array = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    made = casts.cast(array, target)
    assert made.shape == (2, 3)
    assert dtypes.of_array(made) is target
    assert casts.specified(array, target).all()


def test_numbers_outside_a_type_are_unspecified() -> None:
    floats = np.array([127.9, 128.0, -128.9, -129.0, np.nan, np.inf])
    assert casts.specified(floats, dtypes.int8).tolist() == [True, False, True, False, False, False]
    edges = np.array([2.0**63, np.nextafter(2.0**63, 0), -(2.0**63)])
    assert casts.specified(edges, dtypes.int64).tolist() == [False, True, True]
    assert casts.specified(np.array([464.0, 465.0]), dtypes.float8_e4m3fn).tolist() == [True, False]


def test_double_rounding_is_unspecified() -> None:
    # Just above the tie of two float16 numbers: float32 rounds it to the tie, which then goes to even.
    tie = 1 + 2.0**-11
    assert not casts.specified(np.array([tie + 2.0**-30]), dtypes.float16).any()
    assert casts.specified(np.array([tie]), dtypes.float16).all()


def test_texts_keep_to_the_line_width() -> None:
    text = printing.tensor_text(np.arange(100), printing.Options(linewidth=40))
    assert max(map(len, text.split("\n"))) <= 40
