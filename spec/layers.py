"""Layers: linear maps, normalization, dropout, tables of rows, recurrence, attention, initialization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from . import accuracy
from .accuracy import Array
from .clause import clause
from .moments import Dropped, Spread
from .outcome import Each, Exactly, Outcome, Raises, Within
from .rules import dtypes
from .rules.dtypes import DType
from .rules.recurrence import Parameters, attended, heads_attended, ordered, scored
from .rules.standardising import column, followed, scaled, standardised

_LINEAR = "nn.Linear"
_BATCH = "nn.BatchNorm1d; nn.BatchNorm2d"
_RNN = "nn.LSTM; nn.GRU; nn.RNN"
_SDPA = "nn.functional.scaled_dot_product_attention"
_INIT = "nn.init.uniform_; nn.init.kaiming_uniform_"


def _wide(array: Array) -> Array:
    return np.asarray(array, np.float64)


def _near(exact: Array, magnitude: Any, terms: int, dtype: DType) -> Within:
    size = np.broadcast_to(np.asarray(magnitude, np.float64), exact.shape)
    return Within(exact, accuracy.dot(terms, size, 4.0), dtype, signed_zero=False)


# Linear maps.


@clause(_LINEAR, covers="modules.linear")
def a_linear_layer_multiplies_and_adds(x: Array, weight: Array, bias: Array | None) -> Outcome:
    """The last dimension of an input of any rank is multiplied by the transposed weight; a bias, if there is
    one, is added."""
    exact = _wide(x) @ _wide(weight).T
    size = np.abs(_wide(x)) @ np.abs(_wide(weight)).T
    if bias is not None:
        exact, size = exact + bias, size + np.abs(bias)
    return _near(exact, size, x.shape[-1] + 1, dtypes.of_array(x))


@clause(_LINEAR, covers="modules.linear")
def a_linear_layer_checks_its_input() -> Outcome:
    """An input whose last dimension does not fit the weight is refused with its shapes."""
    return Raises("RuntimeError", message="mat1 and mat2 shapes cannot be multiplied")


@clause(_LINEAR, covers="modules.linear")
def a_layer_without_bias_shows_none() -> Outcome:
    """A layer made without a bias has None in its place."""
    return Exactly(None)


@clause(_LINEAR, covers="modules.dtype-mismatch", basis="observed")
def linear_layers_do_not_convert_their_input() -> Outcome:
    """A layer refuses an input of another type than that of its parameters."""
    return Raises("RuntimeError")


@clause(f"{_LINEAR}; nn.Conv2d", covers=("modules.linear-init", "modules.conv-init"))
def layers_start_uniform_within_the_root_of_their_inputs(shape: Sequence[int], inputs: int) -> Outcome:
    """Weights and biases are drawn uniformly between plus and minus one over the root of the number of inputs
    that each output sums."""
    return Spread(dtypes.float32, tuple(shape), bound=1 / math.sqrt(inputs))


SEEDED = np.array(
    [
        [2.2368, 1.2292, 0.4714, 0.3864, 0.1309, 0.9838],
        [4.4919, 2.1970, 0.4469, 0.5285, 0.3401, 2.4777],
        [6.7469, 3.1648, 0.4224, 0.6705, 0.5493, 3.9716],
    ]
)


@clause(f"{_LINEAR}; notes/randomness", covers="modules.linear-seed42", basis="observed")
def a_seeded_layer_gives_known_numbers() -> Outcome:
    """After the seed 42, a linear layer of 2 inputs and 6 outputs gives these numbers, to four digits, for
    the rows (1, 2), (3, 4) and (5, 6)."""
    return Within(SEEDED, accuracy.Close(0.0, 6e-5), dtypes.float32)


# Normalization.


def _normalised(x: Array, axes: tuple[int, ...], eps: float, weight: Any = None, bias: Any = None) -> Within:
    exact, size = scaled(*standardised(x, axes, eps), weight, bias)
    terms = int(np.prod([x.shape[axis] for axis in axes]))
    return _near(exact, size, terms, dtypes.of_array(x))


@clause("nn.LayerNorm", covers="modules.layernorm")
def layer_norm_standardises_trailing_dimensions(
    x: Array, count: int, weight: Array | None, bias: Array | None, eps: float
) -> Outcome:
    """Over the trailing dimensions, the mean is taken off and the rest divided by the root of the biased
    variance plus eps, in training and evaluation alike; an affine map may follow."""
    return _normalised(x, tuple(range(x.ndim - count, x.ndim)), eps, weight, bias)


@clause("nn.LayerNorm", covers="modules.layernorm")
def layer_norm_checks_the_trailing_shape() -> Outcome:
    """An input that does not end in the normalized shape is refused."""
    return Raises("RuntimeError")


@clause("nn.GroupNorm; nn.InstanceNorm1d", covers="modules.group-instance-rms")
def group_norm_standardises_groups_of_channels(
    x: Array, groups: int, weight: Array | None, bias: Array | None, eps: float
) -> Outcome:
    """Each group of channels of each sample is standardised by itself; a group of one channel each is what
    instance normalization does."""
    split = _normalised(x.reshape(x.shape[0], groups, -1), (2,), eps)
    assert isinstance(split.bound, accuracy.Dot)
    apart = split.value.reshape(x.shape), split.bound.magnitude.reshape(x.shape)
    exact, size = scaled(*apart, column(weight, x.ndim), column(bias, x.ndim))
    return _near(exact, size, x.size // (x.shape[0] * groups), dtypes.of_array(x))


@clause("nn.RMSNorm", covers="modules.group-instance-rms")
def rms_norm_divides_by_the_root_of_the_mean_square(
    x: Array, count: int, weight: Array, eps: float
) -> Outcome:
    """The trailing dimensions are divided by the root of their mean square plus eps, then scaled."""
    axes = tuple(range(x.ndim - count, x.ndim))
    exact = _wide(x) / np.sqrt((_wide(x) ** 2).mean(axes, keepdims=True) + eps) * _wide(weight)
    return _near(exact, np.abs(exact) * 2, int(np.prod(x.shape[-count:])), dtypes.of_array(x))


@clause(_BATCH, covers="modules.batchnorm-train")
def batch_norm_standardises_each_channel(x: Array, weight: Array, bias: Array, eps: float) -> Outcome:
    """In training, each channel is standardised over the batch and all places with the biased variance; then
    scaled and shifted."""
    axes = tuple(axis for axis in range(x.ndim) if axis != 1)
    return _normalised(x, axes, eps, column(weight, x.ndim), column(bias, x.ndim))


@clause(_BATCH, covers="modules.batchnorm-train")
def running_statistics_follow_the_batches(
    batches: Sequence[Array], momentum: float | None, of: Literal["mean", "var"]
) -> Outcome:
    """Running statistics start at mean 0 and variance 1; each batch moves them by the momentum towards its
    mean and its unbiased variance, or to the average of all batches where there is no momentum."""
    running, size = followed(batches, momentum, of)
    return _near(running, size, batches[0].size, dtypes.of_array(batches[0]))


@clause(_BATCH, covers="modules.batchnorm-train")
def batches_are_counted(count: int) -> Outcome:
    """Each batch in training adds one to the number of batches tracked, and none in evaluation."""
    return Exactly(np.array(count))


@clause(_BATCH, covers="modules.batchnorm-eval")
def evaluation_uses_running_statistics(x: Array, mean: Array, variance: Array, eps: float) -> Outcome:
    """In evaluation, each channel is standardised with the running statistics, which do not change."""
    shift, scale = (column(_wide(one), x.ndim) for one in (mean, variance))
    assert shift is not None and scale is not None
    root = np.sqrt(scale + eps)
    size = (np.abs(_wide(x)) + np.abs(shift)) / root
    return _near((_wide(x) - shift) / root, 2 * size, 4, dtypes.of_array(x))


@clause(_BATCH, covers="modules.batchnorm-eval")
def untracked_layers_always_use_the_batch(x: Array, eps: float) -> Outcome:
    """Without running statistics the batch's own are used in evaluation as well, and the buffers are None."""
    return _normalised(x, tuple(axis for axis in range(x.ndim) if axis != 1), eps)


