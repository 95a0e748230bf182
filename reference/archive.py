"""The files of ``torch.save``: a zip archive of a pickle and the bytes of storages, and the format before it.

Source: ``notes/serialization#serialized-file-format``; what the records hold besides is observed.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

ZIP_MAGIC = b"PK\x03\x04"
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_VERSION = 1001
_ALIGNMENT = 64
_LOCAL_HEADER = 30
_BROKEN = "PytorchStreamReader failed reading zip archive: {}"


def write(file: Any, folder: str, pickled: bytes, storages: Mapping[str, Bytes]) -> None:
    """Write an archive, each record uncompressed and aligned so that it can be mapped into memory.

    Parameters
    ----------
    file : path or binary file
    folder : str
        The folder that holds every record.
    pickled : bytes
    storages : mapping
        The bytes of each storage by its key.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        records: dict[str, Any] = {
            "data.pkl": pickled,
            ".format_version": b"1",
            ".storage_alignment": str(_ALIGNMENT).encode(),
            "byteorder": b"little",
            **{f"data/{key}": data for key, data in storages.items()},
            "version": b"3\n",
        }
        for name, data in records.items():
            _write_record(archive, f"{folder}/{name}", data)


def _write_record(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    info = zipfile.ZipInfo(name)
    # The extra field, of four bytes at least, moves the data to a multiple of the alignment.
    start = archive.fp.tell() + _LOCAL_HEADER + len(name.encode()) + 4  # type: ignore[union-attr]
    padding = -start % _ALIGNMENT
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    archive.writestr(info, bytes(data))


class Archive:
    """An archive open for reading.

    Parameters
    ----------
    file : path or binary file

    Raises
    ------
    RuntimeError
        For a file that is no such archive.
    """

    def __init__(self, file: Any) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
            names = self._zip.namelist()
        except zipfile.BadZipFile as error:
            raise RuntimeError(_BROKEN.format(error)) from None
        self._folder = PurePath(names[0]).parts[0] if names else ""

    def read(self, name: str) -> bytes:
        """Return a record; RuntimeError where it is missing, compressed or damaged."""
        try:
            info = self._zip.getinfo(f"{self._folder}/{name}")
            if info.compress_type != zipfile.ZIP_STORED:
                raise RuntimeError(_BROKEN.format(f"record {name} is compressed"))
            return self._zip.read(info)
        except (KeyError, zipfile.BadZipFile, EOFError):
            raise RuntimeError(_BROKEN.format(f"failed finding file {name}")) from None

    def storage(self, key: str) -> Bytes:
        """Return the bytes of a storage, writable."""
        return np.frombuffer(bytearray(self.read(f"data/{key}")), np.uint8)

    def mapped(self, path: Any, key: str) -> Bytes:
        """Return the bytes of a storage as they lie in the file; writes do not reach it."""
        info = self._zip.getinfo(f"{self._folder}/data/{key}")
        with open(path, "rb") as file:
            file.seek(info.header_offset + _LOCAL_HEADER - 4)
            name, extra = struct.unpack("<HH", file.read(4))
        start = info.header_offset + _LOCAL_HEADER + name + extra
        if info.file_size == 0:
            return np.zeros(0, np.uint8)
        return np.memmap(path, np.uint8, "c", start, (info.file_size,))

    def close(self) -> None:
        self._zip.close()


def write_legacy(file: Any, pickled: bytes, storages: Mapping[str, tuple[int, Bytes]]) -> None:
    """Write the format before archives: pickles one after the other, then the storages.

    Parameters
    ----------
    file : binary file
    pickled : bytes
    storages : mapping
        The number of elements and the bytes of each storage by its key.
    """
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": LEGACY_VERSION, "little_endian": True, "type_sizes": sizes}
    for value in (LEGACY_MAGIC, LEGACY_VERSION, system):
        pickle.dump(value, file, protocol=2)
    file.write(pickled)
    pickle.dump(sorted(storages), file, protocol=2)
    for _, (count, data) in sorted(storages.items()):
        file.write(struct.pack("<q", count) + data.tobytes())


def read_legacy_storage(file: io.BufferedIOBase, nbytes: int) -> Bytes:
    """Return the next storage of a file of the format before archives; its size in elements is skipped."""
    data = file.read(8 + nbytes)[8:]
    if len(data) != nbytes:
        raise EOFError("the file ends within a storage")
    return np.frombuffer(data, np.uint8)
