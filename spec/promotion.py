"""Which data type a result has. Rules: `tensorcanon.spec.rules.promotion` and `.promoting`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from .clause import clause
from .observation import Array
from .outcome import Exactly, Outcome, Raises, Structure
from .rules import casts, dtypes, promoting
from .rules import promotion as rules
from .rules.dtypes import Category, DType
from .rules.promoting import Promoting, Value
from .rules.promotion import Number, Operand

_RULES = "tensor_attributes#type-promotion-doc"
_NO_CAST = "can't be cast"


@clause("torch.promote_types", covers=("promotion.uint8-signed", "promotion.float16-bfloat16"))
def promote_types_gives_the_smallest_common_type(a: DType, b: DType) -> Outcome:
    """`torch.promote_types` gives the smallest type of the higher category that holds both types.

    Types with few kernels (uint16 and wider unsigned ones, float8) combine with little else: an error.
    """
    try:
        return Exactly(rules.promote_types(a, b))
    except rules.NoPromotionError:
        return Raises("RuntimeError")


@clause("torch.promote_types", covers="promotion.promote-types-lattice")
def promote_types_ignores_order(a: DType, b: DType) -> Outcome:
    """`torch.promote_types` does not depend on the order of its arguments; bool changes no other type."""
    return Exactly(b if a is dtypes.bool_ or a is b else rules.promote_types(b, a))


@clause("torch.promote_types", covers="promotion.promote-types-associative", level="extended")
def promote_types_ignores_grouping(types: Sequence[DType]) -> Outcome:
    """Promoting several types pair by pair gives the same type in any grouping."""
    return Exactly(reduce(rules.promote_types, types))


@clause("torch.can_cast", covers="promotion.can-cast")
def can_cast_looks_at_the_category_only(source: DType, target: DType) -> Outcome:
    """`torch.can_cast` is True unless the target's category is lower; width never matters."""
    return Exactly(rules.can_cast(source, target))


@clause(f"{_RULES}; torch.result_type", covers="promotion.result-type")
def result_type_is_that_of_the_sum(
    a: Operand | Number, b: Operand | Number, default: DType = dtypes.float32
) -> Outcome:
    """`torch.result_type` gives the type that adding its two arguments has."""
    return Exactly(rules.result_type(a, b, default=default))


def _arithmetic(name: str, a: Value, b: Value, default: DType = dtypes.float32) -> Outcome:
    dtype = promoting.common(a, b, default=default)
    return Exactly(promoting.computed(promoting.ARITHMETIC[name], a, b, dtype), signed_zero=False)


@clause(
    _RULES,
    covers=(
        "promotion.category-order",
        "promotion.dimensioned-same-category",
        "promotion.float16-float32",
        "promotion.int-float-keeps-float",
        "promotion.bool-int",
        "promotion.complex-float",
    ),
)
def tensors_with_dimensions_take_the_smallest_common_type(name: str, a: Array, b: Array) -> Outcome:
    """A sum, difference or product of two tensors with dimensions has the smallest type of the higher
    category that holds both their types; a floating type takes integers of any width."""
    return _arithmetic(name, a, b)


@clause(_RULES, covers=("promotion.zero-dim-tensor", "promotion.zero-dim-higher-category"))
def zero_dim_yields_within_category(name: str, dimensioned: Array, zero_dim: Array) -> Outcome:
    """A zero-dim tensor changes the type of a result only if its category is higher; then the result has the
    zero-dim tensor's type, or the complex type as wide as the other's floating one."""
    return _arithmetic(name, dimensioned, zero_dim)


@clause(_RULES, covers="promotion.zero-dim-both")
def zero_dim_tensors_promote_among_themselves(name: str, a: Array, b: Array) -> Outcome:
    """Two zero-dim tensors take the smallest common type, as two tensors with dimensions do."""
    return _arithmetic(name, a, b)


@clause(_RULES, covers="promotion.python-scalar-same-category")
def a_number_of_no_higher_category_keeps_the_type(name: str, a: Value, b: Value) -> Outcome:
    """A Python number whose category is not above the tensor's leaves the tensor's type, zero-dim or not."""
    return _arithmetic(name, a, b)


@clause(
    f"{_RULES}; torch.set_default_dtype",
    covers=(
        "promotion.python-float-higher-category",
        "promotion.python-int-with-bool",
        "promotion.python-complex",
    ),
)
def a_number_of_higher_category_brings_its_own_type(name: str, a: Value, b: Value, default: DType) -> Outcome:
    """With a Python number of a higher category the result has the number's type: int64, the default floating
    type or its complex type; a floating tensor with a complex number becomes complex in its own width."""
    return _arithmetic(name, a, b, default)


