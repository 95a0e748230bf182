"""Devices: names, and where new tensors lie."""

from __future__ import annotations

from itertools import product

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.places import MADE, MAKERS, evaluated, here, judged, stated
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.spec import device

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
    accelerator: str | None = here(run)
    if accelerator in ("cpu", "meta"):
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
