"""Modules of a backend: made on its device, filled with given elements, called."""

from __future__ import annotations

from typing import Any

from .backend import Array, Handle, Symbol
from .routine import Routine
from .run import Run


def made(run: Run, name: str, *args: Any, **kwargs: Any) -> Handle:
    """Return a new module of ``torch.nn`` on the device under test; its elements are needed."""
    run.require_data()
    return placed(run, run.whole(f"torch.nn.{name}", *args, **kwargs))


def placed(run: Run, module: Handle) -> Handle:
    """Move a module to the device under test."""
    device = run.backend.identity.device
    return module if device == "cpu" else run.whole("Tensor.to", module, device)


def derived(run: Run, name: str, base: str = "nn.Module", **members: Any) -> Handle:
    """Return a class derived from one of the namespace, as a class statement makes it."""
    return run.whole("builtins.type", name, (Symbol(base),), members)


def initialiser(run: Run, body: Any = None) -> Routine:
    """Return an ``__init__`` that calls the base class's and then takes the steps of `body`."""

    def steps(write: Any, self: Any) -> None:
        write.call("torch.nn.Module.__init__", self)
        if body is not None:
            body(write, self)

    return run.function("__init__", "self", steps)


def called(run: Run, module: Handle, *args: Any, **kwargs: Any) -> Any:
    """Call a module, unjudged."""
    return run.call("Tensor.__call__", module, *args, **kwargs)


def fill(run: Run, module: Handle, **arrays: Array | None) -> None:
    """Copy elements into parameters and buffers by name; None leaves one as it is."""
    for name, array in arrays.items():
        if array is not None:
            own = run.call("Tensor.detach", run.call("getattr", module, name))
            run.call("Tensor.copy_", own, run.tensor(array))


def names(run: Run, listed: Any) -> Handle:
    """Return the keys of a dict, or of pairs, as one tuple."""
    return run.whole("builtins.tuple", run.whole("builtins.dict", listed))
