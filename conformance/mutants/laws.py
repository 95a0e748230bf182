"""Faults that break a law for one op or many."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: list[Mutant] = []
