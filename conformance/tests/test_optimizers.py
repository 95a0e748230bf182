"""The update rules of the optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorcanon.conformance.check import verifies
from tensorcanon.conformance.inputs import Operand
from tensorcanon.conformance.places import here
from tensorcanon.conformance.refusal import Unclaimed
from tensorcanon.conformance.run import Run
from tensorcanon.conformance.tape import Tape
from tensorcanon.conformance.walks import Walk, draw_walk, follow
from tensorcanon.spec import optimizers
from tensorcanon.spec.rules import dtypes

_OPTIONS: dict[str, tuple[str, ...]] = {
    "SGD": ("lr", "momentum"),
    "Adam": ("lr", "betas", "eps"),
    "AdamW": ("lr", "betas", "eps", "weight_decay"),
    "Adagrad": ("lr", "lr_decay", "initial_accumulator_value", "eps"),
    "RMSprop": ("lr", "alpha", "eps", "centered", "momentum"),
    "Adadelta": ("lr", "rho", "eps"),
    "Adamax": ("lr", "betas", "eps"),
    "NAdam": ("lr", "betas", "eps", "momentum_decay"),
    "RAdam": ("lr", "betas", "eps"),
}
# NAdam keeps a product in the default type whatever the parameter's is.
_NARROW = (dtypes.float32,)


def walks(*optional: str, always: tuple[str, ...] = ()) -> Callable[[Tape], Walk]:
    return lambda tape: draw_walk(tape, optional, always)


def walks_of(name: str, always: tuple[str, ...] = ()) -> Callable[[Tape], Walk]:
    return walks(*(one for one in _OPTIONS[name] if one not in always), always=always)


@verifies(optimizers.sgd_goes_down_the_gradient, drawn=walks("lr"))
def test_sgd(run: Run, walk: Walk) -> None:
    p = follow(run, "SGD", walk)
    run.look(
        optimizers.sgd_goes_down_the_gradient(walk.start.array, walk.slopes, walk.options, walk.dtype), p
    )


@verifies(
    optimizers.momentum_gathers_the_gradients,
    drawn=walks("lr", "dampening", "weight_decay", always=("momentum",)),
)
def test_momentum(run: Run, walk: Walk) -> None:
    clause = optimizers.momentum_gathers_the_gradients
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "SGD", walk))


@verifies(optimizers.nesterov_looks_ahead, drawn=walks("lr", "weight_decay", always=("momentum",)))
def test_nesterov(run: Run, walk: Walk) -> None:
    clause = optimizers.nesterov_looks_ahead
    options = {**walk.options, "nesterov": True}
    p = follow(run, "SGD", walk, nesterov=True)
    run.look(clause(walk.start.array, walk.slopes, options, walk.dtype), p)


@verifies(optimizers.adam_corrects_the_bias_of_its_averages, drawn=walks_of("Adam"))
def test_adam(run: Run, walk: Walk) -> None:
    clause = optimizers.adam_corrects_the_bias_of_its_averages
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "Adam", walk))


@verifies(optimizers.adamw_decays_apart_from_the_gradient, drawn=walks_of("AdamW"))
def test_adamw(run: Run, walk: Walk) -> None:
    clause = optimizers.adamw_decays_apart_from_the_gradient
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "AdamW", walk))


@verifies(optimizers.adagrad_sums_the_squares, drawn=walks_of("Adagrad"))
def test_adagrad(run: Run, walk: Walk) -> None:
    clause = optimizers.adagrad_sums_the_squares
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "Adagrad", walk))


@verifies(optimizers.rmsprop_divides_by_the_root_of_the_average_square, drawn=walks_of("RMSprop"))
def test_rmsprop(run: Run, walk: Walk) -> None:
    clause = optimizers.rmsprop_divides_by_the_root_of_the_average_square
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "RMSprop", walk))


@verifies(optimizers.adadelta_measures_steps_by_earlier_steps, drawn=walks_of("Adadelta"))
def test_adadelta(run: Run, walk: Walk) -> None:
    clause = optimizers.adadelta_measures_steps_by_earlier_steps
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "Adadelta", walk))


@verifies(optimizers.adamax_divides_by_the_greatest_magnitude, drawn=walks_of("Adamax"))
def test_adamax(run: Run, walk: Walk) -> None:
    clause = optimizers.adamax_divides_by_the_greatest_magnitude
    run.look(clause(walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, "Adamax", walk))


def _variant(tape: Tape) -> tuple[str, Walk]:
    name = tape.choose(("NAdam", "RAdam"))
    return name, draw_walk(tape, _OPTIONS[name], kinds=_NARROW)


@verifies(optimizers.variants_of_adam_follow_their_rules, drawn=_variant)
def test_variants_of_adam(run: Run, case: tuple[str, Walk]) -> None:
    name, walk = case
    clause = optimizers.variants_of_adam_follow_their_rules
    run.look(clause(name, walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, name, walk))


_DECAYING = ("SGD", "Adam", "Adagrad", "RMSprop", "Adadelta")


def _of_class(*names: str, always: tuple[str, ...]) -> Callable[[Tape], tuple[str, Walk]]:
    def draw(tape: Tape) -> tuple[str, Walk]:
        name = tape.choose(names)
        return name, walks_of(name, always)(tape)

    return draw


@verifies(
    optimizers.weight_decay_is_a_part_of_the_gradient,
    drawn=_of_class(*_DECAYING, always=("weight_decay",)),
)
def test_weight_decay(run: Run, case: tuple[str, Walk]) -> None:
    name, walk = case
    clause = optimizers.weight_decay_is_a_part_of_the_gradient
    run.look(clause(name, walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, name, walk))


@verifies(
    optimizers.maximize_goes_up,
    drawn=_of_class(*_DECAYING, "AdamW", always=("weight_decay",)),
)
def test_maximize(run: Run, case: tuple[str, Walk]) -> None:
    name, walk = case
    options = {**walk.options, "maximize": True}
    p = follow(run, name, walk, maximize=True)
    run.look(optimizers.maximize_goes_up(name, walk.start.array, walk.slopes, options, walk.dtype), p)


@verifies(optimizers.amsgrad_keeps_the_greatest_square, drawn=_of_class("Adam", "AdamW", always=("betas",)))
def test_amsgrad(run: Run, case: tuple[str, Walk]) -> None:
    name, walk = case
    clause = optimizers.amsgrad_keeps_the_greatest_square
    options = {**walk.options, "amsgrad": True}
    p = follow(run, name, walk, amsgrad=True)
    run.look(clause(name, walk.start.array, walk.slopes, options, walk.dtype), p)


_WAYS: tuple[dict[str, Any], ...] = ({"foreach": False}, {"foreach": True}, {"fused": True})
_FUSED = ("SGD", "Adam", "AdamW", "Adagrad")
# The devices that the page of the optimizers names for them.
_FUSING = ("cpu", "cuda", "mps", "xpu", "hpu", "mtia")


def _implementation(tape: Tape) -> tuple[str, Walk, dict[str, Any]]:
    way = tape.choose(_WAYS)
    names = _FUSED if "fused" in way else (*_FUSED, "RMSprop", "Adadelta")
    name, walk = _of_class(*names, always=("weight_decay",))(tape)
    if "fused" in way:
        # Some releases read what the fused rule is given in the order of its memory.
        plain = [None if one is None else Operand(one.array) for one in walk.gradients]
        walk = Walk(Operand(walk.start.array), tuple(plain), walk.options)
    return name, walk, way


@verifies(optimizers.implementations_follow_the_same_rule, drawn=_implementation)
def test_implementations(run: Run, case: tuple[str, Walk, dict[str, Any]]) -> None:
    name, walk, way = case
    if "fused" in way and here(run) not in _FUSING:
        raise Unclaimed("fused rules")
    clause = optimizers.implementations_follow_the_same_rule
    p = follow(run, name, walk, **way)
    run.look(clause(name, walk.start.array, walk.slopes, walk.options, walk.dtype), p)


@verifies(optimizers.foreach_and_fused_exclude_each_other, over=_FUSED)
def test_foreach_and_fused(run: Run, name: str) -> None:
    walk = draw_walk(Tape(b""))
    p = run.tensor(walk.start, requires_grad=True)
    allowed = optimizers.foreach_and_fused_exclude_each_other()
    run.expect(allowed, f"torch.optim.{name}", [p], foreach=True, fused=True)


@verifies(optimizers.a_default_step_is_that_of_the_loop, drawn=_of_class(*_OPTIONS, always=()))
def test_default_implementation(run: Run, case: tuple[str, Walk]) -> None:
    run.require_data()
    if run.backend.identity.device != "cpu":
        raise Unclaimed("a device may choose another implementation")
    name, walk = case
    plain, looped = follow(run, name, walk), follow(run, name, walk, foreach=False)
    run.expect(optimizers.a_default_step_is_that_of_the_loop(), "torch.equal", plain, looped)


def _complex_walk(tape: Tape) -> tuple[str, Walk]:
    name = tape.choose(("SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta"))
    kinds = (dtypes.complex64, dtypes.complex128)
    return name, draw_walk(tape, _OPTIONS[name], kinds=kinds)


@verifies(optimizers.complex_parameters_move_as_their_parts, drawn=_complex_walk)
def test_complex_parameters(run: Run, case: tuple[str, Walk]) -> None:
    name, walk = case
    clause = optimizers.complex_parameters_move_as_their_parts
    run.look(clause(name, walk.start.array, walk.slopes, walk.options, walk.dtype), follow(run, name, walk))