@clause(_BATCH, covers="modules.batchnorm-eval", basis="observed")
def a_single_value_cannot_be_standardised() -> Outcome:
    """A batch of a single value for each channel is refused in training."""
    return Raises("ValueError")


# Dropout.


@clause("nn.Dropout; nn.functional.dropout", covers="modules.dropout")
def dropout_zeroes_elements_and_scales_the_rest(x: Array, p: float) -> Outcome:
    """In training, each element is zeroed on its own with the given chance; the others are divided by the
    chance to be kept."""
    return Dropped(dtypes.of_array(x), x.shape, source=x, p=p)


@clause("nn.Dropout", covers="modules.dropout")
def dropout_keeps_everything_in_evaluation(x: Array) -> Outcome:
    """In evaluation, and with a chance of 0, dropout gives its input."""
    return Exactly(x)


@clause("nn.Dropout", covers="modules.dropout")
def dropping_everything_gives_zeros(x: Array) -> Outcome:
    """A chance of 1 in training gives zeros."""
    return Exactly(np.zeros_like(x), signed_zero=False)


@clause("nn.Dropout", covers="modules.dropout")
def every_call_drops_anew() -> Outcome:
    """Each call draws its own elements: two calls on the same input drop different ones."""
    return Exactly(False)


@clause("nn.Dropout", covers="modules.dropout", basis="observed")
def chances_lie_between_zero_and_one() -> Outcome:
    """A chance outside 0 to 1 is refused."""
    return Raises("ValueError")


