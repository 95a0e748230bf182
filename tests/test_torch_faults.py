"""Faults put into torch itself, by overriding kernels through ``torch.library``: the canon must see them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tensorcanon.conformance.backends.catalogue import resolve
from tensorcanon.conformance.examine import examine
from tensorcanon.conformance.expectations import departures
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import PROFILES

torch = pytest.importorskip("torch")

Kernel = Callable[..., Any]


@contextmanager
def overridden(op: str, kernel: Kernel) -> Iterator[None]:
    """Put a kernel in the place of torch's own on CPU."""
    library = torch.library.Library("aten", "IMPL")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            library.impl(op, kernel, "CPU", allow_override=True)
        yield
    finally:
        library._destroy()


def floor_divide_truncates(a: Any, b: Any) -> Any:
    return torch.div(a, b, rounding_mode="trunc")


def remainder_has_the_dividends_sign(a: Any, b: Any) -> Any:
    return torch.fmod(a, b)


def cumsum_counts_in_int8(x: Any, dim: int, *, dtype: Any = None) -> Any:
    small = torch.int8 if x.dtype == torch.bool else torch.int64 if not x.is_floating_point() else x.dtype
    running = list(x.to(small).unbind(dim)) if x.ndim else [x.to(small)]
    for place in range(1, len(running)):
        running[place] = running[place] + running[place - 1]
    result = torch.stack(running, dim) if x.ndim and running else x.to(small)
    return result.to(dtype or (torch.int64 if small in (torch.int8, torch.int64) else small))


def masked_fill_fills_the_first_row(x: Any, mask: Any, value: Any) -> Any:
    spread = mask.expand(x.shape).clone()
    if mask.ndim < x.ndim or (mask.ndim > 1 and mask.shape[0] == 1):
        spread[1:].zero_()
    return x.copy_(torch.where(spread, torch.as_tensor(value, dtype=x.dtype), x))


def searchsorted_ignores_right(
    boundaries: Any,
    x: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: Any = None,
    sorter: Any = None,
) -> Any:
    rows = boundaries if sorter is None else boundaries.gather(-1, sorter)
    below = rows.unsqueeze(-2) < x.unsqueeze(-1) if rows.ndim > 1 else rows < x.unsqueeze(-1)
    return below.sum(-1).to(torch.int32 if out_int32 else torch.int64)


def isnan_misses_negative_ones(x: Any) -> Any:
    return (x != x) & ~torch.signbit(x) if x.is_floating_point() else torch.zeros_like(x, dtype=torch.bool)


def flip_forgets_the_second_dim(x: Any, dims: list[int]) -> Any:
    first = dims[0] % max(x.ndim, 1) if dims else 0
    if not dims or not x.ndim:
        return x.clone()
    return x.index_select(first, torch.arange(x.shape[first] - 1, -1, -1))


def roll_turns_the_other_way(x: Any, shifts: Any, dims: Any = ()) -> Any:
    flat = x.reshape(-1) if not dims else x
    for shift, dim in zip(shifts, dims or (0,), strict=True):
        size = flat.shape[dim]
        if size:
            flat = flat.index_select(dim, (torch.arange(size) + shift) % size)
    return flat.reshape(x.shape).clone()


# An op, the kernel in its place, and the tests that hold it.
FAULTS: tuple[tuple[str, Kernel, str], ...] = (
    ("floor_divide", floor_divide_truncates, "test_laws.py::test_laws[floor_divide]"),
    (
        "remainder.Tensor",
        remainder_has_the_dividends_sign,
        "test_laws.py::test_laws[remainder]",
    ),
    ("cumsum", cumsum_counts_in_int8, "test_reductions_running"),
    ("masked_fill_.Scalar", masked_fill_fills_the_first_row, "test_masking"),
    ("searchsorted.Tensor", searchsorted_ignores_right, "test_sorting"),
    ("isnan", isnan_misses_negative_ones, "test_laws.py::test_laws[isnan]"),
    ("flip", flip_forgets_the_second_dim, "test_rearranging"),
    ("roll", roll_turns_the_other_way, "test_rearranging"),
)


@pytest.mark.parametrize(("op", "kernel", "part"), FAULTS, ids=[kernel.__name__ for _, kernel, _ in FAULTS])
def test_a_fault_in_torch_is_seen(op: str, kernel: Kernel, part: str) -> None:
    backend, profile = resolve("torch"), PROFILES["ci"]
    held = [check for name, check in checks().items() if name.startswith(part)]
    assert held
    expected = departures(backend.identity)
    with overridden(op, kernel):
        for check in held:
            for found in examine(check, backend, profile, 0):
                known = any(each.concerns(found.clause.id, backend.identity) for each in expected)
                if found.verdict == "fail" and not known:
                    return
    pytest.fail("no clause saw the fault")
