"""Tensors beside NumPy: shared memory, and what either takes of the other."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand, draw_shape
from tensorcanon.conformance.places import here
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import interop
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

# The types that NumPy has itself.
NATIVE = tuple(dtype for dtype in dtypes.COMMON if dtype is not dtypes.bfloat16)
COPIED = """
    def copied(array):
        assert type(array) is np.ndarray
        return torch.tensor(array)
"""


def host(run: Run, array: np.ndarray[Any, Any]) -> Handle:
    """Return an array on the host."""
    return run.call("np.array", array.tolist(), dtype=array.dtype.name)  # type: ignore[no-any-return]


def draw_host(tape: Tape) -> tuple[Operand, int]:
    shape = draw_shape(tape, ndim=(1, 2, 3), large=False)
    return draw_operand(tape, tape.choose(NATIVE), shape, "exact", "contiguous"), tape.below(100)


@verifies(
    interop.from_numpy_shares_memory,
    interop.from_numpy_keeps_the_type,
    interop.copies_are_independent_of_the_array,
    interop.a_new_array_is_not_shared,
    drawn=draw_host,
)
def test_from_numpy(run: Run, case: tuple[Operand, int]) -> None:
    source, place = case
    run.require_data()
    run.require(source.dtype)
    array = source.array.copy()
    own = run.call("np.reshape", host(run, array.reshape(-1)), array.shape)
    x = run.expect(interop.from_numpy_keeps_the_type(array), "torch.from_numpy", own)
    clone, copy = run.call("Tensor.clone", x), run.call("torch.tensor", own)
    rebound = run.call("np.add", own, own)
    run.look(interop.a_new_array_is_not_shared(array), x)
    run.call("np.copyto", rebound, np.ones((), array.dtype))
    run.look(interop.a_new_array_is_not_shared(array), x)
    if not array.size:
        return
    flat = place % array.size
    before = array.copy()
    index = np.unravel_index(flat, array.shape)
    run.call("operator.setitem", own, tuple(int(i) for i in index), 1)
    array[index] = 1
    run.look(interop.from_numpy_shares_memory(array), x)
    for apart in (clone, copy):
        run.look(interop.copies_are_independent_of_the_array(before), apart)
    run.call("operator.setitem", x, 0, 0)
    array[0] = 0
    run.expect(interop.from_numpy_shares_memory(array), "call", run.define(COPIED), own)
    for apart in (clone, copy):
        run.look(interop.copies_are_independent_of_the_array(before), apart)


UNSIGNED = (dtypes.uint16, dtypes.uint32, dtypes.uint64)


@verifies(interop.from_numpy_keeps_the_type, over=(*NATIVE, *UNSIGNED))
def test_types(run: Run, dtype: DType) -> None:
    run.require_data()
    run.require(dtype)
    for array in (np.array([0, 1, 1]), np.array(1), np.zeros((0, 2)), np.zeros((2, 0))):
        typed = array.astype(dtype.storage)
        run.expect(interop.from_numpy_keeps_the_type(typed), "torch.from_numpy", typed)


@verifies(interop.from_numpy_refuses_other_types, interop.shared_memory_does_not_grow, over=range(5))
def test_refusals(run: Run, which: int) -> None:
    run.require_data()
    x = run.call("torch.from_numpy", np.zeros(2))
    run.expect(interop.shared_memory_does_not_grow(), "Tensor.resize_", x, 5)
    wrong: tuple[Any, ...] = (
        run.call("np.array", ["a", "b"]),
        run.call("np.array", [1, 2], dtype="object"),
        run.call("np.array", [1, 2], dtype="longdouble"),
        [1, 2],
        3.5,
    )
    run.expect(interop.from_numpy_refuses_other_types(), "torch.from_numpy", wrong[which])


CUTS: tuple[Any, ...] = (
    (slice(None), slice(None, None, 2)),
    (slice(1, None),),
    (slice(None), 1),
    (Ellipsis, None, slice(2, 4)),
)


@verifies(
    interop.from_numpy_keeps_strides,
    interop.from_numpy_refuses_negative_strides,
    interop.from_numpy_shares_memory,
    over=product(CUTS, (False, True), (dtypes.float64, dtypes.int16)),
)
def test_strides(run: Run, case: tuple[Any, bool, DType]) -> None:
    cut, transposed, dtype = case
    run.require_data()
    array = np.arange(24).reshape(4, 6).astype(dtype.storage)
    own = host(run, array)
    part, given = array[cut], run.call("operator.getitem", own, cut)
    if transposed:
        part, given = part.T, run.call("getattr", given, "T")
    strides = tuple(stride // part.itemsize for stride in part.strides)
    x = run.expect(interop.from_numpy_keeps_strides(part, strides), "torch.from_numpy", given)
    run.call("Tensor.fill_", x, 7)
    part[...] = 7
    run.expect(interop.from_numpy_shares_memory(array), "call", run.define(COPIED), own)
    backwards = run.call("operator.getitem", own, slice(None, None, -1))
    run.expect(interop.from_numpy_refuses_negative_strides(), "torch.from_numpy", backwards)


@verifies(
    interop.tensor_stacks_a_list_of_arrays, over=product((dtypes.float32, dtypes.int64, dtypes.bool_), (1, 3))
)
def test_lists_of_arrays(run: Run, case: tuple[DType, int]) -> None:
    dtype, count = case
    arrays = [(np.arange(4).reshape(2, 2) + place).astype(dtype.storage) for place in range(count)]
    allowed = interop.tensor_stacks_a_list_of_arrays
    run.expect(allowed(np.stack(arrays)), "torch.tensor", arrays)
    numbers = np.arange(1, count + 1).astype(dtype.storage)
    run.require_data()
    for shape in ((), (1,)):
        singles = [run.tensor(number.reshape(shape)) for number in numbers]
        if shape == () or count > 1:
            run.expect(allowed(numbers), "torch.tensor", [*singles[:-1], run.tensor(numbers[-1].reshape(()))])


# Tensors become arrays.

LAYOUT = """
    def layout(array):
        return (type(array).__name__, array.dtype.name, *array.shape, *array.strides)
