"""The generators really make what the canon needs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tensorcanon.conformance import values
from tensorcanon.conformance.inputs import LAYOUTS, Operand, draw_broadcastable, draw_operand, special_names
from tensorcanon.conformance.tape import LENGTH, Tape
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.broadcasting import broadcast_shapes


def tapes(count: int) -> list[Tape]:
    generator = np.random.Generator(np.random.PCG64(1))
    return [Tape(generator.bytes(LENGTH)) for _ in range(count)]


@pytest.mark.parametrize("dtype", dtypes.FLOATS, ids=repr)
def test_a_profile_ci_sees_every_special_value_and_layout(dtype: dtypes.DType) -> None:
    seen: Counter[str] = Counter()
    for tape in tapes(125):
        operand = draw_operand(tape, dtype)
        seen.update([operand.effective_layout, *special_names(operand.array)])
    wanted = {*LAYOUTS, "nan", "inf", "-0", "subnormal", "empty", "zero-dim", "large"} - {"expanded"}
    assert not wanted - seen.keys()


def test_an_empty_tape_is_the_simplest_input() -> None:
    operand = draw_operand(Tape(b""), dtypes.float32)
    assert operand.shape == (3,)
    assert operand.layout == "contiguous"
    assert not operand.array.any()


def test_shapes_drawn_together_broadcast_in_many_ways() -> None:
    drawn = [tuple(draw_broadcastable(tape, 2)) for tape in tapes(200)]
    for shapes in drawn:
        broadcast_shapes(*shapes)
    assert sum(a != b for a, b in drawn) > 50
    assert any(0 in a for a, _ in drawn)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 2, 2), (0, 3), (1, 1)], ids=str)
def test_a_layout_shows_the_elements_it_was_given(layout: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
    if layout == "expanded" and shape:
        array = np.broadcast_to(array[:1], shape)
    operand = Operand(array, layout)
    made = operand.base()
    steps = {
        "Tensor.permute": lambda x, dims: x.transpose(dims),
        "operator.getitem": lambda x, index: x[index],
        "Tensor.expand": lambda x, size: np.broadcast_to(x, size),
    }
    for name, args in operand.recipe():
        made = np.asarray(steps[name](made, *args))
    np.testing.assert_array_equal(made, array)
    if array.size and operand.effective_layout != "contiguous":
        assert [s for s, n in zip(made.strides, shape, strict=True) if n > 1] == [
            4 * s for s, n in zip(operand.strides, shape, strict=True) if n > 1
        ]


@pytest.mark.parametrize("kind", ["any", "finite", "exact", "distinct", "small", "positive", "unit", "ties"])
@pytest.mark.parametrize("dtype", [*dtypes.COMMON, *dtypes.FLOAT8, *dtypes.UNSIGNED], ids=repr)
def test_a_table_has_256_values_of_its_type(dtype: dtypes.DType, kind: values.Kind) -> None:
    table = values.table(dtype, kind)
    assert table.shape == (256,)
    assert table.dtype == dtype.storage
