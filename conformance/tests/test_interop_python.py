"""Tensors beside Python: numbers, classes, names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import interop
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

SHAPES = ((3,), (2, 3), (), (1,), (0,), (2, 0), (0, 2), (2, 1, 3), (1, 1))


def draw_listed(tape: Tape) -> Operand:
    layout = tape.choose(("contiguous", "transposed", "stepped", "offset"))
    return draw_operand(tape, tape.choose(dtypes.COMMON), tape.choose(SHAPES), "any", layout)


@verifies(interop.tolist_nests_python_numbers, interop.item_needs_one_element, drawn=draw_listed)
def test_tolist(run: Run, source: Operand) -> None:
    run.require_data()
    x = run.tensor(source)
    run.expect(interop.tolist_nests_python_numbers(source.array), "Tensor.tolist", x)
    if source.array.size != 1:
        run.expect(interop.item_needs_one_element(source.array.size), "Tensor.item", x)


def draw_single(tape: Tape) -> Operand:
    layout = tape.choose(("contiguous", "transposed", "stepped", "offset"))
    shape = tape.choose(((), (1,), (1, 1), (1, 1, 1)))
    return draw_operand(tape, tape.choose(dtypes.COMMON), shape, "any", layout)


@verifies(interop.item_is_the_python_number, drawn=draw_single)
def test_item(run: Run, source: Operand) -> None:
    run.require_data()
    x = run.tensor(source)
    allowed = interop.item_is_the_python_number(source.array.reshape(())[()], source.dtype)
    run.expect(allowed, "Tensor.item", x)
    if source.dtype.is_floating_point:
        run.expect(allowed, "Tensor.item", run.call("Tensor.requires_grad_", x))


KIND = """
    def kind(x):
        return type(x) is torch.Tensor, isinstance(x, torch.Tensor), torch.is_tensor(x)
"""


@verifies(
    interop.a_tensor_is_a_tensor,
    interop.nothing_else_is_a_tensor,
    over=product(dtypes.COMMON, ((), (3,), (0, 2), (1, 2, 1, 2))),
)
def test_classes(run: Run, case: tuple[DType, tuple[int, ...]]) -> None:
    dtype, shape = case
    x = run.tensor(np.zeros(shape, dtype.storage))
    kind = run.define(KIND)
    for each in (x, run.call("torch.reshape", x, (-1,)), run.call("torch.ones", shape, dtype=dtype)):
        run.expect(interop.a_tensor_is_a_tensor(), "call", kind, each)
    for other in ([1, 2], 3.5, None, run.call("np.array", [1.0])):
        run.expect(interop.nothing_else_is_a_tensor(), "torch.is_tensor", other)


PARAMETER = """
    def known(x):
        p = torch.nn.Parameter(x)
        results = (p + 1, p * p, p.sum(), p[0], p.detach(), p.clone(), torch.exp(p))
        return isinstance(p, torch.Tensor), *(type(result) is torch.Tensor for result in results)
"""


@verifies(interop.a_parameter_is_a_tensor_and_its_results_are_plain, over=(dtypes.float32, dtypes.float64))
def test_parameters(run: Run, dtype: DType) -> None:
    x = run.tensor(np.array([1.0, 2.0], dtype.storage))
    allowed = interop.a_parameter_is_a_tensor_and_its_results_are_plain((True,) * 8)
    run.expect(allowed, "call", run.define(PARAMETER), x)


OWN = """
    class Own(torch.Tensor):
        pass
    def names(x):
        own = x.as_subclass(Own)
        results = [own, own + 1, 1 - own, own.sum(), own[0], torch.exp(own), torch.add(x, own)]
        results.append(own.max(dim=0).values)
        return tuple(type(result).__name__ for result in results)
