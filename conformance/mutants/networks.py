"""Faults of packed sequences, of vectors of parameters, of encoders and of random layers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import networks

from .mutant import Mutant, attribute, kernel, mutant

Call = Callable[..., Any]
_RNN = "nn.utils.rnn"


def _always_right(original: Call) -> Call:
    def pad(*args: Any, padding_side: str = "right", **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    return pad


def _with_zeros(original: Call) -> Call:
    def pad(sequences: Any, batch_first: bool = False, padding_value: float = 0.0, **kwargs: Any) -> Any:
        return original(sequences, batch_first, 0.0, **kwargs)

    return pad


def _in_the_order_given(original: Call) -> Call:
    def pack(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> Any:
        packed = original(input, lengths, batch_first, enforce_sorted)
        steps = input.transpose(0, 1) if batch_first else input
        rows = [steps[time][: int(size)] for time, size in enumerate(packed.batch_sizes.tolist())]
        return packed._replace(data=ops.cat(rows))

    return pack


def _in_sorted_order(original: Call) -> Call:
    return lambda sequence, *args, **kwargs: original(
        sequence._replace(sorted_indices=None, unsorted_indices=None), *args, **kwargs
    )


def _to_the_longest(original: Call) -> Call:
    def pad(sequence: Any, batch_first: bool = False, padding_value: float = 0.0, **ignored: Any) -> Any:
        return original(sequence, batch_first, padding_value)

    return pad


def _never_enforced(original: Call) -> Call:
    def pack(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> Any:
        return original(input, lengths, batch_first, False)

    return pack


def _of_the_last_step(original: Call) -> Call:
    """Give the state after the last step of the longest sequence, where there are more."""

    def packed(self: Any, input: Any, hx: Any) -> Any:
        output, state = original(self, input, hx)
        if not isinstance(state, tuple):
            return output, state[:, :1].expand(state.shape)
        return output, tuple(one[:, :1].expand(one.shape) for one in state)

    return packed


def _column_by_column(original: Call) -> Call:
    return lambda parameters: ops.cat([one.permute(*range(one.ndim)[::-1]).reshape(-1) for one in parameters])


def _backwards(original: Call) -> Call:
    return lambda vec, parameters: original(vec, list(parameters)[::-1])


def _norm_always_last(original: Call) -> Call:
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked, self.norm_first = self.norm_first, False
        try:
            return original(self, *args, **kwargs)
        finally:
            self.norm_first = asked

    return forward


def _without_a_mask(original: Call) -> Call:
    return lambda self, src, *args, **kwargs: original(self, src)


def _one_layer(original: Call) -> Call:
    return lambda self, src, mask=None, **kwargs: self.layers[0](src, src_mask=mask)


def _clamped(original: Call) -> Call:
    def fill(tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Any:
        return tensor.normal_(mean, std).clamp_(a, b)

    return fill


def _uncut(original: Call) -> Call:
    return lambda tensor, mean=0.0, std=1.0, a=-2.0, b=2.0: tensor.normal_(mean, std)


def _single_elements(original: Call) -> Call:
    def drop(input: Any, p: float = 0.5, *args: Any, **kwargs: Any) -> Any:
        if input.ndim != 3:
            return original(input, p, *args, **kwargs)
        warnings.warn("three dimensions", UserWarning, stacklevel=2)
        return ops.nn.functional.dropout(input, p)

    return drop


def _silently(original: Call) -> Call:
    def call(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return original(*args, **kwargs)

    return call


MUTANTS: list[Mutant] = [
    mutant(
        "sequences_are_padded_behind_only",
        networks.sequences_are_padded_to_the_longest,
        attribute(f"{_RNN}:pad_sequence", _always_right),
    ),
    mutant(
        "sequences_are_padded_with_zeros",
        networks.sequences_are_padded_to_the_longest,
        attribute(f"{_RNN}:pad_sequence", _with_zeros),
    ),
    mutant(
        "packing_keeps_the_order",
        networks.packing_drops_the_padding,
        attribute(f"{_RNN}:pack_padded_sequence", _in_the_order_given),
    ),
    mutant(
        "padded_batches_stay_sorted",
        networks.padding_brings_a_packed_batch_back,
        attribute(f"{_RNN}:pad_packed_sequence", _in_sorted_order),
    ),
    mutant(
        "total_length_is_ignored",
        networks.padding_brings_a_packed_batch_back,
        attribute(f"{_RNN}:pad_packed_sequence", _to_the_longest),
    ),
    mutant(
        "lengths_are_sorted_in_silence",
        networks.lengths_come_sorted_unless_told,
        attribute(f"{_RNN}:pack_padded_sequence", _never_enforced),
    ),
    mutant(
        "packed_sequences_end_with_the_longest",
        networks.recurrent_layers_end_each_sequence_at_its_own_length,
        attribute("nn.recurrent:_Recurrent._packed", _of_the_last_step),
    ),
    mutant(
        "vectors_go_column_by_column",
        networks.a_vector_holds_all_parameters_in_order,
        attribute("nn.utils:parameters_to_vector", _column_by_column),
    ),
    mutant(
        "vectors_go_back_from_the_end",
        networks.parameters_take_a_vector_back,
        attribute("nn.utils:vector_to_parameters", _backwards),
    ),
    mutant(
        "encoders_normalize_sums_always",
        networks.an_encoder_layer_attends_and_feeds_forward,
        attribute("nn.attention:TransformerEncoderLayer.forward", _norm_always_last),
    ),
    mutant(
        "encoders_ignore_masks",
        networks.an_encoder_layer_attends_and_feeds_forward,
        attribute("nn.attention:TransformerEncoderLayer.forward", _without_a_mask),
    ),
    mutant(
        "encoders_have_one_layer",
        networks.an_encoder_layer_attends_and_feeds_forward,
        attribute("nn.attention:TransformerEncoder.forward", _one_layer),
    ),
    mutant(
        "truncated_numbers_gather_at_the_ends",
        networks.truncated_normal_numbers_stay_in_their_range,
        attribute("nn.init:trunc_normal_", _clamped),
    ),
    mutant(
        "truncated_numbers_are_normal",
        networks.truncated_normal_numbers_stay_in_their_range,
        attribute("nn.init:trunc_normal_", _uncut),
    ),
    mutant(
        "dropout2d_of_three_dimensions_drops_elements",
        networks.dropout2d_takes_three_dimensions_for_a_batch,
        kernel("nn.functional.dropout2d", _single_elements),
    ),
    mutant(
        "dropout2d_says_nothing",
        networks.dropout2d_takes_three_dimensions_for_a_batch,
        kernel("nn.functional.dropout2d", _silently),
    ),
    mutant(
        "a_lone_layer_says_nothing",
        networks.dropout_between_layers_needs_two,
        attribute("nn.recurrent:_Recurrent.__init__", _silently),
    ),
]
