"""Mapping and differentiating functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.routine import Routine
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import transforms
from tensorcanon.spec.rules import dtypes

TYPES = (dtypes.float32, dtypes.float64)


def apply(run: Run, function: Any, *args: Any) -> Any:
    return run.call("Tensor.__call__", function, *args)


def transformed(run: Run, name: str, function: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a function made of a function."""
    return run.whole(f"torch.func.{name}", function, *args, **kwargs)


# Mapping.


@dataclass(frozen=True, eq=False)
class Mapped:
    """A function of slices, on a backend and on arrays, with the shapes of its slices."""

    name: str
    body: Callable[..., Any]
    exact: Callable[..., Array]
    shapes: tuple[tuple[int, ...], ...]
    ndim: int

    def __str__(self) -> str:
        return self.name


MAPPED = (
    Mapped("dot", lambda w, a, b: w.call("torch.dot", a, b), lambda a, b: np.asarray(a @ b), ((3,), (3,)), 0),
    Mapped("mul", lambda w, a, b: w.call("operator.mul", a, b), lambda a, b: a * b, ((2, 3), (3,)), 2),
    Mapped("mv", lambda w, a, b: w.call("operator.matmul", a, b), lambda a, b: a @ b, ((2, 3), (3,)), 1),
    Mapped(
        "outer",
        lambda w, a, b: w.call("operator.add", w.call("torch.outer", a, b), w.call("Tensor.sum", a)),
        lambda a, b: np.outer(a, b) + a.sum(),
        ((2,), (3,)),
        2,
    ),
    Mapped(
        "index",
        lambda w, a, b: w.call("operator.mul", w.call("operator.getitem", a, 0), w.call("Tensor.t", b)),
        lambda a, b: a[0] * b.T,
        ((2,), (3, 2)),
        2,
    ),
    Mapped(
        "reduce",
        lambda w, a, b: w.call("Tensor.sum", w.call("operator.mul", w.call("torch.cat", [a, b]), 2.0), -1),
        lambda a, b: 2 * np.concatenate([a, b]).sum(-1),
        ((2, 3), (1, 3)),
        1,
    ),
)


def draw_mapping(tape: Tape, mapped: Mapped) -> tuple[list[Operand], tuple[int | None, ...], int, bool]:
    """Draw operands, their mapped dimensions (not None for all), that of the result, and whether they are
    left to the defaults."""
    size, dtype = tape.between(1, 4), tape.choose(TYPES)
    default = tape.one_in(3)
    dims: list[int | None] = []
    for shape in mapped.shapes:
        dims.append(0 if default else tape.choose((*range(len(shape) + 1), None)))
    if all(dim is None for dim in dims):
        dims[0] = -1
    operands = []
    for shape, dim in zip(mapped.shapes, dims, strict=True):
        full = list(shape)
        if dim is not None:
            full.insert(dim if dim >= 0 else len(shape), size)
        operands.append(Operand(draw_array(tape, dtype, tuple(full), "small"), draw_layout(tape)))
    return operands, tuple(dims), 0 if default else tape.between(0, mapped.ndim), default


@verifies(transforms.vmap_is_a_stack_of_calls, each=MAPPED, drawn=draw_mapping)
def test_vmap(
    run: Run, mapped: Mapped, case: tuple[list[Operand], tuple[int | None, ...], int, bool]
) -> None:
    operands, dims, out_dim, default = case
    function = run.function("f", "a b", mapped.body)
    name = "vmap" if default else "func.vmap"
    keywords: dict[str, Any] = {} if default else {"in_dims": dims, "out_dims": out_dim}
    made = run.whole(f"torch.{name}", function, **keywords)
    arrays = [operand.array for operand in operands]
    allowed = transforms.vmap_is_a_stack_of_calls(mapped.exact, arrays, dims, out_dim)
    run.expect(allowed, "Tensor.__call__", made, *map(run.tensor, operands))


@verifies(transforms.vmap_is_a_stack_of_calls, over=["dict", "tuple"])
def test_structures(run: Run, kind: str) -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    keys: tuple[Any, ...] = ("a", "b") if kind == "dict" else (0, 1)

    def body(w: Any, both: Any) -> Any:
        return w.call("operator.mul", *(w.call("operator.getitem", both, key) for key in keys))

    given: Any = (
        {"a": run.tensor(a), "b": run.tensor(b)} if kind == "dict" else (run.tensor(a), run.tensor(b))
    )
    dims: Any = ({"a": 0, "b": None},) if kind == "dict" else ((0, None),)
    made = run.whole("torch.vmap", run.function("f", "both", body), in_dims=dims)
    allowed = transforms.vmap_is_a_stack_of_calls(lambda a, b: a * b, [a, b], (0, None), 0)
    run.expect(allowed, "Tensor.__call__", made, given)