"""


def draw_exported(tape: Tape) -> Operand:
    layout = tape.choose(("contiguous", "transposed", "stepped", "offset"))
    shape = draw_shape(tape, large=False)
    return draw_operand(tape, tape.choose(NATIVE), shape, "exact", layout)


@verifies(
    interop.numpy_shares_memory,
    interop.numpy_keeps_type_and_strides,
    interop.a_copy_of_the_array_is_independent,
    interop.array_libraries_take_tensors,
    drawn=draw_exported,
)
def test_numpy(run: Run, source: Operand) -> None:
    run.require_data()
    array = source.array.copy()
    x = run.call("Tensor.cpu", run.tensor(source))
    own = run.call("Tensor.numpy", x)
    copied = run.define(COPIED)
    # A move to the CPU need not keep gaps.
    if 0 not in source.shape and 1 not in source.shape and here(run) == "cpu":
        strides = source.strides
        allowed = interop.numpy_keeps_type_and_strides(source.dtype, source.shape, strides)
        run.expect(allowed, "call", run.define(LAYOUT), own)
    run.expect(interop.numpy_shares_memory(array), "call", copied, own)
    as_array = interop.array_libraries_take_tensors(array.reshape(-1))
    run.expect(as_array, "call", copied, run.call("np.asarray", run.call("Tensor.flatten", x)))
    copy = run.call("np.copy", own)
    run.call("torch.logical_not", x)
    run.expect(interop.a_copy_of_the_array_is_independent(array), "call", copied, own)
    run.call("Tensor.fill_", x, 1)
    run.expect(interop.numpy_shares_memory(np.ones_like(array)), "call", copied, own)
    if here(run) != "cpu":
        raise Unclaimed("arrays that share memory")
    run.expect(interop.a_copy_of_the_array_is_independent(array), "call", copied, copy)
    run.call("np.copyto", own, np.zeros((), array.dtype))
    run.look(interop.numpy_shares_memory(np.zeros_like(array)), x)


@verifies(
    interop.numpy_refuses_what_it_cannot_share,
    interop.numpy_refuses_types_without_an_array_type,
    interop.force_detaches_and_resolves,
    over=("gradient", "result", "conjugate", "negative", "bfloat16"),
)
def test_numpy_refusals(run: Run, form: str) -> None:
    run.require_data()
    copied = run.define(COPIED)
    z: np.ndarray[Any, Any] = np.array([1 + 2j, -3j], np.complex64)
    due: np.ndarray[Any, Any]
    x = run.call("Tensor.cpu", run.tensor(z))
    run.call("Tensor.numpy", x)
    match form:
        case "bfloat16":
            narrow = run.call("Tensor.to", run.tensor(np.ones(2, np.float32)), dtypes.bfloat16)
            refused = interop.numpy_refuses_types_without_an_array_type()
            run.expect(refused, "Tensor.numpy", run.call("Tensor.cpu", narrow))
            return
        case "conjugate":
            due, lazy = z.conj(), run.call("Tensor.conj", x)
        case "negative":
            due, lazy = z.conj().imag, run.call("Tensor.imag", run.call("Tensor.conj", x))
        case _:
            due = z if form == "gradient" else z * 2
            lazy = run.call("Tensor.requires_grad_", x)
            lazy = lazy if form == "gradient" else run.call("torch.mul", lazy, 2)
    run.expect(interop.numpy_refuses_what_it_cannot_share(), "Tensor.numpy", lazy)
    forced = run.call("Tensor.numpy", lazy, force=True)
    run.expect(interop.force_detaches_and_resolves(due), "call", copied, forced)


UFUNC = """
    def computed(name, *args):
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = getattr(np, name)(*args)
        assert isinstance(result, (np.ndarray, torch.Tensor))
        return torch.as_tensor(result)
