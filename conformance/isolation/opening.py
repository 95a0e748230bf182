"""From what the command line names to a backend, in this process or in one of its own."""

from __future__ import annotations

import shlex
import sys

from ..backend import Backend
from ..backends.catalogue import UnknownBackendError, resolve
from .channel import Limits
from .remote import Isolated

_TRUSTED = ("torch", "torch:cpu", "reference")
_COMMAND = "worker:"


def is_isolated(spec: str, wanted: bool | None) -> bool:
    """Return whether a backend runs in a process of its own.

    All do but torch on CPU, the reference and its mutants, unless it is wanted otherwise; a worker in
    another language always does.
    """
    if spec.startswith(_COMMAND):
        return True
    return spec not in _TRUSTED and not spec.startswith("mutant:") if wanted is None else wanted


def opened(spec: str, isolate: bool | None = None, limits: Limits | None = None) -> Backend:
    """Return the backend of a name.

    Parameters
    ----------
    spec : str
        As `resolve` takes it, or ``worker:COMMAND``, a program that speaks the protocol.
    isolate : bool, optional
        Whether it gets a process of its own; by default, all but those that are trusted.
    limits : Limits, optional
        What such a process may take.

    Raises
    ------
    UnknownBackendError
    """
    if not is_isolated(spec, isolate):
        return resolve(spec)
    if spec.startswith(_COMMAND):
        command = _split(spec)
    else:
        command = [sys.executable, "-m", "tensorcanon.conformance.isolation.worker", spec]
    return Isolated(command, limits or Limits(), spec)


def _split(spec: str) -> list[str]:
    try:
        command = shlex.split(spec.removeprefix(_COMMAND))
    except ValueError as error:
        raise UnknownBackendError(f"{spec!r} is not a command: {error}") from error
    if not command:
        raise UnknownBackendError(f"{spec!r}: name the command that starts the worker after the colon")
    return command
