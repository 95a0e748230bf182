"""Linear layers, normalization, dropout and tables of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorcanon.conformance import layers as make
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.values import Kind
from tensorcanon.spec import layers
from tensorcanon.spec.rules import dtypes

ONES = np.ones((2, 2), np.float32)
EPS = (1e-5, 1e-5, 1e-3, 0.5)


def draw_linear(tape: Tape) -> tuple[Operand, Any, Any]:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    inputs, outputs = tape.choose((3, 1, 5, 17)), tape.choose((2, 1, 4))
    shape = (*tape.choose(((2,), (), (2, 3), (3, 1, 2), (0,), (33,))), inputs)
    x = Operand(draw_array(tape, dtype, shape, "exact"), draw_layout(tape))
    bias = draw_array(tape, dtype, (outputs,), "exact") if tape.one_in(2) else None
    return x, draw_array(tape, dtype, (outputs, inputs), "exact"), bias


@verifies(
    layers.a_linear_layer_multiplies_and_adds, layers.a_layer_without_bias_shows_none, drawn=draw_linear
)
def test_linear(run: Run, case: tuple[Operand, Any, Any]) -> None:
    x, weight, bias = case
    allowed = layers.a_linear_layer_multiplies_and_adds(x.array, weight, bias)
    args = [run.tensor(one) for one in ((weight,) if bias is None else (weight, bias))]
    run.expect(allowed, "torch.nn.functional.linear", run.tensor(x), *args)
    rows, inputs = weight.shape
    module = make.made(run, "Linear", inputs, rows, bias=bias is not None, dtype=x.dtype)
    make.fill(run, module, weight=weight, bias=bias)
    run.expect(allowed, "Tensor.detach", make.called(run, module, run.tensor(x)))
    bare = make.made(run, "Linear", inputs, rows, bias=False)
    run.expect(layers.a_layer_without_bias_shows_none(), "getattr", bare, "bias")


@verifies(
    layers.a_linear_layer_checks_its_input,
    layers.linear_layers_do_not_convert_their_input,
    over=[np.float64, np.int64, np.float16],
)
def test_linear_errors(run: Run, kind: Any) -> None:
    module = make.made(run, "Linear", 3, 2)
    for width in (2, 4, 1):
        x = run.tensor(np.ones((4, width), np.float32))
        run.expect(layers.a_linear_layer_checks_its_input(), "Tensor.__call__", module, x)
    x = run.tensor(np.ones((4, 3), kind))
    run.expect(layers.linear_layers_do_not_convert_their_input(), "Tensor.__call__", module, x)


STARTS: tuple[tuple[str, tuple[Any, ...], tuple[int, ...], int, int], ...] = (
    ("Linear", (64, 256), (256, 64), 256, 64),
    ("Conv1d", (16, 64, 5), (64, 16, 5), 64, 80),
    ("Conv2d", (8, 64, 3), (64, 8, 3, 3), 64, 72),
    ("Conv2d", (8, 64, 3, 1, 0, 1, 4), (64, 2, 3, 3), 64, 18),
)


@verifies(layers.layers_start_uniform_within_the_root_of_their_inputs, over=STARTS)
def test_starts(run: Run, case: Any) -> None:
    name, args, shape, outputs, inputs = case
    module = make.made(run, name, *args)
    for part, due in (("weight", shape), ("bias", (outputs,))):
        allowed = layers.layers_start_uniform_within_the_root_of_their_inputs(due, inputs)
        run.expect(allowed, "Tensor.detach", run.call("getattr", module, part))


@verifies(layers.a_seeded_layer_gives_known_numbers, over=[None])
def test_seeded(run: Run, case: None) -> None:
    run.call("torch.manual_seed", 42)
    module = make.made(run, "Linear", 2, 6)
    x = run.tensor(np.array([[1, 2], [3, 4], [5, 6]], np.float32))
    run.expect(layers.a_seeded_layer_gives_known_numbers(), "Tensor.detach", make.called(run, module, x))


def draw_normal(tape: Tape) -> tuple[Operand, Any, Any, float]:
    dtype = tape.choose((dtypes.float32, dtypes.float64))
    groups = tape.choose((1, 2, 3))
    channels = groups * tape.between(1, 3)
    shape = (tape.between(2, 4), channels, *tape.choose(((4,), (3, 4), (2,), (2, 3, 2), (70,))))
    kind: Kind = tape.choose(("distinct", "exact"))
    x = Operand(draw_array(tape, dtype, shape, kind), draw_layout(tape))
    weight, bias = (draw_array(tape, dtype, (channels,), "exact") for _ in range(2))
    return x, (groups, weight), bias, tape.choose(EPS)


@verifies(
    layers.group_norm_standardises_groups_of_channels,
    layers.batch_norm_standardises_each_channel,
    layers.evaluation_uses_running_statistics,
    layers.untracked_layers_always_use_the_batch,
    drawn=draw_normal,
)
def test_channels(run: Run, case: Any) -> None:
    operand, (groups, weight), bias, eps = case
    array, x, count = operand.array, run.tensor(operand), operand.ndim - 2
    pair = [run.tensor(weight), run.tensor(bias)]
    law = layers.group_norm_standardises_groups_of_channels
    allowed = law(array, groups, weight, bias, eps)
    run.expect(allowed, "torch.nn.functional.group_norm", x, groups, *pair, eps=eps)
    if np.prod(array.shape[2:]) > 1:
        allowed = law(array, array.shape[1], weight, bias, eps)
        run.expect(allowed, "torch.nn.functional.instance_norm", x, None, None, *pair, eps=eps)
    allowed = layers.batch_norm_standardises_each_channel(array, weight, bias, eps)
    name = "torch.nn.functional.batch_norm"
    run.expect(allowed, name, x, None, None, *pair, training=True, eps=eps)
    mean, variance = weight, np.abs(bias) + np.asarray(0.5, bias.dtype)
    running = [run.tensor(mean), run.tensor(variance)]
    allowed = layers.evaluation_uses_running_statistics(array, mean, variance, eps)
    run.expect(allowed, name, x, *running, eps=eps)
    options = {"affine": False, "track_running_stats": False, "dtype": operand.dtype}
    module = make.made(run, f"BatchNorm{count}d", array.shape[1], eps, **options)
    run.whole("Tensor.eval", module)
    run.expect(layers.untracked_layers_always_use_the_batch(array, eps), "Tensor.__call__", module, x)


@verifies(
    layers.layer_norm_standardises_trailing_dimensions,
    layers.rms_norm_divides_by_the_root_of_the_mean_square,
    layers.layer_norm_checks_the_trailing_shape,
    drawn=draw_normal,
)
def test_trailing(run: Run, case: Any) -> None:
    operand, (groups, _), _, eps = case
    x, count = run.tensor(operand), min(groups, operand.ndim - 1)
    shape = operand.shape[operand.ndim - count :]
    scale = np.resize(np.array([1, -2, 0.5], operand.array.dtype), shape)
    law = layers.layer_norm_standardises_trailing_dimensions
    pair = [run.tensor(scale), run.tensor(scale + 1)]
    allowed = law(operand.array, count, scale, scale + 1, eps)
    run.expect(allowed, "torch.nn.functional.layer_norm", x, shape, *pair, eps=eps)
    module = make.made(run, "LayerNorm", shape, eps, elementwise_affine=False)
    for mode in ("train", "eval"):
        run.whole(f"Tensor.{mode}", module)
        run.expect(law(operand.array, count, None, None, eps), "Tensor.__call__", module, x)
    allowed = layers.rms_norm_divides_by_the_root_of_the_mean_square(operand.array, count, scale, eps)
    run.expect(allowed, "torch.nn.functional.rms_norm", x, shape, pair[0], eps)
    wrong = (*shape[:-1], shape[-1] + 1)
    run.expect(layers.layer_norm_checks_the_trailing_shape(), "torch.nn.functional.layer_norm", x, wrong)


def draw_batches(tape: Tape) -> tuple[list[Any], float | None]:
    shape = (tape.between(2, 3), 2, *tape.choose(((), (3,), (2, 2))))
    batches = [draw_array(tape, dtypes.float32, shape, "exact") for _ in range(tape.between(1, 3))]
    return batches, tape.choose((0.1, None, 0.5, 1.0))


@verifies(layers.running_statistics_follow_the_batches, layers.batches_are_counted, drawn=draw_batches)
def test_running(run: Run, case: tuple[list[Any], float | None]) -> None:
    batches, momentum = case
    rank = max(batches[0].ndim - 2, 1)
    module = make.made(run, f"BatchNorm{rank}d", 2, momentum=momentum)
    for count, batch in enumerate(batches, start=1):
        make.called(run, module, run.tensor(batch))
        counted = layers.batches_are_counted(count)
        run.look(counted, run.call("getattr", module, "num_batches_tracked"))
    run.whole("Tensor.eval", module)
    make.called(run, module, run.tensor(batches[0]))
    counted = layers.batches_are_counted(len(batches))
    run.look(counted, run.call("getattr", module, "num_batches_tracked"))
    for of in ("mean", "var"):
        allowed = layers.running_statistics_follow_the_batches(batches, momentum, of)
        run.look(allowed, run.call("getattr", module, f"running_{of}"))


@verifies(layers.a_single_value_cannot_be_standardised, over=[(1, (1, 3)), (2, (1, 3, 1, 1)), (1, (1, 3, 1))])
def test_single(run: Run, case: tuple[int, tuple[int, ...]]) -> None:
    module = make.made(run, f"BatchNorm{case[0]}d", 3)
    x = run.tensor(np.ones(case[1], np.float32))
    run.expect(layers.a_single_value_cannot_be_standardised(), "Tensor.__call__", module, x)


@verifies(
    layers.dropout_zeroes_elements_and_scales_the_rest,
    layers.dropout_keeps_everything_in_evaluation,
    layers.dropping_everything_gives_zeros,
    layers.every_call_drops_anew,
    over=[(p, inside) for p in (0.5, 0.1, 0.8) for inside in (False, True)],
)
def test_dropout(run: Run, case: tuple[float, bool]) -> None:
    p, inside = case
    array = (np.arange(4096) % 7 + 1).astype(np.float32).reshape(64, 64)
    x = run.tensor(Operand(array, "transposed"))
    module = outer = make.made(run, "Dropout", p)
    if inside:
        outer = run.whole("torch.nn.Sequential", run.whole("torch.nn.Sequential", module))
    allowed = layers.dropout_zeroes_elements_and_scales_the_rest(array, p)
    first = run.expect(allowed, "Tensor.__call__", outer, x)
    second = run.expect(allowed, "Tensor.__call__", outer, x)
    run.expect(allowed, "torch.nn.functional.dropout", x, p)
    run.expect(layers.every_call_drops_anew(), "torch.equal", first, second)
    run.whole("Tensor.eval", outer)
    kept = layers.dropout_keeps_everything_in_evaluation(array)
    run.expect(kept, "Tensor.__call__", outer, x)
    run.expect(kept, "torch.nn.functional.dropout", x, p, training=False)
    run.expect(kept, "torch.nn.functional.dropout", x, 0.0)
    run.expect(layers.dropping_everything_gives_zeros(array), "torch.nn.functional.dropout", x, 1.0)


@verifies(
    layers.channels_are_dropped_as_a_whole,
    layers.chances_lie_between_zero_and_one,
    over=[(n, p) for n in (1, 2, 3) for p in (0.5, 0.2)],
)
def test_channel_dropout(run: Run, case: tuple[int, float]) -> None:
    count, p = case
    shape = (32, 64, *(2,) * count)
    array = (np.arange(np.prod(shape)).reshape(shape) % 5 + 1).astype(np.float32)
    module = make.made(run, f"Dropout{count}d", p)
    run.expect(layers.channels_are_dropped_as_a_whole(array, p), "Tensor.__call__", module, run.tensor(array))
    for wrong in (-0.1, 1.1):
        refused = layers.chances_lie_between_zero_and_one()
        run.expect(refused, f"torch.nn.Dropout{count}d", wrong)
        run.expect(refused, "torch.nn.functional.dropout", run.tensor(array), wrong)


def draw_lookup(tape: Tape) -> tuple[Any, Any, int | None]:
    rows, width = tape.between(1, 6), tape.between(1, 4)
    shape = tape.choose(((3,), (), (2, 2), (0,), (2, 1, 3)))
    kind = tape.choose((dtypes.int64, dtypes.int32))
    picks = np.asarray(tape.take(int(np.prod(shape))) % rows).reshape(shape).astype(kind.storage)
    weight = draw_array(tape, dtypes.float32, (rows, width), "exact")
    return picks, weight, tape.below(rows) if tape.one_in(2) else None


@verifies(
    layers.an_embedding_looks_rows_up, layers.each_row_gets_the_gradients_of_its_uses, drawn=draw_lookup
)
def test_embedding(run: Run, case: Any) -> None:
    indices, weight, padding = case
    run.require_data()
    table = run.tensor(weight, requires_grad=True)
    name = "torch.nn.functional.embedding"
    result = run.call(name, run.tensor(indices), table, padding_idx=padding)
    run.expect(layers.an_embedding_looks_rows_up(indices, weight), "Tensor.detach", result)
    grad = np.resize(np.array([1, -2, 3], np.float32), (*indices.shape, weight.shape[1]))
    run.call("Tensor.backward", result, run.tensor(grad))
    due = layers.each_row_gets_the_gradients_of_its_uses(indices, grad, len(weight), padding)
    run.look(due, run.call("Tensor.grad", table))


@verifies(
    layers.indices_must_lie_in_the_table,
    layers.the_padding_row_starts_with_zeros,
    layers.tables_start_normal,
    layers.long_rows_are_shortened_in_place,
    over=[0, 3, -1],
)
def test_tables(run: Run, padding: int) -> None:
    module = make.made(run, "Embedding", 200, 20, padding_idx=padding)
    weight = run.call("Tensor.detach", run.call("getattr", module, "weight"))
    row = layers.the_padding_row_starts_with_zeros(20)
    run.expect(row, "operator.getitem", weight, padding)
    free = run.call("Tensor.detach", run.call("getattr", make.made(run, "Embedding", 200, 20), "weight"))
    run.look(layers.tables_start_normal((200, 20)), free)
    for wrong in (200, -1, 1000):
        index = run.tensor(np.array([0, wrong]))
        run.expect(layers.indices_must_lie_in_the_table(), "Tensor.__call__", module, index)
    array = np.array([[3, 4], [0.5, 0], [6, 8], [1, 1]], np.float32)
    table, used = run.tensor(array), np.array([0, 1, 3])
    run.call("torch.nn.functional.embedding", run.tensor(used), table, max_norm=2.0)
    run.look(layers.long_rows_are_shortened_in_place(array, used, 2.0), table)


@verifies(layers.reshaping_layers_keep_every_element, over=[(2, 3, 4), (1, 6), (3, 2, 2, 2)])
def test_reshaping(run: Run, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(np.float32)
    x, law = run.tensor(array), layers.reshaping_layers_keep_every_element
    flat = run.expect(law(array, (shape[0], -1)), "Tensor.__call__", run.whole("torch.nn.Flatten"), x)
    back = run.whole("torch.nn.Unflatten", 1, shape[1:])
    run.expect(law(array, shape), "Tensor.__call__", back, flat)
    run.expect(law(array, shape), "Tensor.__call__", run.whole("torch.nn.Identity"), x)
    every = run.whole("torch.nn.Flatten", 0)
    run.expect(law(array, (-1,)), "Tensor.__call__", every, x)


@verifies(
    layers.an_inplace_relu_writes_into_its_input,
    layers.an_inplace_relu_is_differentiated,
    over=[(way, factor) for way in ("module", "function", "plain") for factor in (2.0, -3.0)],
)
def test_inplace(run: Run, case: tuple[str, float]) -> None:
    way, factor = case
    run.require_data()
    array = np.array([[1, -2, 0], [-0.5, 3, -4]], np.float32)

    def take(x: Any) -> Any:
        if way == "function":
            return run.call("torch.nn.functional.relu_", x)
        return make.called(run, run.whole("torch.nn.ReLU", inplace=way == "module"), x)

    x = run.tensor(array)
    take(x)
    run.look(layers.an_inplace_relu_writes_into_its_input(array, way != "plain"), x)
    x = run.tensor(array, requires_grad=True)
    result = take(run.call("operator.mul", x, factor))
    run.call("Tensor.backward", run.call("Tensor.sum", result))
    run.look(layers.an_inplace_relu_is_differentiated(array, factor), run.call("Tensor.grad", x))
