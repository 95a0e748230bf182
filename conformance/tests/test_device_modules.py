"""Devices: moves of modules."""

from __future__ import annotations

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.places import here
from tensorcanon.conformance.run import Run
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

MODULE = """
    class Counter(torch.nn.Module):
        def __init__(self, device=None):
            super().__init__()
            self.first = torch.nn.Linear(3, 3, device=device)
            self.second = torch.nn.Linear(3, 3, device=device)
            self.second.weight = self.first.weight
            self.register_buffer("steps", torch.zeros(2, dtype=torch.int64, device=device))
            self.register_buffer("mean", torch.zeros(4, device=device))
"""


@verifies(
    device.modules_move_in_place,
    device.moving_a_module_returns_the_module,
    device.tied_parameters_stay_tied,
    over=[
        (place, kind)
        for place in ("here", "meta")
        for kind in (dtypes.float32, dtypes.float64, dtypes.bfloat16)
    ],
)
def test_moving_modules(run: Run, case: tuple[str, DType]) -> None:
    place, kind = here(run) if case[0] == "here" else case[0], case[1]
    for args in ((place, kind), (kind,), (place,)):
        module = run.call("call", run.define(MODULE), here(run))
        kept = _member(run, module, "first.weight")
        moved = run.call("Tensor.to", module, *args)
        run.expect(device.moving_a_module_returns_the_module(), "is", moved, module)
        where = place if place in args else here(run)
        due = kind if kind in args else dtypes.float32
        for name, dtype, shape in (
            ("first.weight", due, (3, 3)),
            ("second.bias", due, (3,)),
            ("steps", dtypes.int64, (2,)),
            ("mean", due, (4,)),
        ):
            run.look(device.modules_move_in_place(dtype, shape, where), _member(run, module, name))
        if where == here(run):
            weight = _member(run, module, "first.weight")
            run.expect(
                device.tied_parameters_stay_tied(), "is", weight, _member(run, module, "second.weight")
            )
            run.expect(device.tied_parameters_stay_tied(), "is", weight, kept)


def _member(run: Run, module: Handle, path: str) -> Handle:
    for name in path.split("."):
        module = run.call("getattr", module, name)
    return module


@verifies(
    device.meta_modules_are_given_memory_by_to_empty,
    device.meta_modules_cannot_be_moved,
    device.assigned_states_replace_meta_parameters,
    over=("argument", "block"),
)
def test_modules_without_data(run: Run, way: str) -> None:
    run.require_data()
    place = here(run)

    def made() -> Handle:
        if way == "argument":
            return run.call("torch.nn.Linear", 3, 2, device="meta")  # type: ignore[no-any-return]
        with run.within("torch.device", "meta"):
            return run.call("torch.nn.Linear", 3, 2)  # type: ignore[no-any-return]

    module = made()
    run.expect(device.meta_modules_cannot_be_moved(), "Tensor.to", module, place)
    run.call("Tensor.to_empty", module, device=place)
    for name, shape in (("weight", (2, 3)), ("bias", (2,))):
        allowed = device.meta_modules_are_given_memory_by_to_empty(dtypes.float32, shape, place)
        run.look(allowed, run.call("getattr", module, name))
    module = made()
    weight, bias = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32)
    state = {
        name: run.call("Tensor.cpu", run.tensor(one)) for name, one in (("weight", weight), ("bias", bias))
    }
    run.whole("Tensor.load_state_dict", module, state, assign=True)
    for name, array in (("weight", weight), ("bias", bias)):
        run.look(device.assigned_states_replace_meta_parameters(array), run.call("getattr", module, name))
