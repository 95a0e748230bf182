"""A worker process and the two pipes to it: a line out, a line in, within limits of time and memory."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

Loss = Literal["crash", "timeout", "out-of-memory"]

_GLANCE = 0.05
_LONGEST = 1 << 28
_TAIL = 2000
_MOST_NOISE = 1 << 24
# How often the memory of a worker that answers at once is looked at.
_EVERY = 4


@dataclass(frozen=True)
class Limits:
    """What a worker may take.

    Attributes
    ----------
    seconds : float
        For one step.
    memory : int
        Bytes resident, looked at where the system has /proc (Linux).
    start : float
        Seconds to load the backend.
    """

    seconds: float = 60.0
    memory: int = 8 << 30
    start: float = 300.0

    @classmethod
    def of(cls, seconds: float, gibibytes: float) -> Limits:
        """Return limits as they are given on the command line."""
        return cls(seconds, int(gibibytes * (1 << 30)))


class LostError(BaseException):
    """The worker is gone; not an `Exception`, as it is no answer of the backend.

    Attributes
    ----------
    verdict : {"crash", "timeout", "out-of-memory"}
    outside : bool
        Killed by a signal that no program sends itself: by the system or by hand.
    """

    def __init__(self, verdict: Loss, reason: str, *, outside: bool = False) -> None:
        super().__init__(reason)
        self.verdict: Loss = verdict
        self.reason = reason
        self.outside = outside


class Channel:
    """A running worker.

    Parameters
    ----------
    command : sequence of str
    limits : Limits

    Raises
    ------
    OSError
        If the command cannot be started.
    """

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self._limits = limits
        # What the worker writes to standard error: shown when it dies, cut when it grows.
        self._noise = tempfile.TemporaryFile(buffering=0, mode="a+b")  # noqa: SIM115 (closed with the worker)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            bufsize=0,
            # Not in the terminal's group: Ctrl-C is for the run, which then ends its workers.
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._into = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        os.set_blocking(self._into, False)
        os.set_blocking(self._from, False)
        self._buffer = bytearray()
        self._asked = 0
        with suppress(OSError):
            self._pages = os.open(f"/proc/{self._process.pid}/statm", os.O_RDONLY | os.O_CLOEXEC)

    def ask(self, request: dict[str, Any], before: bytes = b"", seconds: float | None = None) -> Any:
        """Send a request and return its reply.

        Parameters
        ----------
        request : dict
        before : bytes
            Lines to send first that get no reply.
        seconds : float, optional
            The time allowed, where it is not the limit of a step.

        Raises
        ------
        LostError
            If the worker died, was stopped for its time or memory, or did not keep to the protocol.
        """
        self._asked += 1
        deadline = time.monotonic() + (seconds or self._limits.seconds)
        line = json.dumps({"id": self._asked, **request}, separators=(",", ":"), allow_nan=False)
        self._send(before + line.encode() + b"\n", deadline)
        raw = self._receive(deadline)
        if self._asked % _EVERY == 0:
            self._check_memory()
            self._cut_noise()
        try:
            reply = json.loads(raw)
            if reply["id"] == self._asked:
                return reply
        except (ValueError, KeyError, TypeError):
            pass
        shown = ascii(raw[:80].decode("utf-8", "replace"))
        raise self._lost("crash", f"the worker answered with what is no reply: {shown}")

    def broken(self, reason: str) -> LostError:
        """Stop the worker for a reply of the wrong form; returns the error to raise."""
        return self._lost("crash", reason)

    def close(self) -> None:
        """End the worker and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._noise):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        if hasattr(self, "_pages"):
            os.close(self._pages)
            del self._pages

    def _send(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._into, rest) :]
            except BlockingIOError:
                self._wait(deadline, writing=True)
            except BrokenPipeError:
                return  # It reads no more: what it said before, or its end, is received next.

    def _receive(self, deadline: float) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            try:
                chunk = os.read(self._from, 1 << 20)
            except BlockingIOError:
                self._wait(deadline)
                continue
            if not chunk:
                raise self._died()
            self._buffer += chunk
            if len(self._buffer) > _LONGEST:
                raise self._lost("crash", "the worker answered without end")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _wait(self, deadline: float, *, writing: bool = False) -> None:
        poll = select.poll()
        poll.register(self._into if writing else self._from, select.POLLOUT if writing else select.POLLIN)
        while not poll.poll(_GLANCE * 1000):
            self._check_memory()
            if time.monotonic() > deadline:
                raise self._lost("timeout", f"no answer within {self._limits.seconds:g} s")

    def _check_memory(self) -> None:
        if not hasattr(self, "_pages"):
            return
        with suppress(OSError, IndexError):
            resident = int(os.pread(self._pages, 200, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE")
            if resident > self._limits.memory:
                allowed = self._limits.memory / (1 << 30)
                raise self._lost("out-of-memory", f"the worker took more than {allowed:.3g} GiB")

    def _cut_noise(self) -> None:
        if os.fstat(self._noise.fileno()).st_size > _MOST_NOISE:
            self._noise.truncate(0)

    def _died(self) -> LostError:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return self._lost("crash", "the worker closed its output")
        how = f"exited with {code}" if code >= 0 else f"died of {_signal_name(-code)}"
        return self._lost("crash", f"the worker {how}", outside=code == -signal.SIGKILL)

    def _lost(self, verdict: Loss, reason: str, *, outside: bool = False) -> LostError:
        self._noise.seek(max(0, os.fstat(self._noise.fileno()).st_size - _TAIL))
        last = self._noise.read().decode("utf-8", "replace").strip().splitlines()[-3:]
        self.close()
        text = reason + (f" ({'; '.join(last)[-400:]})" if last else "")
        return LostError(verdict, text, outside=outside)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
