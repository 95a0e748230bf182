"""Proofs: what they hold, find and measure; that they go on after a kill, and refuse what they cannot do."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorcanon.conformance.backends.catalogue import reference
from tensorcanon.conformance.cli import proving
from tensorcanon.conformance.cli.proving import Request
from tensorcanon.conformance.proving.holding import Holder
from tensorcanon.conformance.proving.question import QuestionError, chunks, question, remaining
from tensorcanon.reports import proof as proofs
from tensorcanon.reports.errors import DocumentError

# The reference with a fault at one input, as a module that the command line can name.
FAULTY = """
import numpy as np
from tensorcanon.conformance.backends.catalogue import reference

class Faulty:
    def __init__(self):
        self.healthy = reference()
        self.claims, self.identity = self.healthy.claims, self.healthy.identity
        self.make, self.look, self.failure = self.healthy.make, self.healthy.look, self.healthy.failure

    def call(self, name, args, kwargs):
        made = self.healthy.call(name, args, kwargs)
        x, y = (one.places.reshape(-1) for one in (args[0].native, made))
        y[x.view(f"u{x.itemsize}") == PATTERN] = 3
        return made

backend = Faulty
"""


@dataclass
class Done:
    """The exit code of a proof and what it wrote."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def document(self) -> Any:
        return json.loads((self.folder / "proof.json").read_text())


Prove = Callable[..., Done]