@clause("nn.Dropout2d", covers="modules.dropout2d")
def channels_are_dropped_as_a_whole(x: Array, p: float) -> Outcome:
    """Dropout of channels zeroes all places of a channel of a sample, or none."""
    return Dropped(dtypes.of_array(x), x.shape, source=x, p=p, group=int(np.prod(x.shape[2:])))


# Tables of rows.


@clause("nn.Embedding; nn.functional.embedding", covers="modules.embedding")
def an_embedding_looks_rows_up(indices: Array, weight: Array) -> Outcome:
    """Each index gives its row of the weight; the shape is the indices' with the row's length behind."""
    return Exactly(weight[indices])


@clause("nn.Embedding", covers="modules.embedding", basis="observed")
def indices_must_lie_in_the_table() -> Outcome:
    """An index outside the table is an error."""
    return Raises("IndexError", from_values=True)


@clause("nn.Embedding", covers="modules.embedding")
def each_row_gets_the_gradients_of_its_uses(
    indices: Array, grad: Array, rows: int, padding: int | None
) -> Outcome:
    """The gradient of the weight adds up those of every use of a row; the padding row gets none."""
    result = np.zeros((rows, grad.shape[-1]))
    np.add.at(result, indices.reshape(-1), grad.reshape(-1, grad.shape[-1]).astype(np.float64))
    if padding is not None:
        result[padding] = 0
    return Exactly(result.astype(grad.dtype), signed_zero=False)


@clause("nn.Embedding", covers="modules.embedding")
def the_padding_row_starts_with_zeros(width: int) -> Outcome:
    """A new table's padding row is zero."""
    return Exactly(np.zeros(width, np.float32), signed_zero=False)


@clause("nn.Embedding", covers="modules.embedding")
def tables_start_normal(shape: Sequence[int]) -> Outcome:
    """A new table holds standard normal numbers."""
    return Spread(dtypes.float32, tuple(shape), deviation=1.0)


@clause("nn.Embedding", covers="modules.embedding")
def long_rows_are_shortened_in_place(weight: Array, indices: Array, longest: float) -> Outcome:
    """With a greatest norm, rows that are looked up and longer are scaled down to it in the table itself."""
    length = np.sqrt((_wide(weight) ** 2).sum(1, keepdims=True))
    used = np.isin(np.arange(len(weight)), indices)[:, None]
    scaled = np.where(used & (length > longest), _wide(weight) * longest / (length + 1e-7), weight)
    return Within(scaled, accuracy.CLOSE["float32"], dtypes.float32, signed_zero=False)


# Recurrence.


@clause(_RNN, covers=("modules.rnn", "modules.rnn-equations"))
def recurrent_layers_follow_their_equations(
    kind: Literal["RNN", "LSTM", "GRU"],
    x: Array,
    states: Sequence[Array],
    parameters: Parameters,
    layers: int,
    both_ways: bool,
    batch_first: bool,
) -> Outcome:
    """Each step follows the documented equations from the state before it, which is the one given or zero;
    the output holds every step of the last layer, forward and backward side by side, in the order of
    dimensions of the input, and the last states come layer by layer with the batch second. A sequence
    without a batch dimension gives results without one.

    The states, ``(layers x directions, N, hidden)``, are the hidden state and, of an LSTM, the cell.
    """
    output, finals = ordered(kind, x, states, parameters, layers, both_ways, batch_first)
    bound, dtype = accuracy.Close(1e-5, 1e-5), dtypes.of_array(x)
    due = [Within(one, bound, dtype, signed_zero=False) for one in (output, *finals)]
    return Each((due[0], Each(tuple(due[1:])) if kind == "LSTM" else due[1]))


# Attention.


