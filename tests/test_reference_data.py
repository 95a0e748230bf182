"""The reference's loaders give torch's batches, with and without workers, and leave the stream alike."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tensorcanon.reference as reference

torch = pytest.importorskip("torch")

PROGRAMS = (
    *("list(D.DataLoader(ds, 6, shuffle=True))", "list(D.DataLoader(Mixed(), 4))"),
    "[list(D.DataLoader(ds, 6, shuffle=True, drop_last=True)) for _ in range(2)]",
    "list(D.DataLoader(ds, 6, shuffle=True, generator=T.Generator().manual_seed(5)))",
    *("list(D.DataLoader(Mixed(), batch_size=None))", "list(D.DataLoader(Stream(), 3, drop_last=True))"),
    *("[s.indices for s in D.random_split(range(10), [3, 7])]", "list(D.SubsetRandomSampler([3, 4, 9]))"),
    "[s.indices for s in D.random_split(range(10), [.35, .35, .3], T.Generator().manual_seed(1))]",
    "list(D.RandomSampler(range(5), replacement=True, num_samples=70))",
    *("list(D.RandomSampler(range(5), num_samples=12))", "list(D.WeightedRandomSampler([.1, .9, 2], 20))"),
    "list(D.WeightedRandomSampler([.1, .9, 2], 2, False))",
    "D.default_convert((np.arange(3), 'a', {'k': np.int64(2)}))",
)
WORKERS = (
    "list(D.DataLoader(Mixed(), 4, num_workers=2, shuffle=True))",
    "list(D.DataLoader(Stream(), 3, num_workers=2))",
    "list(D.DataLoader(Stream(), 2, num_workers=3, drop_last=True))",
    "[list(D.DataLoader(Random(), 2, num_workers=2)) for _ in range(2)]",
    "(lambda l: [list(l), list(l)])(D.DataLoader(Random(), 2, num_workers=2, persistent_workers=True))",
    "(lambda l: [next(iter(l)), list(l)])(D.DataLoader(Mixed(), 2, num_workers=2, persistent_workers=True))",
)


def classes(library: Any) -> dict[str, Any]:
    D = library.utils.data

    class Mixed(D.Dataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return 9

        def __getitem__(self, i: int) -> Any:
            fields = {"a": np.float32(i), "b": (i, i)}
            return library.tensor([i * i]), i, float(i), f"s{i}", fields, np.arange(2) + i

    class Stream(D.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Any:
            return iter(range(7))

    class Random(D.Dataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return 6

        def __getitem__(self, i: int) -> Any:
            return library.rand(2), D.get_worker_info().id, D.get_worker_info().seed, np.random.rand()

    x = library.arange(20)
    return {"T": library, "D": D, "np": np, "ds": D.TensorDataset(x, x * 2), **locals()}


def plain(value: Any) -> Any:
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return value.tolist(), str(value.dtype)
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def outcome(library: Any, program: str) -> Any:
    library.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = plain(eval(program, classes(library)))
    return repr(made), library.rand(1).tolist()


@pytest.mark.parametrize("program", [*PROGRAMS, *WORKERS])
def test_programs(program: str) -> None:
    assert outcome(reference, program) == outcome(torch, program)


def test_a_worker_that_dies_is_reported() -> None:
    class Dying(reference.utils.data.Dataset[Any]):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, i: int) -> Any:
            import os

            os._exit(3)

    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        list(reference.utils.data.DataLoader(Dying(), num_workers=1))