"""


@verifies(interop.results_keep_a_derived_class, over=(dtypes.float32, dtypes.float64))
def test_derived_classes(run: Run, dtype: DType) -> None:
    x = run.tensor(np.array([[1.0, 2.0], [3.0, 4.0]], dtype.storage))
    run.expect(interop.results_keep_a_derived_class(("Own",) * 8), "call", run.define(OWN), x)


MEMBERS = """
    def members(*tensors):
        return len(set(tensors))
"""


@verifies(
    interop.tensors_hash_by_identity,
    interop.membership_of_a_list_is_ambiguous,
    over=(dtypes.float32, dtypes.int64),
)
def test_hashes(run: Run, dtype: DType) -> None:
    run.require_data()
    x, y = (run.tensor(np.ones(2, dtype.storage)) for _ in range(2))
    run.expect(interop.tensors_hash_by_identity(2), "call", run.define(MEMBERS), x, y, x)
    run.expect(interop.membership_of_a_list_is_ambiguous(), "operator.contains", [x], y)


VERSION = """
    import re
    def version():
        name = torch.__version__
        return isinstance(name, str), re.match(r"[0-9]+[.][0-9]+", name) is not None
"""
TYPO = "def typo(): return torch.oness_like"


@verifies(interop.the_version_is_a_string_of_numbers, interop.unknown_names_are_attribute_errors, over=(0, 1))
def test_names(run: Run, which: int) -> None:
    run.expect(interop.the_version_is_a_string_of_numbers(), "call", run.define(VERSION))
    x = run.tensor(np.ones(2))
    refused = interop.unknown_names_are_attribute_errors()
    run.expect(refused, "getattr", x, ("dtpye", "sumn")[which])
    run.expect(refused, "call", run.define(TYPO))


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "amax": np.max,
    "amin": np.min,
    "argmax": np.argmax,
    "argmin": np.argmin,
}
PAIRS = {"max": (np.max, np.argmax), "min": (np.min, np.argmin)}
NUMBERS = np.array([[1.0, 4.0, 0.5], [8.0, 2.0, 0.25]], np.float32)


@verifies(
    interop.names_of_numpy_are_understood,
    interop.names_of_numpy_are_understood_by_pairs,
    over=product((*REDUCTIONS, *PAIRS), (0, 1, -1), (False, True)),
)
def test_keywords(run: Run, case: tuple[str, int, bool]) -> None:
    name, axis, keepdims = case
    x = run.tensor(NUMBERS)
    named = {"axis": axis, **({"keepdims": True} if keepdims else {})}
    if name in PAIRS:
        due = (np.asarray(f(NUMBERS, axis, keepdims=keepdims)) for f in PAIRS[name])
        pair = interop.names_of_numpy_are_understood_by_pairs(*due)
        run.expect(pair, f"Tensor.{name}", x, **named)
        run.expect(pair, f"torch.{name}", input=x, **named)
        return
    result = np.asarray(REDUCTIONS[name](NUMBERS, axis=axis, keepdims=keepdims))
    allowed = interop.names_of_numpy_are_understood(result)
    run.expect(allowed, f"Tensor.{name}", x, **named)
    run.expect(allowed, f"torch.{name}", x, **named)
    run.expect(allowed, f"torch.{name}", input=x, dim=axis, keepdim=keepdims)


@verifies(interop.names_of_numpy_are_understood, over=("flip", "permute", "squeeze", "ones", "zeros"))
def test_keywords_of_shapes(run: Run, name: str) -> None:
    x = run.tensor(NUMBERS)
    allowed = interop.names_of_numpy_are_understood
    match name:
        case "flip":
            run.expect(allowed(NUMBERS[::-1].copy()), "torch.flip", input=x, dims=(0,))
        case "permute":
            run.expect(allowed(NUMBERS.T), "Tensor.permute", x, dims=(1, 0))
        case "squeeze":
            run.expect(allowed(NUMBERS), "torch.squeeze", input=run.call("torch.unsqueeze", x, 0), dim=0)
        case _:
            filled = getattr(np, name)((2, 3), np.float32)
            run.expect(allowed(filled), f"torch.{name}", size=(2, 3))
