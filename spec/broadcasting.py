"""How operands of different shapes combine. Rules: `rules.broadcasting`, `rules.expansion`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .clause import clause
from .outcome import Each, Exactly, Outcome, Raises, Structure, Warns
from .rules import strides
from .rules.broadcasting import NotBroadcastableError, Shape, broadcast_shapes, expandable
from .rules.dtypes import DType
from .rules.expansion import Array, expanded, pointwise, summed_to

_NOTE = "notes/broadcasting#general-semantics"


@clause(_NOTE, covers=("broadcasting.rule", "broadcasting.size-zero"))
def shapes_combine_from_the_last_dimension(*shapes: Shape) -> Outcome:
    """Sizes are paired from the last dimension: they must be equal, or one of them 1 or missing.

    The result has the size that is not 1, be it 0. Other shapes are a RuntimeError.
    """
    try:
        return Structure(shape=broadcast_shapes(*shapes))
    except NotBroadcastableError:
        return Raises("RuntimeError")


@clause(_NOTE, covers="broadcasting.zero-vs-max", strength="may", level="extended")
def the_larger_size_wins(a: int, b: int) -> Outcome:
    """Each size of the result is the larger of the two sizes it is made of."""
    return Structure(shape=(max(a, b),))


@clause(_NOTE, covers="broadcasting.values")
def results_are_those_of_expanded_operands(op: str, *operands: Array) -> Outcome:
    """An operation gives what it gives on operands that are repeated out to the common shape."""
    return Exactly(pointwise(op, *operands), signed_zero=False)


@clause(_NOTE, covers="broadcasting.error-message")
def the_error_names_the_first_pair_from_the_back(a: Shape, b: Shape) -> Outcome:
    """The error names both sizes at the last dimension of the common shape where they disagree."""
    ndim = max(len(a), len(b))
    pairs = [((1,) * ndim + tuple(shape))[len(shape) :] for shape in (a, b)]
    dim = max(d for d in range(ndim) if pairs[0][d] != pairs[1][d] and 1 not in (pairs[0][d], pairs[1][d]))
    return Raises(
        "RuntimeError",
        message=f"The size of tensor a ({pairs[0][dim]}) must match the size of tensor b ({pairs[1][dim]}) "
        f"at non-singleton dimension {dim}",
    )


@clause("notes/broadcasting#in-place-semantics", covers="broadcasting.inplace")
def in_place_operations_keep_the_shape_of_their_target(op: str, target: Array, *others: Array) -> Outcome:
    """In place, the other operands are repeated out to the target's shape; the target's own never changes.

    Where the common shape is another one the operation is a RuntimeError.
    """
    shapes = [operand.shape for operand in (target, *others)]
    try:
        common = broadcast_shapes(*shapes)
    except NotBroadcastableError:
        return Raises("RuntimeError")
    if common != target.shape:
        return Raises("RuntimeError")
    return Exactly(pointwise(op, target, *others).astype(target.dtype), signed_zero=False)


@clause(
    "notes/broadcasting#in-place-semantics",
    covers="broadcasting.inplace-message",
    strength="may",
    level="extended",
)
def the_in_place_error_speaks_of_expansion(size: int, other: int, dim: int) -> Outcome:
    """The error of an in-place operation whose target would grow names the sizes and the dimension."""
    return Raises(
        "RuntimeError",
        message=f"The expanded size of the tensor ({size}) must match the existing size ({other}) "
        f"at non-singleton dimension {dim}",
    )


@clause("torch.broadcast_to", covers="broadcasting.no-data-copy")
def broadcast_to_is_a_view(array: Array, own: Shape, target: Shape) -> Outcome:
    """`broadcast_to` is a view of the target shape with stride 0 where it repeats, or an error."""
    if not expandable(array.shape, target):
        return Raises("RuntimeError")
    return Exactly(expanded(array, target), strides=strides.expanded_strides(array.shape, own, target))


@clause("torch.broadcast_tensors", covers="broadcasting.no-data-copy")
def broadcast_tensors_are_views(arrays: Sequence[Array], own: Sequence[Shape]) -> Outcome:
    """`broadcast_tensors` gives views of the common shape, one for each argument."""
    try:
        common = broadcast_shapes(*(array.shape for array in arrays))
    except NotBroadcastableError:
        return Raises("RuntimeError")
    return Each(
        tuple(
            Exactly(expanded(array, common), strides=strides.expanded_strides(array.shape, steps, common))
            for array, steps in zip(arrays, own, strict=True)
        )
    )


@clause("torch.broadcast_shapes", covers="broadcasting.broadcast-shapes")
def broadcast_shapes_gives_the_common_shape(*shapes: Shape) -> Outcome:
    """`broadcast_shapes` gives the common shape without making tensors, or a RuntimeError."""
    try:
        return Exactly(broadcast_shapes(*shapes))
    except NotBroadcastableError:
        return Raises("RuntimeError")


@clause(_NOTE, covers="broadcasting.scalar")
def a_number_meets_every_element(op: str, array: Array, number: Array) -> Outcome:
    """A Python number or a zero-dim tensor combines with each element of any shape."""
    return Exactly(pointwise(op, array, number), signed_zero=False)


@clause(_NOTE, covers="broadcasting.scalar")
def operands_are_left_as_they_are(array: Array, own: Shape) -> Outcome:
    """Broadcasting changes neither elements nor shape nor strides of an operand."""
    return Exactly(array, strides=own)


@clause("notes/broadcasting; torch.Tensor.sum_to_size", covers="broadcasting.gradient-reduces")
def the_gradient_of_an_operand_is_summed_to_its_shape(gradient: Array, shape: Shape) -> Outcome:
    """The gradient of a repeated operand is summed over its repetitions, to the operand's own shape."""
    return Exactly(summed_to(gradient, shape), signed_zero=False)


@clause("torch.Tensor.sum_to_size", covers="broadcasting.sum-to-size", level="extended")
def sum_to_size_sums_to_a_shape_that_broadcasts_back(array: Array, shape: Shape, dtype: DType) -> Outcome:
    """`sum_to_size` sums over the dimensions that a shape lacks or has as 1; others are refused."""
    if not expandable(shape, array.shape):
        return Raises("RuntimeError")
    return Exactly(summed_to(array.astype(dtype.storage), shape), signed_zero=False)


@clause("notes/broadcasting#backwards-compatibility", covers="broadcasting.same-numel-not-flattened")
def equal_counts_are_not_paired_in_order(column: Array, vector: Array) -> Outcome:
    """A column (n, 1) and a vector (n,) make a matrix (n, n): equal counts are not paired."""
    return Exactly(pointwise("add", column, vector))


@clause(
    "notes/broadcasting#backwards-compatibility; torch.nn.functional.mse_loss",
    covers="broadcasting.same-numel-not-flattened",
)
def a_loss_of_a_column_and_a_vector_warns(column: Array, vector: Array) -> Outcome:
    """`mse_loss` of a column and a vector averages over the matrix they make and warns of the shapes."""
    squares = pointwise("sub", column, vector) ** 2
    return Warns("UserWarning", Exactly(np.asarray(squares.mean(), column.dtype)))


@clause(
    "notes/broadcasting#backwards-compatibility",
    covers="broadcasting.warning-flag",
    strength="may",
    level="extended",
)
def the_compatibility_flag_makes_broadcasting_warn(shape: Shape) -> Outcome:
    """With ``torch.utils.backcompat.broadcast_warning.enabled`` shapes of equal count warn."""
    return Warns("UserWarning", Structure(shape=shape))
