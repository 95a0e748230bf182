"""From the name on the command line to a backend."""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes

from ..backend import Backend, Claims, Identity
from .torch_like import TorchLike


class UnknownBackendError(ValueError):
    """No backend has this name, or it cannot be loaded; the message says why and what to do."""


def resolve(spec: str) -> Backend:
    """Return the backend of a name.

    Parameters
    ----------
    spec : str
        ``torch``, ``torch:DEVICE``, ``reference``, ``mutant:NAME``, or ``package.module:attribute`` where
        the attribute is a `Backend` or a function without arguments that returns one.

    Raises
    ------
    UnknownBackendError
    """
    namespace, _, rest = spec.partition(":")
    if namespace == "torch":
        return _torch(spec, rest or "cpu")
    if namespace == "reference" and not rest:
        return reference()
    if namespace == "mutant" and rest:
        return _mutant(rest)
    if rest:
        return _attribute(spec, namespace, rest)
    raise UnknownBackendError(
        f"no backend {spec!r}: use torch, torch:DEVICE, reference, mutant:NAME or package.module:attribute"
    )


def reference() -> Backend:
    """Return the NumPy reference as a backend."""
    from tensorcanon import reference as namespace

    version = importlib.metadata.version("tensorcanon")
    identity = Identity("reference", "reference", version, "cpu", {"numpy": np.__version__})
    return TorchLike(namespace, identity, Claims(frozenset(dtypes.ALL) - {dtypes.complex32}))


def _torch(spec: str, device: str) -> Backend:
    try:
        import torch
    except ImportError as error:
        raise UnknownBackendError("torch is not installed: pip install 'tensorcanon[torch]'") from error
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UnknownBackendError(f"torch has no usable device {device!r}: {reason}") from error
    kind = torch.device(device).type
    details = {"device": device, "threads": str(torch.get_num_threads())}
    if kind == "cuda":
        details["gpu"] = torch.cuda.get_device_name(device)
        details["cuda"] = str(torch.version.cuda)
    identity = Identity(spec, "torch", torch.__version__, kind, details)
    return TorchLike(torch, identity, Claims(data=kind != "meta"))


def _mutant(name: str) -> Backend:
    from ..mutants.ledger import mutant_backend

    try:
        return mutant_backend(name)
    except KeyError as error:
        raise UnknownBackendError(f"no mutant {name!r}: see tensorcanon audit --list") from error


def _attribute(spec: str, module: str, attribute: str) -> Backend:
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise UnknownBackendError(f"cannot load {spec!r}: {type(error).__name__}: {error}") from error
    if not isinstance(found, type) and _is_backend(found):
        return found  # type: ignore[no-any-return]
    if callable(found):
        try:
            made = found()
        except Exception as error:
            raise UnknownBackendError(f"{spec!r} raised {type(error).__name__}: {error}") from error
        if _is_backend(made):
            return made  # type: ignore[no-any-return]
    raise UnknownBackendError(
        f"{spec!r} is not a backend: it needs make, call, look, failure, identity and claims"
    )


def _is_backend(value: Any) -> bool:
    return all(hasattr(value, verb) for verb in ("make", "call", "look", "failure", "identity", "claims"))
