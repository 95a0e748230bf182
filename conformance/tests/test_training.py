"""Training by hand, by modules and by every optimizer, against where its steps must lead."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run
from tensorcanon.spec import training
from tensorcanon.spec.rules import dtypes

DESCENT = """
    def descent(w, curvature, rate, steps, by_hand):
        w = w.clone().requires_grad_()
        optimizer = torch.optim.SGD([w], lr=rate)
        course = []
        for _ in range(steps):
            loss = (0.5 * curvature * w ** 2).sum()
            if by_hand:
                if w.grad is not None:
                    w.grad.zero_()
                loss.backward()
                w.data = w.data - rate * w.grad
            else:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            course.append(w.detach().clone())
        return torch.stack(course)
"""
PRINTED = """
    def printed():
        w = torch.tensor(10.0, requires_grad=True)
        for _ in range(459):
            loss = w ** 2 + 20
            if w.grad is not None:
                w.grad.zero_()
            loss.sum().backward()
            w.data = w.data - 0.01 * w.grad
        return f"{w:.5f} {w.grad:.5f} {loss:.5f}"
"""
KEPT = """
    def kept(start, rate, steps):
        w = torch.tensor(start, requires_grad=True)
        course = []
        for _ in range(steps):
            (w ** 2).backward()
            w.data = w.data - rate * w.grad
            course.append(w.detach().clone())
        return torch.stack(course)
"""
DECAY = """
    def decayed(w, rate, decay, steps):
        w = w.clone().requires_grad_()
        optimizer = torch.optim.SGD([w], lr=rate, weight_decay=decay)
        for _ in range(steps):
            optimizer.zero_grad()
            (0 * w).sum().backward()
            optimizer.step()
        return w.detach()
"""
VALLEY = """
    def valley():
        left = []
        for momentum in (0.0, 0.9):
            w = torch.tensor([1.0, 1.0], requires_grad=True)
            optimizer = torch.optim.SGD([w], lr=0.01, momentum=momentum)
            for _ in range(200):
                optimizer.zero_grad()
                loss = 0.5 * (torch.tensor([100.0, 1.0]) * w ** 2).sum()
                loss.backward()
                optimizer.step()
            left.append(loss.item())
        return left[1] < left[0]
"""
SAMPLES = """
    def by_samples(w, inputs, targets, rate, epochs):
        w = w.clone().requires_grad_()
        for _ in range(epochs):
            for x, y in zip(inputs, targets):
                loss = ((w * x).sum() - y) ** 2
                loss.backward()
                w.data = w.data - rate * w.grad.data
                w.grad.data.zero_()
        return w.detach()
"""
DIVERGENCE = """
    def divergence():
        w, highest = torch.tensor([1.0], requires_grad=True), 0.0
        for _ in range(60):
            for x, y in ((1, 2), (2, 1000), (3, 6)):
                loss = (y - w * x) ** 2
                highest = max(highest, loss.item())
                loss.backward()
                w.data = w.data - w.grad.data
                w.grad.data.zero_()
        return f"{highest} {w.item()}"
"""
LINE = """
    def line(seed, steps, rate):
        torch.manual_seed(seed)
        model = torch.nn.Linear(1, 1)
        criterion = torch.nn.MSELoss(reduction="sum")
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        x = torch.tensor([[1.0], [2.0], [3.0]])
        for _ in range(steps):
            cost = criterion(model(x), 2 * x)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
        return torch.cat([model.weight.detach().reshape(1), model.bias.detach()])
