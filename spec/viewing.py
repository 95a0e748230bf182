"""What an operation on shapes shows: elements by index, strides by rule, or the error its rule raises."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .outcome import Each, Exactly, Outcome, Raises
from .rules.dtypes import DType
from .rules.windows import Array, Window


def view_of(window: Callable[[], Window], elements: Callable[[], Array]) -> Outcome:
    """Return the outcome of an operation that gives one view.

    Parameters
    ----------
    window : callable
        Returns the window of the result, or raises what the operation raises.
    elements : callable
        Returns the elements; called only where the window exists.
    """
    try:
        due = window()
    except (IndexError, RuntimeError) as error:
        return error_like(error)
    return Exactly(elements(), strides=due.strides)


def views_of(windows: Callable[[], Sequence[Window]], elements: Callable[[], Sequence[Array]]) -> Outcome:
    """Return the outcome of an operation that gives several views; the parameters are as in `view_of`."""
    try:
        due = windows()
    except (IndexError, RuntimeError) as error:
        return error_like(error)
    pieces = zip(elements(), due, strict=True)
    return Each(tuple(Exactly(piece, strides=window.strides) for piece, window in pieces))


def copy_of(elements: Callable[[], Array]) -> Outcome:
    """Return the outcome of an operation that gives fresh elements, or the error that making them raises."""
    try:
        return Exactly(np.asarray(elements()))
    except (IndexError, RuntimeError) as error:
        return error_like(error)


def error_like(error: Exception) -> Raises:
    """Return the outcome that demands an error of the kind a rule raised."""
    return Raises("IndexError" if isinstance(error, IndexError) else "RuntimeError")


def sliding(elements: Array, dim: int, size: int, step: int) -> Array:
    """Return the windows of `size` elements along a dimension, `step` apart, as a last dimension."""
    every = np.lib.stride_tricks.sliding_window_view(np.atleast_1d(elements), size, axis=dim)
    axis = dim % max(elements.ndim, 1)
    stepped = np.take(every, range(0, every.shape[axis], step), axis=axis)
    return np.asarray(stepped if elements.ndim else stepped[0])


def repeated(elements: Array, sizes: Sequence[int]) -> Array:
    """Return elements repeated along dimensions of size 1; -1 keeps a size."""
    missing = len(sizes) - elements.ndim
    own = (*sizes[:missing], *elements.shape)
    goal = [kept if size == -1 else size for size, kept in zip(sizes, own, strict=True)]
    return np.broadcast_to(elements, goal)


def addressed(storage: Array, size: Sequence[int], stride: Sequence[int], offset: int) -> Array:
    """Return the elements of a storage at offset + the sum of index x stride."""
    places = np.full(size, offset)
    for step, index in zip(stride, np.indices(size), strict=True):
        places += step * index
    return np.asarray(storage[places])


def joined(pairs: Array, dtype: DType) -> Array:
    """Return the pairs along a last dimension as complex numbers."""
    values = np.empty(pairs.shape[:-1], dtype.storage)
    values.real, values.imag = pairs[..., 0], pairs[..., 1]
    return values


def conjugated(elements: Array) -> Array:
    """Return complex elements conjugated, others as they are."""
    return np.asarray(np.conj(elements)) if elements.dtype.kind == "c" else elements
