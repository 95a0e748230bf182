"""The chapters of derivatives, loaded for what they enter in the table."""

from . import formulas_elementwise, formulas_indexing, formulas_linalg, formulas_reductions, formulas_shape

CHAPTERS = (formulas_elementwise, formulas_indexing, formulas_linalg, formulas_reductions, formulas_shape)
