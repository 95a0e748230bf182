"""Sequences of different lengths, parameters as one vector, encoders, random layers."""

from __future__ import annotations

import math

import numpy as np

from tensorcanon.conformance import layers as make
from tensorcanon.conformance.backend import Array, Handle
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.places import here
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import networks
from tensorcanon.spec.rules import dtypes

_RNN = "torch.nn.utils.rnn"
_GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def draw_sequences(tape: Tape) -> list[Operand]:
    dtype = tape.choose((dtypes.float32, dtypes.int64, dtypes.float64, dtypes.bfloat16))
    rest = tape.choose(((), (2,), (1, 3)))
    count = tape.between(1, 4)
    return [
        Operand(draw_array(tape, dtype, (tape.between(1, 4), *rest), "exact"), draw_layout(tape))
        for _ in range(count)
    ]


def draw_padding(tape: Tape) -> tuple[list[Operand], bool, float, bool]:
    return draw_sequences(tape), tape.one_in(2), tape.choose((0.0, -1.0, 5.0)), tape.one_in(3)


@verifies(networks.sequences_are_padded_to_the_longest, drawn=draw_padding)
def test_padding(run: Run, case: tuple[list[Operand], bool, float, bool]) -> None:
    sequences, batch_first, filler, left = case
    arrays = [one.array for one in sequences]
    allowed = networks.sequences_are_padded_to_the_longest(arrays, batch_first, filler, left)
    options = {"padding_side": "left"} if left else {}
    given = [run.tensor(one) for one in sequences]
    run.expect(
        allowed,
        f"{_RNN}.pad_sequence",
        given,
        batch_first=batch_first,
        padding_value=filler,
        **options,
    )


def draw_packing(tape: Tape) -> tuple[Operand, list[int], bool, float, int | None]:
    longest, samples = tape.between(1, 4), tape.between(1, 4)
    lengths = [longest, *(tape.between(1, longest) for _ in range(samples - 1))]
    # Sequences of the same length may come in either order.
    lengths = [one for place, one in enumerate(lengths) if one not in lengths[:place]]
    lengths = tape.shuffled(lengths)
    shape = (longest, len(lengths), *tape.choose(((), (2,))))
    dtype = tape.choose((dtypes.float32, dtypes.float64, dtypes.int64))
    steps = Operand(draw_array(tape, dtype, shape, "exact"), draw_layout(tape))
    total = longest + tape.below(3) if tape.one_in(2) else None
    return steps, lengths, tape.one_in(2), tape.choose((0.0, -1.0)), total


@verifies(networks.packing_drops_the_padding, networks.padding_brings_a_packed_batch_back, drawn=draw_packing)
def test_packing(run: Run, case: tuple[Operand, list[int], bool, float, int | None]) -> None:
    operand, lengths, batch_first, filler, total = case
    array = operand.array
    x = run.tensor(operand)
    if batch_first:
        x = run.call("Tensor.transpose", x, 0, 1)
    ordered = lengths == sorted(lengths, reverse=True)
    counts = on_host(run, lengths)
    packed = run.whole(
        f"{_RNN}.pack_padded_sequence", x, counts, batch_first=batch_first, enforce_sorted=ordered
    )
    shown = (run.call("getattr", packed, "data"), run.call("getattr", packed, "batch_sizes"))
    run.look(networks.packing_drops_the_padding(array, lengths), shown)
    options = {"padding_value": filler, "total_length": total, "batch_first": batch_first}
    padded, counted = run.call(f"{_RNN}.pad_packed_sequence", packed, **options)
    if batch_first:
        padded = run.call("Tensor.transpose", padded, 0, 1)
    run.look(networks.padding_brings_a_packed_batch_back(array, lengths, filler, total), (padded, counted))


