"""What a proof costs beside its two irreducible parts alone: the backend's op and the oracle.

Chunks are taken evenly from all float32 inputs, as the cost of both parts depends on them. The parts run on
tensors that are made beforehand, in blocks as a proof's; the ratio is of the process' own time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.backends.catalogue import resolve
from tensorcanon.conformance.proving.holding import BLOCK, Holder
from tensorcanon.conformance.proving.question import question

torch = pytest.importorskip("torch")

CHUNK, CHUNKS, ROUNDS = 1 << 20, 16, 5
STARTS = range(0, 1 << 32, (1 << 32) // CHUNKS)
LEAST_SHARE = 0.8


def own_time(function: Callable[[], Any]) -> float:
    started = time.process_time()
    function()
    return time.process_time() - started


def irreducible_parts(holder: Holder, first: int) -> Callable[[], None]:
    op = holder.question.op
    patterns = np.uint32(first) + np.arange(CHUNK, dtype=np.uint32)
    blocks = [holder.question.values(part) for part in np.split(patterns, CHUNK // BLOCK)]
    made = [Handle("x1", holder.backend.make(block, holder.question.dtype)) for block in blocks]

    def run() -> None:
        with np.errstate(all="ignore"):
            for block, tensor in zip(blocks, made, strict=True):
                holder.backend.call(op.call, (tensor,), dict(op.arguments))
                holder.exact(block)

    return run


@pytest.mark.parametrize("op", ["exp", "log", "sin", "tanh"])
def test_share_of_the_irreducible_parts(benchmark: Any, op: str) -> None:
    torch.set_num_threads(1)
    holder = Holder(resolve("torch"), question(op, "float32"))
    parts = [irreducible_parts(holder, first) for first in STARTS]

    def share() -> float:
        alone = whole = 0.0
        for first, part in zip(STARTS, parts, strict=True):
            alone += min(own_time(part) for _ in range(ROUNDS))
            whole += min(
                own_time(lambda first=first: holder.hold(first, first + CHUNK)) for _ in range(ROUNDS)
            )
        benchmark.extra_info["million values a second"] = round(CHUNK * CHUNKS / whole / 1e6, 1)
        return alone / whole

    found = benchmark.pedantic(share, rounds=1)
    benchmark.extra_info["share"] = round(found, 3)
    assert found >= LEAST_SHARE
