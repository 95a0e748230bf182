"""From a short string or a TOML file to where a backend stands: a namespace, a device and a transform."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tensorcanon.spec.modes import MODES
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from .errors import UnknownBackendError

_FLAGS = ("data", "strides", "autograd", "complete")
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Stated:
    """What somebody states about a backend; None where nothing is, so that what is found there counts."""

    dtypes: frozenset[DType] | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Coordinates:
    """Where a backend with torch's API stands.

    Attributes
    ----------
    namespace : str
        The module that has torch's API.
    device : str
    transform : str
        What each call goes through, such as ``inductor``; empty for none.
    imports : tuple of str
        Modules to import first, which make the device or the transform known.
    accuracy : str
        A mode of `tensorcanon.spec.modes` that is switched on; empty for what the device has.
    stated : Stated
    """

    namespace: str = "torch"
    device: str = "cpu"
    transform: str = ""
    imports: tuple[str, ...] = ()
    accuracy: str = ""
    stated: Stated = field(default_factory=Stated)


# Names for coordinates in common use.
NAMED = {
    "torch": Coordinates(),
    "torchax": Coordinates(device="jax"),
    "candle": Coordinates("candle"),
    "borch": Coordinates("borch"),
    "onnxruntime": Coordinates(transform="onnxruntime"),
    "openvino": Coordinates(transform="openvino"),
}
# What makes a device or a transform known to torch.
PROVIDERS = {
    "jax": "torchax",
    "vulkan": "torchvulkan",
    "npy": "tensorcanon.conformance.backends.npy",
    "openvino": "openvino.torch",
}


def parse(spec: str) -> Coordinates:
    """Return the coordinates of a short string.

    Parameters
    ----------
    spec : str
        ``NAMESPACE[:DEVICE][+TRANSFORM][,SETTING=VALUE]…``: the settings are ``import`` and ``dtypes``
        (names with slashes between them), ``accuracy`` (ieee or tf32), ``data``, ``strides``, ``autograd``
        and ``complete`` (yes or no).

    Raises
    ------
    UnknownBackendError
        If a setting, a type or a value is unknown.
    """
    place, *settings = spec.split(",")
    place, _, transform = place.partition("+")
    namespace, _, device = place.partition(":")
    base = NAMED.get(namespace, Coordinates(namespace))
    base = replace(base, device=device or base.device, transform=transform or base.transform)
    pairs = dict(_pair(setting) for setting in settings)
    table: dict[str, Any] = {
        key: value.split("/") if key in ("import", "dtypes") else value for key, value in pairs.items()
    }
    imports, accuracy = table.pop("import", []), _mode(table.pop("accuracy", ""))
    imports = (*imports, *_providers(base))
    return replace(base, imports=imports, accuracy=accuracy, stated=stated(table))


def read(path: Path) -> Coordinates:
    """Return the coordinates of a TOML file: keys as in `Coordinates`, a table ``claims``.

    Raises
    ------
    UnknownBackendError
        If the file cannot be read or holds an unknown key or value.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnknownBackendError(f"cannot read {path}: {reason}") from error
    unknown = table.keys() - {"namespace", "device", "transform", "import", "accuracy", "claims"}
    if unknown:
        raise UnknownBackendError(f"{path}: unknown key {sorted(unknown)[0]!r}")
    texts = {key: table.get(key, "") for key in ("namespace", "device", "transform")}
    claims, imports = table.get("claims", {}), table.get("import", [])
    if not (all(isinstance(text, str) for text in texts.values()) and isinstance(claims, dict)):
        raise UnknownBackendError(f"{path}: namespace, device and transform are strings, claims is a table")
    if not (isinstance(imports, list) and all(isinstance(name, str) for name in imports)):
        raise UnknownBackendError(f"{path}: import is a list of modules")
    base = NAMED.get(texts["namespace"] or "torch", Coordinates(texts["namespace"]))
    base = replace(
        base, device=texts["device"] or base.device, transform=texts["transform"] or base.transform
    )
    imports = (*imports, *_providers(base))
    accuracy = _mode(table.get("accuracy", ""))
    return replace(base, imports=imports, accuracy=accuracy, stated=stated(claims))


def stated(table: Mapping[str, Any]) -> Stated:
    """Return claims as they stand in a table.

    Raises
    ------
    UnknownBackendError
        If a key, a type or a value is unknown.
    """
    flags: dict[str, bool] = {}
    kinds: frozenset[DType] | None = None
    for key, value in table.items():
        if key == "dtypes" and isinstance(value, list):
            kinds = frozenset(map(_dtype, value))
        elif key in _FLAGS and (word := _WORDS.get(str(value).lower())) is not None:
            flags[key] = word
        else:
            known = ", ".join(("dtypes", *_FLAGS))
            raise UnknownBackendError(f"unknown claim {key}={value}: {known} (yes or no)")
    return Stated(kinds, flags)


def _mode(name: Any) -> str:
    if name and name not in MODES:
        raise UnknownBackendError(f"unknown accuracy {name!r}: use {' or '.join(MODES)}")
    return str(name)


def _pair(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not (key and equals and value):
        raise UnknownBackendError(f"a setting is KEY=VALUE, not {setting!r}")
    return key, value


def _dtype(name: Any) -> DType:
    found = next((dtype for dtype in dtypes.ALL if dtype.name == name), None)
    if found is None:
        names = ", ".join(dtype.name for dtype in dtypes.ALL)
        raise UnknownBackendError(f"unknown dtype {name!r}: use {names}")
    return found


def _providers(place: Coordinates) -> tuple[str, ...]:
    kind = place.device.partition(":")[0]
    return tuple(PROVIDERS[each] for each in (kind, place.transform) if each in PROVIDERS)
