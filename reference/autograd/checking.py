"""Comparing gradients with differences of the function. Source: ``notes/gradcheck``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..kernels import Array, fresh
from ..tensor import Tensor
from . import engine, modes

_NONE_REQUIRED = (
    "gradcheck expects at least one input tensor to require gradient, but none of them have "
    "requires_grad=True."
)
_SINGLE = (
    "Input #{} requires gradient and is not a double precision floating point or complex. This check will "
    "likely fail if all the inputs are not of double precision floating point or complex. "
)
_MISMATCH = "Jacobian mismatch for output {} with respect to input {},\nnumerical:{}\nanalytical:{}\n"


class GradcheckError(RuntimeError):
    """A gradient is not what differences of the function say."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Return whether the gradients of a function agree with its central differences.

    Other options of torch are taken and ignored.

    Raises
    ------
    ValueError
        Where no input requires gradients.
    GradcheckError
        Where they do not agree, unless told not to raise.
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    wanted = [place for place, one in enumerate(given) if isinstance(one, Tensor) and one.requires_grad]
    if not wanted:
        raise ValueError(_NONE_REQUIRED)
    for place in wanted:
        if given[place].dtype.to_real().rule.name != "float64":
            warnings.warn(_SINGLE.format(place), UserWarning, stacklevel=2)
    outputs = _results(func, given)
    for number, output in enumerate(outputs):
        if not output.requires_grad:
            continue
        for place in wanted:
            analytical = _by_passes(output, given[place])
            numerical = _by_differences(func, given, place, number, eps)
            if not np.allclose(analytical, numerical, rtol=rtol, atol=atol, equal_nan=True):
                if raise_exception:
                    raise GradcheckError(_MISMATCH.format(number, place, fresh(numerical), fresh(analytical)))
                return False
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """Return whether second derivatives agree with differences of the gradients."""
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    outputs = _results(func, given)
    if grad_outputs is None:
        rng = np.random.Generator(np.random.PCG64(0))
        weights = [fresh(rng.standard_normal(one.shape), one.dtype).requires_grad_() for one in outputs]
    else:
        weights = list(grad_outputs) if isinstance(grad_outputs, tuple | list) else [grad_outputs]
    wanted = [place for place, one in enumerate(given) if isinstance(one, Tensor) and one.requires_grad]

    def first(*arguments: Any) -> Any:
        own, factors = arguments[: len(given)], arguments[len(given) :]
        return engine.grad(
            _results(func, own),
            [own[place] for place in wanted],
            factors,
            create_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )

    return gradcheck(first, (*given, *weights), **options)


def _results(func: Callable[..., Any], given: Sequence[Any]) -> list[Tensor]:
    made = func(*given)
    every = made if isinstance(made, tuple | list) else (made,)
    return [one for one in every if isinstance(one, Tensor) and one.dtype.is_differentiable]


def _parts(tensor: Tensor) -> tuple[complex, ...]:
    """Return the directions in which an element can move."""
    return (1, 1j) if tensor.dtype.is_complex else (1,)


def _by_passes(output: Tensor, given: Tensor) -> Array:
    """Return the gradient of each part of each element of the output, one a row."""
    rows = []
    for place in range(output.numel()):
        for part in _parts(output):
            weight = np.zeros(output.numel(), output.dtype.numpy)
            weight[place] = part
            (found,) = engine.grad(
                output, given, fresh(weight.reshape(output.shape)), retain_graph=True, allow_unused=True
            )
            rows.append(np.zeros(given.shape) if found is None else found.array)
    return np.array(rows).reshape(len(rows), -1)


def _by_differences(
    func: Callable[..., Any], given: Sequence[Any], place: int, number: int, eps: float
) -> Array:
    """Return the same from differences: the rate of the real part is one of the gradient."""
    x = given[place].detach().clone().requires_grad_()
    moved = (*given[:place], x, *given[place + 1 :])

    def value() -> Array:
        return np.array(_results(func, moved)[number].array, np.complex128).reshape(-1)

    columns = []
    for index in np.ndindex(*x.shape):
        rates = [_rate(x, index, part * eps, value) / (2 * eps) for part in _parts(x)]
        columns.append(rates[0] if len(rates) == 1 else (rates[0], rates[1]))
    output = _results(func, moved)[number]
    rows = [
        [_slope(column, place, part) for column in columns]
        for place in range(output.numel())
        for part in _parts(output)
    ]
    found = np.array(rows).reshape(len(rows), -1)
    return found if x.dtype.is_complex else found.real


def _rate(x: Tensor, index: tuple[int, ...], step: complex, value: Callable[[], Array]) -> Array:
    """Return how far the value moves between a step forward and one back."""
    with modes.enable_grad():
        held = x.places[index]
        x.places[index] = held + (step if x.dtype.is_complex else step.real)
        ahead = value()
        x.places[index] = held - (step if x.dtype.is_complex else step.real)
        behind = value()
        x.places[index] = held
    return ahead - behind


def _slope(column: Any, place: int, part: complex) -> complex:
    """Return the gradient of one part of an element: the rates of its real part in each direction."""
    if isinstance(column, tuple):
        real, imag = (complex(np.conj(part) * one[place]).real for one in column)
        return complex(real, imag)
    return complex(complex(np.conj(part) * column[place]).real)
