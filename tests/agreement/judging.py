"""When two results agree, and why they do not."""

from __future__ import annotations

from typing import Any

import torch


def difference(own: Any, theirs: Any) -> str | None:
    """Return how a result of the reference (as torch values) differs from torch's; None where it agrees.

    Types, shapes and the number of results must be equal, integers and bools too; floating values agree
    within the tolerances of `torch.testing.assert_close`.
    """
    if isinstance(theirs, torch.Tensor):
        return _tensors(own, theirs)
    if isinstance(theirs, list | tuple):
        if not isinstance(own, list | tuple) or len(own) != len(theirs):
            return f"{_kind(own)} instead of {_kind(theirs)}"
        return next((d for a, b in zip(own, theirs, strict=True) if (d := difference(a, b))), None)
    if isinstance(theirs, float) and isinstance(own, float):
        return None if own == theirs or (own != own and theirs != theirs) else f"{own} instead of {theirs}"
    if type(own) is not type(theirs) or own != theirs:
        return f"{own!r} instead of {theirs!r}"
    return None


def _kind(value: Any) -> str:
    return f"{len(value)} results" if isinstance(value, list | tuple) else type(value).__name__


def _tensors(own: Any, theirs: torch.Tensor) -> str | None:
    if not isinstance(own, torch.Tensor):
        return f"{type(own).__name__} instead of a tensor"
    if own.dtype != theirs.dtype:
        return f"dtype {own.dtype} instead of {theirs.dtype}"
    if own.shape != theirs.shape:
        return f"shape {tuple(own.shape)} instead of {tuple(theirs.shape)}"
    theirs = theirs.detach().resolve_conj().resolve_neg()
    if torch.equal(own, theirs):
        return None
    try:
        torch.testing.assert_close(own, theirs, equal_nan=True, check_stride=False)
    except AssertionError as error:
        return f"values: {' '.join(str(error).split())[:160]}"
    return None


def nearer(own: Any, theirs: Any, exact: Any) -> bool:
    """Return whether the reference is about as near to torch's own result in wider types as torch is.

    An element may be as far from it as the tolerance and twice torch's own largest error allow.
    """
    if isinstance(theirs, list | tuple):
        return all(nearer(*each) for each in zip(own, theirs, exact, strict=True))
    if not isinstance(theirs, torch.Tensor):
        return bool(own == theirs)
    if not (theirs.is_floating_point() or theirs.is_complex()):
        return torch.equal(own, theirs)
    wide = torch.complex128 if theirs.is_complex() else torch.float64
    # What the type cannot hold is rounded before it is judged.
    target = exact.to(theirs.dtype).to(wide)
    their_error = abs(theirs.to(wide) - target)
    finite = torch.isfinite(their_error)
    rtol, atol = _TOLERANCES[theirs.dtype]
    allowed = atol + 2 * float(their_error[finite].max() if finite.any() else 0)
    return bool(torch.isclose(own.to(wide), target, rtol=rtol, atol=allowed, equal_nan=True).all())


_TOLERANCES = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}
