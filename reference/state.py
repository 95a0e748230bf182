"""What holds for the operations to come, per thread: modes of autograd and of function transforms.

Attributes
----------
grad, inference : bool
    Whether operations are recorded, and whether new tensors are inference tensors; see `autograd.modes`.
anomaly : bool
    Whether a backward pass looks for NaN.
packing : tuple of pairs of functions
    What is called with tensors as they are saved, and what with the result; the last pair counts.
levels : tuple of int
    The levels of forward mode that are open.
mapping : tuple of str
    The randomness of each mapping in progress; see `func`.
"""

from __future__ import annotations

import threading
from typing import Any


class _State(threading.local):
    grad = True
    inference = False
    anomaly = False
    packing: tuple[tuple[Any, Any], ...] = ()
    levels: tuple[int, ...] = ()
    mapping: tuple[str, ...] = ()


state = _State()
