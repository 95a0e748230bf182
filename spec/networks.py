"""Networks: sequences of different lengths, layers made of layers, parameters as one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import accuracy
from .accuracy import Array
from .clause import clause
from .moments import Dropped, Spread
from .observation import Observation, Seen
from .outcome import Each, Exactly, Outcome, Raises, Unspecified, Warns, Within
from .rules import dtypes
from .rules.recurrence import Parameters, heads_attended, recurred

_PACK = "nn.utils.rnn.pack_padded_sequence; nn.utils.rnn.pad_packed_sequence"
_VECTOR = "nn.utils.parameters_to_vector; nn.utils.vector_to_parameters"


# Sequences of different lengths.


@clause("nn.utils.rnn.pad_sequence", covers="modules.pack-padded", level="extended")
def sequences_are_padded_to_the_longest(
    sequences: Sequence[Array], batch_first: bool, filler: float, left: bool
) -> Outcome:
    """Sequences become a batch as long as the longest, with the filler behind (or before) the shorter ones;
    the batch comes second, or first where asked."""
    longest = max(len(one) for one in sequences)
    shape = (len(sequences), longest, *sequences[0].shape[1:])
    result = np.full(shape, filler, sequences[0].dtype)
    for row, one in zip(result, sequences, strict=True):
        row[longest - len(one) if left else 0 :][: len(one)] = one
    return Exactly(result if batch_first else result.swapaxes(0, 1))


def _order(lengths: Sequence[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda place: -lengths[place])


@clause(_PACK, covers="modules.pack-padded", level="extended")
def packing_drops_the_padding(steps: Array, lengths: Sequence[int]) -> Outcome:
    """A packed batch holds the first steps of all sequences, from the longest to the shortest, then their
    second steps and so on; beside them how many sequences have each step.

    `steps` is of shape ``(L, N, ...)``.
    """
    order = _order(lengths)
    sizes = [sum(length > time for length in lengths) for time in range(max(lengths))]
    rows = [steps[time, order[:size]] for time, size in enumerate(sizes)]
    return Each((Exactly(np.concatenate(rows)), Exactly(np.array(sizes))))


@clause(_PACK, covers="modules.pack-padded", level="extended")
def padding_brings_a_packed_batch_back(
    steps: Array, lengths: Sequence[int], filler: float, total: int | None
) -> Outcome:
    """Padding a packed batch gives its sequences in their first order, padded to the longest or to a length
    that is asked for, and their lengths."""
    length = max(lengths) if total is None else total
    result = np.full((length, *steps.shape[1:]), filler, steps.dtype)
    for place, own in enumerate(lengths):
        result[:own, place] = steps[:own, place]
    return Each((Exactly(result), Exactly(np.array(lengths))))


@clause(_PACK, covers="modules.pack-padded", level="extended")
def lengths_come_sorted_unless_told() -> Outcome:
    """Lengths that are not from the longest to the shortest are refused unless `enforce_sorted` is False, and
    so is a sequence of no steps."""
    return Raises("RuntimeError", from_values=True)


@clause(f"{_PACK}; nn.LSTM", covers="modules.pack-padded", level="extended")
def recurrent_layers_end_each_sequence_at_its_own_length(
    kind: str, sequences: Sequence[Array], hidden: int, parameters: Parameters
) -> Outcome:
    """Given a packed batch, a recurrent layer treats each sequence as it would by itself: padding changes
    nothing, and the last state is that after the sequence's own last step.

    Judged is the last hidden state.
    """
    ends = []
    for one in sequences:
        start = [np.zeros((1, 1, hidden))] * (2 if kind == "LSTM" else 1)
        _, finals = recurred(kind, one[:, None], start, parameters, 1, False)
        ends.append(finals[0][:, 0])
    exact = np.stack(ends, 1)
    return Within(exact, accuracy.Close(1e-5, 1e-5), dtypes.float32, signed_zero=False)


# Parameters as one vector.


@clause(_VECTOR, covers="modules.parameters-vector", level="extended")
def a_vector_holds_all_parameters_in_order(parameters: Sequence[Array]) -> Outcome:
    """`parameters_to_vector` joins the elements of all parameters, each row by row, in their order."""
    return Exactly(np.concatenate([one.reshape(-1) for one in parameters]))


@clause(_VECTOR, covers="modules.parameters-vector", level="extended")
def parameters_take_a_vector_back(vector: Array, shapes: Sequence[Sequence[int]]) -> Outcome:
    """`vector_to_parameters` gives each parameter its part of the vector in its own shape."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(vector, ends)
    return Each(tuple(Exactly(part.reshape(shape)) for part, shape in zip(parts, shapes, strict=True)))


