"""Tensors in tuples, lists and dicts, as arguments and results of functions hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .tensor import Tensor


def leaves(tree: Any) -> Iterator[Any]:
    """Yield what is no container, in order."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from leaves(value)
    else:
        yield tree


def tensors(tree: Any) -> list[Tensor]:
    """Return the tensors, in order."""
    return [leaf for leaf in leaves(tree) if isinstance(leaf, Tensor)]


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return the tree with a function of each leaf, and of the same leaf of others, in its place."""
    if isinstance(tree, dict):
        return {
            key: mapped(function, value, *(other[key] for other in others)) for key, value in tree.items()
        }
    if isinstance(tree, list | tuple):
        made = [
            mapped(function, value, *(other[place] for other in others)) for place, value in enumerate(tree)
        ]
        return type(tree)(*made) if hasattr(tree, "_fields") else type(tree)(made)
    return function(tree, *others)


def rebuilt(tree: Any, values: Sequence[Any]) -> Any:
    """Return the tree with values, in order, in the places of its tensors."""
    left = iter(values)
    return mapped(lambda leaf: next(left) if isinstance(leaf, Tensor) else leaf, tree)


def spread(prefix: Any, tree: Any) -> Any:
    """Return a tree of one's shape with the leaves of a prefix of it, each at every place below it.

    Raises
    ------
    ValueError
        Where the prefix has another structure.
    """
    if isinstance(prefix, dict) and isinstance(tree, dict) and prefix.keys() == tree.keys():
        return {key: spread(prefix[key], value) for key, value in tree.items()}
    if isinstance(prefix, list | tuple):
        if not isinstance(tree, list | tuple) or len(prefix) != len(tree):
            raise ValueError("the dimensions have another structure than the values")
        return tuple(spread(own, value) for own, value in zip(prefix, tree, strict=True))
    if isinstance(prefix, dict):
        raise ValueError("the dimensions have another structure than the values")
    return _constant(prefix, tree)


def _constant(value: Any, tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _constant(value, item) for key, item in tree.items()}
    if isinstance(tree, list | tuple):
        return tuple(_constant(value, item) for item in tree)
    return value
