"""The canon: every clause of every chapter, and what they must cover."""

from __future__ import annotations

import hashlib
import importlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from .clause import Clause

CHAPTERS = (
    "dtypes",
    "promotion",
    "creation",
    "sequences",
    "broadcasting",
    "views",
    "shape",
    "rearranging",
    "indexing",
    "scattering",
    "masking",
    "laws",
    "functions",
    "exhaustive",
    "elementwise",
    "comparisons",
    "activations",
    "reductions",
    "statistics",
    "sorting",
    "products",
    "linalg",
    "decompositions",
    "inplace",
    "errors",
    "numerics",
    "printing",
    "autograd",
    "recording",
    "gradients",
    "hooks",
    "extending",
    "transforms",
    "programs",
    "modules",
    "convolution",
    "layers",
    "functional",
    "networks",
    "losses",
    "optimizers",
    "schedulers",
    "device",
    "training",
    "random",
    "data",
    "serialization",
    "interop",
)


@cache
def clauses() -> dict[str, Clause[Any]]:
    """Return every clause by id, in the order of the chapters and of their files."""
    found: dict[str, Clause[Any]] = {}
    for chapter in CHAPTERS:
        module = importlib.import_module(f"tensorcanon.spec.{chapter}")
        own = (value for value in vars(module).values() if isinstance(value, Clause))
        found.update({clause.id: clause for clause in own if clause.chapter == chapter})
    return found


@cache
def behaviours() -> dict[str, str]:
    """Return the documented behaviours the canon must cover, each with its level (core or extended)."""
    table = tomllib.loads((files("tensorcanon.spec") / "behaviours.toml").read_text("utf-8"))
    return {
        f"{area}.{name}": level
        for area, rows in table.items()
        for level, names in rows.items()
        for name in names
    }


def edition() -> str:
    """Return a digest of the canon: it changes whenever a clause's code or source does."""
    digest = hashlib.sha256()
    for name, clause in sorted(clauses().items()):
        digest.update(f"{name}\0{clause.source}\0{clause.code}\0".encode())
    return digest.hexdigest()
