"""The named tuples of operations with several results: ``torch.return_types``."""

from __future__ import annotations

from collections import namedtuple
from typing import Any


def _repr(self: Any) -> str:
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{type(self).__module__}.{type(self).__name__}(\n{fields})"


def _named(name: str, fields: str) -> Any:
    made = namedtuple(name, fields)  # type: ignore[misc]
    kind = type(name, (made,), {"__repr__": _repr, "__slots__": (), "__module__": "torch.return_types"})
    globals()[name] = kind
    return kind


_FIELDS = {
    "values indices": "max min sort topk kthvalue median nanmedian mode cummax cummin",
    "min max": "aminmax",
    "mantissa exponent": "frexp",
    "hist bin_edges": "histogram histogramdd",
    "Q R": "qr linalg_qr",
    "U S V": "svd",
    "U S Vh": "linalg_svd",
    "eigenvalues eigenvectors": "linalg_eig linalg_eigh",
    "sign logabsdet": "slogdet linalg_slogdet",
    "solution residuals rank singular_values": "linalg_lstsq",
    "LU pivots": "linalg_lu_factor",
    "P L U": "linalg_lu",
    "L info": "linalg_cholesky_ex",
    "inverse info": "linalg_inv_ex",
    "result info": "linalg_solve_ex",
    "a tau": "geqrf",
    "output mask": "native_dropout",
}

for _fields, _names in _FIELDS.items():
    for _name in _names.split():
        _named(_name, _fields)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module 'torch.return_types' has no attribute {name!r}")
