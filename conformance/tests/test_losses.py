"""Losses of differences, probabilities and margins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, Shape, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import losses
from tensorcanon.spec.outcome import Outcome
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

REDUCTIONS = ("mean", "sum", "none")
LINE = np.array([0.5, -1.0, 0.0, 2.0, 1.0, -0.25, 3.5, -2.0, 0.1, 0.7, -1.5, 1.75])
FAR = np.array([0.5, -1.0, 0.0, 2.0, 100.0, -100.0, 1000.0, -1000.0, 20.0, -30.0])
INSIDE = np.array([0.5, 0.25, 0.125, 0.9, 0.75, 0.01, 0.99])
SHARES = np.array([0.5, 0.0, 1.0, 0.25, 0.9])
SIGNS = np.array([1.0, -1.0])
_SHAPES: tuple[Shape, ...] = ((3,), (2, 3), (), (1,), (2, 1, 3), (7,))
_LARGE: tuple[Shape, ...] = ((2051,), (65, 64))


@dataclass(frozen=True)
class Pair:
    """An input and a target, a reduction, an option, and whether the module is used."""

    x: Operand
    y: Operand
    reduction: str
    option: Any
    module: bool

    @property
    def dtype(self) -> DType:
        return self.x.dtype

    @property
    def given(self) -> tuple[Any, Any]:
        return self.x.array, self.y.array


def drawn_from(tape: Tape, table: Any, shape: Shape, dtype: DType) -> Any:
    """Draw elements from a table, a byte each."""
    picks = tape.take(int(np.prod(shape)))
    return table[picks % len(table)].reshape(shape).astype(dtype.storage)


def pairs(
    first: Any,
    second: Any,
    options: tuple[Any, ...] = (None,),
    reductions: tuple[str, ...] = REDUCTIONS,
    least: int = 0,
) -> Callable[[Tape], Pair]:
    """Return a function that draws an input and a target of one shape from two tables."""

    def draw(tape: Tape) -> Pair:
        dtype = tape.choose((dtypes.float32, dtypes.float64))
        shapes = [shape for shape in _SHAPES if len(shape) >= least]
        shape = tape.choose(_LARGE) if tape.one_in(24) else tape.choose(shapes)
        x = Operand(drawn_from(tape, first, shape, dtype), draw_layout(tape))
        y = Operand(drawn_from(tape, second, shape, dtype), draw_layout(tape))
        return Pair(x, y, tape.choose(reductions), tape.choose(options), tape.one_in(3))

    return draw


def graded(
    run: Run, allowed: Outcome, names: tuple[str, str], x: Handle, *args: Any, module: bool, **options: Any
) -> None:
    """Judge a loss, by the function or the module, together with the gradient of its sum."""
    function, name = names
    if module:
        loss = run.call("Tensor.__call__", run.call(f"torch.nn.{name}", **options), x, *args)
    else:
        loss = run.call(f"torch.nn.functional.{function}", x, *args, **options)
    run.call("Tensor.backward", run.call("Tensor.sum", loss))
    run.look(allowed, (run.call("Tensor.detach", loss), run.call("Tensor.grad", x)), function)


def _judged(run: Run, case: Pair, allowed: Outcome, names: tuple[str, str], **options: Any) -> None:
    x = run.tensor(case.x, requires_grad=True)
    graded(
        run, allowed, names, x, run.tensor(case.y), module=case.module, reduction=case.reduction, **options
    )


# Differences.

_DIFFERENCES = {
    "mse": ("mse_loss", "MSELoss"),
    "l1": ("l1_loss", "L1Loss"),
    "smooth_l1": ("smooth_l1_loss", "SmoothL1Loss"),
    "huber": ("huber_loss", "HuberLoss"),
}


@verifies(losses.losses_are_reduced_as_asked, drawn=pairs(LINE, LINE, tuple(_DIFFERENCES)))
def test_reductions(run: Run, case: Pair) -> None:
    allowed = losses.losses_are_reduced_as_asked(case.option, *case.given, case.reduction, case.dtype)
    _judged(run, case, allowed, _DIFFERENCES[case.option])


@verifies(losses.losses_are_reduced_as_asked, over=list(_DIFFERENCES))
def test_default_reduction(run: Run, name: str) -> None:
    function, module = _DIFFERENCES[name]
    x, y = np.array([3.0, -1.0], np.float32), np.array([0.5, 1.0], np.float32)
    allowed = losses.losses_are_reduced_as_asked(name, x, y, "mean", dtypes.float32)
    for by_module in (True, False):
        graded(
            run,
            allowed,
            (function, module),
            run.tensor(x, requires_grad=True),
            run.tensor(y),
            module=by_module,
        )


@verifies(losses.other_reductions_are_refused, over=[one[0] for one in _DIFFERENCES.values()])
def test_other_reductions(run: Run, function: str) -> None:
    x = run.tensor(np.ones(2, np.float32))
    allowed = losses.other_reductions_are_refused()
    run.expect(allowed, f"torch.nn.functional.{function}", x, x, reduction="average")


@verifies(
    losses.old_flags_choose_the_reduction,
    over=[(a, b) for a in (None, True, False) for b in (None, True, False) if (a, b) != (None, None)],
)
def test_old_flags(run: Run, case: tuple[bool | None, bool | None]) -> None:
    average, reduce = case
    x, y = np.array([3.0, -1.0], np.float32), np.array([0.5, 1.0], np.float32)
    allowed = losses.old_flags_choose_the_reduction(x, y, average, reduce, dtypes.float32)
    run.expect(
        allowed,
        "torch.nn.functional.mse_loss",
        run.tensor(x),
        run.tensor(y),
        size_average=average,
        reduce=reduce,
    )


@verifies(
    losses.a_loss_of_nothing,
    over=[(f, r) for f, _ in _DIFFERENCES.values() for r in ("mean", "sum")],
)
def test_nothing(run: Run, case: tuple[str, str]) -> None:
    function, reduction = case
    for dtype in (dtypes.float32, dtypes.float64):
        x = run.tensor(np.ones((0, 2), dtype.storage))
        for _ in range(2):
            run.expect(
                losses.a_loss_of_nothing(reduction, dtype),
                f"torch.nn.functional.{function}",
                x,
                x,
                reduction=reduction,
            )


@verifies(losses.mse_squares_the_difference, drawn=pairs(LINE, LINE))
def test_mse(run: Run, case: Pair) -> None:
    allowed = losses.mse_squares_the_difference(*case.given, case.reduction, case.dtype)
    _judged(run, case, allowed, _DIFFERENCES["mse"])


@verifies(
    losses.other_shapes_are_broadcast_with_a_warning,
    over=[((4, 1), (4,)), ((3,), (2, 3)), ((2, 3), (1, 3)), ((2,), (3,)), ((2, 3), (3, 2))],
)
def test_broadcast(run: Run, case: tuple[Shape, Shape]) -> None:
    x, y = (np.arange(np.prod(shape), dtype=np.float32).reshape(shape) for shape in case)
    allowed = losses.other_shapes_are_broadcast_with_a_warning(x, y, dtypes.float32)
    run.expect(allowed, "torch.nn.functional.mse_loss", run.tensor(x), run.tensor(y))


@verifies(losses.l1_takes_the_magnitude, drawn=pairs(LINE, LINE))
def test_l1(run: Run, case: Pair) -> None:
    allowed = losses.l1_takes_the_magnitude(*case.given, case.reduction, case.dtype)
    _judged(run, case, allowed, _DIFFERENCES["l1"])


@verifies(losses.l1_takes_the_magnitude_of_complex_numbers, over=[dtypes.complex64, dtypes.complex128])
def test_complex_l1(run: Run, dtype: DType) -> None:
    x = np.array([3 + 4j, 1.0, -2j], dtype.storage)
    y = np.array([0.0, 1.0, 1 + 1j], dtype.storage)
    real = dtypes.float32 if dtype is dtypes.complex64 else dtypes.float64
    allowed = losses.l1_takes_the_magnitude_of_complex_numbers(x, y, real)
    run.expect(allowed, "torch.nn.functional.l1_loss", run.tensor(x), run.tensor(y), reduction="none")


@verifies(losses.smooth_l1_is_a_parabola_below_beta, drawn=pairs(LINE, LINE, (1.0, 0.5, 2.0, 0.0)))
def test_smooth_l1(run: Run, case: Pair) -> None:
    clause = losses.smooth_l1_is_a_parabola_below_beta
    allowed = clause(*case.given, case.reduction, case.option, case.dtype)
    _judged(run, case, allowed, _DIFFERENCES["smooth_l1"], beta=case.option)


@verifies(losses.huber_is_a_parabola_up_to_delta, drawn=pairs(LINE, LINE, (1.0, 0.5, 2.0)))
def test_huber(run: Run, case: Pair) -> None:
    clause = losses.huber_is_a_parabola_up_to_delta
    allowed = clause(*case.given, case.reduction, case.option, case.dtype)
    _judged(run, case, allowed, _DIFFERENCES["huber"], delta=case.option)


@verifies(
    losses.thresholds_are_checked,
    over=[("smooth_l1_loss", "beta", -1.0), ("huber_loss", "delta", -1.0), ("huber_loss", "delta", 0.0)],
)
def test_thresholds(run: Run, case: tuple[str, str, float]) -> None:
    function, name, value = case
    x = run.tensor(np.ones(2, np.float32))
    run.expect(losses.thresholds_are_checked(), f"torch.nn.functional.{function}", x, x, **{name: value})


@verifies(losses.losses_vanish_where_the_input_is_the_target, drawn=pairs(LINE, LINE, tuple(_DIFFERENCES)))
def test_matches(run: Run, case: Pair) -> None:
    run.require_data()
    function = f"torch.nn.functional.{_DIFFERENCES[case.option][0]}"
    loss = run.call(function, run.tensor(case.x), run.tensor(case.y), reduction="none")
    allowed = losses.losses_vanish_where_the_input_is_the_target(case.x.array == case.y.array, case.dtype)
    run.expect(allowed, "operator.gt", loss, 0)


# Probabilities.


def _divergences(tape: Tape) -> Pair:
    log_target = tape.one_in(2)
    reductions = ("batchmean", *REDUCTIONS)
    table = np.array([-0.5, -1.0, -2.0, -0.125]) if log_target else SHARES
    case = pairs(np.array([-0.5, -1.0, -3.0, -0.25]), table, reductions=reductions, least=1)(tape)
    return Pair(case.x, case.y, case.reduction, log_target, case.module)


@verifies(losses.kl_div_measures_from_logarithms, drawn=_divergences)
def test_kl_div(run: Run, case: Pair) -> None:
    clause = losses.kl_div_measures_from_logarithms
    allowed = clause(*case.given, case.option, case.reduction, case.dtype)
    _judged(run, case, allowed, ("kl_div", "KLDivLoss"), log_target=case.option)


@verifies(losses.the_mean_of_kl_div_is_warned_about, over=["mean", "sum", "batchmean"])
def test_kl_div_warning(run: Run, reduction: str) -> None:
    x = run.tensor(np.array([[0.5, 0.5]], np.float32))
    allowed = losses.the_mean_of_kl_div_is_warned_about(reduction == "mean")
    run.expect(allowed, "torch.nn.functional.kl_div", x, x, reduction=reduction)


@verifies(losses.bce_is_the_entropy_of_two_classes, drawn=pairs(INSIDE, SHARES, (False, True)))
def test_bce(run: Run, case: Pair) -> None:
    weight = np.full(case.x.shape, 2.5, case.dtype.storage) if case.option else None
    if weight is not None and weight.size:
        weight.reshape(-1)[0] = 0.5
    clause = losses.bce_is_the_entropy_of_two_classes
    allowed = clause(*case.given, weight, case.reduction, case.dtype)
    options = {} if weight is None else {"weight": run.tensor(weight)}
    _judged(run, case, allowed, ("binary_cross_entropy", "BCELoss"), **options)


@verifies(
    losses.logarithms_of_zero_count_as_minus_a_hundred,
    drawn=pairs(np.array([0.0, 1.0, 0.5, 1e-30]), SHARES),
)
def test_bce_at_the_ends(run: Run, case: Pair) -> None:
    allowed = losses.logarithms_of_zero_count_as_minus_a_hundred(*case.given, case.dtype)
    name = "torch.nn.functional.binary_cross_entropy"
    run.expect(allowed, name, run.tensor(case.x), run.tensor(case.y), reduction="none")


@verifies(losses.bce_needs_probabilities_of_equal_shape, over=[-0.25, 1.5, "shape"])
def test_bce_errors(run: Run, wrong: Any) -> None:
    name = "torch.nn.functional.binary_cross_entropy"
    good = run.tensor(np.full(2, 0.5, np.float32))
    clause = losses.bce_needs_probabilities_of_equal_shape
    if wrong == "shape":
        run.expect(clause("ValueError"), name, good, run.tensor(np.ones((2, 1), np.float32)))
    else:
        run.expect(clause("RuntimeError"), name, run.tensor(np.array([0.5, wrong], np.float32)), good)


@verifies(losses.bce_with_logits_is_finite_far_out, drawn=pairs(FAR, SHARES, (False, True), least=1))
def test_bce_with_logits(run: Run, case: Pair) -> None:
    weight = positive = None
    options: dict[str, Any] = {}
    if case.option:
        weight = np.full(case.x.shape, 0.5, case.dtype.storage)
        positive = np.linspace(0.5, 3.0, case.x.shape[-1]).astype(case.dtype.storage)
        options = {"weight": run.tensor(weight), "pos_weight": run.tensor(positive)}
    clause = losses.bce_with_logits_is_finite_far_out
    allowed = clause(*case.given, weight, positive, case.reduction, case.dtype)
    names = ("binary_cross_entropy_with_logits", "BCEWithLogitsLoss")
    _judged(run, case, allowed, names, **options)


# Margins.


@verifies(losses.hinge_embedding_asks_for_a_margin, drawn=pairs(LINE[:5] + 0.125, SIGNS, (1.0, 0.5, 2.0)))
def test_hinge(run: Run, case: Pair) -> None:
    clause = losses.hinge_embedding_asks_for_a_margin
    allowed = clause(*case.given, case.option, case.reduction, case.dtype)
    _judged(run, case, allowed, ("hinge_embedding_loss", "HingeEmbeddingLoss"), margin=case.option)


@verifies(losses.soft_margin_is_the_logistic_loss, drawn=pairs(LINE, SIGNS))
def test_soft_margin(run: Run, case: Pair) -> None:
    allowed = losses.soft_margin_is_the_logistic_loss(*case.given, case.reduction, case.dtype)
    _judged(run, case, allowed, ("soft_margin_loss", "SoftMarginLoss"))


@verifies(losses.margin_ranking_orders_two_inputs, drawn=pairs(LINE, LINE, (0.0625, 0.3125)))
def test_margin_ranking(run: Run, case: Pair) -> None:
    x = np.round(case.x.array * 4) / 4
    other = np.round(case.y.array * 4) / 4
    x, other = x.astype(case.dtype.storage), other.astype(case.dtype.storage)
    sign = np.where(other > 0.25, 1, -1).astype(case.dtype.storage)
    clause = losses.margin_ranking_orders_two_inputs
    allowed = clause(x, other, sign, case.option, case.reduction, case.dtype)
    first = run.tensor(x, requires_grad=True)
    names = ("margin_ranking_loss", "MarginRankingLoss")
    options = {"margin": case.option, "reduction": case.reduction}
    graded(run, allowed, names, first, run.tensor(other), run.tensor(sign), module=case.module, **options)


def _vectors(tape: Tape) -> tuple[list[Any], float, DType]:
    # In double precision the constant shows that keeps a cosine from dividing by zero.
    dtype = dtypes.float32
    shape = (tape.between(1, 4), tape.between(1, 6))
    arrays = [drawn_from(tape, LINE[LINE != 0], shape, dtype) for _ in range(3)]
    return arrays, tape.choose((0.25, 0.5, 1.0)), dtype


@verifies(losses.cosine_embedding_measures_the_angle, drawn=_vectors)
def test_cosine_embedding(run: Run, case: tuple[list[Any], float, DType]) -> None:
    (x, other, third), margin, dtype = case
    sign = np.where(third[:, 0] > 0, 1, -1).astype(dtype.storage)
    allowed = losses.cosine_embedding_measures_the_angle(x, other, sign, margin, dtype)
    given = [run.tensor(one) for one in (x, other, sign)]
    name = "torch.nn.functional.cosine_embedding_loss"
    run.expect(allowed, name, *given, margin=margin, reduction="none")


@verifies(losses.triplet_margin_compares_two_distances, drawn=_vectors)
def test_triplet(run: Run, case: tuple[list[Any], float, DType]) -> None:
    (anchor, positive, negative), margin, dtype = case
    p = 1.0 if margin == 0.5 else 2.0
    allowed = losses.triplet_margin_compares_two_distances(anchor, positive, negative, margin, p, dtype)
    given = [run.tensor(one) for one in (anchor, positive, negative)]
    name = "torch.nn.functional.triplet_margin_loss"
    run.expect(allowed, name, *given, margin=margin, p=p, reduction="none")


@verifies(losses.poisson_nll_is_the_rate_less_the_targets_share, drawn=pairs(INSIDE, SHARES, (True, False)))
def test_poisson(run: Run, case: Pair) -> None:
    clause = losses.poisson_nll_is_the_rate_less_the_targets_share
    allowed = clause(*case.given, case.option, case.reduction, case.dtype)
    _judged(run, case, allowed, ("poisson_nll_loss", "PoissonNLLLoss"), log_input=case.option)


# Uses.


@verifies(losses.items_of_losses_are_numbers, losses.sums_of_losses_keep_their_graphs, over=[1, 3])
def test_uses(run: Run, count: int) -> None:
    x = run.tensor(np.array([2.0, 4.0], np.float32), requires_grad=True)
    y = run.tensor(np.zeros(2, np.float32))
    total = run.call("torch.nn.functional.mse_loss", x, y)
    for _ in range(count - 1):
        total = run.call("operator.add", total, run.call("torch.nn.functional.mse_loss", x, y))
    run.call("Tensor.backward", total)
    due = count * np.array([2.0, 4.0], np.float32)
    run.expect(losses.sums_of_losses_keep_their_graphs(due), "Tensor.grad", x)
    run.require_data()
    run.expect(losses.items_of_losses_are_numbers(10.0 * count), "Tensor.item", total)
