"""Files: the format, what is refused, what is damaged."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.saving import LOADED, SAVED
from tensorcanon.spec import serialization
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

EVIL = """
    import builtins, sys
    sys.__dict__.pop("canon_was_here", None)
    class Evil:
        def __reduce__(self):
            return builtins.exec, ("import sys; sys.canon_was_here = True",)
"""
RAN = """
    import sys
    def ran():
        return hasattr(sys, "canon_was_here")
"""
FRACTION = """
    import fractions
    def fraction():
        return [fractions.Fraction(1, 3), torch.ones(2)]
"""
ALLOWED = """
    import fractions
    def allowed(data, how):
        if how == "context":
            with torch.serialization.safe_globals([fractions.Fraction]):
                return str(torch.load(data)[0])
        if how == "added":
            torch.serialization.add_safe_globals([fractions.Fraction])
            try:
                return str(torch.load(data)[0])
            finally:
                torch.serialization.clear_safe_globals()
        return str(torch.load(data, weights_only=False)[0])
"""
FILE = """
    import io
    def file(data):
        return io.BytesIO(data)
"""


@verifies(
    serialization.load_refuses_what_is_no_weight,
    serialization.a_refused_file_runs_no_code,
    serialization.what_is_declared_safe_loads,
    over=product(("context", "added", "unrestricted"), (True, False)),
)
def test_weights_only(run: Run, case: tuple[str, bool]) -> None:
    how, archive = case
    saved, loaded = run.define(SAVED), run.define(LOADED)
    options = {"_use_new_zipfile_serialization": archive}
    refused = serialization.load_refuses_what_is_no_weight()
    evil = run.call("call", saved, [1, run.call("call", run.define(EVIL))], **options)
    run.expect(refused, "call", loaded, evil)
    run.expect(refused, "call", loaded, evil, weights_only=True)
    run.expect(serialization.a_refused_file_runs_no_code(False), "call", run.define(RAN))
    harmless = run.call("call", saved, run.whole("call", run.define(FRACTION)), **options)
    run.expect(refused, "call", loaded, harmless)
    file = run.call("call", run.define(FILE), harmless)
    safe = serialization.what_is_declared_safe_loads("1/3")
    run.expect(safe, "call", run.define(ALLOWED), file, how)
    run.expect(refused, "call", loaded, harmless)


RECORDS = """
    import io, zipfile
    def records(data):
        archive = zipfile.ZipFile(io.BytesIO(data))
        assert all(record.compress_type == zipfile.ZIP_STORED for record in archive.infolist())
        names = {record.partition("/")[2] for record in archive.namelist()}
        named = {name for name in names if name in ("data.pkl", "byteorder", "version")}
        return tuple(sorted(named | {name for name in names if name.startswith("data/")}))
"""
RECORD = """
    import io, zipfile
    def record(data, name):
        archive = zipfile.ZipFile(io.BytesIO(data))
        folder = archive.namelist()[0].partition("/")[0]
        return archive.read(f"{folder}/{name}")
"""
ARCHIVED = """
    import io, zipfile
    def archived(data):
        return zipfile.is_zipfile(io.BytesIO(data))
"""


@verifies(
    serialization.a_file_is_an_archive_of_records,
    serialization.a_record_holds_the_bytes_of_a_storage,
    serialization.the_format_before_archives_is_none,
    over=dtypes.COMMON,
)
def test_records(run: Run, dtype: DType) -> None:
    run.require_data()
    run.require(dtype)
    array = np.arange(6).reshape(2, 3).astype(dtype.storage)
    x = run.tensor(array)
    saved, record = run.define(SAVED), run.define(RECORD)
    file = run.call("call", saved, [x, run.call("Tensor.permute", x, (1, 0)), run.call("Tensor.clone", x)])
    names = ("byteorder", "data.pkl", "data/0", "data/1", "version")
    run.expect(serialization.a_file_is_an_archive_of_records(names), "call", run.define(RECORDS), file)
    allowed = serialization.a_record_holds_the_bytes_of_a_storage
    run.expect(allowed(b"little"), "call", record, file, "byteorder")
    run.expect(allowed(array.tobytes()), "call", record, file, "data/0")
    before = run.call("call", saved, x, _use_new_zipfile_serialization=False)
    run.expect(serialization.the_format_before_archives_is_none(), "call", run.define(ARCHIVED), before)


MAPPED = """
    def mapped(value, path):
        torch.save(value, path)
        first = torch.load(path, mmap=True)
        loaded = first.clone()
        first.zero_()
        return loaded, torch.load(path, mmap=True)
"""


@verifies(
    serialization.a_mapped_file_gives_the_same_tensors,
    serialization.only_paths_are_mapped,
    over=(dtypes.float32, dtypes.int8, dtypes.bfloat16),
)
def test_mapping(run: Run, dtype: DType) -> None:
    run.require_data()
    array = np.arange(12).reshape(3, 4).astype(dtype.storage)
    x = run.tensor(Operand(array, "transposed"))
    with tempfile.TemporaryDirectory() as folder:
        for loaded in run.call("call", run.define(MAPPED), x, str(Path(folder) / "tensor.pt")):
            run.look(serialization.a_mapped_file_gives_the_same_tensors(array), loaded)
    file = run.call("call", run.define(SAVED), x)
    run.expect(serialization.only_paths_are_mapped(), "call", run.define(LOADED), file, mmap=True)


@verifies(serialization.missing_and_damaged_files_are_errors, over=(None, 0, 1, 30, 100, -1, -40))
def test_damage(run: Run, end: int | None) -> None:
    x = run.tensor(np.arange(20))
    data = run.call("call", run.define(SAVED), x)
    if end is None:
        missing = serialization.missing_and_damaged_files_are_errors(True)
        run.expect(missing, "torch.load", "/no/such/folder/tensor.pt")
        return
    part = run.call("operator.getitem", data, slice(0, end))
    damaged = serialization.missing_and_damaged_files_are_errors(False)
    run.expect(damaged, "call", run.define(LOADED), part)
