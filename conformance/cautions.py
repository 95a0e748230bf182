"""Warnings that come once in a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .run import Run


@contextmanager
def every_warning(run: Run) -> Iterator[None]:
    """Have warnings that come once in a process come every time, so that no earlier example takes them."""
    run.call("torch.set_warn_always", True)
    try:
        yield
    finally:
        run.call("torch.set_warn_always", False)
