"""Fills of random numbers in place, on torch's CPU stream.

Sources: ``torch.Tensor.uniform_`` and its kin. A tensor is filled in the order in which its elements lie in
memory; how numbers are made of words is observed.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tensorcanon.spec.rules.dtypes import integer_range

from . import cephes, dtypes, libm, random, writing
from .autograd import tape
from .casting import cast
from .dispatch import op
from .fused import fma
from .generator import Generator
from .kernels import as_tensor, broadcast, view_of
from .tensor import Tensor

Array = np.ndarray[Any, Any]

# From this count on, normal numbers are made in blocks of 16 of uniform ones.
_BLOCK = 16
# Ranges from here on take 64 bits a number.
_WIDE = 1 << 28
_DOUBLE_DIGITS = 53
# The C names of types that messages use.
_C_NAMES = {
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
}


def source(generator: Generator | None) -> Generator:
    """Return the generator to draw from; TypeError for what is none."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    return generator or random.default_generator


def memory_order(tensor: Tensor) -> list[int]:
    """Return the dimensions from the one with the largest stride to that with the smallest."""
    return sorted(range(tensor.ndim), key=lambda dim: -tensor.strides[dim])


def _filled(input: Tensor, values: Array) -> Tensor:
    """Write numbers into a tensor in the order of its memory."""
    _check(input)
    order = memory_order(input)
    arranged = values.reshape([input.shape[dim] for dim in order])
    input.write(arranged.transpose(np.argsort(order)) if order else arranged)
    return input


def _check(input: Tensor) -> None:
    tape.check_writable(input, (input,), {})
    writing.check_overlap(input, ())


def _check_floating(input: Tensor, kernel: str) -> int:
    """Return how many digits a floating type has; NotImplementedError for another type."""
    fmt = input.dtype.rule.format
    if fmt is None or input.dtype.is_complex:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'")
    return fmt.digits


def _parts(input: Tensor) -> Tensor:
    """Return a complex tensor as a real one of its parts, others as they are."""
    if not input.dtype.is_complex:
        return input
    strides = (*(2 * stride for stride in input.strides), 1)
    return view_of(input, (*input.shape, 2), strides, 2 * input.offset, input.dtype.to_real())


@op("uniform_", raw=True)
def uniform(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None, **named: float
) -> Tensor:
    """Fill with numbers uniform in [from, to)."""
    from_ = named.get("from", from_)
    target = _parts(input)
    digits = _check_floating(target, "check_uniform_bounds")
    if to < from_:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}")
    compute = np.float64 if digits > 24 else np.float32
    drawn = source(generator).uniform(target.numel(), max(digits, 24)).astype(compute)
    first, last = cast(np.array([from_, to]), target.dtype)
    scale, start = compute(to) - compute(from_), compute(from_)
    values = cast(drawn if scale == 1 and start == 0 else fma(drawn, scale, start), target.dtype)
    # What rounds up to the end of the range, which is not part of it, is put at its start.
    _filled(target, np.where(values == last, first, values))
    return input


