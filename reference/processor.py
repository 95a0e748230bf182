"""Settings of the processor that the reference has no use for, but keeps."""

from __future__ import annotations

import warnings

_threads = 1
_precision = "highest"


def get_num_threads() -> int:
    """Return the number that `set_num_threads` was given, 1 at first."""
    return _threads


def set_num_threads(count: int) -> None:
    """Keep a number of threads; NumPy's kernels use one whatever it is.

    Raises
    ------
    RuntimeError
        Unless the number is positive.
    """
    global _threads
    if count <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _threads = count


def set_flush_denormal(mode: bool) -> bool:
    """Return False: subnormal numbers are never flushed to zero."""
    return False


def get_float32_matmul_precision() -> str:
    """Return what `set_float32_matmul_precision` was given, "highest" at first."""
    return _precision


def set_float32_matmul_precision(precision: str) -> None:
    """Keep the precision of float32 products, which have all digits whatever it is; other words warn."""
    global _precision
    if precision in ("highest", "high", "medium"):
        _precision = precision
    else:
        warnings.warn(f"{precision} is not one of 'highest', 'high', or 'medium'", UserWarning, stacklevel=2)
