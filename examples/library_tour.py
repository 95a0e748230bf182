"""A tour of the library: tensors, gradients, modules, losses, optimizers, data."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
from stage import Plots, refusal, run


def tensors(torch: ModuleType) -> None:
    torch.manual_seed(0)
    print(torch.zeros(5, 3), torch.ones(5, 3), "\ndrawn", torch.randn(5, 3).tolist())
    print(torch.tensor(3.14), torch.tensor([1, 2, 3]), torch.tensor([]), torch.tensor(np.array([4, 5, 6])))

    x = torch.tensor([1, 2, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = torch.tensor(x)
    x[0] = 100
    print(x, y)

    print(refusal(lambda: torch.tensor([1, 2, 3], requires_grad=True)))
    source = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    print(source.clone(), source.detach())
    source.detach()[0] = 9.0
    print(source)

    sized = torch.randn(5, 3)
    print(sized.size(), sized.size()[0], sized.size(0), sized.size()[1], sized.size(1))
    print(isinstance(sized.size(), tuple))


def arithmetic(torch: ModuleType) -> None:
    a, b = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 6], [7, 8]])
    out = torch.empty(2, 2, dtype=torch.int64)
    torch.add(a, b, out=out)
    print(torch.add(a, b), a.add(b), torch.add(a, b, alpha=10), out, a)
    print(a.add_(2))
    values = torch.tensor([1, 2, 3])
    for change in (lambda: values.add_(1), lambda: values.mul_(2), values.neg_):
        print(change())


def picking(torch: ModuleType) -> None:
    table = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    print(table[0, 1], table[1:3, 0:2], table[:2][table[:2] > 3])
    print(torch.where(table > 5, table, 0), torch.masked_select(table, table > 7))
    array = torch.tensor([1, 2, 3, 4, 5]).numpy()
    squared = np.square(array)
    shared = torch.from_numpy(squared)
    print(array, shared)
    squared[0] = 100
    print(shared)
    scalar, vector = torch.tensor(5), torch.tensor([5])
    print(scalar, scalar.shape, vector, vector.shape, vector[0], vector.item())


def gradients(torch: ModuleType) -> None:
    x, y = torch.tensor(3.0, requires_grad=True), torch.tensor(4.0, requires_grad=True)
    z = x**2 + y**3
    print("before", x.grad, x.grad_fn, type(z.grad_fn).__name__, type((x**2).grad_fn).__name__)
    z.backward()
    print("gradients", x.grad, y.grad)
    a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (a * torch.tensor([3.0, 6.0, 9.0])).sum().backward()
    print("gradients", a.grad)
    print(torch.autograd.functional.jacobian(lambda v: v**2, torch.tensor([1.0, 2.0])))
    with torch.no_grad():
        print((x * 2).requires_grad)


def two_layers(torch: ModuleType) -> Any:
    """Give a network of two linear layers, written as a subclass of Module."""

    class Network(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc1 = torch.nn.Linear(10, 5)
            self.relu = torch.nn.ReLU()
            self.fc2 = torch.nn.Linear(5, 1)

        def forward(self, x: Any) -> Any:
            return self.fc2(self.relu(self.fc1(x)))

    return Network()


def networks(torch: ModuleType) -> None:
    torch.manual_seed(3)
    model = two_layers(torch)
    print("drawn weights", model.fc1.weight[0].tolist())
    print(model, model(torch.ones(2, 10)).tolist())
    guess, target = torch.tensor([[0.2, 0.3, 0.5]]), torch.tensor([[0.1, 0.4, 0.5]])
    print(torch.nn.MSELoss()(guess, target).item())
    print(torch.nn.CrossEntropyLoss()(guess, torch.tensor([2])).item())
    print(torch.nn.KLDivLoss(reduction="batchmean")(guess.log(), target).item())


OPTIMIZERS: dict[str, dict[str, float]] = {
    "SGD": {"lr": 0.01, "momentum": 0.9},
    "Adam": {"lr": 0.01},
    "Adagrad": {"lr": 0.01},
    "RMSprop": {"lr": 0.01},
    "Adadelta": {"lr": 1.0},
}


def training(torch: ModuleType, plots: Plots) -> None:
    torch.manual_seed(5)
    inputs, targets = torch.randn(100, 10), torch.randn(100, 1)
    model = torch.nn.Linear(10, 1)
    criterion = torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for epoch in range(10):
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        print(f"Epoch {epoch + 1}, Loss {loss.item()}")
    plots.lines("loss by epoch", loss=(range(1, 11), losses))
    for name, options in OPTIMIZERS.items():
        model = torch.nn.Linear(10, 1)
        optimizer = getattr(torch.optim, name)(model.parameters(), **options)
        before = criterion(model(inputs), targets)
        before.backward()
        optimizer.step()
        print(name, before.item(), criterion(model(inputs), targets).item())


class Squares:
    """A data set of numbers and their squares, changed by a transform on the way out."""

    def __init__(self, torch: ModuleType, transform: Any) -> None:
        self.numbers = torch.arange(150.0)
        self.transform = transform

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int) -> Any:
        return self.transform(self.numbers[index]), self.numbers[index] ** 2


def data(torch: ModuleType) -> None:
    torch.manual_seed(11)
    loader = torch.utils.data.DataLoader(Squares(torch, lambda v: v / 10), batch_size=64, shuffle=True)
    for inputs, targets in loader:
        print("batch", inputs.shape, targets.shape, "drawn", targets[:4].tolist())


def main(torch: ModuleType, plots: Plots) -> None:
    """Take the tour."""
    tensors(torch)
    arithmetic(torch)
    picking(torch)
    gradients(torch)
    networks(torch)
    training(torch, plots)
    data(torch)


if __name__ == "__main__":
    run(main)
