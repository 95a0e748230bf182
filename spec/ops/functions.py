"""The op table of functions that are not elementwise."""

from __future__ import annotations

from . import folds, moves, native, networks, picks
from .function import Group, grouped

GROUPS: tuple[Group, ...] = grouped(
    (*moves.FUNCTIONS, *picks.FUNCTIONS, *folds.FUNCTIONS, *networks.FUNCTIONS, *native.FUNCTIONS)
)
