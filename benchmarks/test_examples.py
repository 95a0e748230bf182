"""What one example of a binary elementwise op costs: value, dtype, shape, stride, in-place and out= laws.

Side by side: inputs drawn by Hypothesis, decoded from a seeded batch, and, as the peer, shapes and arrays
drawn element by element with Hypothesis' NumPy strategies and compared by ``assert_close``. Both of ours are
examined as a run does it.
Every round takes `EXAMPLES` examples; divide by that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from tensorcanon.conformance.backends.catalogue import resolve
from tensorcanon.conformance.examine import examine
from tensorcanon.conformance.examples import _drawn
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import Profile

torch = pytest.importorskip("torch")

EXAMPLES = 200
_PLAIN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
LAWS = checks()["test_laws.py::test_laws[add]"]


BACKEND = resolve("torch")


def seeded() -> None:
    examine(LAWS, BACKEND, Profile("seeded", seeded=EXAMPLES, drawn=1), 0)


def drawn() -> None:
    """The tapes are drawn anew, as in the first check of a run."""
    _drawn.cache_clear()
    examine(LAWS, BACKEND, Profile("drawn", seeded=0, drawn=EXAMPLES), 0)


@_PLAIN
@given(st.data())
def peer(data: Any) -> None:
    shapes = data.draw(nps.mutually_broadcastable_shapes(num_shapes=2, max_side=4)).input_shapes
    a, b = (data.draw(nps.arrays(np.float32, shape)) for shape in shapes)
    with np.errstate(all="ignore"):
        expected = torch.from_numpy(np.array(a + b))
    torch.testing.assert_close(torch.add(torch.from_numpy(a), torch.from_numpy(b)), expected, equal_nan=True)


@pytest.mark.benchmark(group="200 examples of a binary op")
@pytest.mark.parametrize("examples", [seeded, drawn, peer], ids=lambda function: function.__name__)
def test_examples(benchmark: Any, examples: Callable[[], None]) -> None:
    benchmark.pedantic(examples, rounds=5, warmup_rounds=1)
