"""Devices: tensors of several places, and tensors without data."""

from __future__ import annotations

from typing import Any

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.places import here
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.spec import device
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

MIXED = (
    ("torch.add", lambda a, b: (a, b)),
    ("operator.mul", lambda a, b: (a, b)),
    ("operator.lt", lambda a, b: (a, b)),
    ("torch.maximum", lambda a, b: (a, b)),
    ("torch.cat", lambda a, b: ([a, b],)),
    ("torch.stack", lambda a, b: ([a, b],)),
)


def _pair(run: Run, case: str) -> tuple[str, str]:
    """Return two devices: one without data beside the CPU, or the CPU beside the one under test."""
    pair = ("cpu", "meta") if case == "meta" else ("cpu", here(run))
    if pair[0] == pair[1]:
        raise Unclaimed("another device than the CPU")
    return pair


@verifies(device.devices_do_not_mix, over=[(case, step) for case in ("meta", "here") for step in MIXED])
def test_mixed_devices(run: Run, case: tuple[str, tuple[str, Any]]) -> None:
    which, (name, given) = case
    first, second = _pair(run, which)
    for shape in ((2, 3), (2, 2), (1, 1), (3,)):
        a = run.call("torch.ones", shape, device=first)
        b = run.call("torch.ones", shape, device=second)
        run.expect(device.devices_do_not_mix(), name, *given(a, b))
        run.expect(device.devices_do_not_mix(), name, *given(b, a))


@verifies(
    device.zero_dim_tensors_of_the_cpu_mix,
    device.zero_dim_tensors_of_other_devices_do_not_mix,
    over=[(case, name) for case in ("meta", "here") for name in ("torch.add", "operator.mul", "torch.sub")],
)
def test_zero_dim_tensors_of_another_device(run: Run, case: tuple[str, str]) -> None:
    which, name = case
    first, second = _pair(run, which)
    for kind, other in ((dtypes.float32, dtypes.float64), (dtypes.float16, dtypes.int64)):
        number = run.call("torch.ones", (), dtype=other, device=first)
        there = run.call("torch.ones", (2, 3), dtype=kind, device=second)
        allowed = device.zero_dim_tensors_of_the_cpu_mix(kind, (2, 3), second)
        run.expect(allowed, name, number, there)
        run.expect(allowed, name, there, number)
        refused = device.zero_dim_tensors_of_other_devices_do_not_mix()
        number = run.call("torch.ones", (), dtype=other, device=second)
        here_ = run.call("torch.ones", (2, 3), dtype=kind, device=first)
        run.expect(refused, name, number, here_)
        run.expect(refused, name, here_, number)


@verifies(device.results_lie_where_the_operands_do, over=("meta", "here"))
def test_places_of_results(run: Run, case: str) -> None:
    place = here(run) if case == "here" else case
    x = run.call("torch.ones", 2, 3, device=place)
    for name, args, shape in (
        ("torch.add", (x, 1), (2, 3)),
        ("operator.neg", (x,), (2, 3)),
        ("Tensor.clone", (x,), (2, 3)),
        ("Tensor.t", (x,), (3, 2)),
        ("torch.zeros_like", (x,), (2, 3)),
        ("Tensor.new_zeros", (x, 4), (4,)),
        ("torch.sum", (x, 1), (2,)),
        ("operator.matmul", (x, run.call("Tensor.t", x)), (2, 2)),
        ("Tensor.mul_", (x, 2), (2, 3)),
        ("operator.getitem", (x, 1), (3,)),
    ):
        allowed = device.results_lie_where_the_operands_do(dtypes.float32, shape, place)
        run.expect(allowed, name, *args)
        with run.within("torch.device", "cpu"):
            run.expect(allowed, name, *args)


# Without data.

# An operation on x of shape (4, 3) and float32, with the type, shape and strides of its result.
SHAPES: tuple[tuple[str, tuple[Any, ...], DType, tuple[int, ...], tuple[int, ...]], ...] = (
    ("torch.exp", (), dtypes.float32, (4, 3), (3, 1)),
    ("operator.add", (2,), dtypes.float32, (4, 3), (3, 1)),
    ("torch.eq", (1,), dtypes.bool_, (4, 3), (3, 1)),
    ("Tensor.t", (), dtypes.float32, (3, 4), (1, 3)),
    ("Tensor.reshape", ((2, 6),), dtypes.float32, (2, 6), (6, 1)),
    ("Tensor.expand", (2, 4, 3), dtypes.float32, (2, 4, 3), (0, 3, 1)),
    ("Tensor.narrow", (1, 1, 2), dtypes.float32, (4, 2), (3, 1)),
    ("torch.sum", (0,), dtypes.float32, (3,), (1,)),
    ("torch.sum", (-1, True), dtypes.float32, (4, 1), (1, 1)),
    ("torch.argmax", (1,), dtypes.int64, (4,), (1,)),
    ("torch.any", (0,), dtypes.bool_, (3,), (1,)),
    ("Tensor.to", (dtypes.int16,), dtypes.int16, (4, 3), (3, 1)),
    ("torch.unsqueeze", (1,), dtypes.float32, (4, 1, 3), (3, 3, 1)),
    ("torch.mean", (1,), dtypes.float32, (4,), (1,)),
    ("operator.getitem", (2,), dtypes.float32, (3,), (1,)),
    ("operator.getitem", (slice(None, None, 2),), dtypes.float32, (2, 3), (6, 1)),
    ("torch.cumsum", (0,), dtypes.float32, (4, 3), (3, 1)),
)


@verifies(device.meta_results_have_the_shape_of_real_ones, over=SHAPES)
def test_shapes_without_data(run: Run, case: Any) -> None:
    name, args, *due = case
    x = run.call("torch.empty", 4, 3, device="meta")
    run.expect(device.meta_results_have_the_shape_of_real_ones(*due), name, x, *args)


@verifies(device.meta_results_have_the_shape_of_real_ones, over=((2, 5), (0, 4), (7, 1)))
def test_products_without_data(run: Run, case: tuple[int, int]) -> None:
    rows, columns = case
    a = run.call("torch.empty", rows, 3, device="meta", dtype=dtypes.float64)
    b = run.call("torch.empty", 3, columns, device="meta", dtype=dtypes.float64)
    row = run.call("torch.empty", 1, 3, device="meta", dtype=dtypes.int32)

    def due(shape: tuple[int, int]) -> Any:
        return device.meta_results_have_the_shape_of_real_ones(dtypes.float64, shape, (shape[1], 1))

    run.expect(due((rows, columns)), "torch.matmul", a, b)
    run.expect(due((rows, 3)), "torch.add", a, row)
    run.expect(due((rows + 1, 3)), "torch.cat", [a, run.call("Tensor.double", row)])


READS = (
    "x.item()",
    "x.tolist()",
    "bool(x)",
    "float(x)",
    "x.to('cpu')",
    "x.cpu()",
    "torch.nonzero(x)",
    "torch.zeros(1).copy_(x)",
    "x[x > 0]",
)


@verifies(device.what_has_no_data_cannot_be_read, over=READS)
def test_reading_without_data(run: Run, read: str) -> None:
    x = run.call("torch.zeros", 1, device="meta")
    run.expect(
        device.what_has_no_data_cannot_be_read(), "call", run.define(f"def read(x):\n    return {read}"), x
    )