"""


@verifies(
    interop.functions_of_numpy_take_tensors,
    over=product(("square", "negative", "add"), (dtypes.float32, dtypes.int64)),
)
def test_functions_of_numpy(run: Run, case: tuple[str, DType]) -> None:
    name, dtype = case
    run.require_data()
    array = np.array([[1, -2], [3, 4]]).astype(dtype.storage)
    x = run.call("Tensor.cpu", run.tensor(Operand(array, "transposed")))
    args = (x, x) if name == "add" else (x,)
    due = getattr(np, name)(*((array, array) if name == "add" else (array,)))
    run.expect(interop.functions_of_numpy_take_tensors(due), "call", run.define(UFUNC), name, *args)
    other = np.array([10, 20]).astype(dtype.storage)
    total = run.define("""
        def total(x, array):
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return x + array
    """)
    run.expect(interop.functions_of_numpy_take_tensors(array + other), "call", total, x, host(run, other))


SCALARS = (np.float64(2), np.float64(0.5), np.int64(3), np.int32(-2), np.float32(0.25))


@verifies(
    interop.scalars_of_numpy_act_as_numbers,
    over=product((dtypes.float32, dtypes.float64, dtypes.int64, dtypes.int16), SCALARS, ("mul", "add")),
)
def test_scalars_of_numpy(run: Run, case: tuple[DType, Any, str]) -> None:
    dtype, scalar, name = case
    array = np.array([1, -2, 3]).astype(dtype.storage)
    x = run.tensor(array)
    plain = scalar.item()
    kind = np.dtype(np.float32) if isinstance(plain, float) and dtype.is_integral else array.dtype
    due = getattr(np, {"mul": "multiply", "add": "add"}[name])(array.astype(kind), kind.type(plain))
    run.expect(interop.scalars_of_numpy_act_as_numbers(due), f"operator.{name}", x, scalar)
    run.expect(interop.scalars_of_numpy_act_as_numbers(due), f"torch.{name}", x, scalar)


# DLPack.


def _require_dlpack(run: Run) -> None:
    """Raise `Unclaimed` for a device that DLPack has no number for."""
    if here(run) not in ("cpu", "cuda", "xpu", "mps"):
        raise Unclaimed("a device of DLPack")


@verifies(
    interop.from_dlpack_shares_memory,
    interop.from_dlpack_copies_when_told,
    interop.tensors_export_their_memory,
    drawn=draw_exported,
)
def test_dlpack(run: Run, source: Operand) -> None:
    run.require_data()
    _require_dlpack(run)
    if source.dtype is dtypes.bool_ or not source.array.size:
        source = Operand(np.array([[1, 2, 3], [4, 5, 6]], np.float32), source.layout)
    array = source.array.copy()
    x = run.tensor(source)
    shared = run.expect(interop.from_dlpack_shares_memory(array, source.strides), "torch.from_dlpack", x)
    copy = run.call("torch.from_dlpack", x, copy=True)
    run.call("Tensor.fill_", x, 1)
    ones = np.ones_like(array)
    run.look(interop.from_dlpack_shares_memory(ones, source.strides), shared)
    run.look(interop.from_dlpack_copies_when_told(array), copy)
    run.call("Tensor.zero_", shared)
    run.look(interop.from_dlpack_shares_memory(np.zeros_like(array), source.strides), x)
    near = run.call("Tensor.cpu", x)
    own = run.call("np.from_dlpack", near)
    run.call("Tensor.fill_", near, 1)
    run.expect(interop.tensors_export_their_memory(ones), "call", run.define(COPIED), own)


@verifies(
    interop.from_dlpack_shares_memory,
    interop.from_dlpack_copies_when_told,
    interop.tensors_with_history_are_not_exported,
    over=product((dtypes.float64, dtypes.int32, dtypes.complex64), CUTS),
)
def test_dlpack_of_arrays(run: Run, case: tuple[DType, Any]) -> None:
    dtype, cut = case
    run.require_data()
    array = np.arange(24).reshape(4, 6).astype(dtype.storage)
    own = host(run, array)
    part, given = array[cut], run.call("operator.getitem", own, cut)
    strides = tuple(stride // part.itemsize for stride in part.strides)
    allowed = interop.from_dlpack_shares_memory
    x = run.expect(allowed(part, strides), "torch.from_dlpack", given)
    copy = run.call("torch.utils.dlpack.from_dlpack", given, copy=True)
    before = part.copy()
    run.call("Tensor.fill_", x, 9)
    part[...] = 9
    run.expect(allowed(array, (6, 1)), "call", run.define(COPIED), own)
    run.look(interop.from_dlpack_copies_when_told(before), copy)
    if not dtype.is_integral:
        _require_dlpack(run)
        leaf = run.tensor(np.ones(2, dtype.storage), requires_grad=True)
        run.expect(interop.tensors_with_history_are_not_exported(), "torch.from_dlpack", leaf)
