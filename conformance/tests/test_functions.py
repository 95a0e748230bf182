"""The laws of functions that are not elementwise, over their table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.smooth import draw_places, draw_weight
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import functions
from tensorcanon.spec.clause import Clause
from tensorcanon.spec.ops.function import Function, Group
from tensorcanon.spec.ops.functions import GROUPS
from tensorcanon.spec.outcome import Each, Exactly, Outcome, Within
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

WIDE = (dtypes.float32, dtypes.float64)
_FEW = 64


@dataclass(frozen=True, eq=False)
class Case:
    """A row, its tensors and their layouts."""

    row: Function
    arrays: tuple[Array, ...]
    layouts: tuple[str, ...]

    def tensors(self, run: Run, **how: Any) -> list[Handle]:
        """Make the tensors, contiguous; only drawn ones may require gradients."""
        return [
            run.tensor(array, **(how if place in self.row.drawn else {}))
            for place, array in enumerate(self.arrays)
        ]

    def laid_out(self, run: Run) -> list[Handle]:
        """Make the tensors in their layouts."""
        return [run.tensor(Operand(*pair)) for pair in zip(self.arrays, self.layouts, strict=True)]


def draw(tape: Tape, group: Group) -> Case:
    return draw_row(tape, tape.choose(group.rows))


def draw_known(tape: Tape, group: Group) -> Case:
    """Draw the tensors of a row whose shapes follow from theirs."""
    return draw_row(tape, tape.choose([row for row in group.rows if row.maps]))


def draw_mapped(tape: Tape, group: Group) -> Case:
    """Draw tensors with one more dimension, over which vmap goes."""
    row = tape.choose([row for row in group.rows if row.maps])
    return draw_row(tape, row, mapped=tape.between(1, 3))


def draw_row(tape: Tape, row: Function, *, mapped: int | None = None) -> Case:
    types, inputs = row.types, row.inputs
    if row.large and mapped is None and tape.one_in(24):
        inputs = row.enlarged()
        # Other types tell too few elements apart, or are held to little where many are summed.
        if row.terms or row.values == "distinct":
            types = tuple(dtype for dtype in types if dtype in WIDE) or types
    dtype = tape.choose(types)
    arrays = []
    for given in inputs:
        if isinstance(given, tuple):
            shape = given if mapped is None else (mapped, *given)
            arrays.append(_elements(tape, row, shape, dtype))
        else:
            arrays.append(given)
    layouts = tuple("contiguous" if row.contiguous else draw_layout(tape) for _ in arrays)
    return Case(row, tuple(arrays), layouts)


def _elements(tape: Tape, row: Function, shape: tuple[int, ...], dtype: DType) -> Array:
    if row.values != "distinct" or dtype.format is None or dtype.is_complex:
        return draw_array(tape, dtype, shape, row.values)
    count = math.prod(shape)
    few = count <= _FEW
    picks = tape.shuffled(range(count)) if few else np.argsort(tape.take(count), kind="stable")
    return ((np.array(picks, np.float64) - 5) / 4 + 1 / 16).reshape(shape).astype(dtype.storage)


@dataclass(frozen=True, eq=False)
class Subject:
    """A function, with the laws that its forms are under."""

    group: Group

    @property
    def clauses(self) -> tuple[Clause[Any], ...]:
        forms = {form for row in self.group.rows for form in row.forms}
        method = (functions.a_method_agrees_with_its_function,) * ("method" in forms and self.has_function)
        out = (functions.out_tensors_receive_the_results,) * ("out" in forms)
        return *method, *out

    @property
    def has_function(self) -> bool:
        return any(row.function for row in self.group.rows)

    def __str__(self) -> str:
        return str(self.group)


@verifies(
    functions.a_function_gives_what_its_page_says,
    functions.the_layout_of_inputs_does_not_matter,
    functions.inputs_of_a_function_stay_as_they_were,
    functions.a_repeated_call_gives_the_same,
    each=[Subject(group) for group in GROUPS],
    drawn=lambda tape, subject: draw(tape, subject.group),
)
def test_functions(run: Run, subject: Subject, case: Case) -> None:
    row, arrays = case.row, case.arrays
    given = case.tensors(run)
    call = row.arguments(given)
    run.expect(functions.a_function_gives_what_its_page_says(row, *arrays), row.call, *call, **row.kwargs)
    run.expect(functions.a_repeated_call_gives_the_same(row, *arrays), row.call, *call, **row.kwargs)
    if row.function and "method" in row.forms:
        allowed = functions.a_method_agrees_with_its_function(row, *arrays)
        run.expect(allowed, f"Tensor.{row.name}", *call, **row.kwargs)
    for array, handle in zip(arrays, given, strict=True):
        run.look(functions.inputs_of_a_function_stay_as_they_were(array), handle)
    laid_out = case.laid_out(run)
    allowed = functions.the_layout_of_inputs_does_not_matter(row, *arrays)
    run.expect(allowed, row.call, *row.arguments(laid_out), **row.kwargs)
    if "out" in row.forms:
        hold_out(run, row, arrays, laid_out)


def hold_out(run: Run, row: Function, arrays: tuple[Array, ...], given: list[Handle]) -> None:
    allowed = functions.out_tensors_receive_the_results(row, *arrays)
    receivers = [run.tensor(like) for like in _like(allowed)]
    out = tuple(receivers) if isinstance(allowed, Each) else receivers[0]
    run.expect(allowed, row.call, *row.arguments(given), out=out, **row.kwargs)
    run.look(allowed, out)


def _like(allowed: Outcome) -> list[Array]:
    """Return ones of the types and shapes of what is allowed."""
    if isinstance(allowed, Each):
        return [array for item in allowed.items for array in _like(item)]
    if isinstance(allowed, Within):
        return [np.ones(allowed.value.shape, allowed.dtype.storage)]
    assert isinstance(allowed, Exactly)
    return [np.ones_like(allowed.value)]


@verifies(functions.results_do_not_depend_on_recording, each=GROUPS, drawn=draw)
def test_recording(run: Run, group: Group, case: Case) -> None:
    row, arrays = case.row, case.arrays
    allowed = functions.results_do_not_depend_on_recording(row, *arrays)
    with run.within("torch.no_grad"):
        run.expect(allowed, row.call, *row.arguments(case.tensors(run)), **row.kwargs)
    if all(dtypes.of_array(arrays[place]).format is not None for place in row.drawn):
        recorded = case.tensors(run, requires_grad=True)
        run.expect(allowed, row.call, *row.arguments(recorded), **row.kwargs)


MAPPED = [group for group in GROUPS if group.any("maps")]


@verifies(functions.a_function_has_the_same_structure_without_data, each=MAPPED, drawn=draw_known)
def test_structure(run: Run, group: Group, case: Case) -> None:
    row = case.row
    given = [run.call("Tensor.to", one, "meta") for one in case.tensors(run)]
    allowed = functions.a_function_has_the_same_structure_without_data(row, *case.arrays)
    run.expect(allowed, row.call, *row.arguments(given), **row.kwargs)


@verifies(
    functions.vmap_of_a_function_is_a_stack_of_calls,
    each=MAPPED,
    drawn=draw_mapped,
)
def test_vmap(run: Run, group: Group, case: Case) -> None:
    row = case.row
    names = ["a", "b", "c"][: len(row.drawn)]
    given = case.tensors(run)

    def body(way: Any, *drawn: Any) -> Any:
        tensors = list(given)
        for place, one in zip(row.drawn, drawn, strict=True):
            tensors[place] = one
        return way.call(row.call, *row.arguments(tensors), **row.kwargs)

    mapped = run.whole("torch.vmap", run.function("f", " ".join(names), body))
    allowed = functions.vmap_of_a_function_is_a_stack_of_calls(row, *case.arrays)
    run.expect(allowed, "Tensor.__call__", mapped, *(given[place] for place in row.drawn))


SMOOTH = [group for group in GROUPS if group.any("smooth")]


def draw_smooth(tape: Tape, group: Group) -> tuple[Case, Array, Array]:
    """Draw tensors at smooth places, the weight of the result and a direction."""
    row = tape.choose([row for row in group.rows if row.smooth])
    dtype = tape.choose([dtype for dtype in reversed(WIDE) if dtype in row.types])
    arrays = []
    for given in row.inputs:
        if not isinstance(given, tuple):
            arrays.append(given)
        elif row.values == "distinct":
            arrays.append(_elements(tape, row, given, dtype))
        else:
            kind = "positive" if row.values == "positive" else "line"
            arrays.append(draw_places(tape, kind, given, dtype))  # type: ignore[arg-type]
    case = Case(row, tuple(arrays), tuple(draw_layout(tape) for _ in arrays))
    weight = draw_weight(tape, row.first(*arrays).shape, dtype)
    return case, weight, draw_weight(tape, arrays[row.drawn[0]].shape, dtype)


@verifies(functions.gradients_of_functions_are_their_derivatives, each=SMOOTH, drawn=draw_smooth)
def test_gradients(run: Run, group: Group, drawn: tuple[Case, Array, Array]) -> None:
    case, weight, _ = drawn
    row = case.row
    given = case.tensors(run, requires_grad=True)
    result = run.call(row.call, *row.arguments(given), **row.kwargs)
    run.call("Tensor.backward", _first(result), run.tensor(weight))
    for place in row.drawn:
        allowed = functions.gradients_of_functions_are_their_derivatives(row, place, weight, *case.arrays)
        run.expect(allowed, "Tensor.grad", given[place])


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple | list) else result


@verifies(
    functions.second_gradients_of_functions_are_second_derivatives,
    each=[group for group in SMOOTH if all(row.twice and row.drawn[0] == 0 for row in group.rows)],
    drawn=draw_smooth,
)
def test_second_gradients(run: Run, group: Group, drawn: tuple[Case, Array, Array]) -> None:
    case, weight, direction = drawn
    row = case.row
    given = case.tensors(run, requires_grad=True)
    result = _first(run.call(row.call, *row.arguments(given), **row.kwargs))
    # The square of the input takes part, so that the first derivative is never a constant.
    square = run.call("Tensor.sum", run.call("operator.mul", given[0], given[0]))
    weighted = run.call("Tensor.sum", run.call("operator.mul", result, run.tensor(weight)))
    total = run.call("operator.add", weighted, square)
    (first,) = run.call("torch.autograd.grad", total, given[0], create_graph=True)
    along = run.call("Tensor.sum", run.call("operator.mul", first, run.tensor(direction)))
    (second,) = run.call("torch.autograd.grad", along, given[0])
    own = run.call("operator.sub", second, run.call("operator.mul", run.tensor(direction), 2.0))
    allowed = functions.second_gradients_of_functions_are_second_derivatives(
        row, direction, weight, *case.arrays
    )
    run.expect(allowed, "Tensor.sum", run.call("operator.mul", own, run.tensor(direction)))
