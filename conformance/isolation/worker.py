"""The worker: hosts a backend and answers requests, one JSON line each, until its input ends.

``python -m tensorcanon.conformance.isolation.worker BACKEND``. A worker in another language does the same;
``schema/protocol-1.json`` has the form of the lines.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import warnings
from contextlib import suppress
from typing import Any, BinaryIO

from tensorcanon.spec.rules import dtypes

from ..backend import Absent, Backend, Handle
from ..backends.catalogue import UnknownBackendError, resolve
from . import wire

PROTOCOL = 1
# The kind of error of what a backend does not claim to have.
ABSENT = "Absent"
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


class Worker:
    """Answers requests.

    Parameters
    ----------
    spec : str
        The backend to host.
    """

    def __init__(self, spec: str) -> None:
        self._spec = spec
        self._backend: Backend
        self._held: dict[int, Any] = {}
        self._next = 1
        self._warned: list[list[str]] = []

    def answer(self, request: Any) -> dict[str, Any] | None:
        """Return the reply to a request, None where none is due."""
        verb = request["do"]
        if verb == "release":
            for number in request["handles"]:
                self._held.pop(number, None)
            return None
        reply: dict[str, Any] = {"id": request["id"]}
        self._warned.clear()
        try:
            reply.update(getattr(self, f"_{verb}")(request))
        except Exception as error:
            # The backend's own business, named by the backend.
            reply["error"] = self._named(error)
        if self._warned:
            reply["warnings"] = list(self._warned)
        return reply

    def record(self, message: Warning | str, category: type[Warning], *_: Any) -> None:
        """Note a warning for the reply."""
        self._warned.append([category.__name__, str(message)])

    def _hello(self, request: Any) -> dict[str, Any]:
        if request["protocol"] != PROTOCOL:
            raise UnknownBackendError(f"this worker speaks protocol {PROTOCOL}, not {request['protocol']}")
        self._backend = resolve(self._spec)
        identity, claims = self._backend.identity, self._backend.claims
        return {
            "identity": {
                "spec": identity.spec,
                "name": identity.name,
                "version": identity.version,
                "device": identity.device,
                "details": identity.details,
            },
            "claims": {**vars(claims), "dtypes": sorted(dtype.name for dtype in claims.dtypes)},
        }

    def _make(self, request: Any) -> dict[str, Any]:
        array = wire.array_from_json(request["array"])
        dtype = dtypes.named(request["array"]["dtype"])
        return {"value": self._kept(self._backend.make(array, dtype))}

    def _call(self, request: Any) -> dict[str, Any]:
        args = tuple(wire.decode(arg, self._handle) for arg in request["args"])
        kwargs = {key: wire.decode(value, self._handle) for key, value in request["kwargs"].items()}
        return {"value": self._value(self._backend.call(request["name"], args, kwargs))}

    def _look(self, request: Any) -> dict[str, Any]:
        return {"seen": wire.observation_to_json(self._backend.look(self._held[request["handle"]]))}

    def _value(self, native: Any) -> Any:
        """Return a native value: plain ones as they are, a sequence as a handle with its items."""
        if type(native) in _PLAIN:
            return wire.encode(native, self._kept)
        if isinstance(native, tuple | list) and type(native).__name__ != "Size":
            items = [self._value(item) for item in native]
            return {
                **self._kept(native),
                "items": items,
                "sequence": "list" if isinstance(native, list) else "tuple",
            }
        return self._kept(native)

    def _kept(self, native: Any) -> dict[str, int]:
        number = self._next
        self._next += 1
        self._held[number] = native
        return {"handle": number}

    def _handle(self, number: int) -> Handle:
        return Handle(f"h{number}", self._held[number])

    def _named(self, error: Exception) -> dict[str, str]:
        if isinstance(error, UnknownBackendError) or not hasattr(self, "_backend"):
            return {"kind": "UnknownBackendError", "message": str(error)}
        if isinstance(error, Absent):
            return {"kind": ABSENT, "message": str(error)}
        failed = self._backend.failure(error)
        return {"kind": failed.kind, "message": failed.message}


def serve(spec: str, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests from `source` on `sink` until the former ends."""
    worker = Worker(spec)
    warnings.simplefilter("always")
    warnings.showwarning = worker.record  # type: ignore[assignment]
    for line in source:
        reply = worker.answer(json.loads(line))
        if reply is not None:
            sink.write(json.dumps(reply, separators=(",", ":")).encode() + b"\n")
            sink.flush()


def main() -> None:
    """Serve on standard input and output, which the backend itself cannot reach."""
    _die_with_parent()
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What an engine prints must not pass for a reply.
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        serve(sys.argv[1], source, sink)
    # An engine's threads or exit handlers may hang.
    os._exit(0)


def _die_with_parent() -> None:
    """Ask Linux to end this process when the run is killed; elsewhere the end of the input does."""
    with suppress(Exception):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main()
