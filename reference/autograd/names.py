"""The names of nodes: the op in camel case, ``Backward``, and the number of the overload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..tensor import Tensor

Arguments = Mapping[str, Any]


def _dim_given(a: Arguments) -> bool:
    return a.get("dim") is not None


def _index_name(a: Arguments) -> str:
    """Name an index after the last step that changes something, as each step makes a node of its own."""
    last = [part for part in a["parts"] if part is not Ellipsis]
    if not last:
        return "Alias0"
    if last[-1] is None:
        return "Unsqueeze0"
    return "Slice0" if isinstance(last[-1], slice) else "Select0"


def _power_name(a: Arguments) -> str:
    if not isinstance(a["input"], Tensor):
        return "Pow2"
    return "Pow1" if isinstance(a["exponent"], Tensor) else "Pow0"


_BY_ARGUMENTS: dict[str, Callable[[Arguments], str]] = {
    "sum": lambda a: "Sum1" if _dim_given(a) else "Sum0",
    "mean": lambda a: "Mean1" if _dim_given(a) else "Mean0",
    "prod": lambda a: "Prod1" if _dim_given(a) else "Prod0",
    "max": lambda a: "Max0" if _dim_given(a) else "Max1",
    "min": lambda a: "Min0" if _dim_given(a) else "Min1",
    "pow": _power_name,
    "clamp": lambda a: "Clamp0" if isinstance(a["min"], Tensor) or isinstance(a["max"], Tensor) else "Clamp1",
    "rsub": lambda a: "Rsub0" if isinstance(a["other"], Tensor) else "Rsub1",
    "fill_": lambda a: "Fill1" if isinstance(a["value"], Tensor) else "Fill0",
    "_basic_index": _index_name,
}
_BY_NAME = {
    "narrow": "Slice0",
    "_to_copy": "ToCopy0",
    "_advanced_index": "Index0",
    "copy_": "Copys",
    "_write_at_": "IndexPut0",
}


def node_name(op: str, arguments: Arguments) -> str:
    """Return the class name that a node of an op shows."""
    by_arguments = _BY_ARGUMENTS.get(op)
    stem = by_arguments(arguments) if by_arguments else _BY_NAME.get(op) or camel_case(op) + "0"
    if stem == "Copys":
        return "CopyBackwards"
    return f"{stem[:-1]}Backward{stem[-1]}"


def camel_case(op: str) -> str:
    """Return an op's name without its namespace in camel case."""
    return "".join(
        part.capitalize() for part in op.rpartition("nn.functional.")[2].replace(".", "_").split("_")
    )
