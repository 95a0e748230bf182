"""Devices: names, where new tensors lie, what CUDA promises on a build with or without it."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle, Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.run import Run, Unclaimed
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes

NAMES = [(kind, index) for kind in ("cpu", "cuda", "meta", "mps", "xpu") for index in (None, 0, 1, 7)]
MALFORMED = (
    "nonsense",
    "CPU",
    "",
    " cpu",
    "cuda:",
    "cuda:-1",
    "cuda:01",
    "cuda:a",
    "cuda:0:1",
    "cpu,0",
    "cuda 0",
)
MAKERS = (
    "torch.zeros(2, 3{})",
    "torch.ones(2, 3{})",
    "torch.full((2, 3), 1.5{})",
    "torch.empty(2, 3{})",
    "torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]{})",
    "torch.eye(2, 3{})",
    "torch.rand(2, 3{})",
    "torch.randn(2, 3{})",
    "torch.arange(6.0{}).reshape(2, 3)",
    "torch.linspace(0, 1, 6{}).view(2, 3)",
    "torch.empty_strided((2, 3), (3, 1){})",
    "torch.as_tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]{})",
)
MADE = (dtypes.float32, (2, 3))


def here(run: Run) -> str:
    return run.backend.identity.device


def stated(run: Run, kind: str, index: int | None) -> Handle:
    """Return a device, given in one string."""
    return run.call("torch.device", kind if index is None else f"{kind}:{index}")  # type: ignore[no-any-return]


def evaluated(run: Run, expression: str) -> Any:
    """Return the value of an expression as it stands: no device is put into it."""
    return run.call("call", run.define(f"def value():\n    return {expression}"))


def judged(run: Run, allowed: Any, expression: str) -> Any:
    """Judge the value of an expression as it stands."""
    return run.expect(allowed, "call", run.define(f"def value():\n    return {expression}"))


def defaults(run: Run) -> Handle:
    """Return a function that evaluates another one under a default device."""
    return run.define(
        """
        def under(device, function):
            torch.set_default_device(device)
            try:
                return function()
            finally:
                torch.set_default_device(None)
        """
    )


@verifies(device.a_device_is_a_type_and_an_index, device.a_device_prints_as_its_string, over=NAMES)
def test_names(run: Run, case: tuple[str, int | None]) -> None:
    kind, index = case
    made = [stated(run, kind, index)]
    if index is not None:
        made += [run.call("torch.device", kind, index), run.call("torch.device", type=kind, index=index)]
    made.append(run.call("torch.device", made[-1]))
    parts = run.define("def parts(device):\n    return device.type, device.index")
    for one in made:
        run.expect(device.a_device_is_a_type_and_an_index(kind, index), "call", parts, one)
        run.expect(device.a_device_prints_as_its_string(kind, index), "builtins.str", one)


@verifies(
    device.devices_are_equal_where_type_and_index_are,
    device.equal_devices_are_one_key,
    over=list(product(NAMES, NAMES)),
    proves=False,
)
def test_equality(run: Run, case: tuple[tuple[str, int | None], tuple[str, int | None]]) -> None:
    first, second = case
    a, b = stated(run, *first), stated(run, *second)
    run.expect(device.devices_are_equal_where_type_and_index_are(first, second), "operator.eq", a, b)
    if first == second:
        find = run.define("def find(a, b):\n    return {a: True}.get(b, False) and len({a, b}) == 1")
        run.expect(device.equal_devices_are_one_key(), "call", find, a, b)


@verifies(device.malformed_device_strings_are_refused, over=MALFORMED)
def test_malformed_names(run: Run, text: str) -> None:
    run.expect(device.malformed_device_strings_are_refused(text), "torch.device", text)
    x = evaluated(run, "torch.zeros(2)")
    run.expect(device.malformed_device_strings_are_refused(text), "Tensor.to", x, text)


@verifies(device.a_bare_number_is_a_device_of_the_accelerator, over=(0,))
def test_numbers(run: Run, number: int) -> None:
    accelerator = "cuda" if run.call("torch.cuda.is_available") else None
    allowed = device.a_bare_number_is_a_device_of_the_accelerator(accelerator, number)
    parts = run.define(
        "def parts(number):\n    made = torch.device(number)\n    return made.type, made.index"
    )
    run.expect(allowed, "call", parts, number)


@verifies(device.tensors_lie_on_the_cpu_unless_told_otherwise, over=MAKERS)
def test_makers_without_a_device(run: Run, maker: str) -> None:
    judged(run, device.tensors_lie_on_the_cpu_unless_told_otherwise(*MADE), maker.format(""))


@verifies(
    device.the_default_device_takes_new_tensors,
    device.a_device_argument_decides,
    over=list(product(MAKERS, ("meta", "cpu"))),
)
def test_makers_under_a_default_device(run: Run, case: tuple[str, str]) -> None:
    maker, place = case
    plain = run.define(f"def made():\n    return {maker.format('')}")
    for where in ("meta", "cpu"):
        told = run.define(f"def made():\n    return {maker.format(f', device={where!r}')}")
        allowed = device.a_device_argument_decides(*MADE, where)
        run.expect(allowed, "call", told)
        run.expect(allowed, "call", defaults(run), place, told)
        with run.within("torch.device", place):
            run.expect(allowed, "call", told)
    within = device.the_default_device_takes_new_tensors(*MADE, place)
    run.expect(within, "call", defaults(run), place, plain)
    with run.within("torch.device", place):
        run.expect(within, "call", plain)
    run.expect(device.the_default_device_takes_new_tensors(*MADE, "cpu"), "call", plain)


@verifies(device.the_default_device_can_be_asked_for, over=(None,))
def test_asking_for_the_default_device(run: Run, _: None) -> None:
    ask = run.define("def ask():\n    return str(torch.get_default_device())")

    def due(place: str) -> None:
        run.expect(device.the_default_device_can_be_asked_for(place), "call", ask)

    due("cpu")
    run.expect(device.the_default_device_can_be_asked_for("meta"), "call", defaults(run), "meta", ask)
    due("cpu")
    with run.within("torch.device", "meta"):
        due("meta")
        with run.within("torch.device", "cpu"):
            due("cpu")
        due("meta")
    due("cpu")


@verifies(device.shared_memory_stays_where_it_is, over=("block", "default"))
def test_arrays_under_a_default_device(run: Run, way: str) -> None:
    run.require_data()
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    allowed = device.shared_memory_stays_where_it_is(values)
    share = run.define(
        "def share():\n    return torch.from_numpy(np.arange(6, dtype=np.float32).reshape(2, 3))"
    )
    if way == "default":
        run.expect(allowed, "call", defaults(run), "meta", share)
        return
    with run.within("torch.device", "meta"):
        run.expect(allowed, "call", share)


@verifies(device.flags_tell_the_kind_of_device, over=("here", "meta", "cpu"))
def test_flags(run: Run, case: str) -> None:
    place = here(run) if case == "here" else case
    x = run.call("torch.zeros", 2, device=place)
    view = run.call("Tensor.narrow", run.call("Tensor.exp", x), 0, 1, 1)
    for tensor, flag in product((x, view), ("is_cpu", "is_cuda", "is_meta")):
        run.expect(device.flags_tell_the_kind_of_device(place, flag), "getattr", tensor, flag)


@verifies(device.the_cpu_has_the_ordinal_minus_one, over=("cpu", "here"))
def test_ordinals(run: Run, case: str) -> None:
    place = here(run) if case == "here" else case
    if place not in ("cpu", "cuda"):
        raise Unclaimed("a device with an ordinal")
    x = run.call("torch.zeros", 2, 3, device=place)
    for tensor in (x, run.call("Tensor.t", x), run.call("Tensor.sum", x)):
        run.expect(device.the_cpu_has_the_ordinal_minus_one(place, 0), "Tensor.get_device", tensor)


# CUDA, there or not.


@verifies(device.cuda_is_there_where_it_has_devices, device.moves_to_cuda_need_it, over=("cuda", "cuda:0"))
def test_cuda(run: Run, name: str) -> None:
    available = run.call("torch.cuda.is_available")
    allowed = device.cuda_is_there_where_it_has_devices(available or here(run) == "cuda")
    run.expect(allowed, "operator.gt", run.call("torch.cuda.device_count"), 0)
    run.expect(allowed, "torch.cuda.is_available")
    x = run.call("torch.zeros", 2, 3, device="cpu")
    moved = device.moves_to_cuda_need_it(available, *MADE)
    for step in (
        ("torch.zeros", (2, 3), {"device": name}),
        ("torch.ones", (2, 3), {"device": name}),
        ("torch.zeros_like", (x,), {"device": name}),
        ("Tensor.to", (x, name), {}),
        ("Tensor.to", (x, stated(run, *_parts(name)), dtypes.float32), {}),
        ("Tensor.cuda", (x,), {}),
    ):
        run.expect(moved, step[0], *step[1], **step[2])


def _parts(name: str) -> tuple[str, int | None]:
    kind, _, index = name.partition(":")
    return kind, int(index) if index else None


@verifies(device.a_string_chosen_by_availability_is_usable, over=MAKERS)
def test_strings_chosen_by_availability(run: Run, maker: str) -> None:
    available = run.call("torch.cuda.is_available")
    chosen = '"cuda" if torch.cuda.is_available() else "cpu"'
    allowed = device.a_string_chosen_by_availability_is_usable(*MADE, available)
    judged(run, allowed, maker.format(f", device={chosen}"))


@verifies(device.seeding_cuda_leaves_the_cpu_alone, over=("manual_seed", "manual_seed_all"))
def test_seeding_cuda(run: Run, name: str) -> None:
    run.require_data()
    run.call("torch.manual_seed", 5)
    draw = run.define("def draw():\n    return torch.randn(7).double().numpy().tolist()")
    drawn = [run.call("call", draw) for _ in range(2)]
    run.call("torch.manual_seed", 5)
    for values in drawn:
        run.call(f"torch.cuda.{name}", 42)
        again = run.define("def draw():\n    return torch.randn(7).double()")
        run.expect(device.seeding_cuda_leaves_the_cpu_alone(np.array(values)), "call", again)


@verifies(device.one_seed_starts_the_stream_of_every_device, over=(0, 42, 2**40 + 1))
def test_seeds_of_the_device(run: Run, seed: int) -> None:
    run.require_data()
    names = (("torch.rand", (7,)), ("torch.randn", (20,)), ("torch.rand", (3, 5)))
    run.call("torch.manual_seed", seed)
    first = [run.see(run.call(name, *size)).value for name, size in names]  # type: ignore[union-attr]
    run.call("torch.manual_seed", seed)
    for values, (name, size) in zip(first, names, strict=True):
        run.expect(device.one_seed_starts_the_stream_of_every_device(values), name, *size)


@verifies(device.flags_of_cudnn_are_plain_and_false, over=list(device.FLAGS.items()))
def test_flags_of_cudnn(run: Run, case: tuple[str, bool]) -> None:
    _flag(run, device.flags_of_cudnn_are_plain_and_false, *case)


@verifies(device.tensor_float_32_is_for_convolutions_at_first, over=list(device.PRECISION_FLAGS.items()))
def test_flags_of_precision(run: Run, case: tuple[str, bool]) -> None:
    _flag(run, device.tensor_float_32_is_for_convolutions_at_first, *case)


def _flag(run: Run, clause: Any, path: str, initial: bool) -> None:
    owner, _, name = path.rpartition(".")
    run.expect(clause(initial), "getattr", Symbol(owner), name)
    for value in (not initial, initial):
        run.call("setattr", Symbol(owner), name, value)
        run.expect(clause(value), "getattr", Symbol(owner), name)


@verifies(device.pinning_needs_an_accelerator, device.tensors_are_pinned_on_request_only, over=(None,))
def test_pinning(run: Run, _: None) -> None:
    run.require_data()
    accelerator = run.call("torch.cuda.is_available")
    x = evaluated(run, "torch.arange(6.0).reshape(2, 3)")
    run.expect(device.tensors_are_pinned_on_request_only(pinned=False), "Tensor.is_pinned", x)
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    pinned = run.expect(device.pinning_needs_an_accelerator(accelerator, values), "Tensor.pin_memory", x)
    run.expect(device.tensors_are_pinned_on_request_only(pinned=False), "Tensor.is_pinned", x)
    if accelerator:
        run.expect(device.tensors_are_pinned_on_request_only(pinned=True), "Tensor.is_pinned", pinned)


@verifies(device.the_memory_counted_is_that_of_live_tensors, over=("cpu", "here"))
def test_memory(run: Run, case: str) -> None:
    place = here(run) if case == "here" else case
    grows = run.define(
        """
        def grows(device):
            before = torch.cuda.memory_allocated()
            kept = torch.zeros(1 << 20, device=device)
            return torch.cuda.memory_allocated() > before and kept.numel() > 0
        """
    )
    run.expect(device.the_memory_counted_is_that_of_live_tensors(place == "cuda"), "call", grows, place)
