"""The ``device`` argument of modules. Source: ``nn`` (every module's page), ``meta``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from .. import devices


def placed(classes: Iterable[Any]) -> None:
    """Let the ``device`` argument of classes be the default device while an object is made."""
    for cls in classes:
        maker = vars(cls).get("__init__") if isinstance(cls, type) else None
        if maker is not None and "device" in inspect.signature(maker).parameters:
            cls.__init__ = _on_its_device(maker)


def _on_its_device(maker: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(maker)

    @wraps(maker)
    def make(*args: Any, **kwargs: Any) -> None:
        place = signature.bind(*args, **kwargs).arguments.get("device")
        if place is None:
            return maker(*args, **kwargs)
        with devices.checked(place):
            return maker(*args, **kwargs)

    return make
