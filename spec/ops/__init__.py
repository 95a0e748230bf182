"""The op table: one row for each elementwise operation.

Laws read it (`tensorcanon.spec.laws`), and so do the clauses that state what single functions compute.
"""

from __future__ import annotations

from .activations import ACTIVATIONS
from .binary import BINARY
from .op import Op
from .ternary import TERNARY
from .unary import UNARY

OPS: tuple[Op, ...] = (*UNARY, *BINARY, *TERNARY, *ACTIVATIONS)
_BY_LABEL = {op.label: op for op in OPS}


def row(label: str) -> Op:
    """Return the row of a label, such as ``add`` or ``div.floor``.

    Raises
    ------
    KeyError
    """
    return _BY_LABEL[label]


def rows(*labels: str) -> tuple[Op, ...]:
    """Return the rows of several labels."""
    return tuple(map(row, labels))
