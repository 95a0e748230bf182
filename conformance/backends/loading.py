"""A backend that somebody else's module holds, or makes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from ..backend import Backend, Claims, Identity
from .errors import UnknownBackendError

_PARTS = ("make", "call", "look", "failure", "identity", "claims")


def attribute(module: str, path: str) -> Any:
    """Return what stands at a path in a module, which may lie where one works."""
    if "" not in sys.path and os.getcwd() not in sys.path:
        # As for ``python -m``: an adapter often lies where one works.
        sys.path.insert(0, os.getcwd())
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def loaded(spec: str, load: Callable[[], Any]) -> Backend:
    """Return the backend that a function loads, or that what it loads makes.

    Parameters
    ----------
    spec : str
        Its name on the command line, for messages.
    load : callable

    Raises
    ------
    UnknownBackendError
        If it cannot be loaded, or is no backend.
    """
    found = _attempted(load, f"cannot load {spec!r}:")
    if not isinstance(found, type) and _has_parts(spec, found):
        return _described(spec, found)
    if callable(found):
        made = _attempted(found, f"{spec!r} raised")
        if _has_parts(spec, made):
            return _described(spec, made)
    raise UnknownBackendError(
        f"{spec!r} is not a backend: it needs {', '.join(_PARTS[:-1])} and {_PARTS[-1]}"
    )


def _has_parts(spec: str, value: Any) -> bool:
    return all(_attempted(partial(hasattr, value, part), f"{spec!r}: {part} raised") for part in _PARTS)


def _described(spec: str, backend: Any) -> Backend:
    for part, kind in (("identity", Identity), ("claims", Claims)):
        if not isinstance(getattr(backend, part), kind):
            raise UnknownBackendError(
                f"{spec!r} is not a backend: {part} is no {kind.__name__} of {kind.__module__}"
            )
    return backend  # type: ignore[no-any-return]


def _attempted(act: Callable[[], Any], doing: str) -> Any:
    """Return what somebody else's code gives; it may also end the process, which is an error too."""
    try:
        return act()
    except (Exception, SystemExit) as error:
        raise UnknownBackendError(f"{doing} {type(error).__name__}: {error}") from error
