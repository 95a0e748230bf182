"""First steps: types, sharing with NumPy, shapes, broadcasting, and gradients that accumulate."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from stage import Plots, refusal, run


def tensors(torch: ModuleType) -> None:
    print(torch.tensor(1.0, dtype=torch.float), torch.tensor(1, dtype=torch.long))
    print(torch.tensor(1.0, dtype=torch.int8))
    print(torch.FloatTensor(2, 3).shape, torch.IntTensor(2).dtype, torch.IntTensor([1, 2, 3, 4]))
    g = np.array([[1, 2, 3], [4, 5, 6]])
    copied, shared, also = torch.tensor(g), torch.from_numpy(g), torch.as_tensor(g)
    g[0, 0] = 100
    print(copied, shared, also, shared.numpy())
    torch.manual_seed(2)
    print("drawn", torch.rand(2, 3).tolist())
    k, ones = torch.rand(2, 3), torch.ones(2, 3)
    print(ones, torch.zeros(2, 3), torch.arange(0, 10, 2))
    print(k.shape, k.size())
    o = torch.add(k, ones)
    print(o[:, 1], o[0, :])
    print(o.view((3, 2)), o.view(-1, 2))
    print(torch.arange(1, 3).view(1, 2) + torch.arange(1, 4).view(3, 1))
    r = o.unsqueeze(1)
    print(r.shape, r.squeeze(0).shape, r.squeeze(1).shape)


def gradients(torch: ModuleType) -> None:
    x1, x2 = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    y = x1 + 2 * x2
    print(x1, y, x1.requires_grad, x2.requires_grad, y.requires_grad)
    print(refusal(lambda: x1.grad.data, message=True))
    for runs in range(1, 6):
        (x1 + 2 * x2).backward()
        print("after", runs, x1.grad.data, x2.grad.data)
    plain = torch.tensor(1.0) + 2 * torch.tensor(2.0)
    print(refusal(plain.backward, message=True))


def main(torch: ModuleType, plots: Plots) -> None:
    """Take the first steps; nothing is plotted."""
    tensors(torch)
    gradients(torch)


if __name__ == "__main__":
    run(main)
