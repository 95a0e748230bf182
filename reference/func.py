"""Functions of functions: ``torch.func``.

Each transform records its own graph, from tensors of its own, so that transforms may be nested. Sources: the
pages of ``torch.func``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import trees
from .autograd import functional, modes
from .autograd.engine import grad as gradients_of
from .autograd.nodes import AccumulateGrad, Node, alias
from .dispatch import ops
from .kernels import empty
from .state import state
from .tensor import Tensor
from .vmapping import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]

Function = Callable[..., Any]
_NO_SCALAR = (
    "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with {} dims. Maybe "
    "you wanted to use the vjp or jacrev APIs instead?"
)
_NO_TENSOR = "grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {}"
_NO_AUX = "grad_and_value(f)(*args): output of function f should be a tuple: (output, aux) if has_aux is True"


# Tensors of a transform's own.


def _own(tensor: Tensor) -> Tensor:
    """Return a tensor to differentiate by, behind the one given where that has a graph itself."""
    made: Tensor = tensor.view_as(tensor) if tensor.requires_grad else alias(tensor).requires_grad_()
    made.mapped = tensor.mapped
    return made


def _finished(tree: Any, own: Sequence[Tensor]) -> Any:
    """Return results without the part of the graph that only this transform knows."""
    ends = {id(tensor._leaf_node()) for tensor in own if tensor._leaf_node is not None}

    def finished(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or (state.grad and _reaches_others(leaf, ends)):
            return leaf
        made = alias(leaf)
        made.mapped = leaf.mapped
        return made

    return trees.mapped(finished, tree)


def _reaches_others(tensor: Tensor, ends: set[int]) -> bool:
    stack: list[Node] = [] if tensor.grad_fn is None else [tensor.grad_fn]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, AccumulateGrad) and id(node) not in ends:
            return True
        stack += [edge.node for edge in node.edges if edge is not None]
    return tensor.tracked and tensor.grad_fn is None


def _chosen(args: Sequence[Any], argnums: int | Sequence[int]) -> tuple[Any, list[Any], list[Tensor]]:
    """Return the arguments chosen, all arguments with own tensors in their places, and these tensors."""
    places = [argnums] if isinstance(argnums, int) else list(argnums)
    chosen = tuple(args[place] for place in places)
    own_trees = trees.mapped(lambda leaf: _own(leaf) if isinstance(leaf, Tensor) else leaf, chosen)
    given = list(args)
    for place, tree in zip(places, own_trees, strict=True):
        given[place] = tree
    return chosen, given, trees.tensors(own_trees)


def _rebuilt(chosen: tuple[Any, ...], argnums: int | Sequence[int], values: Sequence[Any]) -> Any:
    made = trees.rebuilt(chosen, values)
    return made[0] if isinstance(argnums, int) else made


# Gradients.


def grad(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that gives the gradient of a function's value."""

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        found, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return wrapped


def grad_and_value(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that gives the gradient and the value.

    Raises
    ------
    RuntimeError
        By the function returned, where the value has dimensions or is no tensor.
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        chosen, given, own = _chosen(args, argnums)
        with modes.enable_grad():
            made = func(*given, **kwargs)
            value = _value(made, has_aux=has_aux)
            found = _pulled([value], own, [ops.ones_like(value)])
        return _finished((_rebuilt(chosen, argnums, found), made), own)

    return wrapped


def _value(made: Any, *, has_aux: bool) -> Tensor:
    if has_aux:
        if not isinstance(made, tuple) or len(made) != 2:
            raise RuntimeError(_NO_AUX)
        made = made[0]
    if not isinstance(made, Tensor):
        raise RuntimeError(_NO_TENSOR.format(type(made)))
    if made.ndim:
        raise RuntimeError(_NO_SCALAR.format(made.ndim))
    return made


def _pulled(outputs: Sequence[Tensor], own: Sequence[Tensor], weights: Sequence[Tensor]) -> list[Tensor]:
    pairs = [(out, weight) for out, weight in zip(outputs, weights, strict=True) if out.requires_grad]
    if not pairs:
        return [empty(one.shape, one.dtype) for one in own]
    found = gradients_of(
        [out for out, _ in pairs],
        own,
        [weight for _, weight in pairs],
        create_graph=True,
        allow_unused=True,
    )
    return [empty(one.shape, one.dtype) if got is None else got for got, one in zip(found, own, strict=True)]


# Products with the Jacobian.


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """Return the value of a function and the function that pulls back a vector."""
    places = tuple(range(len(primals)))
    chosen, given, own = _chosen(primals, places)
    with modes.enable_grad():
        made = func(*given)
    value = made[0] if has_aux else made
    outputs = trees.tensors(value)

    def pull(*cotangents: Any) -> Any:
        with modes.enable_grad():
            found = _pulled(outputs, own, trees.tensors(cotangents))
        pulled: tuple[Any, ...] = _finished(_rebuilt(chosen, places, found), own)
        return pulled[0] if len(primals) == 1 else pulled

    def pull_each(*cotangents: Any) -> Any:
        pulled = pull(*cotangents)
        return (pulled,) if len(primals) == 1 else pulled

    finished = _finished(value, own)
    return (finished, pull_each, made[1]) if has_aux else (finished, pull_each)


def jvp(func: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...], *, has_aux: bool = False) -> Any:
    """Return the value of a function and the product of its Jacobian with tangents.

    The pulled-back vector is linear in the vector; its own gradient is that product.
    """
    _, given, own = _chosen(primals, tuple(range(len(primals))))
    with modes.enable_grad():
        made = func(*given)
        value = made[0] if has_aux else made
        pushed = _pushed(trees.tensors(value), own, trees.tensors(tangents))
    results = _finished((value, trees.rebuilt(value, pushed)), own)
    return (*results, made[1]) if has_aux else results


