"""Faults of random numbers."""

from __future__ import annotations

from .mutant import Mutant
from .random_numbers import MUTANTS as _NUMBERS
from .random_streams import MUTANTS as _STREAMS

MUTANTS: list[Mutant] = [*_STREAMS, *_NUMBERS]
