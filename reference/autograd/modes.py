"""Whether operations are recorded: grad mode and inference mode, each per thread.

Sources: ``notes/autograd#no-grad-mode``, ``torch.no_grad``, ``torch.inference_mode``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from ..state import state

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Return whether operations on tensors that require gradients are recorded."""
    return state.grad


def is_inference_mode_enabled() -> bool:
    return state.inference


class _Mode:
    """A context manager that is a decorator too; generators keep the mode while they run."""

    def fresh(self) -> _Mode:
        return type(self)()

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(self, *error: object) -> None:
        raise NotImplementedError

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return self._around_generator(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.fresh():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    def _around_generator(self, function: F) -> F:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            sent: Any = None
            while True:
                try:
                    with self.fresh():
                        item = generator.send(sent)
                except StopIteration as stop:
                    return stop.value
                sent = yield item

        return wrapped  # type: ignore[return-value]


class _GradMode(_Mode):
    enabled: bool

    def __enter__(self) -> None:
        self.previous = state.grad
        state.grad = self.enabled

    def __exit__(self, *error: object) -> None:
        state.grad = self.previous


class no_grad(_GradMode):
    """Inside, nothing is recorded. ``@no_grad`` without parentheses works as well."""

    enabled = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        return made if function is None else made(function)


class enable_grad(_GradMode):
    """Inside, operations are recorded, even within `no_grad`."""

    enabled = True

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        return made if function is None else made(function)


class set_grad_enabled(_Mode):
    """Switch recording on or off: at once as a function, until the end of the block as a context manager."""

    def __init__(self, mode: bool) -> None:
        self.previous = state.grad
        self.mode = mode
        state.grad = mode

    def __enter__(self) -> None:
        state.grad = self.mode

    def __exit__(self, *error: object) -> None:
        state.grad = self.previous

    def fresh(self) -> _Mode:
        return set_grad_enabled(self.mode)

    def __call__(self, function: F) -> F:
        state.grad = self.previous
        return super().__call__(function)


class inference_mode(_Mode):
    """Inside, nothing is recorded and new tensors can never take part in a recording."""

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        made = super().__new__(cls)
        if callable(mode):
            made.mode = True
            return made(mode)
        return made

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def fresh(self) -> _Mode:
        made: _Mode = inference_mode(self.mode)
        return made

    def __enter__(self) -> None:
        self.previous = (state.grad, state.inference)
        state.inference = self.mode
        state.grad = not self.mode

    def __exit__(self, *error: object) -> None:
        state.grad, state.inference = self.previous
