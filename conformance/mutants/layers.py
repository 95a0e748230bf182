"""Faults of layers."""

from __future__ import annotations

import copy
from typing import Any

from tensorcanon.reference.autograd.derivatives import Derivative
from tensorcanon.reference.dispatch import ops
from tensorcanon.spec import layers as s

from .convolution import _forgiving, _silent
from .mutant import attribute, kernel, mutant


def _other_error(original: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except RuntimeError as error:
            raise ValueError("sizes or types do not fit") from error

    return call


def _always_biased(original: Any) -> Any:
    def init(self: Any, inputs: int, outputs: int, bias: bool = True, **options: Any) -> None:
        original(self, inputs, outputs, True, **options)

    return init


def _eps_outside(original: Any) -> Any:
    def standardised(input: Any, dims: Any, eps: float) -> Any:
        mean = input.mean(dims, keepdim=True)
        return (input - mean) / (ops.sqrt(input.var(dims, correction=0, keepdim=True)) + eps)

    return standardised


def _batch_norm(**changes: Any) -> Any:
    def make(original: Any) -> Any:
        def call(input: Any, mean: Any, var: Any, w: Any = None, b: Any = None, *a: Any, **k: Any) -> Any:
            names = ("training", "momentum", "eps")
            given = {"weight": w, "bias": b, **dict(zip(names, a, strict=False)), **k, **changes}
            return original(input, mean, var, **given)

        return call

    return make


def _fixed_statistics(original: Any) -> Any:
    def forward(self: Any, input: Any) -> Any:
        if self.training or self.track_running_stats:
            return original(self, input)
        return input

    return forward


def _same_mask(original: Any) -> Any:
    def kept(input: Any, p: float, shape: Any) -> Any:
        state = ops_state()
        result = original(input, p, shape)
        restore(state)
        return result

    return kept


def ops_state() -> Any:
    from tensorcanon.reference import random

    return random.get_rng_state()


def restore(state: Any) -> None:
    from tensorcanon.reference import random

    random.set_rng_state(state)


def _formula(op: str, argument: str, make: Any) -> Any:
    """Replace the formula of a gradient."""

    def change(table: Any) -> Any:
        old = table[op][argument]
        return {**table, op: {**table[op], argument: make(old)}}

    return attribute("autograd.recording:DERIVATIVES", change)


def _learned_padding(old: Derivative) -> Derivative:
    return Derivative(lambda **known: old.formula(**{**known, "padding_idx": -1}), old.needs)


def _out_of_place(original: Any) -> Any:
    def forward(self: Any, *args: Any) -> Any:
        plain = copy.copy(self)
        plain.__dict__ = {**self.__dict__, "inplace": False} if "inplace" in self.__dict__ else self.__dict__
        return original(plain, *args)

    return forward


def _each_by_itself(original: Any) -> Any:
    def clip(parameters: Any, *args: Any) -> Any:
        norms = [original([one], *args) for one in parameters]
        return norms[0]

    return clip


MUTANTS = (
    mutant(
        "linear_ignores_the_bias",
        s.a_linear_layer_multiplies_and_adds,
        kernel("nn.functional.linear", lambda o: lambda x, w, b=None: o(x, w)),
    ),
    mutant(
        "linear_raises_other_errors",
        (s.a_linear_layer_checks_its_input, s.linear_layers_do_not_convert_their_input),
        kernel("nn.functional.linear", _other_error),
    ),
    mutant(
        "linear_always_has_a_bias",
        s.a_layer_without_bias_shows_none,
        attribute("nn.linear:Linear.__init__", _always_biased),
    ),
    mutant(
        "kaiming_ignores_the_slope",
        (
            s.layers_start_uniform_within_the_root_of_their_inputs,
            s.a_seeded_layer_gives_known_numbers,
            s.fills_follow_their_distribution,
        ),
        attribute("nn.init:kaiming_uniform_", lambda o: lambda t, a=0, *r, **k: o(t, 0, *r, **k)),
    ),
    mutant(
        "eps_outside_the_root",
        (s.layer_norm_standardises_trailing_dimensions, s.group_norm_standardises_groups_of_channels),
        attribute("normalization:standardised", _eps_outside),
        fault="keras-team/keras#17391",
    ),
    mutant(
        "layer_norm_reads_in_storage_order",
        s.layer_norm_standardises_trailing_dimensions,
        kernel(
            "layer_norm",
            lambda o: lambda x, *r, **k: o(x.as_strided(x.shape, _row_major(x.shape)), *r, **k),
        ),
        fault="ELS-RD/kernl#193",
    ),
    mutant(
        "layer_norm_takes_any_shape",
        s.layer_norm_checks_the_trailing_shape,
        kernel("layer_norm", _forgiving(RuntimeError, lambda x, *r, **k: x)),
    ),
    mutant(
        "rms_norm_ignores_the_weight",
        s.rms_norm_divides_by_the_root_of_the_mean_square,
        kernel("rms_norm", lambda o: lambda x, n, w=None, eps=None: o(x, n, None, eps)),
    ),
    mutant(
        "batch_norm_ignores_the_weight",
        s.batch_norm_standardises_each_channel,
        kernel("nn.functional.batch_norm", _batch_norm(weight=None)),
    ),
    mutant(
        "batch_norm_always_uses_the_batch",
        s.evaluation_uses_running_statistics,
        kernel("nn.functional.batch_norm", _batch_norm(training=True)),
    ),
    mutant(
        "momentum_of_running_statistics_reversed",
        s.running_statistics_follow_the_batches,
        attribute("normalization:update", lambda o: lambda r, v, m: o(r, v, 1 - m)),
    ),
    mutant(
        "batches_not_counted",
        s.batches_are_counted,
        attribute("nn.normalization:_Tracking._factor", lambda o: lambda self: self.momentum or 1.0),
    ),
    mutant(
        "untracked_batch_norm_does_nothing_in_evaluation",
        s.untracked_layers_always_use_the_batch,
        attribute("nn.normalization:_BatchNorm.forward", _fixed_statistics),
    ),
    mutant(
        "batch_norm_takes_single_values",
        s.a_single_value_cannot_be_standardised,
        kernel("nn.functional.batch_norm", _forgiving(ValueError, lambda x, *r, **k: x)),
    ),
    mutant(
        "dropout_does_not_scale",
        s.dropout_zeroes_elements_and_scales_the_rest,
        attribute("dropping:_kept", lambda o: lambda x, p, n: o(x, p, n) * (1 - p)),
    ),
    mutant(
        "dropout_in_evaluation",
        s.dropout_keeps_everything_in_evaluation,
        attribute("dropping:_dropped", lambda o: lambda x, p, t, *r: o(x, p, True, *r)),
        fault="NVIDIA/apex#1449",
    ),
    mutant(
        "eval_stops_at_direct_children",
        s.dropout_keeps_everything_in_evaluation,
        attribute("nn.module:Module.eval", lambda o: _shallow_eval),
    ),
    mutant(
        "dropout_uses_the_same_mask_at_every_call",
        s.every_call_drops_anew,
        attribute("dropping:_kept", _same_mask),
        fault="PaddlePaddle/Paddle#7796",
    ),
    mutant(
        "dropout_of_everything_keeps_everything",
        s.dropping_everything_gives_zeros,
        attribute("dropping:_dropped", lambda o: lambda x, p, *r: x if p == 1 else o(x, p, *r)),
    ),
    mutant(
        "dropout_takes_any_chance",
        s.chances_lie_between_zero_and_one,
        attribute("nn.simple:_Dropout.check", _silent),
    ),
    mutant(
        "channels_dropped_in_part",
        s.channels_are_dropped_as_a_whole,
        attribute("dropping:_channels", lambda o: lambda x: tuple(x.shape)),
    ),
    mutant(
        "embedding_reads_from_the_end",
        s.an_embedding_looks_rows_up,
        kernel("_embedding", lambda o: lambda w, *r: o(w.flip(0), *r)),
    ),
    mutant(
        "embedding_clamps_indices",
        s.indices_must_lie_in_the_table,
        kernel("_embedding", lambda o: lambda w, i, *r: o(w, i.clamp(0, w.shape[0] - 1), *r)),
    ),
    mutant(
        "padding_row_is_learned",
        s.each_row_gets_the_gradients_of_its_uses,
        _formula("_embedding", "weight", _learned_padding),
    ),
    mutant(
        "padding_row_starts_random",
        s.the_padding_row_starts_with_zeros,
        attribute("nn.embedding:_Table.reset_parameters", lambda o: lambda self: _normal(self.weight)),
    ),
    mutant(
        "tables_start_uniform",
        s.tables_start_normal,
        attribute("nn.init:normal_", lambda o: lambda t, m=0.0, d=1.0, g=None: _uniform(t)),
    ),
    mutant(
        "long_rows_stay",
        s.long_rows_are_shortened_in_place,
        attribute("lookup:_shorten", _silent),
    ),
    mutant(
        "recurrent_layers_ignore_the_initial_state",
        s.recurrent_layers_follow_their_equations,
        attribute("nn.recurrent:_Recurrent._states", lambda o: lambda m, x, hx, alone: o(m, x, None, alone)),
        fault="onnx/onnx-tensorflow#408",
    ),
    mutant(
        "batch_first_output_is_not_transposed_back",
        s.recurrent_layers_follow_their_equations,
        attribute("nn.recurrent:_Recurrent.forward", lambda o: _sequence_first(o)),
        fault="pytorch/pytorch#80306",
    ),
    mutant(
        "gru_swaps_update_and_old",
        s.recurrent_layers_follow_their_equations,
        attribute("nn.recurrent:gru_step", lambda o: lambda x, h, b: b + o(x, h, b) * 0),
    ),
    mutant(
        "attention_ignores_causality",
        s.attention_is_a_softmax_of_scaled_products,
        attribute("attention:_allowed", lambda o: lambda scores, mask, causal: o(scores, mask, False)),
    ),
    mutant(
        "heads_ignore_masks",
        s.heads_attend_apart_and_are_joined,
        attribute("nn.attention:MultiheadAttention._mask", _silent),
    ),
    mutant(
        "heads_need_not_divide",
        s.heads_must_divide_the_width,
        attribute("nn.attention:MultiheadAttention.__init__", _forgiving(AssertionError)),
    ),
    mutant(
        "flatten_joins_the_batch",
        s.reshaping_layers_keep_every_element,
        attribute("nn.simple:Flatten.forward", lambda o: lambda self, x: x.flatten()),
    ),
    mutant(
        "inplace_relu_is_not_in_place",
        s.an_inplace_relu_writes_into_its_input,
        attribute("nn.simple:_Called.forward", _out_of_place),
    ),
    mutant(
        "relu_passes_every_gradient",
        s.an_inplace_relu_is_differentiated,
        _formula("relu", "input", lambda old: Derivative(lambda grad: grad, ("grad",))),
    ),
    mutant(
        "constants_are_zero",
        s.constant_fills_are_exact,
        attribute("nn.init:constant_", lambda o: lambda t, v: o(t, 0.0)),
    ),
    mutant(
        "fills_return_a_copy",
        s.fills_return_their_tensor,
        attribute("nn.init:_fill", lambda o: lambda t, write: o(t, write).clone()),
    ),
    mutant(
        "orthogonal_fill_is_normal",
        s.orthogonal_fills_have_orthonormal_rows_or_columns,
        attribute("nn.init:orthogonal_", lambda o: lambda t, *r: _normal(t)),
    ),
    mutant(
        "gradients_clipped_one_by_one",
        s.gradients_are_clipped_by_their_total_norm,
        attribute("nn.utils:clip_grad_norm_", _each_by_itself),
    ),
)


def _row_major(shape: Any) -> tuple[int, ...]:
    steps = [1]
    for size in reversed(shape[1:]):
        steps.insert(0, steps[0] * size)
    return tuple(steps)


def _shallow_eval(self: Any) -> Any:
    self.training = False
    for child in self.children():
        child.training = False
    return self


def _normal(tensor: Any) -> Any:
    return tensor.detach().normal_()


def _uniform(tensor: Any) -> Any:
    tensor.detach().uniform_()
    return tensor


def _sequence_first(original: Any) -> Any:
    def forward(self: Any, input: Any, hx: Any = None) -> Any:
        output, finals = original(self, input, hx)
        return (output.transpose(0, 1) if self.batch_first and input.ndim == 3 else output), finals

    return forward
