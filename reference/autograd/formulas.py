"""The chapters of derivatives, loaded for what they enter in the table."""

from . import (
    formulas_activations,
    formulas_elementwise,
    formulas_factors,
    formulas_functions,
    formulas_indexing,
    formulas_linalg,
    formulas_places,
    formulas_quantiles,
    formulas_reductions,
    formulas_shape,
    formulas_solving,
    formulas_statistics,
)

CHAPTERS = (
    formulas_activations,
    formulas_elementwise,
    formulas_factors,
    formulas_functions,
    formulas_indexing,
    formulas_linalg,
    formulas_places,
    formulas_quantiles,
    formulas_reductions,
    formulas_shape,
    formulas_solving,
    formulas_statistics,
)