@clause(_RULES, covers="promotion.add-two-numbers")
def two_numbers_make_a_zero_dim_tensor(name: str, a: Number, b: Number, default: DType) -> Outcome:
    """Arithmetic functions take two Python numbers: the result is a zero-dim tensor of the number type."""
    return _arithmetic(name, a, b, default)


@clause(_RULES, covers="promotion.no-value-inspection")
def values_never_decide_the_type(a: Value, b: Value) -> Outcome:
    """The type of a result follows from types, dimensions and the categories of numbers, not from values."""
    return Structure(dtype=promoting.common(a, b))


@clause(f"{_RULES}; torch.atan2", covers="promotion.category-order", basis="observed")
def functions_of_two_operands_promote_alike(function: Promoting, a: Value, b: Value) -> Outcome:
    """Elementwise functions of two operands promote them as arithmetic does; those with floating values turn
    integers and bools into the default floating type."""
    dtype = promoting.common(a, b)
    return Structure(dtype=promoting.floating(dtype) if function.floating else dtype)


@clause("torch.div; torch.true_divide", covers="promotion.true-div")
def true_division_gives_floating_numbers(a: Value, b: Value, default: DType = dtypes.float32) -> Outcome:
    """Division without a rounding mode turns integers and bools into the default floating type; other
    operands promote as in a sum."""
    dtype = promoting.floating(promoting.common(a, b, default=default), default)
    return Exactly(promoting.computed(np.divide, a, b, dtype), signed_zero=False)


@clause("torch.sqrt; torch.exp; torch.sin", covers="promotion.unary-float-ops", basis="observed")
def functions_with_floating_values_give_floats(source: DType, default: DType) -> Outcome:
    """Functions of one operand with floating values turn integers and bools into the default floating type
    and keep floating and complex types."""
    return Structure(dtype=promoting.floating(source, default))


@clause(_RULES, covers="promotion.inplace-unary-int", level="extended")
def functions_with_floating_values_refuse_integers_in_place(source: DType) -> Outcome:
    """In place, a function with floating values does not fit into a tensor of integers or bools."""
    assert source.format is None
    return Raises("RuntimeError", message=_NO_CAST)


@clause(_RULES, covers="promotion.inplace-keeps-dtype")
def in_place_arithmetic_keeps_the_type(name: str, target: Array, other: Value) -> Outcome:
    """Arithmetic in place computes in the promoted type and converts the result to the tensor's own."""
    dtype = promoting.common(target, other)
    assert rules.can_cast(dtype, dtypes.of_array(target))
    result = promoting.computed(promoting.ARITHMETIC[name], target, other, dtype)
    return Exactly(casts.cast(result, dtypes.of_array(target)), signed_zero=False)


@clause(_RULES, covers="promotion.inplace-illegal-cast")
def in_place_arithmetic_refuses_a_higher_category(target: DType, result: DType) -> Outcome:
    """Arithmetic in place is an error if the promoted type's category is above that of the tensor."""
    assert not rules.can_cast(result, target)
    return Raises("RuntimeError", message=_NO_CAST)


@clause(_RULES, covers="promotion.inplace-illegal-cast")
def a_refused_write_changes_nothing(target: Array) -> Outcome:
    """An operation whose result does not fit into its target leaves the target as it was."""
    return Exactly(target)


@clause(f"{_RULES}; notes/out", covers="promotion.out-illegal-cast")
def out_takes_results_of_no_higher_category(name: str, a: Array, b: Array, out: DType) -> Outcome:
    """A tensor given as ``out`` receives the result converted to its type unless that has a lower category
    than the promoted type: then it is an error."""
    dtype = promoting.common(a, b)
    if not rules.can_cast(dtype, out):
        return Raises("RuntimeError", message=_NO_CAST)
    result = promoting.computed(promoting.ARITHMETIC[name], a, b, dtype)
    return Exactly(casts.cast(result, out), signed_zero=False)


@clause("torch.eq; torch.lt", covers=("promotion.comparison-bool", "promotion.comparison-mixed-precision"))
def comparisons_give_bool(name: str, a: Value, b: Value) -> Outcome:
    """A comparison brings both operands to the promoted type and gives bools of the broadcast shape."""
    result, known = promoting.compared(name, a, b)
    return Exactly(result, where=known)


@clause(f"torch.cat; torch.stack; {_RULES}", covers="promotion.cat", basis="observed")
def joined_tensors_take_a_type_that_holds_all(tensors: Sequence[Array], axis: int) -> Outcome:
    """Joining tensors of several types converts all to their smallest common type; a zero-dim tensor counts
    as any other."""
    dtype = reduce(rules.promote_types, map(dtypes.of_array, tensors))
    return Exactly(np.concatenate([casts.cast(array, dtype) for array in tensors], axis))


