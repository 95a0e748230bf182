"""Backends that do as the reference does, but for chosen inputs on which they misbehave."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable
from typing import Any

from tensorcanon.conformance.backend import Backend
from tensorcanon.conformance.backends.catalogue import reference

kept = []


class Misbehaving:
    """The reference, but for a call of `name` with arguments that are `chosen`."""

    def __init__(self, name: str, chosen: Callable[..., bool], act: Callable[[], object]) -> None:
        self._backend: Backend = reference()
        self._name = name
        self._chosen = chosen
        self._act = act

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name == self._name and self._chosen(*args):
            self._act()
        return self._backend.call(name, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


def _negative_start(x: object, dim: int = 0, start: int = 0, length: int = 0) -> bool:
    return start < 0


def _int8_and_float16(one: object, other: object) -> bool:
    return (str(one), str(other)) == ("torch.int8", "torch.float16")


def _leak() -> None:
    kept.append(bytearray(os.urandom(1 << 20) * 100))


def _babble() -> None:
    print("garbage")
    os.write(1, b'{"id": 1, "value": "garbage"}\n\xff\xfe\n' * 1000)


def segfault() -> Misbehaving:
    return Misbehaving("torch.narrow", _negative_start, lambda: ctypes.string_at(0))


def exits() -> Misbehaving:
    return Misbehaving("torch.promote_types", _int8_and_float16, lambda: os._exit(3))


def hang() -> Misbehaving:
    return Misbehaving("torch.promote_types", _int8_and_float16, lambda: time.sleep(1000))


def leak() -> Misbehaving:
    return Misbehaving("torch.narrow", _negative_start, _leak)


def babble() -> Misbehaving:
    return Misbehaving("torch.narrow", lambda *args: True, _babble)


class _Refusing(Misbehaving):
    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise RuntimeError("not today")


def refuse_all() -> Misbehaving:
    """Raises on everything."""
    return _Refusing("", lambda *args: False, lambda: None)