def _pushed(outputs: Sequence[Tensor], own: Sequence[Tensor], tangents: Sequence[Tensor]) -> list[Tensor]:
    probes = [_probe(output) for output in outputs]
    pulled = _pulled(outputs, own, probes)
    return _pulled(pulled, probes, tangents)


def _probe(output: Tensor) -> Tensor:
    made: Tensor = ops.zeros_like(output).detach().requires_grad_()
    made.mapped = output.mapped
    return made


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """Return the value of a function and the function that pushes tangents forward."""
    _, given, own = _chosen(primals, tuple(range(len(primals))))
    with modes.enable_grad():
        value = func(*given)

    def push(*tangents: Any) -> Any:
        with modes.enable_grad():
            pushed = _pushed(trees.tensors(value), own, trees.tensors(tangents))
        return _finished(trees.rebuilt(value, pushed), own)

    return _finished(value, own), push


def jacrev(
    func: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, **options: Any
) -> Function:
    """Return the function that gives the Jacobian, a row for each element of the result."""

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        chosen, given, own = _chosen(args, argnums)
        with modes.enable_grad():
            made = func(*given, **kwargs)
            value = made[0] if has_aux else made
            jacobians = trees.mapped(
                lambda output: _rebuilt(chosen, argnums, functional.rows_of(output, own, create_graph=True)),
                value,
            )
        finished = _finished(jacobians, own)
        return (finished, made[1]) if has_aux else finished

    return wrapped


def jacfwd(
    func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, **options: Any
) -> Function:
    """Return the function that gives the Jacobian, a column for each element of the argument."""

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        chosen, given, own = _chosen(args, argnums)
        with modes.enable_grad():
            made = func(*given, **kwargs)
            value = made[0] if has_aux else made
            jacobians = trees.mapped(
                lambda output: _rebuilt(chosen, argnums, [_columns(output, own, one) for one in own]), value
            )
        finished = _finished(jacobians, own)
        return (finished, made[1]) if has_aux else finished

    return wrapped


def _columns(output: Tensor, own: Sequence[Tensor], by: Tensor) -> Tensor:
    columns = []
    for place in range(by.numel()):
        tangents = [ops.zeros_like(one).detach() for one in own]
        for one, tangent in zip(own, tangents, strict=True):
            if one is by:
                tangent.places[tuple(_unravelled(place, by.shape))] = 1
        columns += _pushed([output], own, tangents)
    if not columns:
        return empty((*output.shape, *by.shape), output.dtype)
    return ops.stack(columns, -1).reshape((*output.shape, *by.shape))  # type: ignore[no-any-return]


def _unravelled(place: int, shape: Sequence[int]) -> list[int]:
    index: list[int] = []
    for size in reversed(shape):
        index.insert(0, place % size)
        place //= size
    return index


def hessian(func: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that gives the second derivatives."""
    return jacfwd(jacrev(func, argnums), argnums)


# Modules.


def functional_call(
    module: Any, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: Any = None
) -> Any:
    """Call a module with tensors in the place of its parameters and buffers."""
    given = parameter_and_buffer_dicts
    values = given if isinstance(given, dict) else {key: one for each in given for key, one in each.items()}
    arguments = args if isinstance(args, tuple) else () if args is None else (args,)
    with _replaced(module, values):
        return module(*arguments, **(kwargs or {}))


@contextmanager
def _replaced(module: Any, values: dict[str, Tensor]) -> Iterator[None]:
    held = []
    for path, value in values.items():
        *names, last = path.split(".")
        owner = module
        for name in names:
            owner = owner._modules[name]
        store = owner._parameters if last in owner._parameters else owner._buffers
        held.append((store, last, store[last]))
        store[last] = value
    try:
        yield
    finally:
        for store, last, value in reversed(held):
            store[last] = value


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the parameters and the buffers of several modules, stacked by name."""
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")

    def stacked(stores: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
        made = {key: ops.stack([store[key] for store in stores]).detach() for key in stores[0]}
        return {key: one.requires_grad_(stores[0][key].requires_grad) for key, one in made.items()}

    return (
        stacked([dict(model.named_parameters()) for model in models]),
        stacked([dict(model.named_buffers()) for model in models]),
    )
