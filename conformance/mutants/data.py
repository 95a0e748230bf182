"""Faults of datasets, samplers and loaders."""

from __future__ import annotations

from .data_loading import MUTANTS as _LOADING
from .data_sets import MUTANTS as _SETS
from .mutant import Mutant

MUTANTS: list[Mutant] = [*_SETS, *_LOADING]