@verifies(transforms.mapped_sizes_must_agree, over=["sizes", "dimension", "scalar", "none"])
def test_sizes(run: Run, kind: str) -> None:
    function = run.function("f", "a b", lambda w, a, b: w.call("operator.add", a, b))
    shapes = {
        "sizes": ((2, 3), (3, 3)),
        "dimension": ((2, 3), (2, 3)),
        "scalar": ((2,), ()),
        "none": ((2,), (2,)),
    }
    dims: dict[str, Any] = {"dimension": (2, 2), "none": (None, None)}
    made = run.whole("torch.vmap", function, in_dims=dims.get(kind, (0, 0)))
    tensors = [run.tensor(np.ones(shape, np.float32)) for shape in shapes[kind]]
    run.expect(transforms.mapped_sizes_must_agree(), "Tensor.__call__", made, *tensors)


def draw_vectors(tape: Tape) -> tuple[Array, Array]:
    a, b = (draw_array(tape, tape.choose(TYPES), (2, 3, 2), "small").astype(np.float64) for _ in range(2))
    return a, b


@verifies(transforms.vmap_of_vmap_maps_two_dimensions, drawn=draw_vectors)
def test_nested(run: Run, case: tuple[Array, Array]) -> None:
    a, b = case
    dot = run.function("f", "a b", lambda w, a, b: w.call("torch.dot", a, b))
    made = run.whole("torch.vmap", run.whole("torch.vmap", dot))
    allowed = transforms.vmap_of_vmap_maps_two_dimensions((a * b).sum(-1))
    run.expect(allowed, "Tensor.__call__", made, run.tensor(a), run.tensor(b))


REFUSED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "item": lambda w, a, other: w.call("operator.mul", a, w.call("Tensor.item", w.call("Tensor.sum", a))),
    "bool": lambda w, a, other: w.call("operator.mul", a, w.call("builtins.bool", w.call("Tensor.any", a))),
    "nonzero": lambda w, a, other: w.call("torch.nonzero", a),
    "write": lambda w, a, other: w.call("Tensor.add_", other, a),
    "copy": lambda w, a, other: w.call("Tensor.copy_", other, a),
    "out": lambda w, a, other: w.call("torch.add", a, 1.0, out=other),
}


@verifies(transforms.vmap_refuses_what_depends_on_values, over=list(REFUSED))
def test_restrictions(run: Run, kind: str) -> None:
    run.require_data()
    x, other = run.tensor(np.ones((2, 3), np.float32)), run.tensor(np.zeros(3, np.float32))
    function = run.function("f", "a", lambda w, a: REFUSED[kind](w, a, other))
    made = run.whole("torch.vmap", function)
    run.expect(transforms.vmap_refuses_what_depends_on_values(), "Tensor.__call__", made, x)


@verifies(
    transforms.vmap_refuses_random_numbers_unless_told,
    transforms.vmap_draws_the_same_or_different_numbers,
    transforms.draws_agree_where_they_are_the_same,
    over=[None, "error", "same", "different"],
)
def test_randomness(run: Run, randomness: str | None) -> None:
    run.require_data()
    x = run.tensor(np.zeros((2, 3), np.float32))
    noisy = run.function("f", "a", lambda w, a: w.call("operator.add", a, w.call("torch.rand", 3)))
    made = run.whole("torch.vmap", noisy, **({} if randomness is None else {"randomness": randomness}))
    if randomness in (None, "error"):
        run.expect(transforms.vmap_refuses_random_numbers_unless_told(), "Tensor.__call__", made, x)
        return
    allowed = transforms.vmap_draws_the_same_or_different_numbers((2, 3))
    drawn = run.expect(allowed, "Tensor.__call__", made, x)
    rows = [run.call("operator.getitem", drawn, place) for place in range(2)]
    run.expect(transforms.draws_agree_where_they_are_the_same(randomness == "same"), "torch.equal", *rows)


@verifies(transforms.chunks_change_no_result, drawn=draw_vectors)
def test_chunks(run: Run, case: tuple[Array, Array]) -> None:
    a, _b = case
    function = run.function("f", "a", lambda w, a: w.call("Tensor.sum", w.call("operator.mul", a, a), 0))
    for size in (1, 2):
        made = run.whole("torch.vmap", function, chunk_size=size)
        run.expect(transforms.chunks_change_no_result((a * a).sum(1)), "Tensor.__call__", made, run.tensor(a))


# Gradients.


def weighted_squares(run: Run) -> Routine:
    """Return the function with the value of the sum of ``a * a * b``."""

    def body(w: Any, a: Any, b: Any) -> Any:
        return w.call("Tensor.sum", w.call("operator.mul", w.call("operator.mul", a, a), b))

    return run.function("f", "a b", body)


def draw_pair(tape: Tape) -> tuple[Operand, Operand]:
    dtype, shape = tape.choose(TYPES), tape.choose(((3,), (2, 2), ()))
    a, b = (Operand(draw_array(tape, dtype, shape, "small"), draw_layout(tape)) for _ in range(2))
    return a, b


