"""Products of vectors, matrices and batches of them: sums of products over dimensions that they share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import Any, Literal

import numpy as np

from . import accuracy
from .accuracy import Array
from .clause import clause
from .ops.labels import contracted
from .ops.products import (
    conjugating,
    cross,
    inner,
    kron,
    scaled,
    sums_of_products,
)
from .outcome import Exactly, Outcome, Raises, Warns, Within
from .rules import dtypes
from .rules.broadcasting import Shape

_MATMUL = "torch.matmul"
_STRICT = "torch.mm; torch.bmm; torch.mv; torch.dot; torch.vdot"
_ADDED = "torch.addmm; torch.addmv; torch.addr; torch.baddbmm; torch.addbmm"
_PRECISION = "torch.set_float32_matmul_precision"

# Matrices and batches.


@clause("torch.mm; torch.matmul", covers="linalg.matmul-2d")
def a_product_of_matrices_sums_over_the_inner_dimension(a: Array, b: Array) -> Outcome:
    """An n x m and an m x p matrix give an n x p one, whose elements sum the products along a row of the
    first and a column of the second; integers wrap around."""
    return sums_of_products(np.matmul, a, b)


@clause(_MATMUL, covers="linalg.matmul-mismatch")
def inner_sizes_must_agree(a: Shape, b: Shape) -> Outcome:
    """Matrices whose inner sizes differ are not multiplied; the error names both shapes."""
    shapes = " and ".join("x".join(map(str, shape)) for shape in (a, b))
    return Raises("RuntimeError", message=f"mat1 and mat2 shapes cannot be multiplied ({shapes})")


@clause(_MATMUL, covers=("linalg.matmul-mismatch", "linalg.matmul-1d"))
def vectors_and_batches_must_agree_too() -> Outcome:
    """A vector or a batch that does not fit the inner size is refused, and so are batches that do not
    broadcast."""
    return Raises("RuntimeError")


@clause(_MATMUL, covers="linalg.empty-inner", basis="observed")
def an_empty_inner_dimension_gives_zeros(a: Array, b: Array) -> Outcome:
    """A sum of no products is 0: where the inner size is 0 the result is filled with zeros."""
    return Exactly(np.zeros(np.matmul(a, b).shape, a.dtype))


@clause(_MATMUL, covers="linalg.matmul-1d")
def a_vector_multiplies_as_a_row_or_a_column(a: Array, b: Array) -> Outcome:
    """Two vectors give their dot product, without dimensions. A vector on the left counts as a row and one on
    the right as a column, and that dimension is dropped from the result."""
    return sums_of_products(np.matmul, a, b)


@clause(_MATMUL, covers="linalg.matmul-1d")
def zero_dim_tensors_have_no_matrix_product() -> Outcome:
    """A matrix product with a zero-dim tensor is refused."""
    return Raises("RuntimeError")


@clause(_MATMUL, covers="linalg.manual-dot")
def products_accumulated_from_zero_are_the_dot_product(a: Array, b: Array) -> Outcome:
    """Adding the products of the elements of two vectors to a Python 0, one by one, gives a zero-dim tensor
    that equals their matrix product."""
    return sums_of_products(np.dot, a, b)


@clause(_MATMUL, covers="linalg.matmul-batched")
def batches_of_matrices_broadcast(a: Array, b: Array) -> Outcome:
    """Of more than two dimensions the last two are matrices and those before are broadcast; a vector takes
    part in each product of the batch."""
    return sums_of_products(np.matmul, a, b)


@clause("torch.bmm", covers="linalg.mm-bmm-strict")
def bmm_multiplies_matrix_by_matrix(a: Array, b: Array) -> Outcome:
    """The product of two batches holds at each place the product of the matrices at that place."""
    return sums_of_products(np.matmul, a, b)


@clause("torch.mv", covers="linalg.mm-bmm-strict")
def mv_multiplies_a_matrix_by_a_vector(a: Array, b: Array) -> Outcome:
    """The product of a matrix and a vector holds the dot product of each row and the vector."""
    return sums_of_products(np.matmul, a, b)


@clause(_STRICT, covers="linalg.mm-bmm-strict")
def strict_products_do_not_broadcast() -> Outcome:
    """`mm` takes matrices, `bmm` batches of equal size, `mv` a matrix and a vector, `dot` and `vdot` vectors
    of one length; other ranks and sizes are refused, also where they would broadcast."""
    return Raises("RuntimeError")


@clause("numerical_accuracy#batched-computations-or-slice-computations", covers="linalg.batch-consistency")
def a_slice_of_a_product_is_near_the_product_of_slices(a: Array, b: Array, place: int) -> Outcome:
    """One matrix of a batched product and the product of the matrices at that place both lie near the exact
    product; they need not agree bit by bit."""
    return sums_of_products(np.matmul, a[place], b[place])


@clause("numerical_accuracy#extremal-values; torch.matmul", covers="linalg.matmul-2d", basis="observed")
def products_take_no_account_of_zeros(a: Array, b: Array) -> Outcome:
    """A zero times a NaN or an infinity is NaN in a sum of products too: no term is left out."""
    return sums_of_products(np.matmul, a, b)


# Products of vectors.


@clause("torch.dot", covers="linalg.dot-vdot-outer-inner")
def dot_conjugates_nothing(a: Array, b: Array) -> Outcome:
    """`dot` sums the products of the elements of two vectors, complex ones as they are."""
    return sums_of_products(np.dot, a, b)


@clause("torch.vdot", covers="linalg.dot-vdot-outer-inner")
def vdot_conjugates_the_first(a: Array, b: Array) -> Outcome:
    """`vdot` sums the products of the conjugates of the first vector's elements and the second's."""
    return sums_of_products(conjugating(np.dot), a, b)


@clause("torch.outer; torch.ger", covers="linalg.dot-vdot-outer-inner")
def outer_multiplies_every_pair(a: Array, b: Array) -> Outcome:
    """`outer` gives a matrix of the products of each element of the first vector with each of the second."""
    return sums_of_products(np.multiply.outer, a, b)


@clause("torch.inner", covers="linalg.dot-vdot-outer-inner")
def inner_sums_over_both_last_dimensions(a: Array, b: Array) -> Outcome:
    """`inner` sums products over the last dimensions of both operands, which keep their other dimensions; a
    zero-dim operand multiplies every element."""
    return sums_of_products(inner, a, b)


@clause("torch.inner; torch.outer", covers="linalg.dot-vdot-outer-inner")
def inner_and_outer_need_fitting_shapes() -> Outcome:
    """Last dimensions of different sizes have no inner product, and only vectors have an outer one."""
    return Raises("RuntimeError")


@clause("torch.linalg.vecdot", covers="linalg.vander-multi-dot", level="extended")
def vecdot_conjugates_the_first_along_a_dimension(a: Array, b: Array, dim: int) -> Outcome:
    """`vecdot` sums the products of the conjugates of one tensor and another along a dimension, after
    broadcasting."""
    return sums_of_products(lambda x, y: (np.conj(x) * y).sum(dim, dtype=np.result_type(x, y)), a, b)


# Sums of an addend and a product.

Added = Literal["addmm", "addmv", "addr", "baddbmm", "addbmm"]
_FACTORS: dict[Added, Any] = {
    "addmm": np.matmul,
    "addmv": np.matmul,
    "addr": np.multiply.outer,
    "baddbmm": np.matmul,
    "addbmm": lambda a, b: np.matmul(a, b).sum(0, dtype=a.dtype),
}


@clause(_ADDED, covers="linalg.addmm")
def an_addend_and_a_product_are_scaled_apart(
    name: Added, addend: Array, a: Array, b: Array, beta: float = 1, alpha: float = 1
) -> Outcome:
    """The result is beta times the addend, broadcast to the shape of the product, plus alpha times the
    product: of matrices, of a matrix and a vector, of all pairs, of batches, or of batches summed."""
    function, absolute = scaled(_FACTORS[name], beta, alpha)
    return sums_of_products(function, addend, a, b, absolute=absolute)


@clause(_ADDED, covers="linalg.addmm")
def a_beta_of_zero_leaves_the_addend_out(name: Added, a: Array, b: Array, alpha: float = 1) -> Outcome:
    """With a beta of 0 the addend is not read: a NaN or an infinity in it does not reach the result."""
    function, absolute = scaled(_FACTORS[name], 0, alpha)
    return sums_of_products(function, np.zeros((), a.dtype), a, b, absolute=absolute)


@clause(_ADDED, covers="linalg.addmm")
def addends_broadcast_to_the_product_only() -> Outcome:
    """An addend that does not broadcast to the shape of the product is refused, and so are factors that have
    no product."""
    return Raises("RuntimeError")


# Contractions of labelled dimensions.

_EINSUM = "torch.einsum"


def _einsum(equation: str, *operands: Array) -> Outcome:
    return sums_of_products(partial(contracted, equation), *operands)


@clause(_EINSUM, covers="linalg.einsum")
def labels_that_are_not_kept_are_summed(equation: str, *operands: Array) -> Outcome:
    """`einsum` multiplies elements whose labels agree, sums over the labels that are not in the output, and
    orders the dimensions of the result as the output does."""
    return _einsum(equation, *operands)


@clause(_EINSUM, covers="linalg.einsum")
def without_an_output_labels_seen_once_are_kept_in_order(equation: str, *operands: Array) -> Outcome:
    """Without an arrow the result has the labels that occur once, in alphabetical order, capitals first."""
    seen = [label for label in equation.replace(",", "") if equation.count(label) == 1]
    return _einsum(f"{equation}->{''.join(sorted(seen))}", *operands)


@clause(_EINSUM, covers="linalg.einsum")
def a_label_repeated_in_an_operand_takes_its_diagonal(equation: str, *operands: Array) -> Outcome:
    """A label that an operand has twice runs along the diagonal of these dimensions."""
    return _einsum(equation, *operands)


@clause(_EINSUM, covers="linalg.einsum")
def an_ellipsis_stands_for_dimensions_that_broadcast(equation: str, *operands: Array) -> Outcome:
    """Dimensions under an ellipsis broadcast; without an output they come first."""
    if "->" not in equation:
        seen = [label for label in equation if label.isalpha() and equation.count(label) == 1]
        equation = f"{equation}->...{''.join(sorted(seen))}"
    return _einsum(equation, *operands)


@clause(_EINSUM, covers="linalg.einsum", basis="observed")
def equations_must_fit_their_operands() -> Outcome:
    """Labels of different sizes, other than 1, an output label that no operand has or that is given twice,
    and more or fewer labels or operands than there are, are refused."""
    return Raises("RuntimeError")


@clause(_EINSUM, covers="linalg.einsum-size1", level="extended")
def a_labelled_dimension_of_size_one_broadcasts(equation: str, *operands: Array) -> Outcome:
    """A label may have size 1 in one operand and another in the next: the one is expanded, and summed as
    often as the other is long."""
    return _einsum(equation, *operands)


@clause("torch.tensordot", covers="linalg.tensordot-kron-cross")
def tensordot_contracts_the_last_with_the_first(
    a: Array, b: Array, dims: int | tuple[Sequence[int], Sequence[int]]
) -> Outcome:
    """`tensordot` sums over as many of the last dimensions of one tensor and of the first of the other, or
    over two lists of dimensions in their order; those that are left follow, one's after the other's."""
    return sums_of_products(partial(np.tensordot, axes=dims), a, b)


@clause("torch.tensordot", covers="linalg.tensordot-kron-cross")
def contracted_sizes_must_agree() -> Outcome:
    """`tensordot` refuses dimensions of different sizes."""
    return Raises("RuntimeError")


@clause("torch.kron", covers="linalg.tensordot-kron-cross")
def kron_puts_the_other_in_the_place_of_each_element(a: Array, b: Array) -> Outcome:
    """`kron` holds in the block of each element of the first tensor that element times the second; the one of
    fewer dimensions gets leading ones of size 1."""
    return sums_of_products(kron, a, b)


@clause("torch.kron", covers="linalg.tensordot-kron-cross")
def kron_takes_transposed_operands(a: Array, b: Array) -> Outcome:
    """`kron` of matrices does not depend on how they lie in memory."""
    return sums_of_products(kron, a, b)


@clause("torch.linalg.cross", covers=("linalg.tensordot-kron-cross", "linalg.cross-default-dim"))
def cross_is_the_vector_product_along_a_dimension(a: Array, b: Array, dim: int = -1) -> Outcome:
    """`linalg.cross` gives vector products along a dimension of size 3, by default the last; the other
    dimensions broadcast."""
    return sums_of_products(partial(cross, dim=dim), a, b, absolute=partial(cross, dim=dim, combine=np.add))


@clause("torch.linalg.cross", covers="linalg.tensordot-kron-cross")
def vector_products_need_three_elements() -> Outcome:
    """Vectors that do not have three elements, and tensors of different ranks, have no vector product."""
    return Raises("RuntimeError")


@clause("torch.cross", covers="linalg.cross-default-dim", level="extended")
def cross_without_a_dim_takes_the_first_of_size_three(a: Array, b: Array) -> Outcome:
    """`torch.cross` without a dimension takes the first one of size 3, and warns that this is deprecated."""
    dim = a.shape.index(3)
    due = sums_of_products(partial(cross, dim=dim), a, b, absolute=partial(cross, dim=dim, combine=np.add))
    return Warns("UserWarning", due)


@clause("torch.linalg.multi_dot; torch.chain_matmul", covers="linalg.vander-multi-dot", level="extended")
def a_chain_is_the_product_of_all(*factors: Array) -> Outcome:
    """`multi_dot` multiplies two or more matrices, in whatever order costs least; the first may be a vector
    as a row and the last one as a column."""
    return sums_of_products(lambda *given: reduce(np.matmul, given), *factors)


# The diagonal, and the precision of float32.


@clause("torch.trace", covers="linalg.trace")
def trace_sums_the_diagonal(array: Array) -> Outcome:
    """`trace` sums the elements on the main diagonal of a matrix, square or not; integers as int64."""
    wide = array.astype(np.int64) if array.dtype.kind in "iu" else array
    return sums_of_products(lambda x: np.trace(x, dtype=x.dtype), wide)


@clause("torch.trace", covers="linalg.trace")
def trace_needs_a_matrix() -> Outcome:
    """Only a tensor of two dimensions has a trace."""
    return Raises("RuntimeError")


@clause(_PRECISION, covers="linalg.fp32-precision-flag")
def float32_is_multiplied_in_the_highest_precision_by_default() -> Outcome:
    """Unless it is set, the precision of float32 matrix products is "highest"."""
    return Exactly("highest")


@clause(_PRECISION, covers="linalg.fp32-precision-flag")
def the_precision_that_is_set_is_in_force(precision: str) -> Outcome:
    """ "highest", "high" and "medium" can be set, and are what is then in force."""
    return Exactly(precision)


# Digits of what the factors may be rounded to: two bfloat16 numbers together, and one.
_DIGITS = {"high": 11, "medium": 8}


@clause(_PRECISION, covers="linalg.fp32-precision-flag")
def a_lower_precision_rounds_factors_and_keeps_the_type(a: Array, b: Array, precision: str) -> Outcome:
    """Products of float32 stay float32 whatever the precision: "high" may round the factors to the digits of
    TensorFloat32, "medium" to those of bfloat16."""
    exact = np.matmul(*map(accuracy.widened, (a, b)))
    magnitude = np.matmul(*(np.abs(accuracy.widened(one)) for one in (a, b)))
    coarse = 2.0 ** (24 - _DIGITS.get(precision, 24))
    return Within(exact, accuracy.dot(a.shape[-1], magnitude, 2 * coarse), dtypes.float32, signed_zero=False)
