"""Recurrent layers, attention, initialization and clipping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorcanon.conformance import layers as make
from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand, draw_array, draw_layout
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.spec import layers
from tensorcanon.spec.rules import dtypes

GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def draw_recurrent(tape: Tape) -> dict[str, Any]:
    kind = tape.choose(("LSTM", "GRU", "RNN"))
    count, both_ways, batch_first = tape.between(1, 2), tape.one_in(3), tape.one_in(2)
    inputs, hidden, length, batch = (tape.between(1, 3) for _ in range(4))
    alone, ways, rows = tape.one_in(4), 1 + both_ways, GATES[kind] * hidden
    shape = (length, inputs) if alone else (batch, length, inputs) if batch_first else (length, batch, inputs)
    parameters = {}
    for layer in range(count):
        width = inputs if layer == 0 else hidden * ways
        for way in ("", "_reverse")[:ways]:
            for name, size in (
                ("weight_ih", (rows, width)),
                ("weight_hh", (rows, hidden)),
                ("bias_ih", (rows,)),
                ("bias_hh", (rows,)),
            ):
                parameters[f"{name}_l{layer}{way}"] = draw_array(tape, dtypes.float32, size, "unit")
    x = Operand(draw_array(tape, dtypes.float32, shape, "unit"), draw_layout(tape))
    start = (count * ways, 1 if alone else batch, hidden)
    given = not tape.one_in(3)
    states = [
        draw_array(tape, dtypes.float32, start, "unit") if given else np.zeros(start, np.float32)
        for _ in range(2 if kind == "LSTM" else 1)
    ]
    options = {"num_layers": count, "bidirectional": both_ways, "batch_first": batch_first}
    return {
        "kind": kind,
        "sizes": (inputs, hidden),
        "x": x,
        "states": states,
        "given": given,
        "parameters": parameters,
        "options": options,
        "alone": alone,
    }


@verifies(layers.recurrent_layers_follow_their_equations, drawn=draw_recurrent)
def test_recurrent(run: Run, case: dict[str, Any]) -> None:
    kind, options, alone = case["kind"], case["options"], case["alone"]
    module = make.made(run, kind, *case["sizes"], **options)
    make.fill(run, module, **case["parameters"])
    args: list[Any] = [run.tensor(case["x"])]
    if case["given"]:
        states = [run.tensor(one[:, 0] if alone else one) for one in case["states"]]
        args.append(tuple(states) if kind == "LSTM" else states[0])
    allowed = layers.recurrent_layers_follow_their_equations(
        kind,
        case["x"].array,
        case["states"],
        case["parameters"],
        options["num_layers"],
        options["bidirectional"],
        options["batch_first"],
    )
    with run.within("torch.no_grad"):
        run.expect(allowed, "Tensor.__call__", module, *args)


def draw_attention(tape: Tape) -> tuple[Any, ...]:
    lead = tape.choose(((2, 2), (2,), (1, 3)))
    length, keys, width, out = (tape.between(1, 4) for _ in range(4))
    q, k, v = (
        Operand(draw_array(tape, dtypes.float32, (*lead, *shape), "unit"), draw_layout(tape))
        for shape in ((length, width), (keys, width), (keys, out))
    )
    way = tape.choose(("none", "bool", "float", "causal"))
    mask = None
    if way == "bool":
        mask = (tape.take(length * keys) % 2 == 0).reshape(length, keys)
        mask[:, 0] = True
    if way == "float":
        mask = draw_array(tape, dtypes.float32, (length, keys), "unit")
    return q, k, v, mask, way == "causal", tape.choose((None, 0.5, 2.0))


@verifies(layers.attention_is_a_softmax_of_scaled_products, drawn=draw_attention)
def test_attention(run: Run, case: tuple[Any, ...]) -> None:
    q, k, v, mask, causal, scale = case
    given = (q, k, v)
    allowed = layers.attention_is_a_softmax_of_scaled_products(q.array, k.array, v.array, mask, causal, scale)
    args = [run.tensor(one) for one in given]
    masked = None if mask is None else run.tensor(mask)
    name = "torch.nn.functional.scaled_dot_product_attention"
    run.expect(allowed, name, *args, attn_mask=masked, is_causal=causal, scale=scale)


def draw_heads(tape: Tape) -> tuple[Any, ...]:
    heads = tape.between(1, 3)
    width, length, batch = heads * tape.between(1, 3), tape.between(1, 4), tape.between(1, 3)
    x = draw_array(tape, dtypes.float32, (batch, length, width), "unit")
    sizes = {"in_proj_weight": (3 * width, width), "in_proj_bias": (3 * width,)}
    sizes |= {"out_proj.weight": (width, width), "out_proj.bias": (width,)}
    parameters = {name: draw_array(tape, dtypes.float32, size, "unit") for name, size in sizes.items()}
    padding = mask = None
    if tape.one_in(2):
        padding = (tape.take(batch * length) % 3 == 0).reshape(batch, length)
        padding[:, 0] = False
    if tape.one_in(2):
        mask = ~np.tri(length, dtype=bool)
    return x, heads, parameters, padding, mask, tape.one_in(2), tape.one_in(2)


@verifies(layers.heads_attend_apart_and_are_joined, drawn=draw_heads)
def test_heads(run: Run, case: tuple[Any, ...]) -> None:
    array, heads, parameters, padding, mask, need, batch_first = case
    module = make.made(run, "MultiheadAttention", array.shape[2], heads, batch_first=batch_first)
    for name, value in parameters.items():
        own = run.call("Tensor.detach", run.call("Tensor.get_parameter", module, name))
        run.call("Tensor.copy_", own, run.tensor(value))
    x = run.tensor(array if batch_first else array.swapaxes(0, 1).copy())
    masks = [None if one is None else run.tensor(one) for one in (padding, mask)]
    with run.within("torch.no_grad"):
        result, weights = run.call(
            "Tensor.__call__", module, x, x, x, masks[0], need_weights=need, attn_mask=masks[1]
        )
    if not batch_first:
        result = run.call("Tensor.transpose", result, 0, 1)
    allowed = layers.heads_attend_apart_and_are_joined(array, heads, parameters, padding, mask, need)
    run.look(allowed, (result, weights))


@verifies(layers.heads_must_divide_the_width, over=[(4, 3), (3, 2), (5, 4)])
def test_widths(run: Run, case: tuple[int, int]) -> None:
    run.expect(layers.heads_must_divide_the_width(), "torch.nn.MultiheadAttention", *case)


CONSTANTS: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("zeros_", (), np.zeros((3, 4), np.float32)),
    ("ones_", (), np.ones((3, 4), np.float32)),
    ("constant_", (0.5,), np.full((3, 4), 0.5, np.float32)),
    ("eye_", (), np.eye(3, 4, dtype=np.float32)),
)


@verifies(layers.constant_fills_are_exact, layers.fills_return_their_tensor, over=CONSTANTS)
def test_constants(run: Run, case: Any) -> None:
    name, args, due = case
    run.require_data()
    x = run.tensor(np.full((3, 4), 7, np.float32), requires_grad=True)
    same = run.call(f"torch.nn.init.{name}", x, *args)
    run.expect(layers.fills_return_their_tensor(), "is", same, x)
    run.expect(layers.fills_return_their_tensor(), "Tensor.is_leaf", x)
    run.expect(layers.constant_fills_are_exact(due), "Tensor.detach", x)


SHAPE, IN, OUT = (40, 30, 3), 90, 120
FILLS: tuple[tuple[str, dict[str, Any], float | None, float | None, float], ...] = (
    ("uniform_", {"a": -3.0, "b": 5.0}, 4.0, None, 1.0),
    ("normal_", {"mean": 2.0, "std": 3.0}, None, 3.0, 2.0),
    ("xavier_uniform_", {}, math.sqrt(6 / (IN + OUT)), None, 0.0),
    ("xavier_uniform_", {"gain": 2.0}, 2 * math.sqrt(6 / (IN + OUT)), None, 0.0),
    ("xavier_normal_", {"gain": 2.0}, None, 2 * math.sqrt(2 / (IN + OUT)), 0.0),
    ("kaiming_uniform_", {}, math.sqrt(6 / IN), None, 0.0),
    ("kaiming_uniform_", {"a": math.sqrt(5), "mode": "fan_out"}, math.sqrt(1 / OUT), None, 0.0),
    ("kaiming_normal_", {"nonlinearity": "relu"}, None, math.sqrt(2 / IN), 0.0),
    ("kaiming_normal_", {"nonlinearity": "linear", "mode": "fan_out"}, None, math.sqrt(1 / OUT), 0.0),
)


@verifies(layers.fills_follow_their_distribution, over=FILLS)
def test_fills(run: Run, case: Any) -> None:
    name, options, bound, deviation, mean = case
    run.require_data()
    x = run.tensor(np.zeros(SHAPE, np.float32))
    run.call(f"torch.nn.init.{name}", x, **options)
    run.look(layers.fills_follow_their_distribution(SHAPE, bound, deviation, mean), x)


@verifies(layers.orthogonal_fills_have_orthonormal_rows_or_columns, over=[(4, 6), (6, 4), (3, 3), (4, 3, 2)])
def test_orthogonal(run: Run, shape: tuple[int, ...]) -> None:
    run.require_data()
    x = run.call("torch.nn.init.orthogonal_", run.tensor(np.zeros(shape, np.float32)))
    x = run.call("Tensor.flatten", x, 1)
    rows, columns = shape[0], int(np.prod(shape[1:]))
    other = run.call("Tensor.t", x)
    pair = (x, other) if rows <= columns else (other, x)
    allowed = layers.orthogonal_fills_have_orthonormal_rows_or_columns(min(rows, columns))
    run.expect(allowed, "Tensor.matmul", *pair)


@verifies(
    layers.gradients_are_clipped_by_their_total_norm,
    over=[(most, order) for most in (0.5, 1.0, 5.0, 100.0) for order in (2.0, 1.0, math.inf)],
)
def test_clipping(run: Run, case: tuple[float, float]) -> None:
    most, order = case
    run.require_data()
    grads = [np.array([3, -4], np.float32), np.array([[1, 2], [2, 0.5]], np.float32)]
    tensors = [run.tensor(np.zeros_like(grad), requires_grad=True) for grad in grads]
    for tensor, grad in zip(tensors, grads, strict=True):
        run.call("setattr", tensor, "grad", run.tensor(grad))
    law = layers.gradients_are_clipped_by_their_total_norm
    run.expect(law(grads, most, order, None), "torch.nn.utils.clip_grad_norm_", tensors, most, order)
    for place, tensor in enumerate(tensors):
        run.look(law(grads, most, order, place), run.call("Tensor.grad", tensor))
