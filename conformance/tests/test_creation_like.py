"""Tensors made after another one: the _like functions, the new_ methods, and who may require gradients."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle, Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import (
    Operand,
    draw_array,
    draw_operand,
    draw_shape,
)
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import creation
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

Shape = tuple[int, ...]

DIFFERENTIABLE = (*dtypes.FLOATS, *dtypes.COMPLEXES)


LIKE: dict[str, complex | None] = {"zeros_like": 0, "ones_like": 1, "empty_like": None, "full_like": 50}


def draw_like(tape: Tape) -> tuple[Operand, DType | None]:
    return draw_operand(tape, tape.choose(dtypes.COMMON)), tape.choose((None, *dtypes.COMMON))


def call_like(run: Run, allowed: Any, name: str, x: Handle, **kwargs: Any) -> None:
    number = () if LIKE.get(name) is None or name != "full_like" else (LIKE[name],)
    run.expect(allowed, f"torch.{name}", x, *number, **kwargs)


@verifies(creation.like_takes_shape_and_type, each=list(LIKE), drawn=lambda tape, name: draw_like(tape))
def test_like(run: Run, name: str, case: tuple[Operand, DType | None]) -> None:
    source, dtype = case
    run.require(dtype or source.dtype)
    x = run.tensor(source)
    allowed = creation.like_takes_shape_and_type
    call_like(run, allowed(source.shape, source.dtype, LIKE[name]), name, x)
    call_like(run, allowed(source.shape, dtype or source.dtype, LIKE[name]), name, x, dtype=dtype)


@verifies(creation.like_takes_shape_and_type, over=product(LIKE, DIFFERENTIABLE))
def test_like_drops_requires_grad(run: Run, case: tuple[str, DType]) -> None:
    name, dtype = case
    x = run.tensor(np.ones((2, 3)).astype(dtype.storage), requires_grad=True)
    call_like(run, creation.like_takes_shape_and_type((2, 3), dtype, LIKE[name]), name, x)


@verifies(creation.like_takes_shape_and_type, over=product(("rand_like", "randn_like"), dtypes.FLOATS))
def test_random_like(run: Run, case: tuple[str, DType]) -> None:
    name, dtype = case
    x = run.tensor(np.ones((2, 3)).astype(dtype.storage))
    run.expect(creation.like_takes_shape_and_type((2, 3), dtype), f"torch.{name}", x)
    allowed = creation.like_takes_shape_and_type((2, 3), dtypes.float64)
    run.expect(allowed, f"torch.{name}", x, dtype=dtypes.float64)


def draw_laid_out(tape: Tape) -> Operand:
    dtype = tape.choose((dtypes.float32, dtypes.int64, dtypes.bool_, dtypes.float16, dtypes.complex128))
    shape = draw_shape(tape)
    layout = tape.choose(("transposed", "contiguous", "stepped", "offset", "channels_last", "expanded"))
    array = draw_array(tape, dtype, shape)
    if layout == "expanded" and array.size:
        array = np.broadcast_to(array[:1], shape) if shape else array
    return Operand(array, layout)


@verifies(
    creation.like_keeps_the_strides_of_a_dense_tensor,
    creation.like_follows_the_memory_format_asked_for,
    drawn=draw_laid_out,
)
def test_like_strides(run: Run, source: Operand) -> None:
    x = run.tensor(source)
    kept = creation.like_keeps_the_strides_of_a_dense_tensor(source.shape, source.strides)
    rows = creation.like_follows_the_memory_format_asked_for(source.shape, False)
    for name in LIKE:
        call_like(run, kept, name, x)
        call_like(run, kept, name, x, dtype=dtypes.float64, memory_format=Symbol("preserve_format"))
        call_like(run, rows, name, x, memory_format=Symbol("contiguous_format"))
    if source.ndim == 4:
        last = creation.like_follows_the_memory_format_asked_for(source.shape, True)
        for name in LIKE:
            call_like(run, last, name, x, memory_format=Symbol("channels_last"))


@verifies(creation.like_of_a_tensor_with_gaps_is_row_major, over=((3, 2), (4, 3), (2, 3, 4), (5, 1, 3)))
def test_like_of_gaps(run: Run, shape: Shape) -> None:
    wide = run.tensor(np.zeros((*shape[::-1][:-1], 2 * shape[0]), np.float32))
    stepped = run.call("operator.getitem", wide, (Ellipsis, slice(None, None, 2)))
    x = run.call("Tensor.permute", stepped, tuple(reversed(range(len(shape)))))
    allowed = creation.like_of_a_tensor_with_gaps_is_row_major(shape)
    for name in LIKE:
        call_like(run, allowed, name, x)
    run.expect(allowed, "torch.clone", x)


NEW: dict[str, complex | None] = {"new_zeros": 0, "new_ones": 1, "new_empty": None, "new_full": 3}
NEW_CASES: list[tuple[DType, DType | None, Shape]] = [
    *product(dtypes.COMMON, (None, dtypes.float64, dtypes.bool_), ((2, 2), (), (0, 3))),
    *product((dtypes.float32, dtypes.int16), (None,), ((4099,), (67, 65))),
]


@verifies(creation.new_methods_take_the_type_of_their_tensor, each=list(NEW), over=lambda name: NEW_CASES)
def test_new(run: Run, name: str, case: tuple[DType, DType | None, Shape]) -> None:
    own, dtype, shape = case
    run.require(own, dtype or own)
    x = run.tensor(Operand(np.ones((2, 3)).astype(own.storage), "transposed"))
    allowed = creation.new_methods_take_the_type_of_their_tensor(shape, dtype or own, NEW[name])
    number = (3,) if name == "new_full" else ()
    run.expect(allowed, f"Tensor.{name}", x, shape, *number, dtype=dtype)
    if dtype is None:
        run.expect(allowed, f"Tensor.{name}", x, list(shape), *number)
    if shape and not number:
        run.expect(allowed, f"Tensor.{name}", x, *shape, dtype=dtype)


@verifies(
    creation.new_tensor_copies_into_the_type_of_its_tensor,
    over=product(([1, 2], [[1.75], [0]], [], 3, True), dtypes.COMMON, (None, dtypes.int64, dtypes.float64)),
)
def test_new_tensor(run: Run, case: tuple[Any, DType, DType | None]) -> None:
    data, own, dtype = case
    run.require(own)
    x = run.tensor(np.ones(3).astype(own.storage))
    allowed = creation.new_tensor_copies_into_the_type_of_its_tensor(data, dtype or own)
    run.expect(allowed, "Tensor.new_tensor", x, data, dtype=dtype)
    if dtype is None and own.storage.isbuiltin == 1:
        run.require_data()
        host = run.call("np.array", data, dtype=own.name)
        made = run.expect(allowed, "Tensor.new_tensor", x, host)
        if np.size(data) > 1:
            run.call("Tensor.fill", host, 0)
            run.look(allowed, made)


FACTORIES: dict[str, tuple[Any, ...]] = {
    "tensor": ([1, 0],),
    "zeros": (2,),
    "ones": (2, 3),
    "empty": (2,),
    "full": ((2,), 1),
    "eye": (2,),
    "zeros_like": (None,),
    "full_like": (None, 1),
}


@verifies(
    creation.only_floating_and_complex_tensors_require_gradients, over=product(FACTORIES, dtypes.COMMON)
)
def test_requires_grad(run: Run, case: tuple[str, DType]) -> None:
    name, dtype = case
    run.require(dtype)
    x = run.tensor(np.ones(2, np.float32))
    args = [x if arg is None else arg for arg in FACTORIES[name]]
    run.call(f"torch.{name}", *args, dtype=dtype)
    allowed = creation.only_floating_and_complex_tensors_require_gradients(dtype)
    run.expect(allowed, f"torch.{name}", *args, dtype=dtype, requires_grad=True)
