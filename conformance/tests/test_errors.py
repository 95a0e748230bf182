"""Error classes and messages, each after a call of the same operation that succeeds."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand
from tensorcanon.conformance.run import Run
from tensorcanon.spec import errors, sequences
from tensorcanon.spec.rules import dtypes

Shape = tuple[int, ...]
Call = tuple[str, tuple[Any, ...]]


class Zeros:
    """Stands for a tensor of zeros among the arguments of a call."""

    def __init__(self, *shape: int, kind: type = np.float32) -> None:
        self.array: Array = np.zeros(shape, kind)

    def __repr__(self) -> str:
        return f"zeros{self.array.shape}"


def made(run: Run, argument: Any) -> Any:
    """An argument with its tensors made."""
    if isinstance(argument, Zeros):
        return run.tensor(argument.array)
    return [made(run, item) for item in argument] if isinstance(argument, list) else argument


def call(run: Run, step: Call) -> None:
    name, args = step
    run.call(name, *(made(run, arg) for arg in args))


X = Zeros(2, 3)
INDEX = Zeros(1, kind=np.int64)

# A call that succeeds, and ones of the same operation that are refused.
SIZES: tuple[tuple[Call, tuple[Call, ...]], ...] = (
    (("torch.add", (X, X)), (("torch.add", (X, Zeros(2))), ("torch.add", (X, Zeros(3, 3))))),
    (("torch.matmul", (X, Zeros(3, 2))), (("torch.matmul", (X, X)), ("torch.mm", (X, X)))),
    (("torch.reshape", (X, (3, 2))), (("torch.reshape", (X, (4,))), ("torch.reshape", (X, (-1, 4))))),
    (("Tensor.view", (X, 6)), (("Tensor.view", (X, 7)), ("Tensor.view", (X, -1, -1)))),
    (("torch.cat", ([X, X],)), (("torch.cat", ([X, Zeros(2, 4)],)), ("torch.cat", ([X, Zeros(2)],)))),
    (("torch.stack", ([X, X],)), (("torch.stack", ([X, Zeros(2, 4)],)),)),
    (("Tensor.expand", (X, 4, 2, 3)), (("Tensor.expand", (X, 4, 3)), ("Tensor.expand", (X, 3)))),
    (("torch.narrow", (X, 1, 0, 3)), (("torch.narrow", (X, 1, 0, 4)), ("torch.narrow", (X, 1, 2, 2)))),
    (("torch.chunk", (X, 2)), (("torch.chunk", (X, 0)),)),
    (("torch.permute", (X, (1, 0))), (("torch.permute", (X, (0,))),)),
)

# The arguments after the tensor.
OUT_OF_RANGE: tuple[tuple[str, tuple[Any, ...], tuple[tuple[Any, ...], ...]], ...] = (
    ("torch.sum", (1,), ((2,), (-3,), (5,))),
    ("torch.transpose", (0, 1), ((0, 2), (-3, 0))),
    ("torch.unsqueeze", (2,), ((3,), (-4,))),
    ("torch.squeeze", (1,), ((2,), (-3,))),
    ("torch.flip", ((1,),), (((2,),), ((0, -3),))),
    ("torch.select", (1, 2), ((0, 2), (1, -4), (2, 0))),
    ("torch.permute", ((1, 0),), (((0, 2),), ((-3, 0),))),
    ("torch.unbind", (1,), ((2,),)),
    ("torch.cumsum", (1,), ((2,), (-3,))),
    ("torch.argmax", (1,), ((2,), (-3,))),
    ("torch.index_select", (1, INDEX), ((2, INDEX), (-3, INDEX))),
    ("Tensor.size", (1,), ((2,), (-3,))),
    ("operator.getitem", (1,), ((2,), (-3,), ((0, 3),), ((0, 0, 0),))),
)
JOINED = (
    (("torch.cat", ([X, X], 1)), (("torch.cat", ([X, X], 2)), ("torch.cat", ([X, X], -3)))),
    (("torch.stack", ([X, X], 2)), (("torch.stack", ([X, X], 3)), ("torch.stack", ([X, X], -4)))),
)
DIMS: tuple[tuple[Call, tuple[Call, ...]], ...] = (
    *(
        ((name, (X, *good)), tuple((name, (X, *bad)) for bad in refused))
        for name, good, refused in OUT_OF_RANGE
    ),
    *JOINED,
)

TYPES: tuple[tuple[Call, tuple[Call, ...]], ...] = (
    (("torch.add", (X, 1)), (("torch.add", (X, "a")), ("torch.add", (X, None)), ("torch.add", (X,)))),
    (("torch.add", (X, 1)), (("torch.add", ("a", X)), ("torch.add", (X, [1])))),
    (("torch.zeros", (2,)), (("torch.zeros", ("a",)), ("torch.zeros", (2.0,)), ("torch.zeros", ((2, 1.5),)))),
    (("torch.reshape", (X, (6,))), (("torch.reshape", (X, "a")), ("torch.reshape", (X, (2.0, 3))))),
    (("torch.transpose", (X, 0, 1)), (("torch.transpose", (X, 0, "a")), ("torch.transpose", (X, 0)))),
    (("torch.sum", (X, 1)), (("torch.sum", (X, 1.5)), ("torch.sum", ("a",)), ("torch.sum", ()))),
    (("torch.cat", ([X, X],)), (("torch.cat", (X,)), ("torch.cat", ([X, 1],)))),
    (("torch.matmul", (X, Zeros(3))), (("torch.matmul", (X, 1)),)),
)

VALUES: tuple[tuple[Call, tuple[Call, ...]], ...] = (
    (("torch.tensor", ([[1], [2]],)), (("torch.tensor", ([[1, 2], [3]],)),)),
    (
        ("operator.getitem", (X, slice(None, None, 2))),
        (("operator.getitem", (X, slice(None, None, -1))), ("operator.getitem", (X, slice(0, 1, 0)))),
    ),
)


def pairs(table: tuple[tuple[Call, tuple[Call, ...]], ...]) -> list[tuple[Call, Call]]:
    return [(good, bad) for good, refused in table for bad in refused]


def refuse(run: Run, clause: Any, case: tuple[Call, Call]) -> None:
    good, (name, args) = case
    call(run, good)
    run.expect(clause(), name, *(made(run, arg) for arg in args))


@verifies(errors.sizes_that_disagree_are_runtime_errors, over=pairs(SIZES))
def test_sizes(run: Run, case: tuple[Call, Call]) -> None:
    refuse(run, errors.sizes_that_disagree_are_runtime_errors, case)


@verifies(errors.dimensions_and_indices_out_of_range_are_index_errors, over=pairs(DIMS))
def test_dimensions(run: Run, case: tuple[Call, Call]) -> None:
    refuse(run, errors.dimensions_and_indices_out_of_range_are_index_errors, case)


@verifies(errors.arguments_of_a_wrong_type_are_type_errors, over=pairs(TYPES))
def test_types(run: Run, case: tuple[Call, Call]) -> None:
    refuse(run, errors.arguments_of_a_wrong_type_are_type_errors, case)


@verifies(errors.arguments_of_a_wrong_type_are_type_errors, over=("add", "sum", "zeros", "reshape"))
def test_unknown_keywords(run: Run, name: str) -> None:
    args = {"add": (X, X), "sum": (X,), "zeros": (2,), "reshape": (X, (6,))}[name]
    given = [made(run, arg) for arg in args]
    run.call(f"torch.{name}", *given)
    refused = errors.arguments_of_a_wrong_type_are_type_errors()
    run.expect(refused, f"torch.{name}", *given, unheard_of=1)


@verifies(errors.python_values_without_a_meaning_are_value_errors, over=pairs(VALUES))
def test_values(run: Run, case: tuple[Call, Call]) -> None:
    refuse(run, errors.python_values_without_a_meaning_are_value_errors, case)


@verifies(errors.python_values_without_a_meaning_are_value_errors, over=("bogus", "Mean", "avg"))
def test_reductions(run: Run, reduction: str) -> None:
    x = run.tensor(np.zeros(2, np.float32))
    run.call("torch.nn.functional.mse_loss", x, x, reduction="mean")
    refused = errors.python_values_without_a_meaning_are_value_errors()
    run.expect(refused, "torch.nn.functional.mse_loss", x, x, reduction=reduction)


@verifies(
    errors.missing_kernels_are_not_implemented_errors,
    over=product(("softmax", "log_softmax"), (np.int64, np.int32, np.uint8, np.bool_)),
)
def test_missing_kernels(run: Run, case: tuple[str, type]) -> None:
    name, kind = case
    run.call(f"torch.{name}", run.tensor(np.zeros(3, np.float32)), 0)
    refused = errors.missing_kernels_are_not_implemented_errors()
    run.expect(refused, f"torch.{name}", run.tensor(np.zeros(3, kind)), 0)
    run.expect(refused, "torch.arange", 2, dtype=dtypes.bool_)


@verifies(
    errors.special_errors_are_runtime_errors,
    over=("linalg.LinAlgError", "OutOfMemoryError", "cuda.OutOfMemoryError"),
)
def test_special_errors(run: Run, name: str) -> None:
    allowed = errors.special_errors_are_runtime_errors()
    run.expect(allowed, "builtins.issubclass", Symbol(name), RuntimeError)
    if name == "cuda.OutOfMemoryError":
        run.expect(allowed, "is", Symbol(name), Symbol("OutOfMemoryError"))


@verifies(errors.a_singular_matrix_is_a_linalg_error, over=product((np.float32, np.float64), (1, 2, 3)))
def test_singular(run: Run, case: tuple[type, int]) -> None:
    kind, size = case
    run.require_data()
    run.call("torch.linalg.inv", run.tensor(np.eye(size, dtype=kind)))
    matrix: Array = np.zeros((size, size), kind)
    run.expect(errors.a_singular_matrix_is_a_linalg_error(), "torch.linalg.inv", run.tensor(matrix))


# Dimensions named twice.

MANY = ("sum", "mean", "amax", "amin", "std", "var", "any", "logsumexp", "nansum", "flip", "permute")


@verifies(errors.a_dimension_may_be_named_once, over=product(MANY, ((0, 0), (1, 1), (0, -2), (-1, 1))))
def test_twice(run: Run, case: tuple[str, Shape]) -> None:
    name, dims = case
    x = run.tensor(np.ones((2, 3), np.float32))
    run.call(f"torch.{name}", x, (0, 1))
    run.expect(errors.a_dimension_may_be_named_once(), f"torch.{name}", x, dims)


# Messages.

UNFIT: tuple[tuple[Shape, Shape], ...] = (
    ((3, 2), (3, 2)),
    ((2, 3), (2, 3)),
    ((1, 4), (5, 1)),
    ((0, 2), (3, 0)),
)


@verifies(
    errors.matmul_names_both_shapes, over=product(("torch.matmul", "torch.mm", "operator.matmul"), UNFIT)
)
def test_matmul_message(run: Run, case: tuple[str, tuple[Shape, Shape]]) -> None:
    name, (a, b) = case
    run.require_data()
    x, y = (run.tensor(Operand(np.ones(shape, np.float32), "transposed")) for shape in (a, b))
    run.expect(errors.matmul_names_both_shapes(a, b), name, x, y)


@verifies(errors.backward_needs_history, over=((), (1,), (3,)))
def test_backward_without_history(run: Run, shape: Shape) -> None:
    x = run.tensor(np.ones(shape, np.float32))
    run.expect(errors.backward_needs_history(), "Tensor.backward", x)
    total = run.call("torch.sum", x)
    run.expect(errors.backward_needs_history(), "Tensor.backward", total)
    tracked = run.call("torch.sum", run.tensor(np.ones(shape, np.float32), requires_grad=True))
    run.call("Tensor.backward", tracked)
    run.expect(errors.backward_needs_history(), "Tensor.backward", run.call("Tensor.detach", tracked))


@verifies(errors.backward_needs_a_gradient_unless_the_tensor_is_a_number, over=((3,), (2, 2), (0,)))
def test_backward_of_many(run: Run, shape: Shape) -> None:
    array = np.ones(shape, np.float32)
    x = run.tensor(array, requires_grad=True)
    y = run.call("torch.mul", x, 2)
    refused = errors.backward_needs_a_gradient_unless_the_tensor_is_a_number()
    run.expect(refused, "Tensor.backward", y)
    run.expect(refused, "Tensor.backward", x)
    run.call("Tensor.backward", y, run.tensor(array))


# Warnings.


@verifies(
    errors.the_warning_flag_is_off_until_set, errors.warnings_come_every_time_when_asked_for, over=(2, 3)
)
def test_warn_always(run: Run, count: int) -> None:
    array = np.arange(count)
    x = run.tensor(array)
    flag = errors.the_warning_flag_is_off_until_set
    run.expect(flag(False), "torch.is_warn_always_enabled")
    run.call("torch.set_warn_always", True)
    try:
        run.expect(flag(True), "torch.is_warn_always_enabled")
        grids = sequences.meshgrid_repeats_each_vector_along_its_own_dimension.rule([array], "ij")
        for _ in range(3):
            run.expect(errors.warnings_come_every_time_when_asked_for(grids), "torch.meshgrid", x)
    finally:
        run.call("torch.set_warn_always", False)
    run.expect(flag(False), "torch.is_warn_always_enabled")
