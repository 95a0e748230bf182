"""Training of networks: accuracy, repetition, resumption."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.spec import training

TRAINED = """
    def trained(kind, pictures, labels, epochs, seed):
        nn = torch.nn
        torch.manual_seed(seed)
        height, width = pictures.shape[2:]
        classes = int(labels.max()) + 1
        if kind == "convolution":
            model = nn.Sequential(
                nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                nn.Linear(8 * (height // 2) * (width // 2), classes),
            )
        else:
            model = nn.Sequential(
                nn.Flatten(), nn.Linear(height * width, 48), nn.ReLU(), nn.Dropout(0.1),
                nn.Linear(48, classes),
            )
        model = model.to(pictures.device)
        split = len(labels) * 4 // 5
        data = torch.utils.data.TensorDataset(pictures[:split], labels[:split])
        loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        criterion = nn.CrossEntropyLoss()
        for _ in range(epochs):
            model.train()
            for inputs, target in loader:
                optimizer.zero_grad()
                criterion(model(inputs), target).backward()
                optimizer.step()
        return model
"""
ACCURATE = """
    def accurate(model, pictures, labels, share):
        split = len(labels) * 4 // 5
        model.eval()
        with torch.no_grad():
            _, predicted = torch.max(model(pictures[split:]).data, dim=1)
        right = (predicted == labels[split:]).sum().item()
        return right / (len(labels) - split) >= share
"""
UNCHANGED = """
    def unchanged(model, pictures):
        before = [p.detach().clone() for p in model.parameters()]
        model.eval()
        with torch.no_grad():
            model(pictures)
        grads = [p.grad.clone() for p in model.parameters()]
        with torch.no_grad():
            model(pictures)
        same = all(torch.equal(p, old) for p, old in zip(model.parameters(), before))
        return same and all(torch.equal(p.grad, old) for p, old in zip(model.parameters(), grads))
"""
SAME = """
    def same(one, other):
        return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters()))
"""
RESUMED = """
    def resumed(name, options):
        import io
        torch.manual_seed(4)
        x, y = torch.randn(24, 3), torch.randn(24, 1)

        def made():
            model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.25), torch.nn.Linear(4, 1))
            optimizer = getattr(torch.optim, name)(model.parameters(), **options)
            return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)

        def train(model, optimizer, scheduler, steps):
            for _ in range(steps):
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(model(x), y).backward()
                optimizer.step()
                scheduler.step()

        parts = made()
        train(*parts, 3)
        kept = io.BytesIO()
        torch.save({"parts": [part.state_dict() for part in parts], "rng": torch.get_rng_state()}, kept)
        train(*parts, 4)
        kept.seek(0)
        saved = torch.load(kept, weights_only=False)
        others = made()
        for part, state in zip(others, saved["parts"]):
            part.load_state_dict(state)
        torch.set_rng_state(saved["rng"])
        train(*others, 4)
        return all(torch.equal(a, b) for a, b in zip(parts[0].parameters(), others[0].parameters()))
"""


@cache
def bands() -> tuple[Array, Array]:
    """Give pictures of three kinds, each with a bright band of its own."""
    draws = np.random.RandomState(2)
    labels = np.arange(150) % 3
    pictures = draws.standard_normal((150, 1, 8, 8)).astype(np.float32) * np.float32(0.3)
    for kind in range(3):
        pictures[labels == kind, :, 2 * kind : 2 * kind + 2] += 1
    return pictures, labels


@cache
def digits() -> tuple[Array, Array]:
    """Give scikit-learn's digits in a fixed order, the first 1000 of them.

    Raises
    ------
    Unclaimed
        If it is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as missing:
        raise Unclaimed("scikit-learn's digits") from missing
    data = load_digits()
    order = np.random.RandomState(3).permutation(len(data.target))[:1000]
    pictures = (data.images[order] / 16).astype(np.float32)[:, None]
    return np.ascontiguousarray(pictures), data.target[order].astype(np.int64)


_KINDS = {"bands": (bands, 6), "digits": (digits, 12), "convolution": (digits, 5)}


def train(run: Run, kind: str, epochs: int, seed: int) -> tuple[Handle, Handle, Handle]:
    """Train a network; return it and the pictures and labels."""
    run.require_data()
    pictures, labels = map(run.tensor, _KINDS[kind][0]())
    model = run.call("call", run.define(TRAINED), kind, pictures, labels, epochs, seed)
    return model, pictures, labels


@verifies(
    training.classifiers_reach_their_accuracy,
    training.evaluation_changes_no_weight,
    over=("bands", "digits", "convolution"),
)
def test_classifiers(run: Run, kind: str) -> None:
    model, pictures, labels = train(run, kind, _KINDS[kind][1], 0)
    allowed = training.classifiers_reach_their_accuracy(kind)
    run.expect(allowed, "call", run.define(ACCURATE), model, pictures, labels, training.STATED[kind])
    run.expect(training.evaluation_changes_no_weight(), "call", run.define(UNCHANGED), model, pictures)


@verifies(training.equal_seeds_give_equal_courses, over=("bands", "convolution"))
def test_repetition(run: Run, kind: str) -> None:
    models = [train(run, kind, 1, 7)[0] for _ in range(2)]
    run.expect(training.equal_seeds_give_equal_courses(kind), "call", run.define(SAME), *models)


_SAVED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("Adam", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "amsgrad": True}),
    ("Adagrad", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.01, "centered": True}),
    ("Adadelta", {"lr": 1.0}),
)


@verifies(training.saved_training_goes_on_as_if_never_stopped, over=_SAVED)
def test_resumption(run: Run, case: tuple[str, dict[str, Any]]) -> None:
    run.require_data()
    allowed = training.saved_training_goes_on_as_if_never_stopped(*case)
    run.expect(allowed, "call", run.define(RESUMED), *case)
