"""Vectors: the same bytes anywhere, read back as what they were, refused where they are damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tensorcanon.conformance.backends.catalogue import resolve
from tensorcanon.conformance.isolation.opening import opened
from tensorcanon.conformance.isolation.remote import Isolated
from tensorcanon.conformance.mutants.ledger import mutants
from tensorcanon.conformance.vectors import numerals, outcomes
from tensorcanon.conformance.vectors.judging import judge
from tensorcanon.conformance.vectors.reading import VectorsError, read
from tensorcanon.conformance.vectors.writing import NotEmptyError, write
from tensorcanon.reports import summary
from tensorcanon.spec import accuracy
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.outcome import OneOf, Raises, Within
from tensorcanon.spec.ranges import ranges
from tensorcanon.spec.rules import dtypes

ROOT = Path(__file__).parent.parent


class Quiet:
    def begin(self, total: int) -> None: ...

    def advance(self, verdict: str, test: str) -> None: ...


def tensorcanon(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", *args]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=240, env=env)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vectors") / "sorting"
    write(made, "sorting.", 1, 0, Quiet())
    return made


def vectors_of(folder: Path) -> list[Any]:
    manifest = json.loads((folder / "manifest.json").read_text())
    return [v for name in manifest["files"] for v in json.loads((folder / name).read_text())["vectors"]]


def verdicts(folder: Path, spec: str, part: str = "") -> dict[str, str]:
    document = judge(read(folder, part), resolve(spec), part, [], Quiet())
    return dict(summary.clause_standings(document))


# What is written


def test_the_same_bytes_come_again_from_elsewhere(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "else where"
    options = ("--out", str(again), "-k", "sorting.")
    done = tensorcanon("vectors", *options, PYTHONHASHSEED="7", TMPDIR=str(tmp_path), LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "vectors of" in done.stdout and "MB" in done.stdout
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in folder.iterdir()
    }
    write(again, "sorting.", 1, 1, Quiet())
    assert (again / "sorting.json").read_bytes() != (folder / "sorting.json").read_bytes()


def test_what_is_written_has_the_published_form(folder: Path) -> None:
    schemas = {
        name: json.loads((folder / name).read_text()) for name in ("vectors-1.json", "protocol-1.json")
    }
    registry: Any = Registry()
    registry = registry.with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
    Draft202012Validator.check_schema(schemas["vectors-1.json"])
    validator = Draft202012Validator(schemas["vectors-1.json"], registry=registry)
    validator.validate(json.loads((folder / "manifest.json").read_text()))
    chapter = json.loads((folder / "sorting.json").read_text())
    validator.validate({**chapter, "vectors": chapter["vectors"][::5]})
    broken = {**chapter, "vectors": [{**chapter["vectors"][0], "needs": {}}]}
    assert not validator.is_valid(broken)


def test_every_clause_is_told_or_has_its_reason(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    judged = {line["clause"] for v in vectors_of(folder) for line in v["steps"] if "clause" in line}
    assert len(judged & {c for c in judged if c.startswith("sorting.")}) == manifest["told"]
    assert not judged & manifest["untold"].keys()
    assert all(manifest["untold"].values())


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(NotEmptyError, match=r"thesis\.txt"):
        write(tmp_path, "sorting.", 1, 0, Quiet())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


# What is judged


@pytest.mark.parametrize("spec", ["reference", "torch"])
def test_healthy_backends_pass(folder: Path, spec: str) -> None:
    if spec == "torch":
        pytest.importorskip("torch")
    assert set(verdicts(folder, spec).values()) <= {"pass", "expected"}


def test_mutants_fail(folder: Path) -> None:
    wrong = [m.name for m in mutants().values() if any(c.id.startswith("sorting.") for c in m.kills)]
    caught = [name for name in wrong[::8] if "fail" in verdicts(folder, f"mutant:{name}").values()]
    assert len(caught) > len(wrong[::8]) // 2


def test_a_worker_is_judged_as_its_backend_is(folder: Path) -> None:
    backend = opened("reference", True)
    assert isinstance(backend, Isolated)
    try:
        document = judge(read(folder, "sorting.topk"), backend, "sorting.topk", [], Quiet())
    finally:
        backend.close()
    assert set(summary.clause_standings(document).values()) <= {"pass", "expected"}


def test_check_exits_as_a_run_does(folder: Path, tmp_path: Path) -> None:
    name = next(m.name for m in mutants().values() if any(c.id.startswith("sorting.sort") for c in m.kills))
    out = tmp_path / "out"
    done = tensorcanon("vectors", "check", str(folder), "-b", f"mutant:{name}", "--out", str(out))
    assert done.returncode == 1 and "fail: sorting." in done.stdout
    found = json.loads((out / "run.json").read_text())
    assert found["header"]["profile"] == "vectors"
    assert any(v["witness"] and "import" in v["witness"]["script"] for v in found["verdicts"])


# Damage


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("sorting.json", lambda raw: raw[: len(raw) // 2], "cut short or changed"),
        ("sorting.json", lambda raw: raw.replace(b"0x1", b"0x0", 1), "cut short or changed"),
        ("sorting.json", None, "no such file"),
        ("manifest.json", lambda raw: raw[:-20], "is not JSON"),
        ("manifest.json", lambda raw: b"\xff\xfe", "is not JSON"),
        ("manifest.json", lambda raw: b"[" * 100_000, "is not JSON"),
        ("manifest.json", lambda raw: b"{}", "is no manifest of vectors"),
        ("manifest.json", lambda raw: raw.replace(b'"version": 1,', b'"version": 9,', 1), "of version 9"),
        ("manifest.json", lambda raw: raw.replace(b'"files"', b'"flies"'), "has not the published form"),
        ("manifest.json", None, "no such file"),
    ],
)
def test_damage_is_told_in_a_line(folder: Path, tmp_path: Path, name: str, change: Any, message: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    if change is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(change((copy / name).read_bytes()))
    with pytest.raises(VectorsError, match=message) as caught:
        read(copy)
    assert "\n" not in str(caught.value)


def test_damage_is_wrong_use(tmp_path: Path) -> None:
    done = tensorcanon("vectors", "check", str(tmp_path), "-b", "reference")
    assert done.returncode == 2 and "manifest.json" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


# Numbers and outcomes


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=str)
def test_elements_come_back_bit_for_bit(dtype: dtypes.DType) -> None:
    array = np.frombuffer(np.random.default_rng(3).bytes(64 * dtype.itemsize), dtype.storage).reshape(8, 8)
    if dtype is dtypes.bool_:
        array = array.view(np.uint8) > 99
    back = numerals.array_from_json(json.loads(json.dumps(numerals.array_to_json(array))))
    assert back.dtype == array.dtype and back.tobytes() == array.tobytes()


def test_ranges_allow_what_the_bound_does() -> None:
    exact = np.array([0.0, -0.0, 1 / 3, 1e-45, 3.5e38, np.inf, np.nan, -7.0], np.float64)
    for bound in (accuracy.ROUNDED, accuracy.Ulp(3), accuracy.CLOSE["float32"]):
        due = Within(exact, bound, dtypes.float32)
        told = outcomes.decode(json.loads(json.dumps(outcomes.encode(due))))
        found = ranges(due)
        for array in (found.low, found.high):
            assert due.allows(Seen(dtypes.float32, (8,), None, array))
            assert told.allows(Seen(dtypes.float32, (8,), None, array))
        for place in (2, 7):
            outside = found.high.copy()
            outside[place] = np.nextafter(outside[place], np.float32(np.inf))
            assert not due.allows(Seen(dtypes.float32, (8,), None, outside))
            assert not told.allows(Seen(dtypes.float32, (8,), None, outside))
    negative = found.low.copy()
    negative[0] = -0.0
    assert not told.allows(Seen(dtypes.float32, (8,), None, negative))


def test_outcomes_come_back() -> None:
    due = OneOf(Raises("IndexError", message="out of", from_values=True), Raises("TypeError"))
    assert str(outcomes.decode(outcomes.encode(due))) == str(due)


# Another language


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_reader_in_javascript(tmp_path: Path) -> None:
    made = tmp_path / "vectors"
    write(made, "elementwise.negation", 1, 0, Quiet())

    def node(*args: str) -> subprocess.CompletedProcess[str]:
        command = ["node", str(ROOT / "examples" / "vectors.js"), *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    done = node(str(made))
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) >= 1
    done = node(str(made), "--fault")
    assert done.returncode == 1 and "fail: elementwise.negation" in done.stdout
    done = node(str(tmp_path))
    assert done.returncode == 2 and "manifest.json" in done.stderr