@clause("torch.where", covers="promotion.where")
def where_promotes_its_branches(condition: Array, a: Value, b: Value) -> Outcome:
    """`torch.where` has the promoted type of its two branches, tensors or numbers, selected or not."""
    dtype = promoting.common(a, b)
    return Exactly(_select(condition, *(casts.cast(np.asarray(value), dtype) for value in (a, b))))


def _select(condition: Array, a: Array, b: Array) -> Array:
    shape = np.broadcast_shapes(condition.shape, a.shape, b.shape)
    condition, result = np.broadcast_to(condition, shape), np.broadcast_to(b, shape).copy()
    result[condition] = np.broadcast_to(a, shape)[condition]
    return result


@clause("torch.matmul; torch.mm", covers="promotion.matmul-no-promotion", basis="observed")
def matrix_products_take_one_type(types: Sequence[DType]) -> Outcome:
    """Matrix products do not promote: operands of different types are an error."""
    return Structure(dtype=types[0]) if len(set(types)) == 1 else Raises("RuntimeError")


@clause("torch.sum; torch.prod", covers="promotion.sum-int")
def sums_of_integers_are_int64(name: str, array: Array, axis: int | None) -> Outcome:
    """The sum and the product of integers or bools are int64, counted in int64."""
    assert dtypes.of_array(array).category <= Category.INTEGER
    with np.errstate(over="ignore"):
        return Exactly(np.asarray(getattr(np, name)(array.astype(np.int64), axis=axis)))


@clause("torch.sum; torch.prod", covers="promotion.sum-int")
def sums_of_floats_keep_the_type(source: DType) -> Outcome:
    """The sum and the product of floating or complex numbers have their type."""
    return Structure(dtype=source, shape=())


@clause("torch.sum; torch.prod", covers="promotion.sum-int")
def dtype_converts_before_reducing(name: str, array: Array, dtype: DType) -> Outcome:
    """With ``dtype=`` the elements are converted first and the result has that type."""
    converted = promoting.widened(array, dtype)
    return Exactly(casts.cast(np.asarray(getattr(np, name)(converted)), dtype))


@clause("torch.bitwise_and; torch.bitwise_or; torch.bitwise_xor", covers="promotion.bitwise-ops")
def bitwise_functions_promote_bools_and_integers(name: str, a: Value, b: Value) -> Outcome:
    """The bitwise functions act on the bits of the promoted type, logically on bools."""
    return Exactly(promoting.computed(promoting.BITWISE[name], a, b, promoting.common(a, b)))


@clause("torch.bitwise_and; torch.bitwise_or; torch.bitwise_xor", covers="promotion.bitwise-ops")
def bitwise_functions_refuse_floats(promoted: DType) -> Outcome:
    """The bitwise functions are not defined for floating or complex numbers."""
    assert promoted.format is not None
    return Raises("RuntimeError")


@clause("torch.pow", covers="promotion.pow", level="extended")
def powers_promote(base: Value, exponent: Value) -> Outcome:
    """A power has the promoted type of base and exponent, either of which may be a Python number."""
    return Structure(dtype=promoting.common(base, exponent))


@clause("torch.pow", covers="promotion.pow", level="extended", basis="observed")
def integers_have_no_negative_powers(base: Array, exponent: int) -> Outcome:
    """Raising a tensor of integers to a negative Python integer is an error."""
    assert dtypes.of_array(base).is_integral and exponent < 0
    return Raises("RuntimeError", from_values=True)


@clause("torch.lerp", covers="promotion.lerp-no-promotion", level="extended", basis="observed")
def lerp_takes_one_type(types: Sequence[DType]) -> Outcome:
    """`torch.lerp` does not promote: start, end and a weight with dimensions must have one type."""
    return Structure(dtype=types[0]) if len(set(types)) == 1 else Raises("RuntimeError")


@clause("torch.clamp", covers="promotion.clamp", level="extended", basis="observed")
def clamp_promotes_its_bounds(array: Array, bound: Value) -> Outcome:
    """`torch.clamp` has the promoted type of the tensor and its bounds."""
    return Structure(dtype=promoting.common(array, bound))


@clause(
    "torch.nn.MSELoss; torch.nn.L1Loss",
    covers="promotion.loss-broadcast-dtype",
    level="extended",
    basis="observed",
)
def losses_of_differences_promote(input: DType, target: DType) -> Outcome:
    """A loss that compares each element with its target has the promoted type of both."""
    return Structure(dtype=rules.promote_types(input, target), shape=())
