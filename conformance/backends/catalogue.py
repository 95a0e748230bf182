"""From the name on the command line to a backend."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes

from ..backend import Backend, Claims, Identity
from . import coordinates
from .coordinates import NAMED, Coordinates
from .errors import UnknownBackendError
from .loading import attribute, loaded
from .probe import described, probe, settle
from .torch_like import TorchLike
from .transforms import Compiled, Exported, Transform

__all__ = ["ENTRY_POINTS", "KNOWN", "UnknownBackendError", "installed", "reference", "resolve"]

# Packages that register functions returning a backend, under the name for the command line.
ENTRY_POINTS = "tensorcanon.backends"
# Engines with an API of their own.
OTHERS = {"tinygrad": "tinygrad_tensors", "mlx": "mlx_arrays"}
# Backends that stand without more ado where these modules are installed; those that take long first.
KNOWN = {
    "torch:cpu+inductor": ("torch",),
    "openvino": ("torch", "openvino"),
    "onnxruntime": ("torch", "onnxruntime", "onnx"),
    "torchax": ("torch", "torchax", "jax"),
    "torch:vulkan": ("torch", "torchvulkan"),
    "torch:cpu+aot_eager": ("torch",),
    "torch:npy": ("torch",),
    "tinygrad": ("tinygrad",),
    "mlx": ("mlx",),
    "candle": ("candle",),
    "borch": ("borch",),
    "torch:meta": ("torch",),
    "torch": ("torch",),
    "reference": (),
}
_FORMS = (
    "torch, torch:DEVICE, torch:DEVICE+TRANSFORM, torchax, candle, borch, openvino, onnxruntime, tinygrad, "
    "mlx, reference, mutant:NAME, a TOML file, package.module:attribute, or the name of an entry point"
)


def resolve(spec: str) -> Backend:
    """Return the backend of a name.

    Parameters
    ----------
    spec : str
        Coordinates, ``NAMESPACE[:DEVICE][+TRANSFORM][,SETTING=VALUE]…`` as `coordinates.parse` reads them, a
        TOML file that states them, ``reference``, ``mutant:NAME``, ``tinygrad``, ``mlx``, the name of an
        entry point of the group ``tensorcanon.backends``, or ``package.module:attribute`` where the attribute
        is a `Backend` or a function without arguments that returns one.

    Raises
    ------
    UnknownBackendError
    """
    namespace, _, rest = spec.partition(":")
    if spec == "reference":
        return reference()
    if namespace == "mutant" and rest:
        return _mutant(rest)
    if spec.endswith(".toml"):
        return _standing(spec, coordinates.read(Path(spec)))
    if spec in OTHERS:
        return _other(spec)
    points = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    if spec in points:
        return loaded(spec, points[spec].load)
    head = spec.replace("+", ",").partition(",")[0].partition(":")[0]
    if head in NAMED:
        return _standing(spec, coordinates.parse(spec))
    near = _near(spec, (*NAMED, *KNOWN, *points)) or _near(head, NAMED)
    if rest and (find_spec(namespace.partition(".")[0]) or not near):
        return loaded(spec, lambda: attribute(namespace, rest))
    raise UnknownBackendError(f"no backend {spec!r}{near}: use {_FORMS}")


def installed() -> list[str]:
    """Return the backends that stand without more ado: those of `KNOWN`, an accelerator, entry points."""
    found = [spec for spec, modules in KNOWN.items() if all(map(find_spec, modules))]
    if not any(map(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++"))):
        found = [spec for spec in found if not spec.endswith("+inductor")]
    if "torch" in found:
        accelerator = importlib.import_module("torch").accelerator
        kind = accelerator.current_accelerator() if accelerator.is_available() else None
        if kind is not None and f"torch:{kind.type}" not in found:
            found.insert(0, f"torch:{kind.type}")
    return [*found, *(point.name for point in importlib.metadata.entry_points(group=ENTRY_POINTS))]


def reference() -> Backend:
    """Return the NumPy reference as a backend."""
    from tensorcanon import reference as namespace

    version = importlib.metadata.version("tensorcanon")
    identity = Identity("reference", "reference", version, "cpu", {"numpy": np.__version__})
    return TorchLike(namespace, identity, Claims(frozenset(dtypes.ALL) - {dtypes.complex32}))


def _standing(spec: str, place: Coordinates) -> Backend:
    """Return the backend at coordinates, with its claims settled by what is found there."""
    kind = place.device.partition(":")[0]
    # What a build of torch brings along is held to all of its API.
    whole = place.namespace == "torch" and not place.imports and place.transform != "onnxruntime"
    default = Claims(data=kind != "meta") if whole else None
    for module in place.imports:
        _imported(module)
    namespace = _imported(place.namespace)
    _prepare(place, namespace)
    _require_device(namespace, place.device)
    transform = _transform(namespace, place.transform)
    identity = _identity(spec, place, namespace)
    plain = Claims(complete=whole)
    found = probe(TorchLike(namespace, identity, plain, transform))
    claims = settle(found, place.stated, default)
    details = {**identity.details, "claims": described(claims), "found": described(found)}
    return TorchLike(namespace, replace(identity, details=details), claims, transform)


@cache
def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != name.partition(".")[0]:
            raise UnknownBackendError(f"cannot import {name}: {error}") from error
        extra = "'tensorcanon[torch]'" if name == "torch" else name.partition(".")[0]
        raise UnknownBackendError(f"{name} is not installed: pip install {extra}") from error
    except Exception as error:
        raise UnknownBackendError(f"cannot import {name}: {type(error).__name__}: {error}") from error


def _prepare(place: Coordinates, namespace: ModuleType) -> None:
    """Bring about what a user of the device does once at first."""
    if "torchax" in place.imports:
        # Without it there are neither float64 nor int64.
        _imported("jax").config.update("jax_enable_x64", True)
        _imported("torchax").enable_globally()
    if place.namespace == "torch" and (mode := _accuracy(place)):
        # TF32 is on for convolutions and off for products where nobody says otherwise.
        namespace.backends.cuda.matmul.allow_tf32 = mode == "tf32"
        namespace.backends.cudnn.allow_tf32 = mode == "tf32"


def _accuracy(place: Coordinates) -> str:
    """Return the accuracy mode: on CUDA there always is one."""
    return place.accuracy or ("ieee" if place.device.partition(":")[0] == "cuda" else "")


def _require_device(namespace: ModuleType, device: str) -> None:
    if device == "cpu":
        return
    try:
        namespace.empty(0, device=device)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UnknownBackendError(
            f"{namespace.__name__} has no usable device {device!r}: {reason}"
        ) from error


def _transform(namespace: ModuleType, name: str) -> Transform | None:
    if not name or name == "none":
        return None
    if name == "onnxruntime":
        _imported("onnx")
        return Exported(namespace, _imported("onnxruntime"))
    try:
        compiler: Any = importlib.import_module(f"{namespace.__name__}._dynamo")
        known = compiler.list_backends(exclude_tags=())
    except ImportError as error:
        raise UnknownBackendError(f"{namespace.__name__} has no compiler for {name!r}") from error
    if name not in known:
        near = _near(name, ["onnxruntime", *known])
        raise UnknownBackendError(f"no transform {name!r}{near}: use onnxruntime, {', '.join(known)}")
    return Compiled(namespace, name)


def _identity(spec: str, place: Coordinates, namespace: ModuleType) -> Identity:
    kind = place.device.partition(":")[0]
    version = getattr(namespace, "__version__", None) or _version_of(place.namespace)
    details = {"device": place.device}
    if place.namespace == "torch":
        details["threads"] = str(namespace.get_num_threads())
    if kind == "cuda":
        details["gpu"] = namespace.cuda.get_device_name(place.device)
        details["cuda"] = str(namespace.version.cuda)
    if mode := _accuracy(place):
        details["accuracy"] = mode
    if place.transform:
        details["transform"] = place.transform
    for module in (*place.imports, *(("jax",) if kind == "jax" else ())):
        details[module] = _version_of(module)
    if place.transform == "onnxruntime":
        details |= {name: _version_of(name) for name in ("onnxruntime", "onnx")}
        details["exporter"] = "torch.onnx.export(dynamo=False)"
    return Identity(spec, place.namespace, str(version), kind, details)


def _version_of(module: str) -> str:
    top = module.partition(".")[0]
    packages = importlib.metadata.packages_distributions().get(top, [top])
    try:
        return importlib.metadata.version(packages[0])
    except importlib.metadata.PackageNotFoundError:
        return str(getattr(importlib.import_module(top), "__version__", "unknown"))


def _other(name: str) -> Backend:
    try:
        module = importlib.import_module(f"{__package__}.{OTHERS[name]}")
    except ModuleNotFoundError as error:
        raise UnknownBackendError(f"{name} is not installed: pip install {name}") from error
    return module.backend()  # type: ignore[no-any-return]


def _mutant(name: str) -> Backend:
    from ..mutants.ledger import mutant_backend, mutants

    try:
        return mutant_backend(name)
    except KeyError as error:
        near = _near(name, mutants())
        raise UnknownBackendError(f"no mutant {name!r}{near}: see tensorcanon list --mutants") from error


def _near(name: str, known: Iterable[str]) -> str:
    """Return a question about the known name that comes nearest; empty where none is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.65)
    return f" (did you mean {found[0]}?)" if found else ""
