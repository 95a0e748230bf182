"""Sequences of different lengths. Sources: ``nn.utils.rnn.pack_padded_sequence`` and its kin."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ...dispatch import ops
from ...tensor import Tensor


class PackedSequence(NamedTuple):
    """The steps of a batch without padding: all first steps, then all second ones, ...

    Attributes
    ----------
    data, batch_sizes : Tensor
    sorted_indices, unsorted_indices : Tensor or None
        The order of the sequences from long to short, and the way back.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """Return sequences padded to the longest and stacked."""
    longest = max(one.shape[0] for one in sequences)
    padded = []
    for one in sequences:
        lacking = longest - one.shape[0]
        amounts = [0, 0] * (one.ndim - 1) + ([lacking, 0] if padding_side == "left" else [0, lacking])
        padded.append(ops.constant_pad_nd(one, amounts, padding_value))
    return ops.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Any]:
    """Return the sequences of a padded batch."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:length] for row, length in zip(rows, lengths.tolist(), strict=True)]


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Return a padded batch packed.

    Raises
    ------
    RuntimeError
        For lengths that are not from long to short, unless they are to be sorted, and for one of 0.
    """
    steps = input.transpose(0, 1) if batch_first else input
    counts = lengths.tolist() if isinstance(lengths, Tensor) else list(lengths)
    order = back = None
    if not enforce_sorted:
        places = sorted(range(len(counts)), key=lambda place: -counts[place])
        order = ops.tensor(places)
        back = ops.argsort(order)
        steps, counts = steps.index_select(1, order), [counts[place] for place in places]
    if any(one <= 0 for one in counts):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if any(one < two for one, two in pairwise(counts)):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement"
        )
    sizes = [sum(time < one for one in counts) for time in range(counts[0])]
    data = ops.cat([steps[time][:size] for time, size in enumerate(sizes)])
    return PackedSequence(data, ops.tensor(sizes), order, back)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, Any]:
    """Return a packed batch padded again, and its lengths."""
    sizes = sequence.batch_sizes.tolist()
    rows = sequence.data.split(sizes)
    length = max(len(sizes), total_length or 0)
    if total_length is not None and total_length < len(sizes):
        raise ValueError("Expected total_length to be at least the length of the longest sequence in input")
    shape = tuple(sequence.data.shape[1:])
    full = []
    for time in range(length):
        row = rows[time] if time < len(sizes) else sequence.data[:0]
        lacking = sizes[0] - row.shape[0]
        filler = ops.full((lacking, *shape), padding_value, dtype=sequence.data.dtype)
        full.append(ops.cat([row, filler]) if lacking else row)
    padded = ops.stack(full)
    counts = ops.tensor([sum(place < size for size in sizes) for place in range(sizes[0])])
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(1, sequence.unsorted_indices)
        counts = counts[sequence.unsorted_indices]
    return padded.transpose(0, 1) if batch_first else padded, counts


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Return sequences packed."""
    lengths = [one.shape[0] for one in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)
