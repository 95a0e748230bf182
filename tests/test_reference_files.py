"""The reference reads torch's files and torch the reference's; neither runs code of a file."""

from __future__ import annotations

import collections
import fractions
import io
import pickle
from pathlib import Path
from typing import Any

import pytest

import tensorcanon.reference as reference

torch = pytest.importorskip("torch")


def contents(library: Any) -> dict[str, Any]:
    x = library.arange(12.0).reshape(3, 4)
    return {
        "base": x,
        "window": x[1:, ::2],
        "transposed": x.transpose(0, 1),
        "empty": library.zeros(0, 3),
        "number": library.tensor(3.5),
        "narrow": [library.ones(3, dtype=library.bfloat16), library.ones(2, dtype=library.half)],
        "conjugate": library.ones(2, dtype=library.complex64).conj(),
        "leaf": library.ones(2, requires_grad=True),
        "parameter": library.nn.Parameter(library.ones(2)),
        "ordered": collections.OrderedDict(a=x[0]),
        "size": [x.size(), library.float16, x.device],
        "plain": [1, 2.5, None, True, "s", (1, 2), 1j, {3}, 2**70, bytearray(b"ab")],
        "counter": collections.Counter("aab"),
    }


def shown(value: Any) -> Any:
    if hasattr(value, "stride"):
        elements = value.detach().resolve_conj().tolist()
        facts = value.dtype, value.stride(), value.storage_offset(), value.requires_grad, value.is_conj()
        return type(value).__name__, elements, str(facts), value.untyped_storage().nbytes()
    if isinstance(value, dict):
        return type(value).__name__, [(key, shown(item)) for key, item in value.items()]
    return [shown(item) for item in value] if isinstance(value, list | tuple) else repr(value)


def exchanged(writer: Any, reader: Any, value: Any, legacy: bool = False, **options: Any) -> Any:
    file = io.BytesIO()
    writer.save(value, file, _use_new_zipfile_serialization=not legacy)
    file.seek(0)
    return reader.load(file, **options)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("weights_only", [False, True])
@pytest.mark.parametrize(
    ("writer", "reader"), [(torch, reference), (reference, torch), (reference, reference)]
)
def test_files_are_exchanged(writer: Any, reader: Any, weights_only: bool, legacy: bool) -> None:
    loaded = exchanged(writer, reader, contents(writer), legacy, weights_only=weights_only)
    assert shown(loaded) == shown(contents(reader))
    loaded["window"][0, 0] = 99
    assert loaded["base"][1, 0] == 99


def test_mapped_files_are_exchanged(tmp_path: Path) -> None:
    for writer, reader in ((torch, reference), (reference, torch)):
        path = tmp_path / "x.pt"
        writer.save(writer.arange(5), path)
        assert reader.load(path, mmap=True).tolist() == [0, 1, 2, 3, 4]


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.mkdir, (self.path,)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_runs_no_code(tmp_path: Path, legacy: bool) -> None:
    for value in (
        Evil(tmp_path / "made"),
        [reference.ones(2), Evil(tmp_path / "made")],
        fractions.Fraction(1, 2),
    ):
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            exchanged(reference, reference, value, legacy)
    assert not (tmp_path / "made").exists()


def opcodes(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


@pytest.mark.parametrize(
    "pickled",
    [
        opcodes(b"cos\nsystem\n", b"(X\x04\x00\x00\x00truetR"),
        opcodes(b"ctorch\nSize\n", b"}X\x01\x00\x00\x00aK\x01sb"),
        opcodes(b"ccollections\nOrderedDict\n", b"(K\x01K\x02\x86tR", b"K\x01\x85R"),
        opcodes(b"(cos\nsystem\nX\x04\x00\x00\x00trueo"),
        opcodes(b"(X\x04\x00\x00\x00trueios\nsystem\n"),
        opcodes(b"\x82\x01"),
    ],
)
def test_hostile_pickles_are_refused(pickled: bytes) -> None:
    from tensorcanon.reference import archive

    file = io.BytesIO()
    archive.write(file, "archive", pickled, {})
    file.seek(0)
    with pytest.raises((pickle.UnpicklingError, TypeError)):
        reference.load(file)


def test_a_tensor_does_not_reach_beyond_its_storage() -> None:
    from tensorcanon.reference import archive, pickling

    out = io.BytesIO()
    writer = pickling.Writer(out, 2)
    x = reference.ones(2)
    x.shape = reference.Size((1000,))
    writer.dump(x)
    file = io.BytesIO()
    archive.write(file, "archive", out.getvalue(), {"0": x.storage.bytes})
    file.seek(0)
    with pytest.raises(RuntimeError, match="out of bounds"):
        reference.load(file)
