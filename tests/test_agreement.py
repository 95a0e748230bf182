"""The reference agrees with torch on samples that torch ships for its own tests: a few of each operation."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest")

sys.path.insert(0, str(Path(__file__).parent))

from agreement.reasons import reason_of
from agreement.table import NAMES, row_of
from agreement.trials import infos

# Every eighth name: another area each time, since the names are in order. ``python -m agreement`` takes all.
SAMPLE = NAMES[::8]


def test_torch_has_samples_of_every_name() -> None:
    assert len(NAMES) == 448
    assert set(NAMES) <= infos().keys()


@pytest.mark.parametrize("name", SAMPLE)
def test_the_reference_agrees_with_torch(name: str) -> None:
    row = row_of(name, limit=3)
    assert row.values.calls
    assert [str(one) for one in row.differing if reason_of(name, one.form) is None] == []