@verifies(networks.lengths_come_sorted_unless_told, over=[([1, 2], True), ([2, 0], True), ([0, 2], False)])
def test_lengths(run: Run, case: tuple[list[int], bool]) -> None:
    lengths, ordered = case
    x, name = run.tensor(np.ones((2, 2, 1), np.float32)), f"{_RNN}.pack_padded_sequence"
    run.whole(name, x, on_host(run, [2, 1]))
    given = on_host(run, lengths)
    run.expect(networks.lengths_come_sorted_unless_told(), name, x, given, enforce_sorted=ordered)


@verifies(
    networks.recurrent_layers_end_each_sequence_at_its_own_length,
    over=[(kind, lengths) for kind in _GATES for lengths in ((3, 1), (1, 3, 2), (2, 2), (4,))],
)
def test_packed_layers(run: Run, case: tuple[str, tuple[int, ...]]) -> None:
    kind, lengths = case
    rng = np.random.Generator(np.random.PCG64(7))
    rows = 2 * _GATES[kind]
    shapes = {
        "weight_ih_l0": (rows, 3),
        "weight_hh_l0": (rows, 2),
        "bias_ih_l0": (rows,),
        "bias_hh_l0": (rows,),
    }
    parameters = {name: rng.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    sequences = [rng.uniform(-1, 1, (length, 3)).astype(np.float32) for length in lengths]
    module = make.made(run, kind, 3, 2)
    make.fill(run, module, **parameters)
    given = [run.tensor(one) for one in sequences]
    packed = run.whole(f"{_RNN}.pack_sequence", given, enforce_sorted=False)
    with run.within("torch.no_grad"):
        _, state = run.call("Tensor.__call__", module, packed)
    hidden = state[0] if kind == "LSTM" else state
    law = networks.recurrent_layers_end_each_sequence_at_its_own_length
    run.look(law(kind, sequences, 2, parameters), hidden)


def on_host(run: Run, lengths: list[int]) -> Handle:
    """Return lengths as a tensor of the CPU, where packing wants them."""
    made = run.tensor(np.array(lengths))
    return made if here(run) == "cpu" else run.call("Tensor.cpu", made)


def draw_parameters(tape: Tape) -> list[Array]:
    shapes = [tape.choose(((2, 3), (4,), (1,), (2, 1, 2))) for _ in range(tape.between(1, 4))]
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    return [draw_array(tape, dtype, shape, "exact") for shape in shapes]


@verifies(
    networks.a_vector_holds_all_parameters_in_order,
    networks.parameters_take_a_vector_back,
    drawn=draw_parameters,
)
def test_vectors(run: Run, arrays: list[Array]) -> None:
    given = [run.tensor(one, requires_grad=True) for one in arrays]
    joined = run.call("torch.nn.utils.parameters_to_vector", given)
    allowed = networks.a_vector_holds_all_parameters_in_order(arrays)
    run.expect(allowed, "Tensor.detach", joined)
    size = sum(array.size for array in arrays)
    vector = np.arange(1.0, size + 1).astype(arrays[0].dtype)
    run.call("torch.nn.utils.vector_to_parameters", run.tensor(vector), given)
    back = networks.parameters_take_a_vector_back(vector, [array.shape for array in arrays])
    run.look(back, tuple(run.call("Tensor.detach", one) for one in given))


def draw_encoder(tape: Tape) -> tuple[Array, int, bool, bool, bool, int]:
    heads = tape.between(1, 2)
    shape = (tape.between(1, 2), tape.between(1, 4), heads * tape.between(1, 2) * 2)
    x = draw_array(tape, dtypes.float32, shape, "unit")
    return x, heads, tape.one_in(2), tape.one_in(2), tape.one_in(3), tape.between(1, 2)


@verifies(networks.an_encoder_layer_attends_and_feeds_forward, drawn=draw_encoder)
def test_encoders(run: Run, case: tuple[Array, int, bool, bool, bool, int]) -> None:
    array, heads, norm_first, batch_first, causal, layers = case
    width, inner = array.shape[2], 3
    options = {"dropout": 0.5, "batch_first": batch_first, "norm_first": norm_first}
    layer = make.made(run, "TransformerEncoderLayer", width, heads, inner, **options)
    shapes = {"self_attn.in_proj_weight": (3 * width, width), "self_attn.in_proj_bias": (3 * width,)}
    shapes |= {"self_attn.out_proj.weight": (width, width), "self_attn.out_proj.bias": (width,)}
    shapes |= {"linear1.weight": (inner, width), "linear1.bias": (inner,)}
    shapes |= {"linear2.weight": (width, inner), "linear2.bias": (width,)}
    shapes |= {f"norm{one}.{part}": (width,) for one in (1, 2) for part in ("weight", "bias")}
    rng = np.random.Generator(np.random.PCG64(width))
    parameters = {name: rng.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    for name, value in parameters.items():
        own = run.call("Tensor.detach", run.call("Tensor.get_parameter", layer, name))
        run.call("Tensor.copy_", own, run.tensor(value))
    module = layer
    if layers > 1:
        module = run.whole("torch.nn.TransformerEncoder", layer, layers, enable_nested_tensor=False)
    run.whole("Tensor.eval", module)
    mask = ~np.tri(array.shape[1], dtype=bool) if causal else None
    x = run.tensor(array if batch_first else array.swapaxes(0, 1).copy())
    # With gradients recorded, so that no shortcut is taken.
    result = run.call("Tensor.__call__", module, x, None if mask is None else run.tensor(mask))
    if not batch_first:
        result = run.call("Tensor.transpose", result, 0, 1)
    law = networks.an_encoder_layer_attends_and_feeds_forward
    run.expect(law(array, heads, parameters, norm_first, mask, layers), "Tensor.detach", result)


def _bell(x: float) -> tuple[float, float]:
    """Return the density and the distribution of the standard normal law."""
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi), (1 + math.erf(x / math.sqrt(2))) / 2


def _moments(mean: float, deviation: float, low: float, high: float) -> tuple[float, float]:
    """Return the mean and the deviation of the part of a bell inside a range."""
    a, b = (low - mean) / deviation, (high - mean) / deviation
    (below, first), (above, last) = _bell(a), _bell(b)
    share = (below - above) / (last - first)
    variance = 1 + (a * below - b * above) / (last - first) - share**2
    return mean + deviation * share, deviation * math.sqrt(variance)


@verifies(
    networks.truncated_normal_numbers_stay_in_their_range,
    over=[(0.0, 1.0, -2.0, 2.0), (0.0, 1.0, -0.5, 1.5), (1.0, 2.0, 0.0, 2.0)],
)
def test_truncated(run: Run, case: tuple[float, float, float, float]) -> None:
    mean, deviation, low, high = case
    run.require_data()
    x = run.tensor(np.zeros((60, 80), np.float32))
    run.call("torch.nn.init.trunc_normal_", x, mean, deviation, low, high)
    inside = _moments(mean, deviation, low, high)
    run.look(networks.truncated_normal_numbers_stay_in_their_range((60, 80), low, high, *inside), x)


@verifies(networks.dropout2d_takes_three_dimensions_for_a_batch, over=[0.5, 0.2])
def test_rows(run: Run, p: float) -> None:
    run.require_data()
    array = (np.arange(32 * 64 * 3).reshape(32, 64, 3) % 5 + 1).astype(np.float32)
    allowed = networks.dropout2d_takes_three_dimensions_for_a_batch(array, p)
    run.expect(allowed, "torch.nn.functional.dropout2d", run.tensor(array), p)


@verifies(networks.dropout_between_layers_needs_two, over=[(k, n) for k in _GATES for n in (1, 2)])
def test_lone_layers(run: Run, case: tuple[str, int]) -> None:
    kind, count = case
    allowed = networks.dropout_between_layers_needs_two(count)
    run.expect(allowed, f"torch.nn.{kind}", 2, 3, num_layers=count, dropout=0.5)
