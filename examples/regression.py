"""From a search for one weight to a classifier: regression by hand, by module, and softmax on images."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
from stage import Plots, run

X, Y = (1.0, 2.0, 3.0), (2.0, 4.0, 6.0)


def searching(plots: Plots) -> None:
    """Try weights from 0 to 4 and plot the mean squared error of each."""
    weights = np.arange(0.0, 4.1, 0.1)
    errors = [sum((x * w - y) ** 2 for x, y in zip(X, Y, strict=True)) / 3 for w in weights]
    print("best weight", round(float(weights[int(np.argmin(errors))]), 6), "error at 0", errors[0])
    plots.lines("error by weight", error=(weights, errors))
    across, up = np.meshgrid(np.linspace(0, 1000, 20), np.linspace(0, 500, 20))
    plots.lines("grid", samples=(across.ravel(), up.ravel()))


def one_tensor(torch: ModuleType) -> None:
    a = torch.Tensor([1.0])
    a.requires_grad = True
    print(a, a.data, a.type(), a.data.type(), a.grad, type(a.grad))


def one_weight(torch: ModuleType) -> None:
    """Learn y = 2x sample by sample, for 100 epochs."""
    w = torch.Tensor([1.0])
    w.requires_grad = True
    print("predict before", 4, (4 * w).item())
    for epoch in range(100):
        for x, y in zip(X, Y, strict=True):
            loss = (x * w - y) ** 2
            loss.backward()
            if epoch < 2:
                print("\tgrad", x, y, w.grad.item())
            w.data = w.data - 0.01 * w.grad.data
            w.grad.data.zero_()
        if epoch % 20 == 0:
            print("progress", epoch, f"{loss.item():.6e}")
    print("predict after", 4, (4 * w).item())


def an_outlier(torch: ModuleType, rate: float, epochs: int) -> float:
    """Learn from five samples of which the second is far off; return the weight."""
    w = torch.Tensor([1])
    w.requires_grad = True
    for _ in range(epochs):
        for x, y in zip((1, 2, 3, 4, 5), (2, 1000, 6, 8, 10), strict=True):
            loss = (y - w * x) ** 2
            loss.backward()
            w.data = w.data - rate * w.grad.data
            w.grad.data.zero_()
    return float(w.item())


def weight_and_bias(torch: ModuleType, epochs: int) -> None:
    """Learn y = 2x + 0.5 from ten samples without noise, sample by sample."""
    draws = random.Random(0)
    xs = [draws.random() * 10 + 1 for _ in range(10)]
    w, b = torch.Tensor([1]), torch.Tensor([1])
    w.requires_grad = True
    b.requires_grad = True
    for _ in range(epochs):
        for x in xs:
            loss = (2 * x + 0.5 - (w * x + b)) ** 2
            loss.backward()
            for parameter in (w, b):
                parameter.data = parameter.data - 0.001 * parameter.grad.data
                parameter.grad.data.zero_()
    print("weight and bias", w.item(), b.item())
    print("near 2 and 0.5", abs(w.item() - 2) < 0.02, abs(b.item() - 0.5) < 0.1)


def a_module(torch: ModuleType, plots: Plots) -> None:
    """Learn y = 2x with a module, a loss and an optimizer, all samples at once."""

    class LinearModel(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(1, 1)

        def forward(self, x: Any) -> Any:
            return self.linear(x)

    torch.manual_seed(0)
    model = LinearModel()
    print("drawn", model.linear.weight.item(), model.linear.bias.item())
    criterion = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = torch.Tensor(X).view(3, 1), torch.Tensor(Y).view(3, 1)
    costs = []
    for _ in range(1, 1000):
        cost = criterion(model(x), y)
        costs.append(cost.data.item())
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    print("costs", costs[:3])
    print("cost below 1e-4", costs[-1] < 1e-4)
    print("weight near 2", abs(model.linear.weight.item() - 2) < 1e-2)
    print("bias near 0", abs(model.linear.bias.item()) < 2e-2)
    print("weight", model.linear.weight.item())
    plots.lines("cost by epoch", cost=(range(100), costs[:100]))


def classes(torch: ModuleType) -> None:
    scores, labels = torch.tensor([[0.2, 0.1, -0.1], [1.0, 2.0, 0.5]]), torch.tensor([0, 2])
    print(torch.softmax(scores, dim=1).tolist())
    by_hand = -torch.log_softmax(scores, dim=1)[torch.arange(2), labels].mean()
    nll = torch.nn.NLLLoss()(torch.log_softmax(scores, dim=1), labels)
    print(by_hand.item(), nll.item(), torch.nn.CrossEntropyLoss()(scores, labels).item())


def images(torch: ModuleType) -> None:
    """Learn three kinds of 8 x 8 pictures, each a bright band in noise, with a deep network."""
    nn, functional = torch.nn, torch.nn.functional

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.l1 = nn.Linear(64, 48)
            self.l2 = nn.Linear(48, 24)
            self.l3 = nn.Linear(24, 3)

        def forward(self, x: Any) -> Any:
            x = x.view(-1, 64)
            x = functional.relu(self.l1(x))
            x = functional.relu(self.l2(x))
            return self.l3(x)

    torch.manual_seed(1)
    labels = torch.arange(150) % 3
    pictures = torch.randn(150, 1, 8, 8) * 0.3
    for kind in range(3):
        pictures[labels == kind, :, 2 * kind : 2 * kind + 2, :] += 1.0
    data = torch.utils.data.TensorDataset(pictures, labels)
    train, test = torch.utils.data.Subset(data, range(120)), torch.utils.data.Subset(data, range(120, 150))
    train_loader = torch.utils.data.DataLoader(train, shuffle=True, batch_size=30)
    test_loader = torch.utils.data.DataLoader(test, shuffle=False, batch_size=30)
    model = Net()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    for epoch in range(6):
        running = 0.0
        for _, (inputs, target) in enumerate(train_loader, 0):
            optimizer.zero_grad()
            loss = criterion(model(inputs), target)
            loss.backward()
            optimizer.step()
            running += loss.item()
        correct = total = 0
        with torch.no_grad():
            for inputs, target in test_loader:
                _, predicted = torch.max(model(inputs).data, dim=1)
                total += target.size(0)
                correct += (predicted == target).sum().item()
        print(f"[{epoch + 1}] loss {running / len(train_loader):.4f}, accuracy {100 * correct / total:.0f} %")


def convolutions(torch: ModuleType) -> None:
    x = torch.ones(1, 32, 10, 12)
    for options in ({}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"groups": 2}):
        layer = torch.nn.Conv2d(32, 48, 3, **options)
        print(options, layer.weight.shape, layer(x).shape)
    depthwise = torch.nn.Conv2d(24, 24, 3, groups=24, bias=False)
    print(depthwise.weight.shape, depthwise(torch.ones(1, 24, 5, 5)).shape)


def main(torch: ModuleType, plots: Plots, epochs: int = 10_000) -> None:
    """Learn weights, lines and classes; `epochs` are those of the line with a bias."""
    searching(plots)
    one_tensor(torch)
    one_weight(torch)
    print("weight with an outlier", an_outlier(torch, 0.01, 999))
    print("weight at a large rate", an_outlier(torch, 1.0, 20))
    weight_and_bias(torch, epochs)
    a_module(torch, plots)
    classes(torch)
    images(torch)
    convolutions(torch)


if __name__ == "__main__":
    run(main)
