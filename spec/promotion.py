"""Which data type a result has. Rules: `tensorcanon.spec.rules.promotion`."""

from __future__ import annotations

from .clause import clause
from .outcome import Exactly, Outcome, Raises, Structure
from .rules import promotion as rules
from .rules.dtypes import DType
from .rules.promotion import Number, Operand

_RULES = "tensor_attributes#type-promotion-doc"


@clause("torch.promote_types", covers=("promotion.uint8-signed", "promotion.float16-bfloat16"))
def promote_types_gives_the_smallest_common_type(a: DType, b: DType) -> Outcome:
    """`torch.promote_types` gives the smallest type of the higher category that holds both types.

    Types with few kernels (uint16 and wider unsigned ones, float8) combine with little else: an error.
    """
    try:
        return Exactly(rules.promote_types(a, b))
    except rules.NoPromotionError:
        return Raises("RuntimeError")


@clause("torch.can_cast", covers="promotion.can-cast")
def can_cast_looks_at_the_category_only(source: DType, target: DType) -> Outcome:
    """`torch.can_cast` is True unless the target's category is lower; width never matters."""
    return Exactly(rules.can_cast(source, target))


@clause(_RULES, covers=("promotion.zero-dim-tensor", "promotion.zero-dim-higher-category"))
def zero_dim_yields_within_category(dimensioned: DType, zero_dim: DType) -> Outcome:
    """A zero-dim tensor changes the type of a result only if its category is higher."""
    return Structure(dtype=rules.result_type(Operand(dimensioned, 1), Operand(zero_dim, 0)))


@clause(f"{_RULES}; torch.result_type", covers="promotion.result-type")
def result_type_is_that_of_the_sum(a: Operand | Number, b: Operand | Number) -> Outcome:
    """`torch.result_type` gives the type that adding its two arguments has."""
    return Exactly(rules.result_type(a, b))
