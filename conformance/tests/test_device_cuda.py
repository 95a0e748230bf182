"""Devices: what CUDA promises on a build with it or without it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.places import MADE, MAKERS, evaluated, here, judged, stated
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import elements
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes


@verifies(device.cuda_is_there_where_it_has_devices, device.moves_to_cuda_need_it, over=("cuda", "cuda:0"))
def test_cuda(run: Run, name: str) -> None:
    available = run.call("torch.cuda.is_available")
    allowed = device.cuda_is_there_where_it_has_devices(available or here(run) == "cuda")
    run.expect(allowed, "operator.gt", run.call("torch.cuda.device_count"), 0)
    run.expect(allowed, "torch.cuda.is_available")
    x = run.call("torch.zeros", 2, 3, device="cpu")
    moved = device.moves_to_cuda_need_it(available, *MADE)
    steps: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
        ("torch.zeros", (2, 3), {"device": name}),
        ("torch.ones", (2, 3), {"device": name}),
        ("torch.zeros_like", (x,), {"device": name}),
        ("Tensor.to", (x, name), {}),
        ("Tensor.to", (x, stated(run, *_parts(name)), dtypes.float32), {}),
        ("Tensor.cuda", (x,), {}),
    )
    for step, args, options in steps:
        run.expect(moved, step, *args, **options)


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
    first = [elements(run, run.call(name, *size)) for name, size in names]
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
    mode = run.backend.identity.details.get("accuracy")
    if mode is not None and name == "allow_tf32":
        # It was set when the run began, and stays.
        initial = mode == "tf32"
    else:
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
