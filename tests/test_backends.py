"""Backends by their coordinates: what a name means, what is claimed and what is found; frameworks at hand."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tensorcanon.conformance.backend import Absent, Claims, Handle, Identity
from tensorcanon.conformance.backends import coordinates
from tensorcanon.conformance.backends.catalogue import UnknownBackendError, resolve
from tensorcanon.conformance.backends.coordinates import Coordinates, Stated
from tensorcanon.conformance.backends.probe import is_sound, probe, settle
from tensorcanon.conformance.backends.tables import Engine, Tabled
from tensorcanon.conformance.backends.torch_like import TorchLike
from tensorcanon.conformance.cli.starting import start
from tensorcanon.conformance.examine import examine
from tensorcanon.conformance.inventory import checks
from tensorcanon.conformance.profiles import PROFILES
from tensorcanon.spec.observation import Seen
from tensorcanon.spec.rules import dtypes

CHECKS = (
    "test_elementwise.py::test_roots_exponentials_and_logarithms_are_near_every_value[exp]",
    "test_promotion.py::test_dimensioned[add]",
    "test_views.py::test_view_op[transpose]",
)
# What the backends of frameworks need.
FRAMEWORKS = {
    "torch:vulkan": ("torchvulkan",),
    "torchax": ("torchax", "jax"),
    "openvino": ("openvino",),
    "onnxruntime": ("onnxruntime", "onnx"),
    "candle": ("candle",),
    "borch": ("borch",),
    "tinygrad": ("tinygrad",),
    "mlx": ("mlx",),
}


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ("torch", Coordinates()),
        ("torch:cuda", Coordinates(device="cuda")),
        ("torch:cuda:1", Coordinates(device="cuda:1")),
        ("torch:cuda,accuracy=tf32", Coordinates(device="cuda", accuracy="tf32")),
        ("torch:cpu+inductor", Coordinates(transform="inductor")),
        ("torch+inductor", Coordinates(transform="inductor")),
        ("torch:vulkan", Coordinates(device="vulkan", imports=("torchvulkan",))),
        ("torchax", Coordinates(device="jax", imports=("torchax",))),
        ("candle", Coordinates("candle")),
        ("onnxruntime", Coordinates(transform="onnxruntime")),
        ("openvino", Coordinates(transform="openvino", imports=("openvino.torch",))),
        (
            "torch:mine,import=a/b.c,dtypes=float32/int64,autograd=no",
            Coordinates(
                device="mine",
                imports=("a", "b.c"),
                stated=Stated(frozenset({dtypes.float32, dtypes.int64}), {"autograd": False}),
            ),
        ),
    ],
)
def test_names_have_coordinates(spec: str, place: Coordinates) -> None:
    assert coordinates.parse(spec) == place


def test_a_file_states_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'device = "mine"\nimport = ["a"]\n[claims]\ndtypes = ["float32"]\nstrides = false\ncomplete = true\n'
    )
    stated = Stated(frozenset({dtypes.float32}), {"strides": False, "complete": True})
    assert coordinates.read(path) == Coordinates(device="mine", imports=("a",), stated=stated)


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("torch,dtypes=float3", "float3"),
        ("torch,strides=maybe", "strides"),
        ("torch,colour=red", "colour"),
        ("torch,strides", "KEY=VALUE"),
        ("torch,accuracy=fast", "ieee or tf32"),
        ("torch:nowhere", "nowhere"),
        ("torch:cpu+nothing", "nothing"),
        ("nothing", "no backend"),
        ("torhc", "did you mean torch"),
        ("torhc:cuda", "did you mean torch"),
        ("torch:cpu+inductr", "did you mean inductor"),
        ("mutant:can_cast_compares_width", "did you mean can_cast_compares_widths"),
        ("torch,import=no_such_package_here", "not installed"),
    ],
)
def test_what_is_wrong_is_said(spec: str, word: str) -> None:
    with pytest.raises(UnknownBackendError, match=word):
        resolve(spec)


@pytest.mark.parametrize("text", ["device = 3", "nonsense = 1", "[claims]\ndtypes = 'float32'", "= ="])
def test_a_wrong_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UnknownBackendError):
        resolve(str(path))


def test_a_type_that_is_not_claimed_is_absent_as_an_argument_too() -> None:
    backend = resolve("torch,dtypes=float32,complete=no")
    assert backend.look(backend.call("torch.zeros", (1,), {"dtype": dtypes.float32}))
    with pytest.raises(Absent, match="the data type float64"):
        backend.call("torch.zeros", (1,), {"dtype": dtypes.float64})


def test_a_method_may_take_its_tensor_second() -> None:
    kinds = {dtypes.bool_: np.dtype(bool), dtypes.int64: np.dtype("int64")}
    functions = {"where": lambda condition, x, y: np.where(condition, x, y)}
    engine = Engine(np.ndarray, kinds, functions, {}, lambda array, kind: array, lambda x: x)
    backend = Tabled(engine, Identity("toy", "toy", "1", "cpu"), Claims())
    condition, x, y = (Handle("x", np.array(each)) for each in ([True, False], [1, 2], [3, 4]))
    assert backend.call("torch.where", (condition, x, y), {}).tolist() == [1, 4]
    assert backend.call("Tensor.where", (x, condition, y), {}).tolist() == [1, 4]
    with pytest.raises(Absent):
        backend.call("torch.where", (condition, x, y), {"out": x})


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("raise SystemExit('gone')", "cannot load .*SystemExit: gone"),
        ("class Bare: pass\nbackend = Bare()", "it needs make, call"),
        ("class Raising:\n    @property\n    def make(self): 1 / 0\nbackend = Raising()", "make raised Zero"),
        ("class Plain: make = call = look = failure = identity = claims = 1\nbackend = Plain", "no Identity"),
    ],
)
def test_an_adapter_that_is_none_is_told_in_a_line(
    code: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "canon_of_mine.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "canon_of_mine", raising=False)
    with pytest.raises(UnknownBackendError, match=f"^[^\n]*{word}[^\n]*$"):
        resolve("canon_of_mine:backend")


def test_the_reference_is_found_as_it_claims() -> None:
    backend = resolve("reference")
    found = probe(backend)
    assert backend.claims.dtypes <= found.dtypes
    assert (found.data, found.strides, found.autograd, found.complete) == (True, True, True, True)
    assert is_sound(backend)


def test_an_accuracy_mode_widens_the_bounds_of_products_only() -> None:
    from tensorcanon.spec import device, modes

    a, b = np.full((2, 3), 1.001, np.float32), np.full((3, 2), 1.001, np.float32)
    allowed = device.every_device_multiplies_to_full_precision(a, b)
    rounded = [x.astype(np.float16).astype(np.float64) for x in (a, b)]
    seen = Seen(dtypes.float32, (2, 2), None, (rounded[0] @ rounded[1]).astype(np.float32), False, "cuda")
    assert not allowed.allows(seen)
    tf32 = modes.loosened(allowed, "tf32", "matmul")
    assert tf32.allows(seen)
    assert tf32.origin is allowed.origin
    assert modes.loosened(allowed, "tf32", "sum") is allowed
    assert modes.loosened(allowed, "ieee", "matmul") is allowed
    assert resolve("torch,accuracy=tf32").identity.details["accuracy"] == "tf32"
    assert "accuracy" not in resolve("torch").identity.details


def test_what_is_stated_goes_before_what_is_found() -> None:
    found = Claims(frozenset({dtypes.float32}), strides=False, complete=False)
    assert settle(found, Stated(), None) == found
    stated = Stated(frozenset({dtypes.int8}), {"strides": True})
    assert settle(found, stated, None) == Claims(frozenset({dtypes.int8}), strides=True, complete=False)
    assert settle(found, Stated(), Claims()) == Claims()


def test_a_part_of_the_api_is_held_to_that_part() -> None:
    from types import ModuleType

    from tensorcanon import reference

    part = ModuleType("part")
    part.__dict__.update({name: getattr(reference, name) for name in ("Tensor", "Size", "dtype", "tensor")})
    part.__dict__.update({dtype.name: getattr(reference, dtype.name) for dtype in (dtypes.float32,)})
    claims = Claims(frozenset({dtypes.float32}), complete=False)
    backend = TorchLike(part, Identity("part", "part", "1", "cpu"), claims)
    name = "test_elementwise.py::test_roots_exponentials_and_logarithms_are_near_wide_types[exp]"
    check = checks()[name]
    assert {found.verdict for found in examine(check, backend, PROFILES["smoke"], 0)} == {"unclaimed"}
    whole = TorchLike(part, backend.identity, Claims(frozenset({dtypes.float32})))
    assert "fail" in {found.verdict for found in examine(check, whole, PROFILES["smoke"], 0)}


def test_one_value_is_not_taken_for_several() -> None:
    with pytest.raises(TypeError, match="one value, int"):
        iter(Handle("x", 3))
    with pytest.raises(TypeError, match="one value, int"):
        Handle("x", 3)[0]


def test_an_adapter_is_written_that_works(tmp_path: Path) -> None:
    assert start("mine", "", tmp_path) == 0
    assert start("mine", "", tmp_path) == 2
    assert start("no name", "", tmp_path) == 2
    assert (tmp_path / ".github" / "workflows" / "canon.yml").exists()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "found or broadcasting", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def judged(spec: str) -> list[str]:
    """Judge a backend in a process of its own: each holds one device of the key PrivateUse1."""
    script = (
        "from tensorcanon.conformance.backends.catalogue import resolve\n"
        "from tensorcanon.conformance.examine import examine\n"
        "from tensorcanon.conformance.inventory import checks\n"
        "from tensorcanon.conformance.profiles import Profile\n"
        f"backend, names = resolve({spec!r}), {CHECKS!r}\n"
        "few = Profile('few', drawn=1, seeded=4, enumerated=8)\n"
        "for found in (found for name in names for found in examine(checks()[name], backend, few, 0)):\n"
        "    print('verdict', found.verdict)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("verdict ")]


@pytest.mark.parametrize("spec", FRAMEWORKS)
def test_frameworks_at_hand_are_judged(spec: str) -> None:
    missing = [module for module in FRAMEWORKS[spec] if find_spec(module) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed: see docs/backends.md")
    verdicts = judged(spec)
    assert set(verdicts) <= {"pass", "fail", "unclaimed"}
    assert "pass" in verdicts


@pytest.mark.parametrize("spec", ["torch:meta", "torch:cpu+aot_eager", "torch:npy"])
def test_torch_passes_elsewhere_too(spec: str) -> None:
    pytest.importorskip("torch")
    assert set(judged(spec)) <= {"pass", "unclaimed"}


# The chapter on devices; calls of tensors that need no device named; what the host resizes for the device.
@pytest.mark.parametrize(
    "checks", ["test_device", "test_normal_of_tensors", "test_layouts_of_results and logical_and"]
)
def test_the_device_in_python_does_as_torch(checks: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    command = [sys.executable, "-m", "tensorcanon.conformance.cli.entry", "run", "--backend", "torch:npy"]
    done = subprocess.run(
        [*command, "--profile", "smoke", "-k", checks, "--out", "out"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
