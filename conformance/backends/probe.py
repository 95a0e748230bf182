"""What a backend can be seen to do, to be shown beside what it claims before a run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np

from tensorcanon.spec.observation import Plain, Seen
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Absent, Backend, Claims, Handle
from .coordinates import Stated


def probe(backend: Backend) -> Claims:
    """Try a few tensors and return the claims that hold for them; nothing is raised.

    A data type counts where a tensor of it comes back as it was made. Strides count where those of a
    transposed tensor are swapped and a write through it reaches the tensor. The gradient of a square tells
    of autograd.
    """
    found = frozenset(dtype for dtype in dtypes.ALL if _holds(partial(_keeps, backend, dtype)))
    return Claims(
        dtypes=found,
        data=_holds(partial(_has_data, backend)),
        strides=_holds(partial(_has_strides, backend)),
        autograd=_holds(partial(_has_autograd, backend)),
        complete=backend.claims.complete,
    )


def is_sound(backend: Backend) -> bool:
    """Return whether a plain tensor still comes back as it was made: some calls leave an engine unusable."""
    return dtypes.float32 not in backend.claims.dtypes or _holds(partial(_keeps, backend, dtypes.float32))


def settle(found: Claims, stated: Stated, default: Claims | None) -> Claims:
    """Return what is claimed: what is stated, else what a backend of this kind claims, else what is found."""
    base = default or found
    return Claims(
        dtypes=base.dtypes if stated.dtypes is None else stated.dtypes,
        **{
            name: stated.flags.get(name, getattr(base, name))
            for name in ("data", "strides", "autograd", "complete")
        },
    )


def described(claims: Claims) -> str:
    """Return claims in a line."""
    missing = sorted(dtype.name for dtype in frozenset(dtypes.ALL) - claims.dtypes)
    kinds = f"{len(claims.dtypes)} of {len(dtypes.ALL)} dtypes"
    if missing:
        kinds += f" (not {', '.join(missing)})"
    flags = (name if getattr(claims, name) else f"no {name}" for name in ("data", "strides", "autograd"))
    return "; ".join((kinds, *flags, "complete" if claims.complete else "a part of the API"))


def _holds(check: Callable[[], bool]) -> bool:
    try:
        # Who probes types that an engine calls experimental knows that they are.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return check()
    except (Exception, Absent):
        return False


def _keeps(backend: Backend, dtype: DType) -> bool:
    if dtype.storage.fields:
        # No array travels as one of these.
        made = backend.look(backend.call("torch.zeros", (1, 3), {"dtype": dtype}))
        return isinstance(made, Seen) and made.dtype is dtype
    array = np.array([[0, 1, 2]]).astype(dtype.storage)
    seen = backend.look(backend.make(array, dtype))
    if not isinstance(seen, Seen) or seen.dtype is not dtype or seen.shape != (1, 3):
        return False
    return seen.value is None or (seen.value.dtype == dtype.storage and bool((seen.value == array).all()))


def _tensor(backend: Backend, values: list[list[float]]) -> Handle:
    return Handle("x", backend.make(np.array(values, np.float32), dtypes.float32))


def _has_data(backend: Backend) -> bool:
    seen = backend.look(_tensor(backend, [[1.0]]).native)
    return isinstance(seen, Seen) and seen.value is not None


def _has_strides(backend: Backend) -> bool:
    x = _tensor(backend, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    turned = Handle("y", backend.call("Tensor.t", (x,), {}))
    strides = backend.call("Tensor.stride", (turned,), {})
    if tuple(strides) != (1, 3):
        return False
    backend.call("operator.setitem", (turned, (2, 1), 7.0), {})
    seen = backend.look(x.native)
    return isinstance(seen, Seen) and (seen.value is None or bool(seen.value[1, 2] == 7.0))


def _has_autograd(backend: Backend) -> bool:
    x = _tensor(backend, [[3.0]])
    backend.call("Tensor.requires_grad_", (x,), {})
    square = Handle(
        "y", backend.call("Tensor.sum", (Handle("z", backend.call("operator.mul", (x, x), {})),), {})
    )
    backend.call("Tensor.backward", (square,), {})
    seen = backend.look(backend.call("Tensor.grad", (x,), {}))
    if isinstance(seen, Plain):
        return False
    return isinstance(seen, Seen) and (seen.value is None or bool(seen.value[0, 0] == 6.0))
