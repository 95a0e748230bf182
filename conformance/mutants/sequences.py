"""Faults of sequences, grids and choices."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: list[Mutant] = []