# Layers made of layers.


def _standardised(x: Array, eps: float) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    return np.asarray(centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps))


@clause("nn.TransformerEncoderLayer", covers="modules.transformer-encoder", level="extended")
def an_encoder_layer_attends_and_feeds_forward(
    x: Array,
    heads: int,
    parameters: Mapping[str, Array],
    norm_first: bool,
    mask: Array | None,
    layers: int = 1,
) -> Outcome:
    """In evaluation an encoder layer adds self-attention to its input and then a linear layer, the unit and
    another linear layer to that; it normalizes each sum, or what each part is given where `norm_first` is
    set. An encoder repeats its layer.

    `x` is of shape ``(N, L, E)``; a mask is True where nothing is attended to.
    """
    own = {name: one.astype(np.float64) for name, one in parameters.items()}

    attention = {name.removeprefix("self_attn."): one for name, one in own.items()}

    def norm(values: Array, number: int) -> Array:
        scale, shift = own[f"norm{number}.weight"], own[f"norm{number}.bias"]
        return np.asarray(_standardised(values, 1e-5) * scale + shift)

    def feed(values: Array) -> Array:
        inner = np.maximum(0, values @ own["linear1.weight"].T + own["linear1.bias"])
        return np.asarray(inner @ own["linear2.weight"].T + own["linear2.bias"])

    result = x.astype(np.float64)
    for _ in range(layers):
        if norm_first:
            result = result + heads_attended(norm(result, 1), heads, attention, mask)[0]
            result = result + feed(norm(result, 2))
        else:
            result = norm(result + heads_attended(result, heads, attention, mask)[0], 1)
            result = norm(result + feed(result), 2)
    return Within(result, accuracy.Close(1e-4, 1e-4), dtypes.of_array(x), signed_zero=False)


# Random layers.


@dataclass(frozen=True, eq=False)
class Cut(Spread):
    """Normal numbers of which those outside a range are drawn again."""

    low: float = -2.0
    high: float = 2.0

    def refusal(self, seen: Observation) -> str | None:
        if isinstance(seen, Seen) and seen.value is not None and seen.value.size:
            least, most = float(seen.value.min()), float(seen.value.max())
            if least < self.low or most > self.high:
                return f"from {least} to {most}, due: from {self.low} to {self.high}"
        return super().refusal(seen)


@clause("nn.init.trunc_normal_", covers="modules.trunc-normal", level="extended")
def truncated_normal_numbers_stay_in_their_range(
    shape: Sequence[int], low: float, high: float, mean: float, deviation: float
) -> Outcome:
    """A truncated fill holds normal numbers, none of which lies outside its range: their mean and deviation
    are those of the part of the bell inside.

    `mean` and `deviation` are those of the numbers inside.
    """
    # The tails are cut, so that the fourth moment is smaller than that of a normal number.
    return Cut(dtypes.float32, tuple(shape), deviation=deviation, mean=mean, low=low, high=high)


@clause("nn.functional.dropout2d", covers="modules.dropout2d-3d-input", level="extended", basis="observed")
def dropout2d_takes_three_dimensions_for_a_batch(x: Array, p: float) -> Outcome:
    """`dropout2d` of three dimensions drops whole rows, as of a batch of channels in one dimension, and warns
    about it."""
    dropped = Dropped(dtypes.of_array(x), x.shape, source=x, p=p, group=x.shape[2])
    return Warns("UserWarning", dropped)


@clause("nn.RNN", covers="modules.rnn-dropout-warning", level="extended", basis="observed")
def dropout_between_layers_needs_two(layers: int) -> Outcome:
    """Dropout comes between recurrent layers: with a single one a chance is warned about."""
    return Warns("UserWarning" if layers == 1 else "", Unspecified())
