"""Files that are either the old one or the new one, never half of either."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

from .errors import DocumentError

# What a compressed file may hold.
_MOST = 1 << 30


def replace(path: str | Path, content: str | bytes) -> None:
    """Write a file through a temporary one beside it; text is written as UTF-8.

    Raises
    ------
    DocumentError
        If the file cannot be written, as on a full disk; an earlier file is then unchanged.
    """
    target = Path(path)
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), _mode())
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise DocumentError(
            f"cannot write {target}: {error.strerror or error}; an earlier file is unchanged"
        ) from error
    _sync_folder(target.parent)


def content(path: str | Path) -> bytes:
    """Return the bytes of a file, unpacked where its name ends in ``.gz``.

    Raises
    ------
    DocumentError
        If it is missing or cannot be read.
    """
    try:
        raw = Path(path).read_bytes()
        return _unpacked(raw) if Path(path).suffix == ".gz" else raw
    except FileNotFoundError:
        raise DocumentError(f"{path}: no such file; run `tensorcanon run` to make one") from None
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DocumentError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _unpacked(raw: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        unpacked = file.read(_MOST + 1)
    if len(unpacked) > _MOST:
        raise ValueError(f"more than {_MOST >> 20} MiB when unpacked")
    return unpacked


def _mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
