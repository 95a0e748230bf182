"""Fresh tensors of random numbers.

Sources: ``torch.rand``, ``torch.randn``, ``torch.randint``, ``torch.randperm``, ``torch.normal``,
``torch.bernoulli`` and those like another tensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .casting import checked_number
from .creation import Options, finished
from .dispatch import op, ops
from .generator import Generator
from .kernels import as_int, broadcast, fresh
from .sampling import integers, source
from .tensor import Tensor

# Above, a permutation is drawn with other words; so long ones are beyond this implementation.
_LONGEST = ((1 << 32) - 1) // 20


@op("rand", method=False, out=True, exact_out=True)
def rand(*size: Any, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return numbers uniform in [0, 1)."""
    source(generator)
    return ops.empty(*size, **options).uniform_(generator=generator)  # type: ignore[no-any-return]


@op("randn", method=False, out=True, exact_out=True)
def randn(*size: Any, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return numbers of the standard normal distribution."""
    source(generator)
    return ops.empty(*size, **options).normal_(generator=generator)  # type: ignore[no-any-return]


@op("rand_like", method=False, differentiable=False)
def rand_like(input: Tensor, *, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return numbers uniform in [0, 1) in the shape, type and dense strides of a tensor."""
    return ops.empty_like(input, **options).uniform_(generator=generator)  # type: ignore[no-any-return]


@op("randn_like", method=False, differentiable=False)
def randn_like(input: Tensor, *, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return standard normal numbers in the shape, type and dense strides of a tensor."""
    return ops.empty_like(input, **options).normal_(generator=generator)  # type: ignore[no-any-return]


@op("randint", method=False, out=True, exact_out=True)
def randint(
    *args: Any,
    low: int | None = None,
    high: int | None = None,
    size: Any = None,
    generator: Generator | None = None,
    **options: Any,
) -> Tensor:
    """Return integers uniform in [low, high), of type int64 unless another is given.

    Raises
    ------
    TypeError
        Unless the size is a sequence.
    """
    *bounds, sizes = args if size is None else (*args, size)
    if not isinstance(sizes, list | tuple):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(sizes).__name__}")
    *lows, top = (as_int(bound) for bound in (*bounds, *(b for b in (low, high) if b is not None)))
    kind = dtypes.given(options.pop("dtype", None)) or dtypes.int64
    made = ops.empty(sizes, dtype=kind, **options)
    return made.random_(lows[0] if lows else 0, top, generator=generator)  # type: ignore[no-any-return]


@op("randint_like", method=False, differentiable=False)
def randint_like(
    input: Tensor, *bounds: Any, low: int = 0, high: int | None = None, **options: Any
) -> Tensor:
    """Return integers uniform in [low, high) in the shape, type and dense strides of a tensor."""
    *lows, top = bounds if high is None else (*bounds, high)
    made = ops.empty_like(input, **options)
    return made.random_(as_int(lows[0] if lows else low), as_int(top))  # type: ignore[no-any-return]


@op("randperm", method=False, out=True, exact_out=True)
def randperm(n: Any, *, generator: Generator | None = None, **options: Any) -> Tensor:
    """Return the integers below ``n`` in random order, by exchanges from the first place on."""
    count = as_int(n)
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: [{count}]")
    chosen = Options(**{"dtype": dtypes.int64, **options})
    kind = dtypes.given(chosen.dtype) or dtypes.int64
    if kind is dtypes.bool_:
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'")
    checked_number(max(count - 1, 0), kind)
    assert count < _LONGEST
    order = list(range(count))
    words = source(generator).words(max(count - 1, 0)).tolist()
    for place, word in enumerate(words):
        other = place + word % (count - place)
        order[place], order[other] = order[other], order[place]
    return finished(fresh(np.array(order, np.int64), kind), chosen.requires_grad)


@op("normal", method=False, out=True, exact_out=True)
def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, **options: Any
) -> Tensor:
    """Return normal numbers whose means and deviations are tensors that broadcast, or numbers with a size.

    Raises
    ------
    RuntimeError
        For a negative deviation.
    TypeError
        For two numbers without a size.
    """
    if isinstance(std, Tensor):
        return _spread(mean, std, generator)
    if isinstance(mean, Tensor):
        return ops.empty_like(mean).normal_(0.0, std, generator=generator).add_(mean)  # type: ignore[no-any-return]
    if size is None:
        raise TypeError("normal() received two numbers and no size")
    return ops.empty(size, **options).normal_(mean, std, generator=generator)  # type: ignore[no-any-return]


def _spread(mean: Any, std: Tensor, generator: Generator | None) -> Tensor:
    if std.dtype.is_complex:
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if std.numel() and not bool((std.array >= 0).all()):
        raise RuntimeError("normal expects all elements of std >= 0.0")
    if isinstance(mean, Tensor):
        shape = broadcast(tuple(mean.shape), tuple(std.shape))
        made = ops.empty_like(mean) if mean.shape == shape else ops.empty(shape, dtype=mean.dtype)
    else:
        made = ops.empty_like(std)
    return made.normal_(generator=generator).mul_(std).add_(mean)  # type: ignore[no-any-return]


@op("bernoulli", differentiable=False)
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Return ones with the probabilities of the input, zeros elsewhere; ``p`` replaces the probabilities."""
    made = ops.empty(input.shape, dtype=input.dtype)
    return made.bernoulli_(input if p is None else p, generator=generator)  # type: ignore[no-any-return]


def drawn_integers(generator: Generator, low: int, high: int, count: int) -> list[int]:
    """Return int64 integers uniform in [low, high) as `randint` draws them."""
    return integers(dtypes.int64, low, high, generator, count).tolist()  # type: ignore[no-any-return]
