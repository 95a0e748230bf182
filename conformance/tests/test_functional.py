"""Functions of layers, one test for each: values in all floating types, and gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.smooth import draw_places, draw_weight
from tensorcanon.conformance.tape import LENGTH, Tape
from tensorcanon.spec import functional
from tensorcanon.spec.ops.layer import Layer, LayerFamily
from tensorcanon.spec.ops.layered import LAYERS
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# Past the sizes at which kernels change their ways.
_LARGE = 4100


@dataclass(frozen=True, eq=False)
class Case:
    """A row, the operands of one small batch, and how many copies of it a call takes."""

    row: Layer
    arrays: tuple[Array, ...]
    layouts: tuple[str, ...]
    copies: int
    weight: Array

    @property
    def dtype(self) -> DType:
        return dtypes.of_array(self.arrays[0])

    def given(self, run: Run, **how: Any) -> dict[str, Any]:
        """Return the operands by name."""
        made = {}
        for name, array, layout in zip(self.row.shapes, self.arrays, self.layouts, strict=True):
            made[name] = run.tensor(Operand(self.tiled(name, array), layout), **how)
        return made

    def options(self, run: Run) -> dict[str, Any]:
        """Return the other arguments, arrays among them as tensors."""
        return {name: self._option(run, name, value) for name, value in self.row.options.items()}

    def _option(self, run: Run, name: str, value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        kind = self.dtype.storage if value.dtype.kind == "f" else value.dtype
        return run.tensor(self.tiled(name, value.astype(kind)))

    def tiled(self, name: str, array: Array) -> Array:
        return np.concatenate([array] * self.copies) if name in self.row.batched else array


def _elements(tape: Tape, row: Layer, place: int, shape: tuple[int, ...], dtype: DType) -> Array:
    if row.values == "distinct":
        picks = np.array(tape.shuffled(range(int(np.prod(shape)))), np.float64)
        return np.asarray(((picks - 5) / 4 + (1 + place) / 32).reshape(shape).astype(dtype.storage))
    if row.values == "zeros":
        return draw_array(tape, dtype, shape, "ties")
    return draw_places(tape, "positive" if row.values == "positive" else "line", shape, dtype)


def draw(tape: Tape, family: LayerFamily) -> Case:
    row = tape.choose(family.rows)
    dtype = tape.choose(
        (dtypes.float32, dtypes.float64, *((dtypes.bfloat16, dtypes.float16)[: 2 * row.halves]))
    )
    # Few different elements, because derivatives in higher precision take their time.
    inner = Tape(np.random.Generator(np.random.PCG64(tape.below(2))).bytes(LENGTH))
    arrays = tuple(
        _elements(inner, row, place, shape, dtype) for place, shape in enumerate(row.shapes.values())
    )
    layouts = [draw_layout(tape) for _ in arrays]
    if next(iter(row.shapes)) in row.batched and tape.one_in(8):
        arrays, layouts[0] = (np.repeat(arrays[0][:1], len(arrays[0]), axis=0), *arrays[1:]), "expanded"
    copies = 1
    if row.batched and tape.one_in(12):
        sizes = [np.size(row.options[name]) for name in row.batched if name in row.options]
        sizes += [int(np.prod(row.shapes[name])) for name in row.batched if name in row.shapes]
        copies = -(-_LARGE // max(sizes))
    exact = np.asarray(row.exact(*(array.astype(np.float64) for array in arrays)))
    weight = draw_weight(inner, exact.shape, dtype)
    return Case(row, arrays, tuple(layouts), copies, weight)


@verifies(
    functional.functions_of_layers_follow_their_formulas,
    functional.gradients_of_layers_are_derivatives,
    each=LAYERS,
    drawn=draw,
)
def test_layers(run: Run, family: LayerFamily, case: Case) -> None:
    allowed = functional.functions_of_layers_follow_their_formulas(case.row, case.copies, *case.arrays)
    name, options = f"torch.nn.functional.{family.name}", case.options(run)
    run.expect(allowed, name, **case.given(run), **options)
    given = case.given(run, requires_grad=True)
    result = run.call(name, **given, **options)
    run.expect(allowed, "Tensor.detach", result)
    weight = np.concatenate([case.weight] * case.copies) if case.copies > 1 else case.weight
    run.call("Tensor.backward", result, run.tensor(weight))
    for place, handle in enumerate(given.values()):
        slope = functional.gradients_of_layers_are_derivatives(
            case.row, place, case.weight, case.copies, *case.arrays
        )
        run.expect(slope, "Tensor.grad", handle)


_LINE = np.ones((1, 2, 4), np.float32)


@verifies(functional.a_size_or_a_factor_is_given, over=[{}, {"size": 3, "scale_factor": 2.0}])
def test_sizes(run: Run, options: dict[str, Any]) -> None:
    run.call("torch.nn.functional.interpolate", run.tensor(_LINE), size=3)
    run.expect(
        functional.a_size_or_a_factor_is_given(),
        "torch.nn.functional.interpolate",
        run.tensor(_LINE),
        **options,
    )


@verifies(functional.bags_are_given_once, over=[(np.array([0, 1]), False), (np.array([[0, 1]]), True)])
def test_bags(run: Run, case: tuple[Array, bool]) -> None:
    indices, with_offsets = case
    name, table = "torch.nn.functional.embedding_bag", run.tensor(np.ones((3, 2), np.float32))
    offsets = run.tensor(np.array([0])) if with_offsets else None
    run.call(name, run.tensor(np.array([[0, 1]])), table)
    run.expect(functional.bags_are_given_once(), name, run.tensor(indices), table, offsets)


# Alignments.


def draw_alignment(tape: Tape) -> tuple[Operand, list[list[int]], list[int], int, str, Array, bool]:
    steps, samples, classes = tape.between(2, 4), tape.between(1, 2), tape.between(2, 3)
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    inner = Tape(np.random.Generator(np.random.PCG64(tape.below(3))).bytes(LENGTH))
    x = draw_places(inner, "line", (steps, samples, classes), dtype)
    blank = tape.below(classes)
    symbols = [one for one in range(classes) if one != blank]
    labels, lengths = [], []
    for _ in range(samples):
        lengths.append(tape.between(2, steps))
        wanted = tape.between(0, 2)
        own = [tape.choose(symbols) for _ in range(wanted)]
        # Equal neighbours need a blank between them.
        labels.append(own[:1] if lengths[-1] < 3 and own[1:] == own[:1] else own)
    reduction = tape.choose(("mean", "sum", "none"))
    weight = draw_weight(inner, (samples,) if reduction == "none" else (), dtype)
    return Operand(x, draw_layout(tape)), labels, lengths, blank, reduction, weight, tape.one_in(2)


@verifies(functional.alignments_are_summed, drawn=draw_alignment)
def test_alignments(run: Run, case: Any) -> None:
    operand, labels, lengths, blank, reduction, weight, joined = case
    allowed = functional.alignments_are_summed(operand.array, labels, lengths, blank, reduction, weight)
    x = run.tensor(operand, requires_grad=True)
    counts = [len(own) for own in labels]
    longest = max(1, *counts)
    rows = np.full((len(labels), longest), 1 - min(blank, 1))
    for row, own in zip(rows, labels, strict=True):
        row[: len(own)] = own
    flat = np.array([one for own in labels for one in own], np.int64)
    targets = run.tensor(flat if joined and len(flat) else rows)
    given = (targets, run.tensor(np.array(lengths)), run.tensor(np.array(counts)))
    logs = run.call("torch.nn.functional.log_softmax", x, 2)
    result = run.call("torch.nn.functional.ctc_loss", logs, *given, blank=blank, reduction=reduction)
    run.call("Tensor.backward", result, run.tensor(weight))
    run.look(allowed, (run.call("Tensor.detach", result), run.call("Tensor.grad", x)))


@verifies(
    functional.what_cannot_be_aligned_costs_infinity,
    over=[(labels, kept) for labels in ([1, 1], [1, 2, 1], [2, 2, 2]) for kept in (True, False)],
)
def test_impossible(run: Run, case: tuple[list[int], bool]) -> None:
    labels, kept = case
    x = run.tensor(np.zeros((2, 1, 3), np.float32), requires_grad=True)
    logs = run.call("torch.nn.functional.log_softmax", x, 2)
    given = [run.tensor(np.array(one)) for one in ([labels], [2], [len(labels)])]
    options = {"reduction": "none", "zero_infinity": not kept}
    result = run.call("torch.nn.functional.ctc_loss", logs, *given, **options)
    run.call("Tensor.backward", run.call("Tensor.sum", result))
    allowed = functional.what_cannot_be_aligned_costs_infinity(kept, (2, 1, 3))
    run.look(allowed, (run.call("Tensor.detach", result), run.call("Tensor.grad", x)))
