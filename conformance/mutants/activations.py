"""Faults of the activations chapter."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: list[Mutant] = []
