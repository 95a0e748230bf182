"""Fundamentals: dimensions, types, matrix products, shapes, indexing, NumPy, reproducibility, devices."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from stage import Plots, refusal, run


def dimensions(torch: ModuleType) -> None:
    matrix = [[7, 8], [9, 10]]
    nested = (7, [7, 7], matrix, [[[1, 2, 3], [3, 6, 9], [2, 4, 6]]], [[[1, 2], [3, 6], [2, 4]]] * 2)
    for data in nested:
        made = torch.tensor(data)
        print(made, made.ndim, made.shape)
    print(torch.tensor(7).item(), torch.tensor(matrix)[0], torch.tensor(matrix)[1])
    print(refusal(lambda: torch.tensor([[[1, 2], [3, 6]], [[1, 2], [3, 6], [2, 4]]])))


def making(torch: ModuleType) -> None:
    torch.manual_seed(26)
    drawn = torch.rand(size=(3, 4))
    print("drawn", drawn.tolist(), drawn.dtype, torch.rand(size=(224, 224, 3)).ndim)
    print(torch.zeros(size=(3, 4)), torch.ones(size=(3, 4)).dtype)
    one_to_ten = torch.arange(start=1, end=11, step=1)
    print(one_to_ten, torch.zeros_like(input=one_to_ten))
    print(refusal(lambda: torch.oness_like(input=one_to_ten)), refusal(lambda: one_to_ten.dtpye))


def types(torch: ModuleType) -> None:
    single = torch.tensor([3.0, 6.0, 9.0], dtype=None, device=None, requires_grad=False)
    half = single.type(torch.float16)
    print(single, single.dtype, half, torch.tensor([3.0, 6.0, 9.0], dtype=torch.float16).dtype)
    print(half * single, (half * single).dtype)
    for whole in (torch.int64, torch.long):
        counted = torch.tensor([3, 6, 9], dtype=whole)
        print(counted, counted.dtype, single * counted)
    some = torch.rand(3, 4)
    print(f"Shape: {some.shape}\nDatatype: {some.dtype}\nDevice: {some.device}")


def products(torch: ModuleType) -> None:
    tensor = torch.tensor([1, 2, 3])
    print(tensor + 10, tensor)
    tensor = tensor - 10
    print(tensor, torch.mul(tensor, 10), torch.add(tensor, 10))

    tensor = torch.tensor([1, 2, 3])
    value = 0
    for i in range(len(tensor)):
        value += tensor[i] * tensor[i]
    print(torch.matmul(tensor, tensor), value, refusal(lambda: torch.mm(tensor, tensor), message=True))

    a = torch.tensor([[1, 2], [3, 4], [5, 6]], dtype=torch.float32)
    b = torch.tensor([[7, 10], [8, 11], [9, 12]], dtype=torch.float32)
    print(refusal(lambda: torch.matmul(a, b), message=True))
    print(b.T, torch.equal(b.T, torch.transpose(b, 0, 1)))
    print(f"{a.shape} * {b.T.shape}\n{torch.matmul(a, b.T)}\n{torch.matmul(a, b.T).shape}")

    torch.manual_seed(42)
    output = torch.nn.Linear(in_features=2, out_features=6)(a)
    print(f"Output:\n{output}\n\nOutput shape: {output.shape}")


def summaries(torch: ModuleType) -> None:
    x = torch.arange(0, 100, 10)
    print(f"Minimum: {x.min()}\nMaximum: {x.max()}\nMean: {x.type(torch.float32).mean()}\nSum: {x.sum()}")
    print(refusal(x.mean))
    x = torch.arange(10, 100, 10)
    print(f"largest at {x.argmax()}, smallest at {x.argmin()}")
    x = torch.arange(10.0, 100.0, 10.0)
    print(x.dtype, x.type(torch.float16), x.type(torch.int8))


def shapes(torch: ModuleType) -> None:
    x = torch.arange(1.0, 8.0)
    reshaped = x.reshape(1, 7)
    print(reshaped, reshaped.shape, x.reshape(7, 1).shape)
    print(refusal(lambda: x.reshape(1, 8)), refusal(lambda: x.reshape(2, 7)))
    z = x.view(1, 7)
    z[:, 0] = 5
    print(z, x)
    print(torch.stack([x, x, x, x], dim=0), torch.stack([x, x, x, x], dim=1))
    print(refusal(lambda: torch.stack([x, x, x, x], dim=2)))
    pair = torch.randn(2, 3)
    print("drawn", pair.tolist())
    print([torch.stack((pair, pair), dim=dim).size() for dim in (0, 1, 2, -1)])
    row, other = torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    print(torch.vstack((row, other)), torch.hstack((row, other)))
    column, next_column = row.reshape(3, 1), other.reshape(3, 1)
    print(torch.vstack((column, next_column)), torch.hstack((column, next_column)))
    squeezed = reshaped.squeeze()
    print(f"Previous: {reshaped} {reshaped.shape}\nSqueezed: {squeezed} {squeezed.shape}")
    for dim in (0, 1, -1):
        print(f"Unsqueezed: {squeezed.unsqueeze(dim=dim)} {squeezed.unsqueeze(dim=dim).shape}")
    image = torch.rand(size=(224, 224, 3))
    channels_first = image.permute(2, 0, 1)
    image[0, 0, 0] = 728218.0
    print(
        torch.permute(torch.randn(2, 3, 5), (2, 0, 1)).size(), channels_first.shape, channels_first[0, 0, 0]
    )


def indexing(torch: ModuleType) -> None:
    x = torch.arange(1, 10).reshape(1, 3, 3)
    print(f"First:\n{x[0]}\nSecond: {x[0][0]}\nThird: {x[0][0][0]}")
    print(x[0][2][2], x[:, :, 2])


def numpy_and_back(torch: ModuleType) -> None:
    array = np.arange(1.0, 8.0)
    tensor = torch.from_numpy(array)
    array = array + 1
    print(array, tensor, tensor.type(torch.float32).dtype)
    tensor = torch.ones(7)
    numpy_tensor = tensor.numpy()
    tensor = tensor + 1
    print(tensor, numpy_tensor, numpy_tensor.dtype)


def reproducing(torch: ModuleType) -> None:
    first, second = torch.rand(3, 4), torch.rand(3, 4)
    print("drawn", first.tolist(), second.tolist(), (first == second).any())
    torch.manual_seed(seed=42)
    first = torch.rand(3, 4)
    torch.random.manual_seed(seed=42)
    second = torch.rand(3, 4)
    print(f"Tensor C:\n{first}\nTensor D:\n{second}\n{first == second}")
    torch.cuda.manual_seed(42)
    torch.cuda.manual_seed_all(42)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def devices(torch: ModuleType) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tensor = torch.tensor([1, 2, 3])
    moved = tensor.to(device)
    print(device == "cuda", torch.cuda.device_count() > 0)
    print(tensor, tensor.device, moved.cpu().numpy(), (moved.cpu() == tensor).all())


def main(torch: ModuleType, plots: Plots) -> None:
    """Go through the fundamentals; nothing is plotted."""
    print("version", torch.__version__.split(".")[0])
    dimensions(torch)
    making(torch)
    types(torch)
    products(torch)
    summaries(torch)
    shapes(torch)
    indexing(torch)
    numpy_and_back(torch)
    reproducing(torch)
    devices(torch)


if __name__ == "__main__":
    run(main)
