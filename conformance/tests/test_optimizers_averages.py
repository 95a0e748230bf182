"""The quasi-Newton method and averages of weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance import layers as make
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import draw_array
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import optimizers
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

_DESCENT = """
def descend(parameter, target, curvature, search, steps):
    optimizer = torch.optim.LBFGS([parameter], line_search_fn=search, history_size=5)

    def closure():
        optimizer.zero_grad()
        loss = (curvature * (parameter - target) ** 2).sum()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return parameter.detach()
"""


@verifies(
    optimizers.lbfgs_finds_the_bottom_of_a_quadratic,
    over=[
        (search, kind, curvature)
        for search in (None, "strong_wolfe")
        for kind in (dtypes.float32, dtypes.float64)
        for curvature in ((1.0, 1.0, 1.0), (1.0, 4.0, 10.0), (0.5, 2.0, 30.0))
    ],
)
def test_descent(run: Run, case: tuple[str | None, DType, tuple[float, ...]]) -> None:
    search, kind, curvature = case
    run.require_data()
    target, steep, start = (
        np.array(one, kind.storage) for one in ([1.0, -2.0, 0.5], curvature, [3.0, 1.0, -1.0])
    )
    x = run.tensor(start, requires_grad=True)
    given = [run.tensor(target), run.tensor(steep)]
    allowed = optimizers.lbfgs_finds_the_bottom_of_a_quadratic(target, kind)
    run.expect(allowed, "call", run.define(_DESCENT), x, *given, search, 3)


@verifies(optimizers.lbfgs_needs_a_closure_and_one_group, over=["groups", "closure"])
def test_limits(run: Run, what: str) -> None:
    p, q = (run.tensor(np.ones(2, np.float32), requires_grad=True) for _ in range(2))
    optimizer = run.call("torch.optim.LBFGS", [p])
    if what == "closure":
        run.expect(optimizers.lbfgs_needs_a_closure_and_one_group("TypeError"), "Tensor.step", optimizer)
        return
    groups = [{"params": [p]}, {"params": [q]}]
    run.expect(optimizers.lbfgs_needs_a_closure_and_one_group("ValueError"), "torch.optim.LBFGS", groups)


def draw_models(tape: Tape) -> tuple[list[Any], float | None]:
    shape = tape.choose(((2, 3), (1, 2), (3, 3)))
    weights = [draw_array(tape, dtypes.float32, shape, "exact") for _ in range(tape.between(1, 4))]
    return weights, tape.choose((None, 0.5, 0.9))


@verifies(optimizers.averaged_models_follow_their_rule, drawn=draw_models)
def test_averages(run: Run, case: tuple[list[Any], float | None]) -> None:
    weights, decay = case
    rows, columns = weights[0].shape
    module = make.made(run, "Linear", columns, rows, bias=False)
    rule = None
    if decay is not None:
        rule = run.whole("torch.optim.swa_utils.get_ema_multi_avg_fn", decay)
    average = run.whole("torch.optim.swa_utils.AveragedModel", module, multi_avg_fn=rule)
    own = run.call("Tensor.detach", run.call("Tensor.get_parameter", average, "module.weight"))
    for count, weight in enumerate(weights, start=1):
        make.fill(run, module, weight=weight)
        run.call("Tensor.update_parameters", average, module)
        run.look(optimizers.averaged_models_follow_their_rule(weights[:count], decay), own)
    kept = run.call("Tensor.detach", run.call("getattr", module, "weight"))
    run.look(optimizers.averaged_models_follow_their_rule([weights[-1]], None), kept)
