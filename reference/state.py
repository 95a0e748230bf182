"""Whether operations are recorded, per thread; `autograd.modes` switches it."""

from __future__ import annotations

import threading


class _State(threading.local):
    grad = True
    inference = False


state = _State()
