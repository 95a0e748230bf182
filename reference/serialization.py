"""``torch.serialization``: tensors and what holds them in files.

Sources: ``torch.save``, ``torch.load``, ``notes/serialization``.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from . import archive, devices, pickling
from .archive import Archive
from .storage import Storage

_SUGGESTION = (
    "Weights only load failed. Re-running `torch.load` with `weights_only` set to `False` will likely "
    "succeed, but it can result in arbitrary code execution. Do it only if you got the file from a trusted "
    "source.\n\t"
)
_safe: list[Any] = []

Location = Any


def add_safe_globals(safe_globals: Iterable[Any]) -> None:
    """Let `load` build instances of further classes and call further functions."""
    _safe.extend(safe_globals)


def get_safe_globals() -> list[Any]:
    """Return what was added by `add_safe_globals`."""
    return list(_safe)


def clear_safe_globals() -> None:
    """Forget what was added by `add_safe_globals`."""
    _safe.clear()


@contextmanager
def safe_globals(safe_globals: Iterable[Any]) -> Iterator[None]:
    """Allow further classes and functions inside of a block."""
    before = get_safe_globals()
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _safe[:] = before


def _allowed() -> dict[str, Any]:
    """Return the added classes by module and name; a pair of one and a path names it by the path."""
    found = {}
    for one in _safe:
        value, path = one if isinstance(one, tuple) else (one, f"{one.__module__}.{one.__qualname__}")
        module, _, name = path.rpartition(".")
        found[f"{module} {name}"] = value
    return found


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write an object to a path or a binary file; tensors that share a storage still share it when loaded.

    Raises
    ------
    AttributeError
        For what is neither a path nor a file.
    RuntimeError
        Where tensors of different types view one storage.
    """
    if not isinstance(f, str | os.PathLike) and not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    pickled = io.BytesIO()
    writer = pickling.Writer(pickled, pickle_protocol, legacy=not _use_new_zipfile_serialization)
    writer.dump(obj)
    if _use_new_zipfile_serialization:
        data = {key: storage.bytes for key, (storage, _) in writer.storages.items()}
        archive.write(f, _folder(f), pickled.getvalue(), data)
        return
    counted = {
        key: (storage.nbytes() // (kind.itemsize if kind else 1), storage.bytes)
        for key, (storage, kind) in writer.storages.items()
    }
    if not isinstance(f, str | os.PathLike):
        archive.write_legacy(f, pickled.getvalue(), counted)
        return
    with open(f, "wb") as file:
        archive.write_legacy(file, pickled.getvalue(), counted)


def _folder(f: Any) -> str:
    if not isinstance(f, str | os.PathLike):
        return "archive"
    return os.path.splitext(os.path.basename(os.fspath(f)))[0]


def load(
    f: Any,
    map_location: Location = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read an object from a path or a binary file that `save` wrote.

    Parameters
    ----------
    f : path or binary file
    map_location : str, device, dict or callable, optional
        Where storages go; a function takes a storage and its location and returns the storage or None.
    pickle_module : module, optional
        Given, more than weights may be read.
    weights_only : bool, optional
        Reads tensors, numbers, strings, containers and what was declared safe, nothing else: the default.
    mmap : bool, optional
        Maps storages of a file at a path into memory instead of reading them.

    Raises
    ------
    pickle.UnpicklingError
        Where the file holds more than weights.
    RuntimeError, EOFError
        Where the file is damaged.
    ValueError
        Where what is to be mapped is no path.
    """
    if weights_only is None:
        weights_only = pickle_module is None
    if mmap and not isinstance(f, str | os.PathLike):
        raise ValueError("f must be a file path in order to use the mmap argument")
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return _load(file, f if mmap else None, map_location, weights_only, pickle_load_args)
    return _load(f, None, map_location, weights_only, pickle_load_args)


def _load(file: Any, path: Any, map_location: Location, weights_only: bool, options: dict[str, Any]) -> Any:
    start = file.tell()
    magic = file.read(len(archive.ZIP_MAGIC))
    file.seek(start)
    if magic == archive.ZIP_MAGIC:
        return _load_archive(file, path, map_location, weights_only, options)
    if path is not None:
        raise RuntimeError("mmap can only be used with files saved with _use_new_zipfile_serialization=True")
    return _load_legacy(file, map_location, weights_only, options)


def _load_archive(
    file: Any, path: Any, map_location: Location, weights_only: bool, options: dict[str, Any]
) -> Any:
    opened = Archive(file)
    try:
        loaded: dict[str, Storage] = {}

        def storage(key: str, location: str, nbytes: int) -> Storage:
            if key not in loaded:
                data = opened.storage(key) if path is None else opened.mapped(path, key)
                loaded[key] = placed(Storage(data), location, map_location)
            return loaded[key]

        return _unpickled(io.BytesIO(opened.read("data.pkl")), storage, weights_only, options)
    finally:
        opened.close()


def _load_legacy(file: Any, map_location: Location, weights_only: bool, options: dict[str, Any]) -> Any:
    loaded: dict[str, Storage] = {}

    def storage(key: str, location: str, nbytes: int) -> Storage:
        if key not in loaded:
            loaded[key] = placed(Storage.empty(nbytes), location, map_location)
        return loaded[key]

    header = [_unpickled(file, storage, weights_only, options) for _ in range(3)]
    if header[0] != archive.LEGACY_MAGIC or header[1] != archive.LEGACY_VERSION:
        raise RuntimeError("Invalid magic number; corrupt file?")
    result = _unpickled(file, storage, weights_only, options)
    for key in _unpickled(file, storage, weights_only, options):
        loaded[key].bytes[...] = archive.read_legacy_storage(file, loaded[key].nbytes())
    return result


def _unpickled(
    file: Any, storage: Callable[..., Storage], weights_only: bool, options: dict[str, Any]
) -> Any:
    if not weights_only:
        return pickling.opened(file, storage, **options)
    try:
        return pickling.Reader(file, storage, _allowed()).load()
    except pickle.UnpicklingError as error:
        raise pickle.UnpicklingError(_SUGGESTION + str(error)) from None


def placed(storage: Storage, location: str, map_location: Location) -> Storage:
    """Return a storage on the device that it is to be loaded to."""
    if callable(map_location) and not isinstance(map_location, devices.device):
        chosen = map_location(storage, location)
        return storage if chosen is None else chosen
    if isinstance(map_location, dict):
        map_location = map_location.get(location, location)
    storage.device = devices.checked(location if map_location is None else map_location)
    return storage