@pytest.fixture
def prove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Prove:
    """Prove in this process, on the reference unless told otherwise."""

    def carry_out(op: str = "exp", dtype: str = "bfloat16", **options: Any) -> Done:
        known = {"backend": "reference", "out": tmp_path / "p", "workers": 1, "cluster": None}
        request = Request(op, dtype, **{**known, "chunk": 1 << 23, "span": None, **options})
        code = proving.prove(request)
        return Done(code, *capsys.readouterr(), request.folder)

    return carry_out


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], str]:
    """Return the name of a backend that is wrong at the input with a bit pattern."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(pattern: int) -> str:
        name = f"faulty_{pattern:x}"
        (tmp_path / f"{name}.py").write_text(FAULTY.replace("PATTERN", str(pattern)))
        return f"{name}:backend"

    return make


def test_a_narrow_type_is_proved(prove: Prove) -> None:
    done = prove()
    assert done.code == 0, done.err
    found = done.document
    assert (found["verdict"], found["held"]) == ("proved", 1 << 16)
    assert 0.49 < found["largest"]["error"] < 0.51
    assert "proved: within 1.5 ulp on all 65,536 values" in done.out
    assert found["largest"]["pattern"] in (done.folder / "proof.md").read_text()


def test_the_largest_error_is_that_of_every_value_measured() -> None:
    holder = Holder(reference(), question("tanh", "float32"))
    first, end = 0x3F000000, 0x3F000000 + 3000
    values = holder.question.values(np.arange(first, end))
    seen: Any = holder.see(values)
    exact = np.tanh(values.astype(np.float64))
    error = np.abs(seen.value - exact) / np.spacing(exact.astype(np.float32))
    held = holder.hold(first, end)
    assert held.rounded == (seen.value == exact.astype(np.float32)).sum()
    assert held.largest is not None
    assert held.largest.error == pytest.approx(error.max())
    assert held.largest.pattern == hex(first + int(error.argmax()))


@pytest.mark.parametrize(
    ("op", "dtype", "pattern"),
    [
        ("exp", "bfloat16", 0x8001),
        ("abs", "int8", 0x80),
        ("sqrt", "float16", 0x3C00),
        ("isnan", "float16", 1),
    ],
)
def test_one_wrong_input_refutes(
    prove: Prove, faulty: Callable[[int], str], op: str, dtype: str, pattern: int
) -> None:
    done = prove(op, dtype, backend=faulty(pattern), chunk=1000)
    assert done.code == 1, done.err
    wrong = done.document["counterexample"]
    assert int(wrong["pattern"], 16) == pattern
    assert f"torch.{op}(" in wrong["script"]
    assert wrong["pattern"] in done.out


def test_one_wrong_float32_of_many_refutes(prove: Prove, faulty: Callable[[int], str]) -> None:
    done = prove(dtype="float32", backend=faulty(0x3F812345), span="0x3f800000:0x3f900000")
    assert done.code == 1, done.err
    assert done.document["counterexample"]["pattern"] == "0x3f812345"


def test_parts_add_up_to_a_proof(prove: Prove) -> None:
    done = prove(span="0x4000:0x8000")
    assert (done.code, done.document["verdict"]) == (0, "held")
    assert "16,384 of 65,536 values tried" in done.out
    done = prove(chunk=999)
    assert (done.code, done.document["verdict"], done.document["held"]) == (0, "proved", 1 << 16)


def test_processes_and_a_cluster_find_the_same(prove: Prove, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    found = []
    ways: dict[str, dict[str, Any]] = {"one": {}, "two": {"workers": 2}, "cluster": {"cluster": "local"}}
    for name, options in ways.items():
        done = prove(chunk=16384, out=tmp_path / name, **options)
        assert done.code == 0, done.err
        found.append({key: value for key, value in done.document.items() if key != "seconds"})
    assert found[0] == found[1] == found[2]


def test_a_killed_proof_goes_on(tmp_path: Path) -> None:
    options = ["--op", "exp", "--dtype", "float32", "--backend", "reference", "-n", "1", "--out", "p"]
    span = ["--range", "0x40000000:0x40800000", "--chunk", str(1 << 15)]
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "prove", *options, *span]
    process = subprocess.Popen(command, cwd=tmp_path)
    journal = tmp_path / "p" / "proof.jsonl"
    while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 4):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = journal.read_bytes()
    with journal.open("ab") as file:
        file.write(b'{"kind":"chunk","first":10')
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert journal.read_bytes().startswith(before)
    assert json.loads((tmp_path / "p" / "proof.json").read_text())["held"] == 1 << 23


def test_another_proof_in_the_folder_is_refused(prove: Prove) -> None:
    journal = prove(span="0:256").folder / "proof.jsonl"
    before = journal.read_bytes()
    others: tuple[tuple[dict[str, Any], str], ...] = (
        ({"op": "sin"}, "is a proof of op exp, not sin"),
        ({"dtype": "float16"}, "is a proof of dtype bfloat16, not float16"),
        ({"backend": "torch"}, "is a proof of backend spec reference, not torch"),
    )
    for options, message in others:
        done = prove(**options)
        assert done.code == 2
        assert message in done.err
    assert journal.read_bytes() == before


def test_another_edition_is_refused(prove: Prove) -> None:
    journal = prove(span="0:256").folder / "proof.jsonl"
    header, *lines = journal.read_text().splitlines()
    changed = json.loads(header)
    changed["canon"]["edition"] = "0" * 64
    journal.write_text("\n".join([json.dumps(changed), *lines, ""]))
    done = prove()
    assert done.code == 2
    assert "is a proof of edition 000000000000" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "float64"}, "a sample is no proof"),
        ({"dtype": "complex64"}, "a sample is no proof"),
        ({"dtype": "nonesuch"}, "no data type 'nonesuch'"),
        ({"op": "add"}, "add takes 2 operands"),
        ({"op": "nonesuch"}, "no op 'nonesuch'"),
        ({"op": "bitwise_not"}, "no bitwise_not of bfloat16"),
        ({"span": "9:9"}, "no range '9:9' of bfloat16"),
        ({"span": "0:0x10001"}, "such as 0x0:0x10000"),
        ({"backend": "torch:meta"}, "does not claim elements"),
        ({"backend": "nonesuch"}, "no backend 'nonesuch'"),
        ({"out": Path("/dev/null/below")}, "cannot open /dev/null/below"),
    ],
)
def test_what_cannot_be_proved_is_refused_in_a_line(
    prove: Prove, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    done = prove(**options)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_no_scheduler_is_a_fault_of_the_harness(prove: Prove) -> None:
    pytest.importorskip("distributed")
    done = prove(cluster="nonsense")
    assert done.code == 3
    assert "no Dask scheduler at nonsense" in done.err


def test_chunks_cover_what_remains() -> None:
    assert list(remaining((0, 100), [(10, 20), (15, 30), (90, 100)])) == [(0, 10), (30, 90)]
    assert list(remaining((20, 40), [(0, 50)])) == []
    assert list(chunks([(5, 25), (30, 31)], 10)) == [(5, 10), (10, 20), (20, 25), (30, 31)]
    with pytest.raises(QuestionError, match="a sample is no proof"):
        question("exp", "double")


def test_one_proof_at_a_time_writes_a_folder(prove: Prove) -> None:
    folder = prove(span="0:256").folder
    header = json.loads((folder / "proof.jsonl").read_text().splitlines()[0])
    with proofs.Journal(folder, header):
        assert "another proof is writing here" in prove().err
    (folder / "proof.jsonl").write_text("nonsense\n")
    with pytest.raises(DocumentError, match="not JSON"):
        proofs.Journal(folder, header)