@op("normal_", raw=True)
def normal(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with normal numbers of a mean and a standard deviation."""
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if input.dtype.is_complex:
        normal(_parts(input), mean, std / np.sqrt(2.0), generator=generator)
        return input
    digits = _check_floating(input, "normal_kernel_cpu")
    drawn = _normal(source(generator), input, digits)
    kind = drawn.dtype.type
    _filled(input, drawn if std == 1 and mean == 0 else fma(drawn, kind(std), kind(mean)))
    return input


def _normal(generator: Generator, input: Tensor, digits: int) -> Array:
    """Return standard normal numbers for every element, in the type in which they are scaled."""
    count = input.numel()
    if count < _BLOCK or not input.is_contiguous():
        return generator.normal(count)
    if digits < 24:
        return _blocks(generator, count, count - count % _BLOCK, np.float32)
    return _blocks(generator, count, count, np.float64 if digits > 24 else np.float32)


def _blocks(generator: Generator, count: int, drawn: int, compute: Any) -> Array:
    """Return normal numbers in blocks of 16; where the last is not full, 16 more replace the end.

    Parameters
    ----------
    generator : Generator
    count : int
    drawn : int
        How many uniform numbers are drawn at first: for narrow types none for the block that is not full.
    compute : type
    """
    digits = _DOUBLE_DIGITS if compute is np.float64 else 24
    numbers = np.empty(count, compute)
    whole = count - count % _BLOCK
    numbers[:whole] = _box_muller(generator.uniform(drawn, digits)[:whole].astype(compute))
    if whole < count:
        numbers[-_BLOCK:] = _box_muller(generator.uniform(_BLOCK, digits).astype(compute))
    return numbers


def _box_muller(uniform_numbers: Array) -> Array:
    blocks = uniform_numbers.reshape(-1, 2, _BLOCK // 2)
    depth, angle = 1 - blocks[:, 0], blocks.dtype.type(2 * np.pi) * blocks[:, 1]
    if blocks.dtype == np.float32:
        logarithm, (sine, cosine) = cephes.log(depth), cephes.sin_cos(angle)
    else:
        logarithm, sine, cosine = libm.log(depth), libm.sin(angle), libm.cos(angle)
    radius = np.sqrt(-2 * logarithm)
    return np.stack([radius * cosine, radius * sine], axis=1).reshape(-1)


@op("random_", raw=True)
def random_(
    input: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
    **named: int,
) -> Tensor:
    """Fill with integers uniform in [from, to); one argument is the end; without any, all that fit."""
    from_ = named.get("from", from_)
    if from_ is None and to is None:
        return _filled(input, _any_integers(input.dtype, source(generator), input.numel()))
    low, high = (0, from_) if to is None and "from" not in named else (from_ or 0, to)
    if high is None:
        high = (1 << 63) - 1
    return _filled(input, integers(input.dtype, low, high, source(generator), input.numel()))


def _any_integers(kind: dtypes.dtype, generator: Generator, count: int) -> Array:
    """Return non-negative integers that a type holds: up to its largest, or up to 2 to its digits."""
    rule = kind.rule
    if rule.format is not None:
        span = (1 << rule.format.digits) + 1
    else:
        span = 1 << (rule.bits - rule.signed if rule.is_integral else 1)
    words = generator.wide_words(count) if kind in (dtypes.int64, dtypes.float64) else generator.words(count)
    return (words.astype(np.uint64) % np.uint64(span)).astype(np.int64)


def integers(kind: dtypes.dtype, low: int, high: int, generator: Generator, count: int) -> Array:
    """Return integers uniform in [low, high) as int64.

    Raises
    ------
    RuntimeError
        For an empty range and for one that the type does not hold.
    """
    if kind.rule.format is not None:
        low, high = _exact_from(low, kind.rule.format.digits), _exact_to(high, kind.rule.format.digits)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    _check_range(kind, low, high)
    span = high - low
    words = (generator.wide_words(count) if span >= _WIDE else generator.words(count)).astype(np.uint64)
    return (words % np.uint64(span)).astype(np.int64) + low


def _check_range(kind: dtypes.dtype, low: int, high: int) -> None:
    fmt = kind.rule.format
    least, most = (
        integer_range(kind.rule) if fmt is None else (-dtypes.finfo(kind).max, dtypes.finfo(kind).max)
    )
    called = _C_NAMES.get(kind.rule.name, kind.rule.name)
    for name, value in (("from", low), ("to - 1", high - 1)):
        if not least <= value <= most:
            raise RuntimeError(f"{name} is out of bounds for {called}")
        if fmt is not None and abs(value) > 1 << fmt.digits:
            warnings.warn(
                f"{name} is out of bounds [-(2^{fmt.digits}), 2^{fmt.digits}]. Due to precision limitations "
                f"{called} can support discrete uniform distribution only within this range. This warning "
                "will become an error in version 1.7 release, please fix the code in advance",
                stacklevel=6,
            )


def _exact_from(low: int, digits: int) -> int:
    """Return the first integer of a range that survives conversion to a floating type."""
    rounded = _rounded(low + 1, digits)
    return rounded + (1 << max(abs(low + 1).bit_length() - digits, 0)) if rounded < low else low


def _exact_to(high: int, digits: int) -> int:
    """Return the end of a range whose last integer survives conversion to a floating type."""
    rounded = _rounded(high - 1, digits)
    return rounded - (1 << max(abs(high - 1).bit_length() - digits, 0)) if rounded >= high else high


def _rounded(number: int, digits: int) -> int:
    step = 1 << max(abs(number).bit_length() - digits, 0)
    whole, rest = divmod(number, step)
    rounded = (whole + (2 * rest > step or (2 * rest == step and whole % 2))) * step
    # What no 64 bits hold is converted back to their least number.
    return rounded if rounded < 1 << 63 else -1 << 63


@op("bernoulli_", raw=True)
def bernoulli(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with ones of probability ``p``, a number or a tensor of them, and zeros."""
    if not isinstance(p, Tensor):
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        return _filled(input, source(generator).uniform(input.numel(), _DOUBLE_DIGITS) < p)
    _check_floating(p, "bernoulli_tensor_cpu_p_")
    chances = as_tensor(p).array.astype(np.float64)
    if not np.all((chances >= 0) & (chances <= 1)):
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    digits = _DOUBLE_DIGITS if p.dtype is dtypes.float64 else 24
    broadcast(tuple(input.shape), tuple(p.shape))
    chances = np.broadcast_to(chances, tuple(input.shape)).transpose(memory_order(input))
    return _filled(input, source(generator).uniform(input.numel(), digits).reshape(chances.shape) < chances)


def _continuous(input: Tensor, name: str) -> None:
    if input.dtype.rule.format is None or input.dtype.is_complex:
        raise RuntimeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a floating point "
            f"but you specified {input.dtype.scalar_name}"
        )


@op("exponential_", raw=True)
def exponential(input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers of the exponential distribution of a rate."""
    _continuous(input, "Exponential")
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    drawn = source(generator).uniform(input.numel(), _DOUBLE_DIGITS)
    return _filled(input, -1.0 / lambd * libm.log1p(-drawn))


@op("geometric_", raw=True)
def geometric(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of trials up to the first success of probability ``p``."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if input.dtype is dtypes.bool_:
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'")
    drawn = source(generator).uniform(input.numel(), _DOUBLE_DIGITS)
    return _filled(input, np.ceil(libm.log(drawn) / libm.log1p(np.asarray(-p))))


@op("cauchy_", raw=True)
def cauchy(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers of the Cauchy distribution."""
    _continuous(input, "Cauchy")
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    drawn = source(generator).uniform(input.numel(), _DOUBLE_DIGITS)
    return _filled(input, fma(np.float64(sigma), libm.tan(np.pi * (drawn - 0.5)), np.float64(median)))


@op("log_normal_", raw=True)
def log_normal(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers whose logarithm is normal."""
    _continuous(input, "log_normal")
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    drawn = source(generator).normal(input.numel())
    values = libm.exp(fma(drawn, np.float64(std), np.float64(mean)))
    return _filled(input, cast(values, input.dtype))
