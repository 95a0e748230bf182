"""Custom functions: subclasses of ``torch.autograd.Function`` that programs define."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .backend import Symbol
from .run import Run

Body = Callable[..., Any]


def custom(run: Run, name: str, forward: tuple[str, Body], backward: tuple[str, Body], *wrappers: str) -> Any:
    """Define a subclass of Function; wrappers decorate its backward."""
    functions = {
        "forward": run.function("forward", *forward),
        "backward": run.function("backward", *backward),
    }
    methods: dict[str, Any] = dict(functions)
    for wrapper in wrappers:
        methods["backward"] = run.whole(wrapper, functions["backward"])
    return run.whole("builtins.type", name, (Symbol("autograd.Function"),), methods)


def saved(writer: Any, ctx: Any, place: int) -> Any:
    return writer.call("operator.getitem", writer.call("getattr", ctx, "saved_tensors"), place)


def product_function(run: Run, factor: float = 1.0) -> Any:
    """Return the class of a product of two tensors and a number, with the gradient times a factor."""

    def forward(w: Any, ctx: Any, a: Any, b: Any, number: Any) -> Any:
        w.call("Tensor.save_for_backward", ctx, a, b)
        w.call("setattr", ctx, "number", number)
        return w.call("operator.mul", w.call("operator.mul", a, b), number)

    def backward(w: Any, ctx: Any, grad: Any) -> Any:
        scaled = w.call(
            "operator.mul", w.call("operator.mul", grad, w.call("getattr", ctx, "number")), factor
        )
        by = (
            w.call("operator.mul", scaled, saved(w, ctx, 1)),
            w.call("operator.mul", scaled, saved(w, ctx, 0)),
        )
        return (*by, None)

    return custom(run, "Product", ("ctx a b number", forward), ("ctx grad", backward))


def square_function(run: Run, *wrappers: str) -> Any:
    def forward(w: Any, ctx: Any, a: Any) -> Any:
        w.call("Tensor.save_for_backward", ctx, a)
        return w.call("operator.mul", a, a)

    def backward(w: Any, ctx: Any, grad: Any) -> Any:
        return w.call("operator.mul", w.call("operator.mul", grad, 2.0), saved(w, ctx, 0))

    return custom(run, "Square", ("ctx a", forward), ("ctx grad", backward), *wrappers)
