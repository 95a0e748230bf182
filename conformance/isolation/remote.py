"""A backend that lives in a worker, as the run sees it."""

from __future__ import annotations

import builtins
import json
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from tensorcanon.spec.observation import Failed, Observation, Plain
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Absent, Array, Claims, Handle, Identity
from ..backends.catalogue import UnknownBackendError
from ..refusal import Unclaimed
from . import wire
from .channel import Channel, Limits, LostError
from .worker import ABSENT, PROTOCOL


class RemoteError(Exception):
    """An error that a backend raised in its worker."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Remote:
    """A value in a worker; entered, it is a context manager there."""

    __slots__ = ("_backend", "life", "number")

    def __init__(self, backend: Isolated, number: int) -> None:
        self._backend = backend
        self.number = number
        self.life = backend.life

    def __enter__(self) -> Any:
        return self._backend.call("Tensor.__enter__", (Handle("", self),), {})

    def __exit__(self, *error: object) -> None:
        if self.life == self._backend.life:
            self._backend.call("Tensor.__exit__", (Handle("", self), None, None, None), {})

    def __del__(self) -> None:
        if self.life == self._backend.life:
            self._backend.released.append(self.number)


class RemoteTuple(tuple[Any, ...]):
    """A tuple in a worker, with its items."""

    remote: Remote


class RemoteList(list[Any]):
    """A list in a worker, with its items."""

    remote: Remote


class Isolated:
    """A backend in a worker process, which is started again when it is lost.

    Parameters
    ----------
    command : sequence of str
        Starts the worker.
    limits : Limits
    spec : str
        What the backend is called on the command line.

    Raises
    ------
    UnknownBackendError
        If the worker cannot be started or does not know the backend.
    """

    def __init__(self, command: Sequence[str], limits: Limits, spec: str) -> None:
        self._command = command
        self._limits = limits
        self._spec = spec
        self._channel: Channel | None = None
        # Counts the workers: a handle is good in its own only.
        self.life = 0
        self.released: list[int] = []
        try:
            self._start()
        except LostError as lost:
            raise UnknownBackendError(f"{spec!r}: {lost.reason}") from lost

    def _start(self) -> Channel:
        self.life += 1
        self.released = []
        try:
            channel = Channel(self._command, self._limits)
        except OSError as error:
            raise UnknownBackendError(f"cannot start {self._command[0]!r}: {error.strerror}") from error
        reply = channel.ask({"do": "hello", "protocol": PROTOCOL}, seconds=self._limits.start)
        if "error" in reply:
            channel.close()
            raise UnknownBackendError(reply["error"]["message"])
        try:
            self.identity = Identity(**{**reply["identity"], "spec": self._spec})
            known = {**reply["claims"], "dtypes": frozenset(map(dtypes.named, reply["claims"]["dtypes"]))}
            self.claims = Claims(**known)
        except (KeyError, TypeError) as error:
            raise channel.broken(f"the worker's greeting has not the published form: {error!r}") from error
        self._channel = channel
        return channel

    def close(self) -> None:
        """End the worker."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.life += 1

    def make(self, array: Array, dtype: DType) -> Any:
        return self._value(self._ask({"do": "make", "array": wire.array_to_json(array)}))

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        request = {
            "do": "call",
            "name": name,
            "args": [wire.encode(arg, self._reference) for arg in args],
            "kwargs": {key: wire.encode(value, self._reference) for key, value in kwargs.items()},
        }
        return self._value(self._ask(request))

    def look(self, native: Any) -> Observation:
        remote = getattr(native, "remote", native)
        if not isinstance(remote, Remote):
            return Plain(native)
        reply = self._ask({"do": "look", "handle": self._number(remote)})
        try:
            return wire.observation_from_json(reply["seen"])
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise self._broken(f"an observation has not the published form: {error!r}") from error

    def failure(self, error: Exception) -> Failed:
        if isinstance(error, RemoteError):
            return Failed(error.kind, error.message)
        # An error of the run itself is no answer of the backend.
        raise error

    def _ask(self, request: dict[str, Any]) -> Any:
        channel = self._channel or self._start()
        before = b""
        if self.released:
            gone, self.released = self.released, []
            before = json.dumps({"do": "release", "handles": gone}).encode() + b"\n"
        try:
            reply = channel.ask(request, before)
        except LostError:
            self._forget()
            raise
        for category, message in reply.get("warnings", ()):
            warnings.warn(message, _category(category), stacklevel=2)
        if "error" in reply:
            error = reply["error"]
            if error.get("kind") == ABSENT:
                raise Absent(str(error.get("message")))
            raise RemoteError(str(error.get("kind")), str(error.get("message")))
        return reply

    def _forget(self) -> None:
        self._channel = None
        self.life += 1

    def _broken(self, reason: str) -> LostError:
        assert self._channel is not None
        lost = self._channel.broken(reason)
        self._forget()
        return lost

    def _value(self, reply: Any) -> Any:
        try:
            return self._decoded(reply["value"])
        except (KeyError, ValueError, TypeError) as error:
            raise self._broken(f"a value has not the published form: {error!r}") from error

    def _decoded(self, made: Any) -> Any:
        if isinstance(made, dict) and "items" in made:
            items: Iterable[Any] = (self._decoded(item) for item in made["items"])
            sequence = RemoteList(items) if made["sequence"] == "list" else RemoteTuple(items)
            sequence.remote = Remote(self, made["handle"])
            return sequence
        return wire.decode(made, lambda number: Remote(self, number))

    def _reference(self, value: Any) -> Any:
        if isinstance(value, Handle):
            value = value.native
            if not isinstance(value, Remote | RemoteTuple | RemoteList):
                return wire.encode(value, self._reference)
        remote = getattr(value, "remote", value)
        if not isinstance(remote, Remote):
            raise Unclaimed(f"an argument that cannot be sent to a worker: {value!r}")
        return {"handle": self._number(remote)}

    def _number(self, remote: Remote) -> int:
        if remote.life != self.life:
            raise LostError("crash", "the worker that held this value is gone")
        return remote.number


@cache
def _category(name: str) -> type[Warning]:
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Warning):
        return known
    return type(name, (UserWarning,), {})
