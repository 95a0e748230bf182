"""Which of the checks collected this process runs: those of its shard, without those done before."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

import pytest

from .check import Check
from .expectations import Expectation, every_departure, read
from .inventory import check_name, checks

T = TypeVar("T")


class ShardError(ValueError):
    """A shard is not written as I/N."""


def parsed_shard(text: str) -> tuple[int, int]:
    """Return the index, from 1, and the number of shards.

    Raises
    ------
    ShardError
    """
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise ShardError(f"a shard is I/N with I from 1 to N, such as 1/4, not {text!r}")
    return int(match[1]), int(match[2])


def selection_digest() -> str:
    """Return a digest of all the checks that there are: shards of different ones do not fit together."""
    return hashlib.sha256("\n".join(sorted(checks())).encode()).hexdigest()[:16]


def chosen(config: pytest.Config, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the items of the shard and without those to skip that the options name."""
    kept = list(items)
    shard = config.getoption("--canon-shard")
    if shard is not None:
        known = every_departure()
        for path in config.getoption("--expectations"):
            known += read(config.invocation_params.dir / path)
        try:
            kept = part(kept, *parsed_shard(shard), lambda item: check_name(item.nodeid), known)
        except ShardError as error:
            raise pytest.UsageError(str(error)) from error
    skip = config.getoption("--canon-skip")
    if skip is not None:
        done = set(Path(skip).read_text("utf-8").splitlines())
        kept = [item for item in kept if check_name(item.nodeid) not in done]
    return kept


def mixed(items: Sequence[pytest.Item], seed: int) -> list[pytest.Item]:
    """Return the items with those of every file in turn, so that the first of them are from all chapters."""
    generator = random.Random(seed)
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    for each in files.values():
        generator.shuffle(each)
    rounds = zip_longest(*files.values())
    return [item for one_each in rounds for item in one_each if item is not None]


def part(
    items: Sequence[T], index: int, of: int, name: Callable[[T], str], known: Iterable[Expectation]
) -> list[T]:
    """Return the `index`-th of `of` parts.

    Checks that share a clause of which a failure is expected stay together, as only all of them tell whether
    it still fails.
    """
    groups = _Groups()
    patterns = {entry.clause for entry in known}
    found = checks()
    for item in items:
        for clause in _expected_clauses(found.get(name(item)), patterns):
            groups.join(clause, name(item))
    order: dict[str, int] = {}
    for item in items:
        order.setdefault(groups.root(name(item)), len(order))
    return [item for item in items if order[groups.root(name(item))] % of == index - 1]


def _expected_clauses(check: Check | None, patterns: set[str]) -> list[str]:
    clauses = () if check is None else check.clauses
    return [c.id for c in clauses if any(fnmatchcase(c.id, pattern) for pattern in patterns)]


class _Groups:
    """Names that belong together."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        while self._parent.get(name, name) != name:
            name = self._parent[name]
        return name

    def join(self, one: str, other: str) -> None:
        self._parent[self.root(one)] = self.root(other)