@verifies(
    transforms.grad_is_the_gradient_of_a_value, transforms.grad_leaves_the_tensors_alone, drawn=draw_pair
)
def test_grad(run: Run, case: tuple[Operand, Operand]) -> None:
    a, b = (operand.array for operand in case)
    first, second = 2 * a * b, a * a
    tensors = [run.tensor(operand) for operand in case]
    tensors[0] = run.call("Tensor.requires_grad_", tensors[0])
    function = weighted_squares(run)
    for argnums, due in ((None, [first]), (1, [second]), ((0, 1), [first, second]), ((1,), [second])):
        made = transformed(run, "grad", function, **({} if argnums is None else {"argnums": argnums}))
        allowed = transforms.grad_is_the_gradient_of_a_value(due, isinstance(argnums, tuple))
        run.expect(allowed, "Tensor.__call__", made, *tensors)
    for tensor in tensors:
        run.expect(transforms.grad_leaves_the_tensors_alone(), "Tensor.grad", tensor)


@verifies(transforms.grad_needs_a_function_with_one_value, over=["vector", "one element", "number", "matrix"])
def test_values_of_grad(run: Run, kind: str) -> None:
    bodies: dict[str, Any] = {
        "vector": lambda w, a: w.call("operator.mul", a, 2.0),
        "one element": lambda w, a: w.call("Tensor.reshape", w.call("Tensor.sum", a), 1),
        "number": lambda w, a: 3.0,
        "matrix": lambda w, a: w.call("torch.outer", a, a),
    }
    made = transformed(run, "grad", run.function("f", "a", bodies[kind]))
    x = run.tensor(np.ones(3, np.float32))
    run.expect(transforms.grad_needs_a_function_with_one_value(), "Tensor.__call__", made, x)


@verifies(transforms.grad_returns_what_else_it_was_asked_for, drawn=draw_pair)
def test_more_results(run: Run, case: tuple[Operand, Operand]) -> None:
    array = case[0].array

    def body(w: Any, a: Any) -> Any:
        return w.call("Tensor.sum", w.call("operator.mul", a, a)), w.call("operator.mul", a, 3.0)

    made = transformed(run, "grad", run.function("f", "a", body), has_aux=True)
    allowed = transforms.grad_returns_what_else_it_was_asked_for(2 * array, 3 * array)
    run.expect(allowed, "Tensor.__call__", made, run.tensor(case[0]))
    square = run.function("g", "a", lambda w, a: w.call("Tensor.sum", w.call("operator.mul", a, a)))
    made = transformed(run, "grad_and_value", square)
    allowed = transforms.grad_returns_what_else_it_was_asked_for(2 * array, np.sum(array * array))
    run.expect(allowed, "Tensor.__call__", made, run.tensor(case[0]))


@verifies(transforms.grad_of_grad_is_the_second_derivative, drawn=draw_pair)
def test_higher_order(run: Run, case: tuple[Operand, Operand]) -> None:
    array = case[0].array
    cube = run.function("f", "a", lambda w, a: w.call("Tensor.sum", w.call("operator.pow", a, 3)))
    first = transformed(run, "grad", cube)
    total = run.function("g", "a", lambda w, a: w.call("Tensor.sum", w.call("Tensor.__call__", first, a)))
    second = transformed(run, "grad", total)
    allowed = transforms.grad_of_grad_is_the_second_derivative(6 * array)
    run.expect(allowed, "Tensor.__call__", second, run.tensor(case[0]))


@verifies(transforms.no_grad_inside_makes_constants, drawn=draw_pair)
def test_no_grad(run: Run, case: tuple[Operand, Operand]) -> None:
    array = case[0].array

    def body(w: Any, a: Any) -> Any:
        with w.within("torch.no_grad"):
            constant = w.call("operator.mul", a, a)
        return w.call("Tensor.sum", w.call("operator.mul", constant, a))

    made = transformed(run, "grad", run.function("f", "a", body))
    allowed = transforms.no_grad_inside_makes_constants(array * array)
    run.expect(allowed, "Tensor.__call__", made, run.tensor(case[0]))
    square = run.function("g", "a", lambda w, a: w.call("Tensor.sum", w.call("operator.mul", a, a)))
    made = transformed(run, "grad", square)
    with run.within("torch.no_grad"):
        allowed = transforms.no_grad_inside_makes_constants(2 * array)
        run.expect(allowed, "Tensor.__call__", made, run.tensor(case[0]))


@verifies(transforms.vmap_of_grad_gives_the_gradient_of_each_sample, drawn=draw_vectors)
def test_samples(run: Run, case: tuple[Array, Array]) -> None:
    x, weight = case[0][:, :, 0], case[1][0, :, 0]

    def body(w: Any, weight: Any, x: Any) -> Any:
        error = w.call("operator.sub", w.call("torch.dot", weight, x), 1.0)
        return w.call("operator.mul", error, error)

    made = run.whole(
        "torch.vmap", transformed(run, "grad", run.function("f", "weight x", body)), in_dims=(None, 0)
    )
    due = 2 * (x @ weight - 1)[:, None] * x
    allowed = transforms.vmap_of_grad_gives_the_gradient_of_each_sample(due)
    run.expect(allowed, "Tensor.__call__", made, run.tensor(weight), run.tensor(x))
