"""Files: what comes back, what is shared, what is refused."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, Operand, draw_operand, draw_shape
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samplers import elements, on_cpu
from tensorcanon.conformance.saving import ROUNDTRIP, SAVED
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import serialization
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType


@dataclass(frozen=True)
class Saving:
    """An operand and how it is saved."""

    source: Operand
    to_path: bool
    legacy: bool
    requires_grad: bool


def draw_saving(tape: Tape) -> Saving:
    dtype = tape.choose(dtypes.COMMON)
    layout = tape.choose(LAYOUTS)
    shape = draw_shape(tape, large=False)
    source = draw_operand(tape, dtype, shape, "any", layout)
    if layout == "expanded" and shape:
        source = Operand(np.broadcast_to(source.array[:1], shape).copy(), layout)
    differentiable = dtype.is_floating_point or dtype.is_complex
    return Saving(source, tape.one_in(4), tape.one_in(4), differentiable and tape.one_in(3))


@verifies(
    serialization.a_tensor_loads_as_it_was_saved,
    serialization.a_view_loads_at_its_place_in_storage,
    serialization.the_format_before_archives_still_loads,
    drawn=draw_saving,
)
def test_roundtrip(run: Run, case: Saving) -> None:
    run.require_data()
    x = run.tensor(case.source, requires_grad=case.requires_grad)
    if case.requires_grad:
        x = run.call("Tensor.requires_grad_", run.call("Tensor.detach", x))
    roundtrip = run.define(ROUNDTRIP)
    source = case.source
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "tensor.pt") if case.to_path else None
        loaded = run.call("call", roundtrip, x, path)
        before = run.call("call", roundtrip, x, path, True) if case.legacy else None
    allowed = serialization.a_tensor_loads_as_it_was_saved(source.array, source.strides, case.requires_grad)
    run.look(allowed, loaded)
    offset = serialization.a_view_loads_at_its_place_in_storage(source.offset if source.array.size else 0)
    if source.array.size:
        run.expect(offset, "Tensor.storage_offset", loaded)
    if before is not None:
        run.look(serialization.the_format_before_archives_still_loads(source.array, source.strides), before)


VALUES: tuple[Any, ...] = (
    *(1, -(2**70), 2.5, True, None, "text", 1j, ()),
    *((1, "a", None), [1, [2.5, "b"], []], ((1, 2), [3]), [(True, None), 2j]),
)


@verifies(serialization.containers_load_with_their_items, over=VALUES)
def test_containers(run: Run, value: Any) -> None:
    allowed = serialization.containers_load_with_their_items(value)
    run.expect(allowed, "call", run.define(ROUNDTRIP), value)
    run.expect(allowed, "call", run.define(ROUNDTRIP), value, None, True)


@verifies(serialization.containers_load_with_their_items, over=dtypes.COMMON)
def test_types_and_sizes(run: Run, dtype: DType) -> None:
    roundtrip = run.define(ROUNDTRIP)
    allowed = serialization.containers_load_with_their_items
    run.expect(allowed(dtype), "call", roundtrip, dtype)
    x = run.tensor(np.zeros((2, 3), dtype.storage))
    run.expect(allowed((2, 3)), "call", roundtrip, run.call("Tensor.shape", x))


MAPPING = """
    def mapping(value):
        return (type(value).__name__, *(part for item in value.items() for part in item))
"""
ORDERED = """
    import collections
    def ordered(**items):
        return collections.OrderedDict(items)
