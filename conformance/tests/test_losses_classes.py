"""Losses over classes: negative log-likelihood and cross entropy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import losses
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .test_losses import FAR, LINE, REDUCTIONS, drawn_from, graded

_SHAPES: tuple[Shape, ...] = ((2, 3), (4, 5), (3,), (1, 2), (2, 3, 4), (2, 4, 2, 3), (5, 1))
_LARGE: tuple[Shape, ...] = ((700, 3), (3, 1000))
_NAMES = ("cross_entropy", "CrossEntropyLoss")


@dataclass(frozen=True)
class Rows:
    """Logits, the class of each row, weights of classes, a reduction, and whether the module is used."""

    x: Operand
    target: Any
    weight: Any
    reduction: str
    module: bool
    ignore_index: int
    smoothing: float

    @property
    def dtype(self) -> DType:
        return self.x.dtype


def rows(*, weighted: bool | None = None, ignored: bool = False) -> Callable[[Tape], Rows]:
    """Return a function that draws rows; `weighted` None leaves the choice to the tape."""

    def draw(tape: Tape) -> Rows:
        dtype = tape.choose((dtypes.float32, dtypes.float64))
        shape = tape.choose(_LARGE) if tape.one_in(24) else tape.choose(_SHAPES)
        # Some releases cannot differentiate such losses for inputs that are not contiguous.
        layout = draw_layout(tape) if len(shape) < 3 else "contiguous"
        x = Operand(drawn_from(tape, FAR if tape.one_in(4) else LINE, shape, dtype), layout)
        classes = shape[0] if len(shape) == 1 else shape[1]
        of_rows = () if len(shape) == 1 else (shape[0], *shape[2:])
        target = tape.take(int(np.prod(of_rows))).reshape(of_rows).astype(np.int64) % classes
        ignore_index = -100
        if ignored:
            ignore_index = tape.choose((-100, 1, -1))
            skipped = tape.take(int(np.prod(of_rows))).reshape(of_rows) % 3 == 2
            target = np.where(skipped, ignore_index, target)
            if (target == ignore_index).all():
                ignore_index = -100
                target = np.zeros(of_rows, np.int64)
        heavy = tape.one_in(2) if weighted is None else weighted
        weight = np.linspace(0.5, 2.5, classes).astype(dtype.storage) if heavy else None
        smoothing = tape.choose((0.1, 0.25, 1.0))
        return Rows(x, target, weight, tape.choose(REDUCTIONS), tape.one_in(3), ignore_index, smoothing)

    return draw


def _judged(run: Run, case: Rows, allowed: Any, names: tuple[str, str] = _NAMES, **options: Any) -> None:
    if case.weight is not None:
        options["weight"] = run.tensor(case.weight)
    x, target = run.tensor(case.x, requires_grad=True), run.tensor(np.asarray(case.target))
    graded(run, allowed, names, x, target, module=case.module, reduction=case.reduction, **options)


@verifies(losses.nll_picks_the_targets_class, drawn=rows())
def test_nll(run: Run, case: Rows) -> None:
    clause = losses.nll_picks_the_targets_class
    allowed = clause(case.x.array, case.target, case.weight, case.reduction, case.dtype)
    _judged(run, case, allowed, ("nll_loss", "NLLLoss"))


@verifies(losses.cross_entropy_is_nll_of_the_log_softmax, drawn=rows(weighted=False))
def test_cross_entropy(run: Run, case: Rows) -> None:
    clause = losses.cross_entropy_is_nll_of_the_log_softmax
    _judged(run, case, clause(case.x.array, case.target, case.reduction, case.dtype))


@verifies(losses.class_weights_divide_the_mean, drawn=rows(weighted=True))
def test_weights(run: Run, case: Rows) -> None:
    clause = losses.class_weights_divide_the_mean
    _judged(run, case, clause(case.x.array, case.target, case.weight, case.reduction, case.dtype))


@verifies(losses.ignored_targets_count_for_nothing, drawn=rows(ignored=True))
def test_ignored(run: Run, case: Rows) -> None:
    clause = losses.ignored_targets_count_for_nothing
    given = (case.x.array, case.target, case.weight, case.ignore_index, case.reduction, case.dtype)
    _judged(run, case, clause(*given), ignore_index=case.ignore_index)


@verifies(losses.a_loss_of_ignored_targets, over=[(r, i) for r in ("mean", "sum") for i in (-100, 1)])
def test_all_ignored(run: Run, case: tuple[str, int]) -> None:
    reduction, index = case
    x, target = run.tensor(np.ones((2, 3), np.float32)), run.tensor(np.full(2, index))
    allowed = losses.a_loss_of_ignored_targets(reduction, dtypes.float32)
    name = "torch.nn.functional.cross_entropy"
    run.expect(allowed, name, x, target, reduction=reduction, ignore_index=index)


@verifies(losses.label_smoothing_mixes_in_the_other_classes, drawn=rows(ignored=True))
def test_label_smoothing(run: Run, case: Rows) -> None:
    clause = losses.label_smoothing_mixes_in_the_other_classes
    given = (case.x.array, case.target, case.weight, case.ignore_index, case.smoothing)
    allowed = clause(*given, case.reduction, case.dtype)
    _judged(run, case, allowed, ignore_index=case.ignore_index, label_smoothing=case.smoothing)


@verifies(losses.label_smoothing_is_a_share, over=[1.5, 2.0])
def test_label_smoothing_range(run: Run, smoothing: float) -> None:
    x, target = run.tensor(np.ones((2, 3), np.float32)), run.tensor(np.array([0, 1]))
    allowed = losses.label_smoothing_is_a_share()
    run.expect(allowed, "torch.nn.functional.cross_entropy", x, target, label_smoothing=smoothing)


def _shares(tape: Tape) -> Rows:
    case = rows()(tape)
    while case.x.array.ndim > 2:
        case = rows()(tape)
    shape = case.x.array.shape
    target = drawn_from(tape, np.array([0.25, 0.5, 0.0, 1.0]), shape, case.dtype)
    smoothing = tape.choose((0.0, 0.25))
    return Rows(case.x, target, case.weight, case.reduction, case.module, -100, smoothing)


@verifies(losses.targets_may_be_probabilities, drawn=_shares)
def test_probabilities(run: Run, case: Rows) -> None:
    clause = losses.targets_may_be_probabilities
    given = (case.x.array, case.target, case.weight, case.smoothing, case.reduction, case.dtype)
    _judged(run, case, clause(*given), label_smoothing=case.smoothing)


_WRONG: tuple[tuple[Any, str, bool], ...] = (
    (np.array([0, 3]), "IndexError", True),
    (np.array([-1, 0]), "IndexError", True),
    (np.array([0, 1], np.int32), "RuntimeError", False),
    (np.array([0.0, 1.0], np.float32), "RuntimeError", False),
    (np.array([0, 1, 2]), "ValueError", False),
)


@verifies(losses.targets_are_classes_of_the_input, over=_WRONG)
def test_wrong_targets(run: Run, case: tuple[Any, str, bool]) -> None:
    target, kind, from_values = case
    allowed = losses.targets_are_classes_of_the_input(kind, from_values)
    x = run.tensor(np.ones((2, 3), np.float32))
    run.call("torch.nn.functional.cross_entropy", x, run.tensor(np.array([0, 1])))
    run.expect(allowed, "torch.nn.functional.cross_entropy", x, run.tensor(target))
