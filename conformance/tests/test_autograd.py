"""Who requires gradients, the graph, and the errors of asking too much."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import autograd
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

ONES = np.ones(3, np.float32)

# Ways to ask for gradients, by name: how a new tensor is made.
FACTORIES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("torch.tensor", ([1.0, 2.0],)),
    ("torch.zeros", ((2,),)),
    ("torch.ones", ((2, 0),)),
    ("torch.full", ((2,), 3.0)),
    ("torch.empty", ((2,),)),
    ("torch.eye", (2,)),
    ("torch.linspace", (0.0, 1.0, 3)),
    ("torch.arange", (3.0,)),
    ("torch.rand", (2,)),
    ("torch.randn", ((2, 2),)),
)


@verifies(
    autograd.tensors_require_grad_where_it_was_asked_for,
    over=[(factory, asked) for factory in FACTORIES for asked in (None, True, False)],
)
def test_factories(run: Run, case: tuple[Any, bool | None]) -> None:
    (name, args), asked = case
    keyword = {} if asked is None else {"requires_grad": asked}
    run.expect(autograd.tensors_require_grad_where_it_was_asked_for(bool(asked)), name, *args, **keyword)


@verifies(
    autograd.tensors_require_grad_where_it_was_asked_for,
    autograd.requires_grad_returns_its_tensor,
    over=[(dtype, way) for dtype in (*dtypes.FLOATS, *dtypes.COMPLEXES) for way in ("attribute", "method")],
)
def test_flags(run: Run, case: tuple[DType, str]) -> None:
    dtype, way = case
    x = run.tensor(np.ones(2, dtype.storage))
    for asked in (True, False, True):
        if way == "attribute":
            run.call("setattr", x, "requires_grad", asked)
        else:
            same = run.call("Tensor.requires_grad_", x, *([] if asked else [False]))
            run.expect(autograd.requires_grad_returns_its_tensor(), "is", same, x)
        run.look(autograd.tensors_require_grad_where_it_was_asked_for(asked), x)


@verifies(autograd.parameters_require_grad, over=[None, True, False])
def test_parameters(run: Run, asked: bool | None) -> None:
    keyword = {} if asked is None else {"requires_grad": asked}
    allowed = autograd.parameters_require_grad(asked)
    run.expect(allowed, "torch.nn.Parameter", run.tensor(ONES), **keyword)


# Operations of two floating operands, with the type of their result.
OPERATIONS: tuple[tuple[str, DType | None], ...] = (
    ("torch.add", None),
    ("operator.mul", None),
    ("torch.maximum", None),
    ("Tensor.matmul", None),
    ("operator.gt", dtypes.bool_),
    ("torch.eq", dtypes.bool_),
    ("torch.where", None),
    ("torch.cat", None),
)


@verifies(
    autograd.results_require_grad_where_an_operand_does,
    over=list(
        product(OPERATIONS, (True, False), (True, False), (True, False), (dtypes.float32, dtypes.complex64))
    ),
)
def test_propagation(run: Run, case: tuple[Any, bool, bool, bool, DType]) -> None:
    (name, result), recording, first, second, dtype = case
    if dtype.is_complex and name in ("torch.maximum", "operator.gt"):
        return
    x = run.tensor(np.ones(2, dtype.storage), requires_grad=first)
    y = run.tensor(np.ones(2, dtype.storage), requires_grad=second)
    args: list[Any] = [x, y]
    if name == "torch.where":
        args.insert(0, run.tensor(np.array([True, False])))
    if name == "torch.cat":
        args = [[x, y]]
    allowed = autograd.results_require_grad_where_an_operand_does(recording, [first, second], result or dtype)
    with run.within("torch.set_grad_enabled", recording):
        run.expect(allowed, name, *args)


@verifies(
    autograd.results_require_grad_where_an_operand_does,
    over=["Tensor.argmax", "Tensor.long", "Tensor.bool", "torch.isnan", "torch.sign"],
)
def test_discrete_results(run: Run, name: str) -> None:
    x = run.tensor(np.array([1.0, -2.0], np.float32), requires_grad=True)
    kinds = {"Tensor.argmax": dtypes.int64, "Tensor.long": dtypes.int64, "torch.sign": dtypes.float32}
    result = kinds.get(name, dtypes.bool_)
    run.expect(autograd.results_require_grad_where_an_operand_does(True, [True], result), name, x)


VIEWS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Tensor.view", (1, 3)),
    ("Tensor.t", ()),
    ("operator.getitem", (slice(1, 2),)),
    ("Tensor.expand", (2, 3)),
)


@verifies(autograd.views_made_without_recording_do_not_require_grad, over=VIEWS)
def test_views_without_recording(run: Run, case: tuple[str, tuple[Any, ...]]) -> None:
    name, args = case
    x = run.tensor(ONES, requires_grad=True)
    with run.within("torch.no_grad"):
        run.expect(autograd.views_made_without_recording_do_not_require_grad(), name, x, *args)


@verifies(autograd.leaves_are_what_no_recorded_operation_made, over=[True, False])
def test_leaves(run: Run, wanted: bool) -> None:
    x = run.tensor(ONES, requires_grad=wanted)
    clause = autograd.leaves_are_what_no_recorded_operation_made
    run.expect(clause(wanted, False), "Tensor.is_leaf", x)
    for name, args in (
        ("operator.mul", (2.0,)),
        ("Tensor.to", (dtypes.float64,)),
        ("Tensor.clone", ()),
        ("Tensor.view", (1, 3)),
        ("operator.getitem", (slice(1, 2),)),
    ):
        run.expect(clause(wanted, True), "Tensor.is_leaf", run.call(name, x, *args))
    run.expect(clause(False, True), "Tensor.is_leaf", run.call("Tensor.detach", x))
    run.expect(clause(False, True), "Tensor.is_leaf", run.call("operator.gt", x, 0.0))
    with run.within("torch.no_grad"):
        run.expect(clause(False, True), "Tensor.is_leaf", run.call("operator.mul", x, 2.0))
    made = run.call("Tensor.requires_grad_", run.call("operator.mul", run.tensor(ONES), 2.0))
    run.expect(clause(True, False), "Tensor.is_leaf", made)


@verifies(autograd.flags_of_results_cannot_be_cleared, over=["attribute", "method", "view"])
def test_flags_of_results(run: Run, way: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    y = run.call("Tensor.view", x, 3) if way == "view" else run.call("operator.mul", x, 2.0)
    allowed = autograd.flags_of_results_cannot_be_cleared()
    if way == "method":
        run.expect(allowed, "Tensor.requires_grad_", y, False)
    else:
        run.expect(allowed, "setattr", y, "requires_grad", False)


WAYS = ("attribute", "method", "ones", "zeros", "full", "tensor", "empty", "zeros_like", "eye")


@verifies(
    autograd.only_floating_and_complex_tensors_require_grad,
    over=list(product(dtypes.COMMON, WAYS)),
    proves=True,
)
def test_types(run: Run, case: tuple[DType, str]) -> None:
    dtype, way = case
    run.require(dtype)
    allowed = autograd.only_floating_and_complex_tensors_require_grad(dtype)
    match way:
        case "attribute" | "method":
            x = run.tensor(np.ones(2, dtype.storage))
            if way == "method":
                run.expect(allowed, "Tensor.requires_grad_", x)
            elif dtype.is_floating_point or dtype.is_complex:
                run.call("setattr", x, "requires_grad", True)
                run.look(allowed, x)
            else:
                run.expect(allowed, "setattr", x, "requires_grad", True)
        case "zeros_like":
            run.expect(allowed, "torch.zeros_like", run.tensor(ONES), dtype=dtype, requires_grad=True)
        case _:
            args: dict[str, tuple[Any, ...]] = {"full": ((2,), 1), "tensor": ([0, 1],), "eye": (2,)}
            run.expect(allowed, f"torch.{way}", *args.get(way, ((2,),)), dtype=dtype, requires_grad=True)


@verifies(autograd.recorded_results_have_a_node, over=[True, False])
def test_nodes(run: Run, wanted: bool) -> None:
    x = run.tensor(ONES, requires_grad=wanted)
    clause = autograd.recorded_results_have_a_node

    def judge(recorded: bool, tensor: Any) -> None:
        run.expect(clause(recorded), "is", run.whole("Tensor.grad_fn", tensor), None)

    judge(False, x)
    y = run.call("operator.mul", x, 2.0)
    judge(wanted, y)
    judge(wanted, run.call("Tensor.view", y, 3, 1))
    judge(False, run.call("Tensor.detach", y))
    judge(False, run.call("Tensor.argmax", y))
    with run.within("torch.no_grad"):
        judge(False, run.call("Tensor.exp", y))


NAMES: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("operator.add", (1.0,), "AddBackward0"),
    ("operator.sub", (1.0,), "SubBackward0"),
    ("operator.mul", (2.0,), "MulBackward0"),
    ("operator.truediv", (2.0,), "DivBackward0"),
    ("operator.pow", (2,), "PowBackward0"),
    ("operator.neg", (), "NegBackward0"),
    ("Tensor.clone", (), "CloneBackward0"),
    ("Tensor.sum", (), "SumBackward0"),
    ("Tensor.mean", (), "MeanBackward0"),
    ("Tensor.exp", (), "ExpBackward0"),
    ("Tensor.relu", (), "ReluBackward0"),
    ("Tensor.t", (), "TBackward0"),
    ("Tensor.view", (3,), "ViewBackward0"),
)


@verifies(autograd.nodes_are_named_after_the_operation, over=NAMES)
def test_names(run: Run, case: tuple[str, tuple[Any, ...], str]) -> None:
    name, args, due = case
    x = run.tensor(ONES, requires_grad=True)
    node = run.whole("Tensor.grad_fn", run.call(name, x, *args))
    run.expect(autograd.nodes_are_named_after_the_operation(due), "Tensor.name", node)


@verifies(
    autograd.nodes_lead_to_the_nodes_of_their_inputs,
    autograd.the_graph_ends_at_nodes_that_hold_the_leaves,
    over=["mul", "add", "sub"],
)
def test_next_functions(run: Run, name: str) -> None:
    x, y = (run.tensor(ONES, requires_grad=True) for _ in range(2))
    inner = run.call("Tensor.exp", x)
    result = run.call(f"operator.{name}", inner, y)
    node = run.whole("Tensor.grad_fn", result)

    def follow(place: int) -> Any:
        reached = run.whole("getattr", node, "next_functions")
        return run.whole("operator.getitem", run.whole("operator.getitem", reached, place), 0)

    own = run.whole("Tensor.grad_fn", inner)
    run.expect(autograd.nodes_lead_to_the_nodes_of_their_inputs(), "is", follow(0), own)
    leaf = run.whole("getattr", follow(1), "variable")
    run.expect(autograd.the_graph_ends_at_nodes_that_hold_the_leaves(), "is", leaf, y)


@verifies(
    autograd.backward_needs_something_to_differentiate,
    over=["leaf", "result", "detached", "no_grad", "comparison"],
)
def test_nothing_to_differentiate(run: Run, kind: str) -> None:
    x = run.tensor(np.ones((), np.float32), requires_grad=kind in ("detached", "no_grad", "comparison"))
    match kind:
        case "detached":
            x = run.call("Tensor.detach", run.call("operator.mul", x, 2.0))
        case "no_grad":
            with run.within("torch.no_grad"):
                x = run.call("operator.mul", x, 2.0)
        case "result":
            x = run.call("operator.mul", x, 2.0)
        case "comparison":
            x = run.call("Tensor.float", run.call("operator.gt", x, 0.0))
    run.expect(autograd.backward_needs_something_to_differentiate(), "Tensor.backward", x)


@verifies(autograd.assigned_gradients_must_fit, over=["shape", "broadcast", "dtype", "number"])
def test_assigned_gradients(run: Run, kind: str) -> None:
    x = run.tensor(ONES, requires_grad=True)
    wrong: dict[str, Any] = {
        "shape": lambda: run.tensor(np.ones(2, np.float32)),
        "broadcast": lambda: run.tensor(np.ones(1, np.float32)),
        "dtype": lambda: run.tensor(np.ones(3, np.float64)),
        "number": lambda: 1.0,
    }
    run.expect(autograd.assigned_gradients_must_fit(), "setattr", x, "grad", wrong[kind]())