"""


@verifies(serialization.mappings_load_with_their_keys, over=(True, False))
def test_mappings(run: Run, ordered: bool) -> None:
    run.require_data()
    array = np.array([1.5, -0.0], np.float32)
    items: dict[str, Any] = {"z": 1, "a": [2.5, "b"], "x": run.tensor(array)}
    value = run.call("call", run.define(ORDERED), **items) if ordered else items
    loaded = run.whole("call", run.define(ROUNDTRIP), value)
    parts = ["z", 1, "a", [2.5, "b"], "x", array]
    kind = "OrderedDict" if ordered else "dict"
    allowed = serialization.mappings_load_with_their_keys(parts, kind)
    run.expect(allowed, "call", run.define(MAPPING), loaded)


WINDOWS: tuple[Any, ...] = (
    (slice(1, 3),),
    (slice(None), slice(None, None, 2)),
    (2, slice(1, None)),
    (slice(3, None), slice(None)),
)


@verifies(
    serialization.tensors_saved_together_share_storage_again,
    serialization.a_tensor_loads_as_it_was_saved,
    serialization.a_view_loads_at_its_place_in_storage,
    over=product(WINDOWS, (False, True), (dtypes.float32, dtypes.int64, dtypes.bfloat16)),
)
def test_sharing(run: Run, case: tuple[Any, bool, DType]) -> None:
    window, legacy, dtype = case
    run.require(dtype)
    run.require_data()
    array = np.arange(12).reshape(4, 3).astype(dtype.storage)
    base = run.tensor(array)
    view = run.call("operator.getitem", base, window)
    across = run.call("Tensor.permute", base, (1, 0))
    first, second, third = run.call("call", run.define(ROUNDTRIP), [base, view, across], None, legacy)
    places = np.arange(12).reshape(4, 3)[window]
    offset = int(places.flat[0])
    run.expect(serialization.a_view_loads_at_its_place_in_storage(offset), "Tensor.storage_offset", second)
    strides = tuple(stride // array.itemsize for stride in array[window].strides)
    run.look(serialization.a_tensor_loads_as_it_was_saved(array[window], strides), second)
    run.look(serialization.a_tensor_loads_as_it_was_saved(array.T, (1, 3)), third)
    allowed = serialization.tensors_saved_together_share_storage_again
    run.call("Tensor.fill_", second, 77)
    array[window] = 77
    for handle, due in ((first, array), (third, array.T)):
        run.look(allowed(due), handle)
    run.call("Tensor.zero_", first)
    run.look(allowed(np.zeros_like(array[window])), second)


@verifies(
    serialization.tensors_saved_apart_share_nothing,
    serialization.a_view_is_saved_with_its_whole_storage,
    over=(dtypes.float32, dtypes.int16, dtypes.complex128),
)
def test_separate_files(run: Run, dtype: DType) -> None:
    run.require_data()
    array = np.arange(1000).astype(dtype.storage)
    base = run.tensor(array)
    view = run.call("operator.getitem", base, slice(10, 15))
    roundtrip = run.define(ROUNDTRIP)
    whole, part = run.call("call", roundtrip, base), run.call("call", roundtrip, view)
    allowed = serialization.tensors_saved_apart_share_nothing
    run.call("Tensor.fill_", part, 1)
    run.look(allowed(array), whole)
    run.look(allowed(array), base)
    run.call("Tensor.fill_", whole, 2)
    run.look(allowed(np.ones(5, dtype.storage)), part)
    for handle, count in ((part, 1000), (run.call("call", roundtrip, run.call("Tensor.clone", view)), 5)):
        storage = run.call("Tensor.untyped_storage", handle)
        size = serialization.a_view_is_saved_with_its_whole_storage(count * dtype.itemsize)
        run.expect(size, "builtins.len", storage)


@verifies(serialization.a_state_dict_restores_a_module, over=(0, 1))
def test_modules(run: Run, seed: int) -> None:
    run.require_data()
    on_cpu(run)
    run.call("torch.manual_seed", seed)
    x = run.tensor(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3))
    first, second = run.call("torch.nn.Linear", 3, 4), run.call("torch.nn.Linear", 3, 4)
    output = elements(run, run.call("call", first, x))
    state = run.whole("call", run.define(ROUNDTRIP), run.whole("Tensor.state_dict", first))
    run.whole("Tensor.load_state_dict", second, state)
    run.expect(serialization.a_state_dict_restores_a_module(output), "call", second, x)


TRAINING = """
    def train(steps, state=None):
        parameter = torch.nn.Parameter(torch.ones(3))
        optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
        if state is not None:
            torch.set_rng_state(state["generator"])
            optimizer.load_state_dict(state["optimizer"])
            with torch.no_grad():
                parameter.copy_(state["parameter"])
        for _ in range(steps):
            optimizer.zero_grad()
            (parameter * torch.randn(3)).sum().backward()
            optimizer.step()
        return {
            "parameter": parameter.detach(),
            "optimizer": optimizer.state_dict(),
            "generator": torch.get_rng_state(),
        }
"""


@verifies(serialization.saved_states_resume_training, over=(1, 3))
def test_resuming(run: Run, steps: int) -> None:
    run.require_data()
    on_cpu(run)
    train, roundtrip = run.define(TRAINING), run.define(ROUNDTRIP)
    run.call("torch.manual_seed", 1)
    straight = run.call("operator.getitem", run.whole("call", train, 2 * steps), "parameter")
    run.call("torch.manual_seed", 1)
    state = run.whole("call", roundtrip, run.whole("call", train, steps))
    run.call("torch.manual_seed", 99)
    resumed = run.call("operator.getitem", run.whole("call", train, steps, state), "parameter")
    run.look(serialization.saved_states_resume_training(elements(run, straight)), resumed)


FACTS = """
    import io
    def facts(data):
        x = torch.load(io.BytesIO(data), map_location="meta")
        return x.device.type, x.dtype, x.shape, x.stride()
