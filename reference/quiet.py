"""Arithmetic without NumPy's warnings: an overflow or an invalid operation is a result like others.

What `numpy.errstate` sets is a context variable; to enter a context that has it set costs less.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

_inside = contextvars.ContextVar("inside", default=False)


class _Quiet(threading.local):
    """The context of a thread: no two can be in the same.

    Attributes
    ----------
    run : callable
        Calls a function, which must not come back here, with the arguments that follow.
    """

    def __init__(self) -> None:
        context = contextvars.Context()
        context.run(np.seterr, all="ignore")
        context.run(_inside.set, True)
        self.run = context.run


quiet = _Quiet()


def quietly(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function without warnings, which may do the same itself."""
    return function(*args) if _inside.get() else quiet.run(function, *args)
