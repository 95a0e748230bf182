"""A course in tensors: making, converting, computing, indexing, shaping, then gradient descent."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from stage import Plots, refusal, run


def making(torch: ModuleType, plots: Plots) -> None:
    for data in (5, [4, 3, 2], np.array([1, 2, 3])):
        print(isinstance(torch.tensor(data), torch.Tensor), torch.tensor(data).shape)
    print(torch.Tensor(2, 3).shape, torch.Tensor(np.array([5, 6, 7])))
    for typed in (torch.IntTensor, torch.FloatTensor, torch.DoubleTensor):
        print(typed(2, 3).shape, typed(2, 3).dtype)
    print(torch.arange(1, 10, 2), torch.linspace(1, 20, 5))

    torch.manual_seed(18)
    print("seed", torch.initial_seed())
    uniform, normal = torch.rand(300, 500), torch.randn(300, 500)
    print("drawn uniform", uniform[0, :4].tolist(), bool(((uniform >= 0) & (uniform < 1)).all()))
    print("drawn normal", normal[0, :4].tolist())
    plots.histogram("uniform values", uniform.flatten())
    plots.histogram("normal values", normal.flatten())
    whole = torch.randint(0, 100, (10, 10))
    print("drawn integers", whole.tolist(), whole.dtype)

    print(torch.zeros(5, 5), torch.ones(5, 5), torch.full((5, 5), 100))
    model = torch.rand(2, 5)
    for made in (torch.zeros_like(model), torch.ones_like(model), torch.full_like(model, 50)):
        print(made, made.shape, made.dtype)


def converting(torch: ModuleType) -> None:
    values = torch.rand(3, 3)
    print(values.type(torch.float64).dtype, values.type(torch.float64).type(torch.int64))
    for name in ("half", "double", "float", "short", "int", "long"):
        print(name, getattr(values, name)().dtype)

    whole = torch.randint(0, 10, (3, 5))
    copied, shared = whole.numpy().copy(), whole.numpy()
    before = int(copied[0, 0])
    whole[0, 0] = 99
    print("shared sees", shared[0, 0], "copy keeps", copied[0, 0] == before)
    print(type(torch.randn(1).item()))

    array = np.array([1, 4, 7, 10])
    separate, view = torch.from_numpy(array).clone(), torch.from_numpy(array)
    array[0] = 5
    print(separate, torch.tensor(array), view)


def computing(torch: ModuleType) -> None:
    one, two = torch.tensor(1.0), torch.tensor(2.0)
    print(one + two, one - two, one * two, one / two, one.add(two))
    print(torch.tensor([1.5, -2.0]).neg())
    changed = torch.tensor([1.0, 2.0, 3.0])
    changed.add_(1).sub_(3).mul_(4).div_(2).neg_()
    print("in place", changed)
    a, b = torch.randint(0, 5, (2, 3)), torch.randint(6, 10, (2, 3))
    print("drawn factors", a.tolist(), b.tolist())
    print(a * b, torch.equal(a * b, a.mul(b)), a.T.matmul(b))

    torch.manual_seed(1)
    table = torch.randint(1, 10, (3, 2), dtype=torch.float64)
    print("drawn table", table.tolist())
    for dim in (1, 0):
        print(table.mean(dim=dim), table.sum(dim=dim), table.max(dim=dim), table.min(dim=dim))
    print(table.sqrt(), table.pow(2), table.exp(), table.log(), table.log2(), table.log10())


def indexing(torch: ModuleType) -> None:
    torch.manual_seed(12)
    grid = torch.randint(1, 10, (4, 5))
    print("drawn grid", grid.tolist())
    grid = torch.flip(grid, [0, 1])
    print("flipped", grid.tolist())
    print(grid[1], grid[:, 0], grid[0, 1], grid[1, 2])
    print(grid[0:2, 1:3], grid[0:3, 0:2], grid[1:, 0:2], grid[[0, 1], [1, 2]])
    print(grid[grid[:, 2] > 5], grid[:, grid[1, :] > 5])
    block = torch.arange(24).reshape(2, 3, 4)
    print(block[0], block[:, 0, :], block[:, :, 0])


def shaping(torch: ModuleType) -> None:
    a = torch.randn([2, 3, 4])
    print(a.reshape(2, -1).shape, torch.randn([1, 2, 3, 4, 1, 1, 2, 3]).squeeze().shape)
    print(a.unsqueeze(0).shape, a.unsqueeze(1).shape)
    print(a.transpose(0, 1).shape, a.transpose(0, 2).shape)
    b = torch.randn([2, 3, 4, 5])
    print(b.permute(0, 3, 2, 1).shape, b.permute(3, 1, 2, 0).shape)
    turned = a.transpose(0, 1)
    print(a.view(2, -1).shape, turned.is_contiguous(), turned.contiguous().is_contiguous())
    print(turned.contiguous().view(3, -1).shape)
    print(torch.cat([a, torch.randn(2, 3, 5)], 2).shape)
    print(refusal(lambda: torch.cat([a, torch.randn(2, 3, 5)], 1)))
    c, d, e = torch.randn(5, 4), torch.randn(5, 4), torch.randn(5, 4)
    print([torch.stack([c, d], dim).shape for dim in range(3)], torch.stack([c, d, e], 1).shape)


def descending(torch: ModuleType) -> None:
    w = torch.tensor([10, 20], requires_grad=True, dtype=torch.float32)
    print(refusal((2 * w**2).backward))
    (2 * w**2).sum().backward()
    print("gradient", w.grad, "next", w.data - 0.01 * w.grad)

    w = torch.tensor(10, requires_grad=True, dtype=torch.float)
    (2 * w**2).backward()
    w.data = w.data - 0.01 * w.grad
    print("gradient", w.grad, "next", w.data)

    w = torch.tensor(10.0, requires_grad=True)
    for step in range(1, 501):
        loss = w**2 + 20
        if w.grad is not None:
            w.grad.zero_()
        loss.sum().backward()
        w.data = w.data - 0.01 * w.grad
        if step == 459:
            print(f"after {step}: weight {w:.5f}, gradient {w.grad:.5f}, loss {loss:.5f}")
    print(f"after 500: {w.item():.4e}")

    a = torch.tensor([[1, 2, 3], [4, 5, 6]], requires_grad=True, dtype=torch.float32)
    print(refusal(a.numpy), a.requires_grad, a.detach().requires_grad, a.detach().numpy().tolist())

    x, y = torch.ones(2, 5), torch.zeros(2, 3)
    w = torch.randn(5, 3, requires_grad=True)
    b = torch.randn(3, requires_grad=True)
    print("drawn w", w.tolist(), "b", b.tolist())
    loss = torch.nn.MSELoss()(torch.matmul(x, w) + b, y)
    loss.sum().backward()
    print(loss.item(), w.grad.tolist(), b.grad.tolist())


def fitting(torch: ModuleType, plots: Plots, epochs: int = 60) -> None:
    """Fit a line to 100 noisy samples in shuffled batches of 16, as a loader hands them out."""
    torch.manual_seed(7)
    x = torch.randn(100, 1)
    slope, intercept = 30.0, 14.5
    y = (slope * x + intercept).squeeze(1) + torch.randn(100)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
    model = torch.nn.Linear(1, 1)
    criterion = torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    means: list[float] = []
    total, batches = 0.0, 0
    for _ in range(epochs):
        for inputs, targets in loader:
            loss = criterion(model(inputs), targets.reshape(-1, 1))
            total += loss.item()
            batches += 1
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        means.append(total / batches)
    print("mean losses", means[:3], means[-1])
    print(model.weight, model.bias)
    print("weight", model.weight.item(), "bias", model.bias.item())
    plots.lines("mean loss", loss=(range(epochs), means))
    fitted = torch.tensor(np.array([(v * model.weight + model.bias).detach().numpy() for v in x])).reshape(-1)
    plots.lines(
        "fitted line",
        samples=(x.reshape(-1), y),
        fitted=(x.reshape(-1), fitted),
        true=(x.reshape(-1), (slope * x + intercept).reshape(-1)),
    )


def main(torch: ModuleType, plots: Plots) -> None:
    """Run the whole course."""
    making(torch, plots)
    converting(torch)
    computing(torch)
    indexing(torch)
    shaping(torch)
    descending(torch)
    fitting(torch, plots)


if __name__ == "__main__":
    run(main)
