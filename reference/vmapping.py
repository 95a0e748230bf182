"""Mapping a function over a dimension. Sources: ``torch.vmap``, ``func.ux_limitations``.

The function is called for each slice, one after the other, and the results are stacked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import trees
from .autograd import mapping
from .dispatch import ops
from .random import default_generator
from .state import state
from .tensor import Tensor

_SIZES = (
    "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {} for the mapped "
    "dimension"
)


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that maps another one over a dimension of its arguments.

    Parameters
    ----------
    func : callable
    in_dims : int, or tuple of these, None and nested structures of them
        The dimension of each argument; None for one that every call gets whole.
    out_dims : int or tuple of int
    randomness : {"error", "same", "different"}
    chunk_size : int or None
        Taken and ignored.

    Raises
    ------
    ValueError
        By the function returned: where sizes differ, a dimension does not exist, nothing is mapped, or the
        result is no tensor.
    RuntimeError
        Where the function needs the elements of a slice as Python values, writes a slice into a tensor that
        is none, or draws random numbers without leave.
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        dims = _checked_dims(func, in_dims, args)
        named = trees.spread(0, kwargs)
        size = _size((args, kwargs), (dims, named))
        level = max((mapping.level_of(tensor) for tensor in trees.tensors((args, kwargs))), default=0)
        results = []
        start = default_generator.get_state()
        for place in range(size):
            if randomness == "same":
                default_generator.set_state(start)
            with _mapped(randomness):
                own = trees.mapped(
                    lambda leaf, dim, at=place: _slice(leaf, dim, at), (args, kwargs), (dims, named)
                )
                results.append(func(*own[0], **own[1]))
                _check_results(func, results[-1])
        return _stacked(func, results, out_dims, level)

    return wrapped


def _checked_dims(func: Callable[..., Any], in_dims: Any, args: tuple[Any, ...]) -> Any:
    head = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): "
    if not isinstance(in_dims, int | tuple | list) or isinstance(in_dims, bool):
        raise ValueError(
            f"{head}expected `in_dims` to be int or a (potentially nested) tuple matching the structure of "
            f"inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(f"vmap({_name(func)})(<inputs>): got no inputs.")
    try:
        dims = trees.spread(in_dims, args)
    except ValueError:
        raise ValueError(f"{head}in_dims is not compatible with the structure of `inputs`.") from None
    for leaf, dim in zip(trees.leaves(args), trees.leaves(dims), strict=True):
        _check_dim(head, leaf, dim)
    return dims


def _check_dim(head: str, leaf: Any, dim: int | None) -> None:
    if dim is None:
        return
    if not isinstance(leaf, Tensor):
        raise ValueError(
            f"{head}Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over "
            "non-Tensor arguments, please use None as the respective in_dim"
        )
    if not -leaf.ndim <= dim < leaf.ndim:
        raise ValueError(
            f"{head}Got in_dim={dim} for some input, but that input is a Tensor of dimensionality "
            f"{leaf.ndim} so expected in_dim to satisfy -{leaf.ndim} <= in_dim < {leaf.ndim}."
        )


def _name(func: Callable[..., Any]) -> str:
    return getattr(func, "__name__", repr(func))


def _size(tree: Any, dims: Any) -> int:
    sizes = [
        leaf.shape[dim]
        for leaf, dim in zip(trees.leaves(tree), trees.leaves(dims), strict=True)
        if isinstance(leaf, Tensor) and dim is not None
    ]
    if not sizes:
        raise ValueError("vmap: at least one input must be mapped over")
    if len(set(sizes)) > 1:
        raise ValueError(_SIZES.format(sizes))
    return int(sizes[0])


@contextmanager
def _mapped(randomness: str) -> Iterator[None]:
    before = state.mapping
    state.mapping = (*before, randomness)
    try:
        yield
    finally:
        state.mapping = before


def _slice(leaf: Any, dim: int | None, place: int) -> Any:
    if dim is None or not isinstance(leaf, Tensor):
        return leaf
    made = ops.select(leaf, dim, place)
    made.mapped = len(state.mapping)
    return made


def _check_results(func: Callable[..., Any], result: Any) -> None:
    for leaf in trees.leaves(result):
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, got type {type(leaf)}."
            )


def _stacked(func: Callable[..., Any], results: list[Any], out_dims: Any, level: int) -> Any:
    def stacked(dim: int | None, *slices: Tensor) -> Tensor:
        if dim is None:
            return slices[0]
        made: Tensor = ops.stack(slices, dim)
        made.mapped = level
        return made

    return trees.mapped(stacked, trees.spread(out_dims, results[0]), *results)
