"""A backend in a process of its own: what it does to itself is a verdict, and the rest of the run goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from tensorcanon.conformance.backend import Handle, Symbol
from tensorcanon.conformance.backends.catalogue import UnknownBackendError, reference
from tensorcanon.conformance.examine import Examination, examine
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.isolation import remote, wire
from tensorcanon.conformance.isolation.channel import Channel, Limits, LostError
from tensorcanon.conformance.isolation.opening import is_isolated, opened
from tensorcanon.conformance.isolation.remote import Isolated
from tensorcanon.conformance.profiles import PROFILES, Profile
from tensorcanon.spec.observation import Failed, Plain, Seen, Several
from tensorcanon.spec.rules import dtypes

SUBJECTS = Path(__file__).parent / "subjects"
NARROW = "test_views.py::test_view_op[narrow]"
PROMOTE = "test_promotion.py::test_promote_types"


@pytest.fixture(autouse=True)
def subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SUBJECTS), prepend=os.pathsep)


def examined(spec: str, check: str, limits: Limits | None = None) -> dict[str, Examination]:
    backend = opened(spec, True, limits)
    assert isinstance(backend, Isolated)
    try:
        found = examine(checks()[check], backend, PROFILES["ci"], 0)
        # Whatever became of the worker, the backend answers.
        assert backend.look(backend.make(np.ones(2, np.float32), dtypes.float32)).shape == (2,)  # type: ignore[union-attr]
    finally:
        backend.close()
    return {each.clause.id: each for each in found}


# Values on the wire


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            3,
            -(1 << 80),
            0.5,
            -0.0,
            float("inf"),
            1 - 2j,
            "text",
            b"\0\xff",
            ...,
            range(3, 0, -1),
        ),
        *(
            (1, (2.0, [3])),
            [1, "a"],
            {"a": 1, 2: (3,)},
            slice(None, 3, -1),
            dtypes.bfloat16,
            tuple,
            ValueError,
        ),
        *(Symbol("channels_last"), np.int64(3), np.float32(0.5)),
    ],
    ids=repr,
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    made = json.loads(json.dumps(wire.encode(value, pytest.fail), allow_nan=False))
    back = wire.decode(made, pytest.fail)
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_not_a_number_comes_back() -> None:
    back = wire.decode(wire.encode(float("nan"), pytest.fail), pytest.fail)
    assert back != back


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=str)
def test_elements_come_back_bit_for_bit(dtype: dtypes.DType) -> None:
    array = np.frombuffer(np.random.default_rng(0).bytes(6 * dtype.itemsize), dtype.storage).reshape(2, 3)
    if dtype is dtypes.bool_:
        array = np.array([[True, False, True], [False, True, True]])
    back = wire.array_from_json(json.loads(json.dumps(wire.array_to_json(array))))
    assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()
    back[0, 0] = back[1, 1]  # it may be written to


def test_observations_come_back() -> None:
    tensor = Seen(dtypes.float16, (2,), (1,), np.array([1, -0.0], np.float16), True, "vulkan")
    several = Several((tensor, Plain((1, "a")), Failed("RuntimeError", "no")), ("values", "more", "rest"))
    back = wire.observation_from_json(json.loads(json.dumps(wire.observation_to_json(several))))
    assert isinstance(back, Several) and back.names == several.names and back.sequence == "tuple"
    first = back.items[0]
    assert isinstance(first, Seen) and first.value is not None
    assert first.value.tobytes() == tensor.value.tobytes()  # type: ignore[union-attr]
    assert (first.dtype, first.shape, first.strides, first.requires_grad, first.device) == (
        *(tensor.dtype, (2,), (1,), True, "vulkan"),
    )


# A backend in a worker


@pytest.fixture(scope="module")
def isolated() -> Any:
    backend = opened("reference", True)
    assert isinstance(backend, Isolated)
    yield backend
    backend.close()


def test_a_worker_tells_who_it_is(isolated: Isolated) -> None:
    own = reference()
    assert isolated.identity == own.identity
    assert isolated.claims == own.claims


@pytest.mark.parametrize(
    "check",
    [
        *(NARROW, PROMOTE, "test_sorting.py::test_sort", "test_autograd.py::test_no_grad"),
        *("test_serialization.py::test_tensors", "test_hooks.py::test_tensor_hooks"),
    ],
)
def test_a_worker_gives_the_same_verdicts(isolated: Isolated, check: str) -> None:
    if check not in checks():
        check = next(name for name in checks() if name.startswith(check.partition("::")[0]))
    for here, there in zip(
        examine(checks()[check], reference(), PROFILES["smoke"], 0),
        examine(checks()[check], isolated, PROFILES["smoke"], 0),
        strict=True,
    ):
        assert (here.verdict, here.tally.judged) == (there.verdict, there.tally.judged)
        assert here.verdict == "pass", here.message


def test_errors_and_warnings_travel(isolated: Isolated) -> None:
    x = Handle("x", isolated.make(np.zeros(3, np.float32), dtypes.float32))
    with pytest.raises(Exception, match="size") as raised:
        isolated.call("torch.narrow", (x, 0, 0, 9), {})
    assert isolated.failure(raised.value).kind == "RuntimeError"  # type: ignore[arg-type]
    warns = "def warns():\n    import warnings\n    warnings.warn('old', FutureWarning)\n    return 3"
    function = Handle("f", isolated.call("define", ("warns", warns), {}))
    with pytest.warns(FutureWarning, match="old"):
        assert isolated.call("call", (function,), {}) == 3


def test_handles_are_released(isolated: Isolated) -> None:
    for _ in range(10):
        isolated.make(np.zeros(3, np.float32), dtypes.float32)
    assert len(isolated.released) <= 1


@pytest.mark.parametrize(
    ("spec", "wanted", "due"),
    [
        *(("torch", None, False), ("torch:cpu", None, False), ("reference", None, False)),
        *(("torch:cuda", None, True), ("mypkg:backend", None, True), ("torch", True, True)),
        *(("mypkg:backend", False, False), ("worker:node w.js", False, True), ("mutant:a", None, False)),
    ],
)
def test_what_is_isolated(spec: str, wanted: bool | None, due: bool) -> None:
    assert is_isolated(spec, wanted) is due


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nonesuch", "no backend 'nonesuch'"),
        ("worker:nonesuch-program", "cannot start 'nonesuch-program'"),
        ("worker:", "name the command"),
        ("worker:'", "not a command"),
        ("worker:true", "the worker"),
        ("worker:echo hello", "what is no reply: 'hello'"),
    ],
)
def test_a_worker_that_does_not_start_is_wrong_use(spec: str, message: str) -> None:
    with pytest.raises(UnknownBackendError, match=message):
        opened(spec, True)


# Subjects that misbehave


def test_a_crash_is_found_with_the_smallest_program() -> None:
    found = examined("misbehaving:segfault", NARROW)["views.narrow_is_a_view_of_a_range"]
    assert found.verdict == "crash"
    assert "SIGSEGV" in found.message
    assert found.witness is not None
    x, narrow = found.witness.refusal.program.steps
    assert narrow.name == "torch.narrow" and narrow.args[2] < 0
    assert x.args[0].array.size <= 3


@pytest.mark.parametrize(
    ("spec", "verdict", "message"),
    [
        ("misbehaving:hang", "timeout", "no answer within 1 s"),
        ("misbehaving:exits", "crash", "exited with 3"),
    ],
)
def test_a_loss_names_the_case(spec: str, verdict: str, message: str) -> None:
    found = examined(spec, PROMOTE, Limits(seconds=1.0))
    lost = [each for each in found.values() if each.verdict == verdict]
    assert lost and message in lost[0].message
    assert lost[0].witness is not None
    last = str(lost[0].witness.refusal.program).splitlines()[-1]
    assert "torch.promote_types(torch.int8, torch.float16)" in last


def test_a_leak_is_out_of_memory() -> None:
    found = examined("misbehaving:leak", NARROW, Limits(memory=512 << 20))
    (lost,) = (each for each in found.values() if each.verdict == "out-of-memory")
    assert "more than 0.5 GiB" in lost.message
    assert lost.witness is not None
    assert "narrow(" in str(lost.witness.refusal.program)


def test_what_a_backend_prints_is_not_taken_for_an_answer() -> None:
    assert {each.verdict for each in examined("misbehaving:babble", NARROW).values()} == {"pass"}


def test_a_worker_killed_from_outside_gets_a_second_try(isolated: Isolated) -> None:
    check = checks()[NARROW]
    calls = 0
    whole = isolated.call

    def call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal calls
        calls += 1
        if calls in (5, 23):
            assert isolated._channel is not None
            os.kill(isolated._channel._process.pid, signal.SIGKILL)
        return whole(name, args, kwargs)

    isolated.call = call  # type: ignore[method-assign]
    try:
        found = examine(check, isolated, PROFILES["smoke"], 0)
    finally:
        isolated.call = whole  # type: ignore[method-assign]
    assert {each.verdict for each in found} == {"pass"}
    undisturbed = examine(check, reference(), PROFILES["smoke"], 0)
    assert [each.tally.judged for each in found] == [each.tally.judged for each in undisturbed]


def test_a_worker_that_breaks_off_in_the_middle_of_a_line_is_lost(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(
        "import json, sys\n"
        "hello = json.loads(sys.stdin.readline())\n"
        "identity = dict(name='toy', version='1', device='cpu')\n"
        "claims = dict(dtypes=['float32'])\n"
        "print(json.dumps(dict(id=hello['id'], identity=identity, claims=claims)), flush=True)\n"
        "sys.stdin.readline(); print('{\"id\": 2, ', end='', flush=True)\n"
    )
    backend = opened(f"worker:{sys.executable} {tmp_path / 'worker.py'}")
    with pytest.raises(LostError) as lost:
        backend.make(np.zeros(1, np.float32), dtypes.float32)
    assert lost.value.verdict == "crash"


# Positive controls


def test_an_engine_that_raises_on_everything_does_not_score() -> None:
    backend = opened("misbehaving:refuse_all", True)
    verdicts = set()
    expecting_errors = [name for name in checks() if name.startswith("test_errors")][:4]
    for name in expecting_errors:
        verdicts |= {each.verdict for each in examine(checks()[name], backend, PROFILES["smoke"], 0)}
    assert "pass" not in verdicts


# The protocol

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "conformance" / "schema" / "protocol-1.json").read_text("utf-8")
)


def test_what_travels_has_the_published_form(monkeypatch: pytest.MonkeyPatch) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    request, reply = (
        Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})
        for name in ("request", "reply")
    )
    lines: list[tuple[Any, Any]] = []

    class Listening(Channel):
        def ask(self, asked: dict[str, Any], before: bytes = b"", seconds: float | None = None) -> Any:
            answer = super().ask(asked, before, seconds)
            lines.append((json.loads(json.dumps({"id": self._asked, **asked})), answer))
            lines.extend((json.loads(line), None) for line in before.splitlines())
            return answer

    monkeypatch.setattr(remote, "Channel", Listening)
    backend = opened("reference", True)
    smallest = Profile("smallest", drawn=1, seeded=1, enumerated=2)
    for name in list(checks())[::20]:
        examine(checks()[name], backend, smallest, 0)
    assert {asked["do"] for asked, _ in lines} == {"hello", "make", "call", "look", "release"}
    for asked, answer in lines:
        request.validate(asked)
        if answer is not None:
            reply.validate(answer)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_worker_in_another_language() -> None:
    backend = opened(f"worker:node {Path(__file__).parents[1] / 'examples' / 'worker.js'}")
    assert backend.identity.name == "javascript"
    verdicts: dict[str, set[str]] = {}
    for name, check in checks().items():
        if name.startswith(("test_broadcasting.py::test_values[", "test_elementwise.py")):
            for each in examine(check, backend, PROFILES["smoke"], 0):
                verdicts.setdefault(each.verdict, set()).add(name)
    assert "test_broadcasting.py::test_values[add]" in verdicts["pass"]
    assert verdicts.keys() <= {"pass", "unclaimed"}, verdicts
