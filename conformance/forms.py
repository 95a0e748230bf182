"""Functions of a vector with their derivatives in closed form, and inputs for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorcanon.spec.rules import dtypes

from .backend import Array
from .inputs import draw_array
from .tape import Tape


@dataclass(frozen=True, eq=False)
class Form:
    """A function of a vector with its derivatives, all of them exact for small integers."""

    name: str
    body: Callable[[Any, Any], Any]
    value: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    hessian: Callable[[Array], Array] | None = None

    def __str__(self) -> str:
        return self.name


def _sum_times(w: Any, x: Any) -> Any:
    return w.call("operator.mul", w.call("Tensor.sum", w.call("operator.mul", x, x)), x)


def _outer(w: Any, x: Any) -> Any:
    return w.call("torch.outer", x, w.call("operator.mul", x, 2.0))


def _scalar(w: Any, x: Any) -> Any:
    return w.call(
        "Tensor.sum", w.call("operator.mul", w.call("Tensor.cumsum", x, 0), w.call("operator.mul", x, x))
    )


def _outer_jacobian(x: Array) -> Array:
    eye = np.eye(x.size)
    return np.asarray(2 * (eye[:, None, :] * x[None, :, None] + x[:, None, None] * eye[None, :, :]))


def _scalar_gradient(x: Array) -> Array:
    squares = x * x
    return np.asarray(2 * x * np.cumsum(x) + np.cumsum(squares[::-1])[::-1])


def _scalar_hessian(x: Array) -> Array:
    rows = np.diag(2 * np.cumsum(x)) + 2 * np.tril(np.ones((x.size, x.size))) * x[:, None]
    return np.asarray(rows + 2 * np.triu(np.ones((x.size, x.size))) * x[None, :])


FORMS = (
    Form("square", lambda w, x: w.call("operator.mul", x, x), lambda x: x * x, lambda x: np.diag(2 * x)),
    Form(
        "scaled", _sum_times, lambda x: (x @ x) * x, lambda x: 2 * np.outer(x, x) + (x @ x) * np.eye(x.size)
    ),
    Form("outer", _outer, lambda x: 2 * np.outer(x, x), _outer_jacobian),
    Form("scalar", _scalar, lambda x: np.cumsum(x) @ (x * x), _scalar_gradient, _scalar_hessian),
    Form(
        "constant",
        lambda w, x: w.call("torch.ones", 2),
        lambda x: np.ones(2),
        lambda x: np.zeros((2, x.size)),
    ),
)
CURVED = tuple(form for form in FORMS if form.hessian is not None)


def draw_form(tape: Tape, form: Form) -> tuple[Array, Array, Array]:
    """Draw a vector, one of its size and one of the size of the value."""
    dtype = tape.choose((dtypes.float64, dtypes.float32))
    size = tape.between(1, 3)
    x, vector = (draw_array(tape, dtype, (size,), "small") for _ in range(2))
    return x, vector, draw_array(tape, dtype, form.value(x).shape, "small")


def typed(value: Array, like: Array) -> Array:
    return np.asarray(value).astype(like.dtype)


def product(form: Form, x: Array, vector: Array) -> Array:
    """Return the Jacobian times a vector of the input's size."""
    return typed(form.jacobian(x.astype(np.float64)) @ vector, x)


def pulled(form: Form, x: Array, weight: Array) -> Array:
    """Return a vector of the value's size times the Jacobian."""
    return typed(np.tensordot(weight, form.jacobian(x.astype(np.float64)), weight.ndim), x)


FUNCTIONAL = tuple(form for form in FORMS if form.name != "constant")
