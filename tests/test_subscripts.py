"""The generator of index expressions makes every form, and torch picks what their rule says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tensorcanon.conformance.inputs import Operand, draw_shape
from tensorcanon.conformance.subscripts import Subscript, draw_advanced, draw_basic
from tensorcanon.conformance.tape import LENGTH, Tape
from tensorcanon.spec.rules.indexing import places

Shape = tuple[int, ...]


def drawn(count: int) -> Iterator[tuple[Shape, Subscript]]:
    generator = np.random.Generator(np.random.PCG64(3))
    for _ in range(count):
        for draw in (draw_basic, draw_advanced):
            tape = Tape(generator.bytes(LENGTH))
            shape = draw_shape(tape)
            yield shape, draw(tape, shape)


def forms(shape: Shape, index: Subscript) -> set[str]:
    found = {"bare"} if index.bare else {"tuple"}
    for part in index.parts:
        found |= part_forms(part)
    arrays = index.tensors
    spots = [place for place, part in enumerate(index.parts) if isinstance(part, Operand | list)]
    if len(spots) > 1:
        found.add("adjacent" if spots[-1] - spots[0] == len(spots) - 1 else "separated")
    if arrays and any(type(part) is int for part in index.parts):
        found.add("integer beside tensor")
    if any(array.dtype == np.bool_ and 0 < array.ndim < len(shape) for array in arrays):
        found.add("mask of fewer dimensions")
    if len({array.shape for array in arrays}) > 1:
        found.add("tensors of several shapes")
    if places(index.plain, shape).size == 0:
        found.add("nothing")
    return found


def part_forms(part: Any) -> set[str]:
    if isinstance(part, Operand):
        return {*array_forms(part.array), f"{part.effective_layout} tensor"}
    if isinstance(part, list):
        return {"list", *array_forms(np.array(part))}
    if isinstance(part, slice):
        given = "".join("01"[bound is not None] for bound in (part.start, part.stop, part.step))
        signs = {"negative bound"} if min(part.start or 0, part.stop or 0) < 0 else set()
        return {f"slice {given}", *signs}
    if isinstance(part, bool):
        return {str(part)}
    if isinstance(part, int):
        return {"negative integer" if part < 0 else "integer"}
    return {repr(part)}


def array_forms(array: np.ndarray[Any, Any]) -> set[str]:
    kind = "mask" if array.dtype == np.bool_ else "tensor"
    found = {f"{kind} of rank {array.ndim}"}
    if kind == "tensor":
        found.add(str(array.dtype))
        found |= {"negative place"} if (array < 0).any() else set()
        found |= {"repeated place"} if len(np.unique(array)) < array.size else set()
    if array.size > 1000:
        found.add(f"large {kind}")
    return found | ({f"empty {kind}"} if not array.size else set())


WANTED = {
    *("bare", "tuple", "None", "Ellipsis", "True", "False", "integer", "negative integer", "negative bound"),
    *(f"slice {start}{stop}{step}" for start in "01" for stop in "01" for step in "01"),
    *("list", "tensor of rank 0", "tensor of rank 1", "tensor of rank 2", "empty tensor", "large tensor"),
    *("int64", "int32", "negative place", "repeated place", "tensors of several shapes"),
    *("mask of rank 0", "mask of rank 1", "mask of rank 2", "mask of rank 3", "empty mask", "large mask"),
    *("mask of fewer dimensions", "adjacent", "separated", "integer beside tensor", "nothing"),
    *(f"{layout} tensor" for layout in ("contiguous", "transposed", "stepped", "offset", "expanded")),
}


def test_every_form_of_index_is_drawn() -> None:
    seen: Counter[str] = Counter()
    for shape, index in drawn(1000):
        seen.update(forms(shape, index))
    assert not WANTED - seen.keys()
    assert seen["nothing"] < 1000


def test_slices_reach_beyond_both_ends() -> None:
    bounds = [
        (part.start, part.stop, shape)
        for shape, index in drawn(500)
        for part in index.parts
        if isinstance(part, slice)
    ]
    sizes = [max(shape, default=0) for *_, shape in bounds]
    assert any(start is not None and start > size for (start, _, _), size in zip(bounds, sizes, strict=True))
    assert any(stop is not None and stop < -size for (_, stop, _), size in zip(bounds, sizes, strict=True))


def test_torch_picks_what_the_rule_picks() -> None:
    torch = pytest.importorskip("torch")
    for shape, index in drawn(500):
        x = torch.arange(math.prod(shape)).reshape(shape)
        parts = [torch.tensor(part.array) if isinstance(part, Operand) else part for part in index.parts]
        seen = x[parts[0] if index.bare else tuple(parts)].numpy()
        due = places(index.plain, shape)
        assert seen.shape == due.shape
        assert np.array_equal(seen, due)