@clause(_SDPA, covers="modules.sdpa")
def attention_is_a_softmax_of_scaled_products(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float | None
) -> Outcome:
    """Values are averaged with the softmax of the products of queries and keys, scaled by one over the root
    of their length unless told otherwise. A bool mask is True where a query may attend, other masks
    are added, and causal attention sees no key past the query's place, counted from the first."""
    exact, _ = attended(scored(q, k, mask, causal, scale), _wide(v))
    return Within(exact, accuracy.Close(1e-5, 1e-5), dtypes.of_array(q), signed_zero=False)


@clause("nn.MultiheadAttention", covers="modules.mha")
def heads_attend_apart_and_are_joined(
    x: Array, heads: int, parameters: Parameters, padding: Array | None, mask: Array | None, need: bool
) -> Outcome:
    """Each head attends with its own part of the projected queries, keys and values; the results are joined
    and projected. Bool masks are True where a key is ignored. The weights come averaged over the
    heads, or None where they are not needed."""
    output, weights = heads_attended(x, heads, parameters, mask, padding)
    bound, dtype = accuracy.Close(1e-5, 1e-5), dtypes.of_array(x)
    shown = Within(weights.mean(1), bound, dtype, signed_zero=False) if need else Exactly(None)
    return Each((Within(output, bound, dtype, signed_zero=False), shown))


@clause("nn.MultiheadAttention", covers="modules.mha", basis="observed")
def heads_must_divide_the_width() -> Outcome:
    """The width must be a multiple of the number of heads."""
    return Raises("AssertionError")


# Small layers.


@clause("nn.Flatten; nn.Unflatten; nn.Identity", covers="modules.flatten-layer")
def reshaping_layers_keep_every_element(x: Array, shape: Sequence[int]) -> Outcome:
    """Flattening joins all dimensions but the first, unflattening splits one again, the identity gives its
    input."""
    return Exactly(x.reshape(tuple(shape)))


@clause("nn.ReLU; nn.functional.relu_", covers="modules.relu-inplace")
def an_inplace_relu_writes_into_its_input(x: Array, inplace: bool) -> Outcome:
    """In place, the unit changes its input; otherwise it leaves it as it was.

    Judged is the input after the call.
    """
    return Exactly(np.maximum(x, 0) if inplace else x, signed_zero=False)


@clause("nn.ReLU", covers="modules.relu-inplace")
def an_inplace_relu_is_differentiated(x: Array, factor: float) -> Outcome:
    """The gradient through a unit in place on a result is that of the unit: what is below zero passes
    nothing."""
    return Exactly(((x * factor > 0) * factor).astype(x.dtype), signed_zero=False)


# Initialization and utilities.


@clause(_INIT, covers="modules.init")
def constant_fills_are_exact(value: Array) -> Outcome:
    """Zeros, ones, a constant and the identity are filled in as they are, in place."""
    return Exactly(value)


@clause(_INIT, covers="modules.init")
def fills_return_their_tensor() -> Outcome:
    """Each fill returns the tensor that it was given, which may require gradients and stays a leaf."""
    return Exactly(True)


@clause(_INIT, covers="modules.init")
def fills_follow_their_distribution(
    shape: Sequence[int], bound: float | None, deviation: float | None, mean: float = 0.0
) -> Outcome:
    """Uniform fills lie within their bound, normal ones have their deviation; Xavier's follow from the sum of
    the fans, Kaiming's from one fan and the gain."""
    return Spread(dtypes.float32, tuple(shape), bound=bound, deviation=deviation, mean=mean)


@clause(_INIT, covers="modules.init")
def orthogonal_fills_have_orthonormal_rows_or_columns(size: int) -> Outcome:
    """The products of the rows among themselves, or of the columns where these are fewer, are the identity.

    Judged are these products.
    """
    return Within(np.eye(size), accuracy.Close(0.0, 1e-5), dtypes.float32, signed_zero=False)


@clause("nn.utils.clip_grad_norm_", covers="modules.clip-grad", level="extended")
def gradients_are_clipped_by_their_total_norm(
    grads: Sequence[Array], most: float, order: float, of: int | None
) -> Outcome:
    """All gradients are scaled by the same factor, so that the norm of all elements together is at most the
    given one; the norm before is returned."""
    joined = np.concatenate([_wide(one).reshape(-1) for one in grads])
    total = np.asarray(np.linalg.norm(joined, order))
    exact = total if of is None else _wide(grads[of]) * min(1.0, most / (float(total) + 1e-6))
    return Within(exact, accuracy.CLOSE["float32"], dtypes.float32, signed_zero=False)
