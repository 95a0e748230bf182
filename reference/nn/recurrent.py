"""Recurrent layers. Sources: ``nn.RNN``, ``nn.LSTM``, ``nn.GRU`` and their cells."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from ..dispatch import ops
from . import init
from .linear import parameter
from .module import Module
from .utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence


def lstm_step(x: Any, hidden: Any, cell: Any) -> tuple[Any, Any]:
    """Return the next hidden state and cell; the gates are input, forget, cell and output."""
    i, f, g, o = (x + hidden).chunk(4, -1)
    cell = ops.sigmoid(f) * cell + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(cell), cell


def gru_step(x: Any, hidden: Any, before: Any) -> Any:
    """Return the next hidden state; the gates are reset, update and new."""
    (xr, xz, xn), (hr, hz, hn) = x.chunk(3, -1), hidden.chunk(3, -1)
    reset, update = ops.sigmoid(xr + hr), ops.sigmoid(xz + hz)
    new = ops.tanh(xn + reset * hn)
    return (1 - update) * new + update * before


_GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


class _Recurrent(Module):
    mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        nonlinearity: str = "tanh",
    ) -> None:
        super().__init__()
        if hidden_size <= 0:
            raise ValueError("hidden_size must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if not 0 <= dropout <= 1:
            raise ValueError("dropout should be a number in range [0, 1]")
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
                UserWarning,
                stacklevel=2,
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.nonlinearity = bidirectional, nonlinearity
        self._register(dtype)
        self.reset_parameters()

    def _register(self, dtype: Any) -> None:
        rows = _GATES[self.mode] * self.hidden_size
        directions = 2 if self.bidirectional else 1
        for layer in range(self.num_layers):
            width = self.input_size if layer == 0 else self.hidden_size * directions
            for suffix in ("", "_reverse")[:directions]:
                shapes: list[tuple[str, tuple[int, ...]]] = [("weight_ih", (rows, width))]
                shapes.append(("weight_hh", (rows, self.hidden_size)))
                if self.bias:
                    shapes += [("bias_ih", (rows,)), ("bias_hh", (rows,))]
                for name, shape in shapes:
                    self.register_parameter(f"{name}_l{layer}{suffix}", parameter(*shape, dtype=dtype))

    def reset_parameters(self) -> None:
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    @property
    def all_weights(self) -> list[list[Any]]:
        return [list(self._parameters.values())]

    def flatten_parameters(self) -> None:
        """Do nothing: parameters are kept one by one."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(f"{self.mode}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{input.shape[-1]}"
            )
        alone = input.ndim == 2
        steps = input.unsqueeze(1) if alone else input.transpose(0, 1) if self.batch_first else input
        states = self._states(steps, hx, alone)
        output, finals = self._run(steps, states, None)
        if alone:
            output, finals = output.squeeze(1), tuple(one.squeeze(1) for one in finals)
        elif self.batch_first:
            output = output.transpose(0, 1)
        return output, finals if self.mode == "LSTM" else finals[0]

    def _states(self, steps: Any, hx: Any, alone: bool) -> tuple[Any, ...]:
        count = 2 if self.mode == "LSTM" else 1
        due = (self.num_layers * (2 if self.bidirectional else 1), steps.shape[1], self.hidden_size)
        if hx is None:
            return tuple(ops.zeros(due, dtype=steps.dtype) for _ in range(count))
        given = tuple(hx) if self.mode == "LSTM" else (hx,)
        given = tuple(one.unsqueeze(1) for one in given) if alone else given
        for one in given:
            if tuple(one.shape) != due:
                raise RuntimeError(f"Expected hidden size {due}, got {list(one.shape)}")
        return given

    def _run(self, steps: Any, states: tuple[Any, ...], lengths: Any) -> tuple[Any, tuple[Any, ...]]:
        finals: list[tuple[Any, ...]] = []
        directions = 2 if self.bidirectional else 1
        for layer in range(self.num_layers):
            outputs = []
            for way in range(directions):
                start = tuple(one[layer * directions + way] for one in states)
                output, final = self._one_way(steps, start, layer, way == 1, lengths)
                outputs.append(output)
                finals.append(final)
            steps = ops.cat(outputs, -1) if directions == 2 else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                steps = ops.nn.functional.dropout(steps, self.dropout, self.training)
        return steps, tuple(ops.stack(list(each)) for each in zip(*finals, strict=True))

    def _one_way(
        self, steps: Any, state: tuple[Any, ...], layer: int, reverse: bool, lengths: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        suffix = f"_l{layer}" + ("_reverse" if reverse else "")
        parts = [getattr(self, name + suffix) for name in ("weight_ih", "weight_hh")]
        biases = [getattr(self, name + suffix) if self.bias else None for name in ("bias_ih", "bias_hh")]
        linear: Callable[..., Any] = ops.nn.functional.linear
        gates = linear(steps, parts[0], biases[0])
        outputs: list[Any] = [None] * steps.shape[0]
        for time in reversed(range(steps.shape[0])) if reverse else range(steps.shape[0]):
            following = self._step(gates[time], linear(state[0], parts[1], biases[1]), state)
            if lengths is not None:
                inside = ops.tensor([[time < length] for length in lengths])
                following = tuple(
                    ops.where(inside, new, old) for new, old in zip(following, state, strict=True)
                )
            state = following
            outputs[time] = state[0]
        return ops.stack(outputs), state

    def _step(self, x: Any, hidden: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.mode == "LSTM":
            return lstm_step(x, hidden, state[1])
        if self.mode == "GRU":
            return (gru_step(x, hidden, state[0]),)
        return (getattr(ops, self.nonlinearity)(x + hidden),)

    def _packed(self, input: PackedSequence, hx: Any) -> Any:
        steps, lengths = pad_packed_sequence(input._replace(unsorted_indices=None))
        states = self._states(steps, hx, False)
        if input.sorted_indices is not None and hx is not None:
            states = tuple(one.index_select(1, input.sorted_indices) for one in states)
        output, finals = self._run(steps, states, lengths.tolist())
        if input.unsorted_indices is not None:
            finals = tuple(one.index_select(1, input.unsorted_indices) for one in finals)
        packed = pack_padded_sequence(output, lengths)
        packed = packed._replace(sorted_indices=input.sorted_indices, unsorted_indices=input.unsorted_indices)
        return packed, finals if self.mode == "LSTM" else finals[0]

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        parts += [
            f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value
        ]
        return ", ".join(parts)


class RNN(_Recurrent):
    """Elman's network."""

    mode = "RNN"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        kwargs["nonlinearity"] = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, *args, **kwargs)


class LSTM(_Recurrent):
    """Long short-term memory."""

    mode = "LSTM"


class GRU(_Recurrent):
    """Gated recurrent units."""

    mode = "GRU"


class _Cell(Module):
    weight_ih: Any
    weight_hh: Any
    bias_ih: Any
    bias_hh: Any
    mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.nonlinearity = input_size, hidden_size, nonlinearity
        rows = _GATES[self.mode] * hidden_size
        self.weight_ih = parameter(rows, input_size, dtype=dtype)
        self.weight_hh = parameter(rows, hidden_size, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, parameter(rows, dtype=dtype) if bias else None)
        bound = 1.0 / math.sqrt(hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _gates(self, input: Any, hidden: Any) -> tuple[Any, Any]:
        linear = ops.nn.functional.linear
        return (
            linear(input, self.weight_ih, self.bias_ih),
            linear(hidden, self.weight_hh, self.bias_hh),
        )

    def _start(self, input: Any) -> Any:
        return ops.zeros((*input.shape[:-1], self.hidden_size), dtype=input.dtype)


class RNNCell(_Cell):
    mode = "RNN"

    def forward(self, input: Any, hx: Any = None) -> Any:
        x, hidden = self._gates(input, self._start(input) if hx is None else hx)
        return getattr(ops, self.nonlinearity)(x + hidden)


class LSTMCell(_Cell):
    mode = "LSTM"

    def forward(self, input: Any, hx: Any = None) -> Any:
        hidden, cell = (self._start(input), self._start(input)) if hx is None else hx
        return lstm_step(*self._gates(input, hidden), cell)


class GRUCell(_Cell):
    mode = "GRU"

    def forward(self, input: Any, hx: Any = None) -> Any:
        before = self._start(input) if hx is None else hx
        return gru_step(*self._gates(input, before), before)
