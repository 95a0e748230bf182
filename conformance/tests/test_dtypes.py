"""The data types and what is asked of them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tensorcanon.conformance.backend import Array, Handle, Symbol
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import LAYOUTS, SHAPES, Operand, draw_operand
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.samples import filled
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import dtypes as chapter
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import Category, DType

FLOATING = [dtype for dtype in dtypes.ALL if dtype.is_floating_point]
DEFAULTS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)
# Every type that a tensor can be made of directly.
MAKEABLE = [dtype for dtype in dtypes.ALL if dtype is not dtypes.complex32]


def ones(run: Run, dtype: DType, shape: tuple[int, ...] = (2, 3)) -> Handle:
    made: Handle = run.tensor(np.ones(shape).astype(dtype.storage))
    return made


def of_type(dtype: DType, name: str) -> str:
    """Return the name under which a method of a type is called."""
    return f"torch.{dtype.name}.{name}"


VIEWS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("operator.getitem", (0,)),
    ("operator.getitem", ((slice(None), 1),)),
    ("operator.getitem", ((0, 0),)),
    ("operator.getitem", (slice(0, 0),)),
    ("operator.getitem", ([1, 0],)),
    ("Tensor.reshape", (6,)),
    ("Tensor.view", (3, 2)),
    ("Tensor.T", ()),
    ("Tensor.detach", ()),
)


@verifies(chapter.a_tensor_and_its_views_have_one_type, over=product(MAKEABLE, VIEWS), proves=True)
def test_one_type(run: Run, case: tuple[DType, tuple[str, tuple[Any, ...]]]) -> None:
    dtype, (name, args) = case
    allowed = chapter.a_tensor_and_its_views_have_one_type(dtype)
    x = ones(run, dtype)
    run.expect(allowed, "Tensor.dtype", x)
    view = run.call(name, x, *args)
    run.expect(allowed, "Tensor.dtype", view)


@verifies(chapter.aliases_name_the_same_object, over=list(dtypes.ALIASES), proves=True)
def test_aliases(run: Run, alias: str) -> None:
    run.expect(
        chapter.aliases_name_the_same_object(alias), "is", Symbol(alias), Symbol(dtypes.named(alias).name)
    )


@verifies(chapter.elements_are_as_wide_as_their_type, over=dtypes.ALL, proves=True)
def test_itemsize(run: Run, dtype: DType) -> None:
    allowed = chapter.elements_are_as_wide_as_their_type(dtype)
    run.expect(allowed, "getattr", dtype, "itemsize")
    if dtype in MAKEABLE:
        x = ones(run, dtype)
        run.expect(allowed, "Tensor.element_size", x)
        run.expect(allowed, "Tensor.itemsize", x)


@verifies(chapter.nbytes_counts_the_elements_shown, over=product(MAKEABLE, SHAPES[:16], LAYOUTS))
def test_nbytes(run: Run, case: tuple[DType, tuple[int, ...], str]) -> None:
    dtype, shape, layout = case
    x = run.tensor(Operand(np.ones(shape).astype(dtype.storage), layout))
    run.expect(chapter.nbytes_counts_the_elements_shown(dtype, shape), "Tensor.nbytes", x)


QUESTIONS = {
    "is_floating_point": chapter.is_floating_point_excludes_complex,
    "is_complex": chapter.is_complex_holds_for_complex_types_only,
    "is_signed": chapter.is_signed_excludes_bool_and_unsigned_integers,
}


@verifies(*QUESTIONS.values(), over=product(dtypes.ALL, QUESTIONS), proves=True)
def test_questions(run: Run, case: tuple[DType, str]) -> None:
    dtype, question = case
    allowed = QUESTIONS[question](dtype)
    run.expect(allowed, "getattr", dtype, question)
    if dtype in MAKEABLE:
        x = ones(run, dtype)
        run.expect(allowed, f"Tensor.{question}", x)
        run.expect(allowed, f"torch.{question}", x)


@verifies(
    chapter.to_complex_gives_the_type_with_such_parts,
    chapter.to_real_gives_the_type_of_the_parts,
    over=[*DEFAULTS, dtypes.complex32, dtypes.complex64, dtypes.complex128],
    proves=True,
)
def test_real_and_complex(run: Run, dtype: DType) -> None:
    run.require(dtypes.complex_of(dtype))
    run.expect(chapter.to_complex_gives_the_type_with_such_parts(dtype), of_type(dtype, "to_complex"))
    run.expect(chapter.to_real_gives_the_type_of_the_parts(dtype), of_type(dtype, "to_real"))


@verifies(
    chapter.abbr_is_a_letter_and_the_width,
    over=[dtype for dtype in dtypes.ALL if dtype not in dtypes.FLOAT8],
    proves=True,
)
def test_abbreviations(run: Run, dtype: DType) -> None:
    run.expect(chapter.abbr_is_a_letter_and_the_width(dtype), "getattr", dtype, "abbr")


@verifies(
    chapter.iinfo_gives_the_range_of_twos_complement,
    chapter.iinfo_refuses_other_types,
    over=dtypes.ALL,
    proves=True,
)
def test_iinfo(run: Run, dtype: DType) -> None:
    run.require(dtype)
    if not dtype.is_integral:
        run.expect(chapter.iinfo_refuses_other_types(dtype), "torch.iinfo", dtype)
        return
    info = run.call("torch.iinfo", dtype)
    for field in ("bits", "min", "max"):
        run.expect(chapter.iinfo_gives_the_range_of_twos_complement(dtype, field), "getattr", info, field)


FIELDS = ("bits", "eps", "max", "min", "tiny", "smallest_normal")


@verifies(
    chapter.finfo_gives_the_limits_of_the_format,
    chapter.finfo_gives_the_decimal_resolution,
    chapter.finfo_refuses_other_types,
    over=dtypes.ALL,
    proves=True,
)
def test_finfo(run: Run, dtype: DType) -> None:
    run.require(dtype)
    if dtype.format is None:
        run.expect(chapter.finfo_refuses_other_types(dtype), "torch.finfo", dtype)
        return
    info = run.call("torch.finfo", dtype)
    for field in FIELDS:
        run.expect(chapter.finfo_gives_the_limits_of_the_format(dtype, field), "getattr", info, field)
    run.expect(chapter.finfo_gives_the_decimal_resolution(dtype), "getattr", info, "resolution")


@verifies(chapter.finfo_gives_the_limits_of_the_format, over=product(DEFAULTS, FIELDS), proves=True)
def test_finfo_of_the_default(run: Run, case: tuple[DType, str]) -> None:
    default, field = case
    with run.default_dtype(default):
        info = run.call("torch.finfo")
        run.expect(chapter.finfo_gives_the_limits_of_the_format(default, field), "getattr", info, field)


@verifies(chapter.the_default_type_is_float32, over=[None])
def test_default(run: Run, _: None) -> None:
    run.expect(chapter.the_default_type_is_float32(), "torch.get_default_dtype")


FACTORIES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("torch.zeros", (2,)),
    ("torch.ones", (2,)),
    ("torch.empty", (2,)),
    ("torch.eye", (2,)),
    ("torch.full", ((2,), 1.5)),
    ("torch.linspace", (0, 1, 3)),
    ("torch.arange", (0.0, 2.0)),
    ("torch.tensor", ([1.5, 2],)),
    ("torch.tensor", (1.5,)),
    ("torch.tensor", ([],)),
    ("torch.as_tensor", ([1, 2.5],)),
    ("torch.Tensor", ([1, 2],)),
)


@verifies(chapter.new_tensors_take_the_default_type, over=product(DEFAULTS, FACTORIES))
def test_factories(run: Run, case: tuple[DType, tuple[str, tuple[Any, ...]]]) -> None:
    default, (name, args) = case
    with run.default_dtype(default):
        run.expect(chapter.new_tensors_take_the_default_type(default), name, *args)


@verifies(
    chapter.the_default_type_is_what_was_set,
    chapter.only_floating_types_can_be_the_default,
    over=[dtype for dtype in dtypes.ALL if dtype not in dtypes.FLOAT8],
    proves=True,
)
def test_setting_the_default(run: Run, dtype: DType) -> None:
    run.require(dtype)
    if not dtype.is_floating_point:
        run.expect(chapter.only_floating_types_can_be_the_default(dtype), "torch.set_default_dtype", dtype)
        run.expect(chapter.the_default_type_is_what_was_set(dtypes.float32), "torch.get_default_dtype")
        return
    with run.default_dtype(dtype):
        run.expect(chapter.the_default_type_is_what_was_set(dtype), "torch.get_default_dtype")


@verifies(
    chapter.complex_numbers_take_the_complex_default,
    over=product(DEFAULTS, (1j, [1, 2j], [[0.5 + 1j]])),
    proves=True,
)
def test_complex_default(run: Run, case: tuple[DType, Any]) -> None:
    default, data = case
    if default is dtypes.float16:
        run.require(dtypes.complex32)
    with run.default_dtype(default):
        run.expect(chapter.complex_numbers_take_the_complex_default(default), "torch.tensor", data)


@verifies(
    chapter.type_names_the_legacy_class,
    over=[dtype for dtype in dtypes.COMMON if not dtype.is_complex],
    proves=True,
)
def test_legacy_names(run: Run, dtype: DType) -> None:
    run.require_data()
    allowed = chapter.type_names_the_legacy_class(dtype, run.backend.identity.device)
    run.expect(allowed, "Tensor.type", ones(run, dtype))


@verifies(
    chapter.one_element_is_true_unless_zero,
    drawn=lambda tape: draw_operand(tape, tape.choose(MAKEABLE), tape.choose(((), (1,), (1, 1)))),
)
def test_truth(run: Run, operand: Operand) -> None:
    run.require_data()
    allowed = chapter.one_element_is_true_unless_zero(operand.array)
    x = run.tensor(operand)
    run.expect(allowed, "builtins.bool", x)
    run.expect(allowed, "torch.is_nonzero", x)


@verifies(
    chapter.no_or_several_elements_have_no_truth,
    over=product(dtypes.COMMON, ((0,), (2,), (0, 1), (2, 1), (1, 3), (70,))),
)
def test_no_truth(run: Run, case: tuple[DType, tuple[int, ...]]) -> None:
    run.require_data()
    dtype, shape = case
    for _ in range(2):
        run.expect(
            chapter.no_or_several_elements_have_no_truth(shape), "builtins.bool", ones(run, dtype, shape)
        )


def draw_number(tape: Tape) -> tuple[Operand, str]:
    """Draw a tensor of one finite element, and the Python type that it converts to."""
    dtype = tape.choose((*dtypes.COMMON, dtypes.uint16, dtypes.uint32))
    kind = "complex" if dtype.is_complex else tape.choose(("int", "float", "complex"))
    return draw_operand(tape, dtype, tape.choose(((), (1,), (1, 1))), "finite"), kind


@verifies(chapter.one_element_converts_to_a_python_number, drawn=draw_number)
def test_python_numbers(run: Run, case: tuple[Operand, str]) -> None:
    run.require_data()
    operand, kind = case
    allowed = chapter.one_element_converts_to_a_python_number(operand.array, kind)
    run.expect(allowed, f"builtins.{kind}", run.tensor(operand))


@verifies(
    chapter.no_or_several_elements_are_no_python_number,
    over=product(dtypes.COMMON, ("int", "float", "complex"), ((0,), (2,), (1, 2))),
)
def test_no_python_number(run: Run, case: tuple[DType, str, tuple[int, ...]]) -> None:
    run.require_data()
    dtype, kind, shape = case
    allowed = chapter.no_or_several_elements_are_no_python_number(shape)
    run.expect(allowed, f"builtins.{kind}", ones(run, dtype, shape))


@verifies(
    chapter.only_integers_are_indices,
    over=[np.ones(s).astype(d.storage) for d, s in product(MAKEABLE, ((), (1,), (1, 1), (2,), (0,)))],
)
def test_indices(run: Run, array: Array) -> None:
    run.require_data()
    run.expect(chapter.only_integers_are_indices(array), "operator.index", run.tensor(array))


@verifies(
    chapter.wide_unsigned_types_do_not_mix_with_integers,
    over=[
        (a, b)
        for a, b in product(dtypes.UNSIGNED[1:], (*dtypes.UNSIGNED, *dtypes.SIGNED))
        if a is not b and b.category is Category.INTEGER
    ],
    proves=True,
)
def test_wide_unsigned_types(run: Run, pair: tuple[DType, DType]) -> None:
    run.require(*pair)
    allowed = chapter.wide_unsigned_types_do_not_mix_with_integers(*pair)
    run.expect(allowed, "torch.promote_types", *pair)
    run.require_data()
    x, y = (run.tensor(filled(dtype, 1)) for dtype in pair)
    run.expect(allowed, "operator.add", x, y)
    run.expect(allowed, "operator.mul", y, x)


@verifies(chapter.wide_unsigned_types_hold_their_range, over=dtypes.UNSIGNED[1:])
def test_range_of_wide_unsigned_types(run: Run, dtype: DType) -> None:
    high = dtypes.integer_range(dtype)[1]
    array = np.array([0, 1, high // 2, high // 2 + 1, high], dtype.storage)
    allowed = chapter.wide_unsigned_types_hold_their_range(array)
    run.look(allowed, run.tensor(array))
    run.expect(allowed, "torch.tensor", [int(value) for value in array], dtype=dtype)
