"""Views of another type, and lazy conjugates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from tensorcanon.conformance.aliasing import altered, window_of
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_operand, draw_shape
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import table
from tensorcanon.conformance.view_ops import VIEWED_AS
from tensorcanon.spec import views
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType
from tensorcanon.spec.rules.indexing import resolve
from tensorcanon.spec.viewing import conjugated

TYPES = (*VIEWED_AS, dtypes.float8_e4m3fn, dtypes.float8_e5m2)


@verifies(views.view_of_another_type_reads_the_same_bytes, over=product(TYPES, repeat=2), proves=True)
def test_every_pair_of_types(run: Run, pair: tuple[DType, DType]) -> None:
    """Every value of the table of a type, NaN, infinities and zeros among them, seen as any other type."""
    source, target = pair
    run.require(source, target)
    array = table(source, "any").reshape(8, 32)
    x = run.tensor(array)
    run.expect(
        views.view_of_another_type_reads_the_same_bytes(array, window_of(Operand(array)), target),
        "Tensor.view",
        x,
        target,
    )


@verifies(views.view_of_another_type_reads_the_same_bytes, over=product(TYPES, repeat=2))
def test_zero_dim_tensors_keep_the_width(run: Run, pair: tuple[DType, DType]) -> None:
    source, target = pair
    array = np.asarray(table(source, "any")[1])
    allowed = views.view_of_another_type_reads_the_same_bytes(array, window_of(Operand(array)), target)
    run.expect(allowed, "Tensor.view", run.tensor(array), target)


@verifies(views.view_as_complex_is_a_view_of_pairs, over=[dtypes.float32, dtypes.float64, *dtypes.INTEGERS])
def test_view_as_complex_refuses(run: Run, dtype: DType) -> None:
    """Other last sizes, odd offsets and strides, and integers."""
    base = Operand(np.arange(24).reshape(4, 6).astype(dtype.storage))
    x = run.tensor(base)
    for key in product((slice(0, 4), slice(1, 3)), (slice(0, 2), slice(1, 3), slice(2, 5), slice(4, 6))):
        narrowed = run.call("operator.getitem", x, key)
        window = resolve(key, window_of(base)).window
        allowed = views.view_as_complex_is_a_view_of_pairs(base.array[key], window)
        run.expect(allowed, "torch.view_as_complex", narrowed)


@verifies(views.real_and_conj_of_a_real_tensor_are_that_tensor, over=dtypes.COMMON, proves=True)
def test_real_and_conj_of_a_real_tensor(run: Run, dtype: DType) -> None:
    x = run.tensor(np.ones((2, 3), dtype.storage))
    for name in ("torch.real", "Tensor.real", "torch.conj", "Tensor.conj"):
        made = run.call(name, x)
        run.expect(views.real_and_conj_of_a_real_tensor_are_that_tensor(dtype), "is", made, x)


@dataclass(frozen=True, eq=False)
class Conjugated:
    """A tensor and the form in which it is conjugated."""

    operand: Operand
    form: str


def draw_conjugated(tape: Tape) -> Conjugated:
    dtype = tape.choose((*dtypes.COMPLEXES, *dtypes.COMPLEXES, dtypes.float32, dtypes.int64, dtypes.bool_))
    operand = draw_operand(tape, dtype, kind="exact")
    return Conjugated(operand, tape.choose(("torch.conj", "Tensor.conj")))


@verifies(
    views.conj_is_a_view_of_the_conjugates,
    views.conj_flips_a_flag_of_a_complex_tensor,
    views.resolve_conj_stores_the_conjugates,
    drawn=draw_conjugated,
)
def test_conj(run: Run, case: Conjugated) -> None:
    array, window, dtype = case.operand.array, window_of(case.operand), case.operand.dtype
    x = run.tensor(case.operand)
    lazy = run.expect(views.conj_is_a_view_of_the_conjugates(array, window), case.form, x)
    run.expect(views.conj_flips_a_flag_of_a_complex_tensor(dtype, 1), "Tensor.is_conj", lazy)
    run.expect(views.conj_flips_a_flag_of_a_complex_tensor(dtype, 0), "torch.is_conj", x)
    twice = run.call(case.form, lazy)
    run.expect(views.conj_flips_a_flag_of_a_complex_tensor(dtype, 2), "Tensor.is_conj", twice)
    shown = conjugated(array)
    resolved = run.expect(views.resolve_conj_stores_the_conjugates(shown), "torch.resolve_conj", lazy)
    run.expect(views.conj_flips_a_flag_of_a_complex_tensor(dtype, 0), "Tensor.is_conj", resolved)
    changed = altered(array)
    run.call("Tensor.copy_", x, run.tensor(changed))
    run.look(views.conj_is_a_view_of_the_conjugates(changed, window), lazy)
    if dtype.is_complex:
        run.look(views.resolve_conj_stores_the_conjugates(shown), resolved)
    # What is written through the conjugate is stored conjugated.
    run.call("Tensor.copy_", lazy, run.tensor(array))
    run.look(views.conj_is_a_view_of_the_conjugates(array, window), x)


@dataclass(frozen=True, eq=False)
class Adjoint:
    """A complex tensor and the form of its conjugate transpose."""

    operand: Operand
    form: str

    @property
    def batches(self) -> bool:
        return self.form != "Tensor.H"


def draw_adjoint(tape: Tape) -> Adjoint:
    form = tape.choose(("Tensor.H", "Tensor.mH", "torch.adjoint", "Tensor.adjoint"))
    shape = draw_shape(tape, ndim=(2,) if form == "Tensor.H" and not tape.one_in(8) else (1, 2, 3))
    return Adjoint(draw_operand(tape, tape.choose(dtypes.COMPLEXES), shape, "exact"), form)


@verifies(views.the_attribute_h_is_the_conjugate_transpose, drawn=draw_adjoint)
def test_conjugate_transpose(run: Run, case: Adjoint) -> None:
    array, window = case.operand.array, window_of(case.operand)
    x = run.tensor(case.operand)
    made = run.expect(
        views.the_attribute_h_is_the_conjugate_transpose(array, window, batches=case.batches), case.form, x
    )
    if made is not None:
        changed = altered(array)
        run.call("Tensor.copy_", x, run.tensor(changed))
        run.look(
            views.the_attribute_h_is_the_conjugate_transpose(changed, window, batches=case.batches), made
        )