"""
KEEP = "def keep(storage, location): return storage"
LEAVE = "def leave(storage, location): return None"


@verifies(serialization.map_location_names_the_device, over=("name", "device", "dict", "keep", "leave"))
def test_map_location(run: Run, form: str) -> None:
    run.require_data()
    array = np.array([[1, 2], [3, 4]], np.float32)
    places: dict[str, Any] = {
        "name": "cpu",
        "dict": {"cpu": "cpu", "cuda:0": "cpu"},
        "device": run.call("torch.device", "cpu"),
        "keep": run.define(KEEP),
        "leave": run.define(LEAVE),
    }
    x = run.call("Tensor.to", run.tensor(array), "cpu")
    loaded = run.call("call", run.define(ROUNDTRIP), x, map_location=places[form])
    run.look(serialization.map_location_names_the_device(array, (2, 1)), loaded)


@verifies(serialization.map_location_names_the_device, over=dtypes.COMMON)
def test_map_location_meta(run: Run, dtype: DType) -> None:
    run.require(dtype)
    run.require_data()
    try:
        run.backend.call("torch.zeros", (1,), {"device": "meta"})
    except Exception:
        raise Unclaimed("the meta device") from None
    array = np.zeros((2, 3), dtype.storage)
    x = run.tensor(Operand(array, "transposed"))
    allowed = serialization.map_location_names_the_device(array, (1, 2), meta=True)
    run.expect(allowed, "call", run.define(FACTS), run.call("call", run.define(SAVED), x))


@verifies(
    serialization.history_is_not_saved,
    serialization.what_is_loaded_is_a_leaf,
    over=(dtypes.float32, dtypes.float64, dtypes.complex64),
)
def test_history(run: Run, dtype: DType) -> None:
    run.require_data()
    array = np.array([1.0, -2.0]).astype(dtype.storage)
    x = run.tensor(array, requires_grad=True)
    product_of_two = run.call("torch.mul", x, 2)
    loaded = run.call("call", run.define(ROUNDTRIP), product_of_two)
    run.look(serialization.history_is_not_saved(array * dtype.storage.type(2)), loaded)
    run.expect(serialization.what_is_loaded_is_a_leaf(), "Tensor.is_leaf", loaded)


KNOWN = """
    def known(parameter):
        return isinstance(parameter, torch.nn.Parameter), parameter.grad is None
"""


@verifies(
    serialization.a_parameter_loads_as_a_parameter,
    serialization.a_loaded_parameter_has_no_gradient,
    over=product((True, False), (True, False)),
)
def test_parameters(run: Run, case: tuple[bool, bool]) -> None:
    requires_grad, legacy = case
    run.require_data()
    array = np.array([1.5, -2.0], np.float32)
    parameter = run.call("torch.nn.Parameter", run.tensor(array), requires_grad=requires_grad)
    if requires_grad:
        run.call("Tensor.backward", run.call("torch.sum", parameter))
    loaded = run.call("call", run.define(ROUNDTRIP), parameter, None, legacy)
    run.look(serialization.a_parameter_loads_as_a_parameter(array, requires_grad), loaded)
    allowed = serialization.a_loaded_parameter_has_no_gradient((True, True))
    run.expect(allowed, "call", run.define(KNOWN), loaded)


COPIES = """
    import copy, pickle
    def copied(value, how):
        return copy.deepcopy(value) if how == "copy" else pickle.loads(pickle.dumps(value))
"""


def draw_source(tape: Tape) -> Operand:
    layout = tape.choose([layout for layout in LAYOUTS if layout != "expanded"])
    return draw_operand(tape, tape.choose(dtypes.COMMON), draw_shape(tape, large=False), "any", layout)


@verifies(
    serialization.pickles_and_copies_keep_tensors,
    serialization.a_deep_copy_shares_within_itself_only,
    drawn=draw_source,
)
def test_copies(run: Run, source: Operand) -> None:
    run.require_data()
    x = run.tensor(source)
    view = run.call("Tensor.permute", x, tuple(reversed(range(source.ndim))))
    copied = run.define(COPIES)
    for how in ("copy", "pickle"):
        first, second = run.call("call", copied, [x, view], how)
        run.look(serialization.pickles_and_copies_keep_tensors(source.array, source.strides), first)
        if how == "copy":
            run.call("Tensor.fill_", first, 1)
            shared = serialization.a_deep_copy_shares_within_itself_only
            run.look(shared(np.ones_like(source.array.T)), second)
            run.look(shared(source.array), x)