"""
FALLING = """
    def falling(seed):
        torch.manual_seed(seed)
        x, y = torch.randn(100, 10), torch.randn(100, 1)
        model = torch.nn.Linear(10, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = []
        for _ in range(10):
            loss = torch.nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return all(after < before for before, after in zip(losses, losses[1:]))
"""
OPTIMIZED = """
    def optimized(name, options, start, inputs, targets, steps):
        model = torch.nn.Linear(inputs.shape[1], 1, bias=False).to(inputs.device)
        with torch.no_grad():
            model.weight.copy_(start.reshape(1, -1))
        optimizer = getattr(torch.optim, name)(model.parameters(), **options)
        for _ in range(steps):
            loss = torch.nn.functional.mse_loss(model(inputs), targets.reshape(-1, 1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return model.weight.detach().reshape(-1)
"""
ONE_STEP = """
    def one_step(name):
        w = torch.tensor([3.0, -2.0], requires_grad=True)
        optimizer = getattr(torch.optim, name)([w], lr=1e-3)
        before = (w ** 2).sum()
        before.backward()
        optimizer.step()
        return bool((w ** 2).sum() < before)
"""
BATCHES = """
    def batches(x, y, rate, size, epochs):
        torch.manual_seed(3)
        data = torch.utils.data.TensorDataset(x.reshape(-1, 1), y)
        loader = torch.utils.data.DataLoader(data, batch_size=size, shuffle=True)
        model = torch.nn.Linear(1, 1).to(x.device)
        criterion = torch.nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        for _ in range(epochs):
            for inputs, targets in loader:
                loss = criterion(model(inputs), targets.reshape(-1, 1))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return torch.cat([model.weight.detach().reshape(1), model.bias.detach()])
"""
PARTS = """
    def parts(w, inputs, targets, count):
        w = w.clone().requires_grad_()
        for x, y in zip(inputs.chunk(count), targets.chunk(count)):
            (torch.nn.functional.mse_loss(x @ w, y) / count).backward()
        return w.grad
"""

_QUADRATICS = (
    (np.array(10.0, np.float32), 4.0, 0.01, 1, True),
    (np.array([10.0, 20.0], np.float32), 4.0, 0.01, 1, True),
    (np.array(10.0, np.float32), 2.0, 0.01, 500, True),
    *product(
        (np.array([1.0, -3.0, 0.1], np.float32), np.array([[2.0], [-5.0]], np.float64)),
        (1.0, 3.0),
        (0.1, 0.4, 0.6),
        (40,),
        (True, False),
    ),
)


@verifies(training.descent_on_a_quadratic_follows_its_closed_form, over=_QUADRATICS)
def test_quadratic(run: Run, case: tuple[Any, float, float, int, bool]) -> None:
    start, curvature, rate, steps, by_hand = case
    run.require_data()
    allowed = training.descent_on_a_quadratic_follows_its_closed_form(
        start, curvature, rate, steps, dtypes.of_array(start)
    )
    run.expect(allowed, "call", run.define(DESCENT), run.tensor(start), curvature, rate, steps, by_hand)


@verifies(training.descent_prints_what_it_reaches, over=(None,))
def test_printed(run: Run, case: None) -> None:
    run.require_data()
    run.expect(training.descent_prints_what_it_reaches(), "call", run.define(PRINTED))


@verifies(training.gradients_left_in_place_add_up, over=product((10.0, -1.0), (0.01, 0.1), (1, 2, 50)))
def test_gradients_left(run: Run, case: tuple[float, float, int]) -> None:
    run.require_data()
    run.expect(training.gradients_left_in_place_add_up(*case), "call", run.define(KEPT), *case)


@verifies(training.decay_alone_shrinks, over=product((0.1, 0.5), (0.1, 1.0), (1, 20)))
def test_decay(run: Run, case: tuple[float, float, int]) -> None:
    run.require_data()
    for dtype in (np.float32, np.float64):
        start = np.array([1.0, -3.0, 0.0, 7.5], dtype)
        allowed = training.decay_alone_shrinks(start, *case, dtypes.of_array(start))
        run.expect(allowed, "call", run.define(DECAY), run.tensor(start), *case)


@verifies(training.momentum_is_ahead_in_a_narrow_valley, training.too_large_a_rate_diverges, over=(None,))
def test_valley_and_divergence(run: Run, case: None) -> None:
    run.require_data()
    run.expect(training.momentum_is_ahead_in_a_narrow_valley(), "call", run.define(VALLEY))
    run.expect(training.too_large_a_rate_diverges(), "call", run.define(DIVERGENCE))


_TENS = np.random.RandomState(0).randint(4, 44, 10) / 4.0
_LINES = (
    ([1.0], [[1.0], [2.0], [3.0]], [2.0, 4.0, 6.0], 0.01, 100),
    ([1.0], [[k] for k in (1.0, 2.0, 3.0, 4.0, 5.0)], [2.0, 1000.0, 6.0, 8.0, 10.0], 0.01, 200),
    ([1.0, 1.0], np.stack([_TENS, np.ones(10)], 1), 2 * _TENS + 0.5, 0.005, 100),
)


@verifies(training.descent_by_samples_follows_their_order, over=_LINES)
def test_samples(run: Run, case: tuple[Any, Any, Any, float, int]) -> None:
    run.require_data()
    *lists, rate, epochs = case
    start, inputs, targets = (np.asarray(values, np.float32) for values in lists)
    allowed = training.descent_by_samples_follows_their_order(
        start, inputs.astype(float), targets.astype(float), rate, epochs, dtypes.float32
    )
    handles = (run.tensor(array) for array in (start, inputs, targets))
    run.expect(allowed, "call", run.define(SAMPLES), *handles, rate, epochs)


@verifies(
    training.a_linear_layer_learns_the_line, training.full_batches_lower_the_loss_every_time, over=(0, 1)
)
def test_line(run: Run, seed: int) -> None:
    run.require_data()
    run.expect(training.full_batches_lower_the_loss_every_time(seed), "call", run.define(FALLING), seed)
    allowed = training.a_linear_layer_learns_the_line(seed, 999, 0.01)
    run.expect(allowed, "call", run.define(LINE), seed, 999, 0.01)


_OPTIONS: dict[str, tuple[dict[str, Any], int]] = {
    "SGD": ({"lr": 0.2, "momentum": 0.5}, 100),
    "Adam": ({"lr": 0.05}, 300),
    "AdamW": ({"lr": 0.05, "weight_decay": 0.0}, 300),
    "Adagrad": ({"lr": 0.5}, 300),
    "RMSprop": ({"lr": 0.02}, 300),
    "Adadelta": ({"lr": 1.0, "eps": 0.1}, 300),
}


@verifies(
    training.optimizers_reach_the_normal_equations,
    training.one_small_step_lowers_a_convex_loss,
    over=training.OPTIMIZERS,
)
def test_optimizers(run: Run, name: str) -> None:
    run.require_data()
    options, steps = _OPTIONS[name]
    draws = np.random.RandomState(1)
    inputs = (draws.randint(-8, 9, (32, 3)) / 8).astype(np.float32)
    targets = (inputs @ [1.0, -2.0, 0.5] + draws.randint(-4, 5, 32) / 16).astype(np.float32)
    start = np.array([0.0, 0.5, 1.0], np.float32)
    allowed = training.optimizers_reach_the_normal_equations(
        name, start, inputs.astype(float), targets.astype(float), options, steps
    )
    handles = (run.tensor(array) for array in (start, inputs, targets))
    run.expect(allowed, "call", run.define(OPTIMIZED), name, options, *handles, steps)
    run.expect(training.one_small_step_lowers_a_convex_loss(name), "call", run.define(ONE_STEP), name)


@verifies(training.shuffled_batches_reach_the_line, over=(0, 1))
def test_batches(run: Run, seed: int) -> None:
    run.require_data()
    draws = np.random.RandomState(seed)
    x = draws.standard_normal(96).astype(np.float32)
    y = (3 * x + 1.5 + 0.1 * draws.standard_normal(96)).astype(np.float32)
    way = (0.005, 16, 100)
    allowed = training.shuffled_batches_reach_the_line(x.astype(float), y.astype(float), *way)
    run.expect(allowed, "call", run.define(BATCHES), run.tensor(x), run.tensor(y), *way)


@verifies(training.gradients_of_parts_add_up, over=(1, 2, 4, 8))
def test_parts(run: Run, count: int) -> None:
    run.require_data()
    draws = np.random.RandomState(count)
    w, inputs, targets = (draws.standard_normal(shape).astype(np.float32) for shape in ((3,), (16, 3), (16,)))
    allowed = training.gradients_of_parts_add_up(w.astype(float), inputs.astype(float), targets.astype(float))
    run.expect(allowed, "call", run.define(PARTS), *map(run.tensor, (w, inputs, targets)), count)
