"""Random streams: the Mersenne Twister of torch's CPU generator, and fills made of it.

Sources: ``notes/randomness``, ``torch.manual_seed``, ``torch.Tensor.uniform_`` and its kin. The words are
those of MT19937 (Matsumoto and Nishimura, 1998); how numbers are made of them is observed.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np

from . import writing
from .autograd import tape
from .dispatch import op
from .tensor import Tensor

Array = np.ndarray[Any, Any]

_SEEDS = 1 << 64
# From this count on, normal numbers are made in blocks of 16 of uniform ones.
_BLOCK = 16
# Ranges from here on take 64 bits a number.
_WIDE = 1 << 28


class Generator:
    """A source of random words.

    Parameters
    ----------
    device : str
        Only ``"cpu"`` exists here.
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = device
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of a seed from -2**63 to 2**64 - 1; a negative one counts from 2**64.

        Raises
        ------
        ValueError
            Outside that range.
        """
        if not -(_SEEDS >> 1) <= seed < _SEEDS:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % _SEEDS
        # The engine keeps the low 32 bits of a seed.
        self._engine = np.random.RandomState(self._seed & 0xFFFFFFFF)
        self._spare: float | None = None
        return self

    def seed(self) -> int:
        """Start the stream of a seed drawn from the system and return the seed."""
        self.manual_seed(secrets.randbits(53))
        return self._seed

    def initial_seed(self) -> int:
        """Return the seed the stream started from."""
        return self._seed

    def words(self, count: int) -> Array:
        """Return the next words, uint32."""
        return self._engine.randint(0, 1 << 32, count, np.uint32)

    def wide_words(self, count: int) -> Array:
        """Return the next pairs of words, the first one high, uint64."""
        pairs = self.words(2 * count).astype(np.uint64).reshape(count, 2)
        return (pairs[:, 0] << np.uint64(32)) | pairs[:, 1]

    def uniform(self, count: int, digits: int) -> Array:
        """Return numbers in [0, 1) of so many random bits, float64."""
        if digits > 24:
            return (self.wide_words(count) & np.uint64((1 << digits) - 1)).astype(np.float64) * 2.0**-digits
        return (self.words(count) & np.uint32((1 << digits) - 1)).astype(np.float64) * 2.0**-digits

    def normal(self, count: int) -> Array:
        """Return standard normal numbers, float64, by the polar form of Box and Muller, two at a time."""
        made = np.empty(count)
        for place in range(count):
            made[place] = self._next_normal()
        return made

    def _next_normal(self) -> float:
        if self._spare is not None:
            spare, self._spare = self._spare, None
            return spare
        angle, depth = self.uniform(2, 53)
        radius = np.sqrt(-2.0 * np.log1p(-depth))
        self._spare = float(radius * np.sin(2.0 * np.pi * angle))
        return float(radius * np.cos(2.0 * np.pi * angle))


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator's stream of a seed."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator's stream of a seed drawn from the system."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed of the default generator."""
    return default_generator.initial_seed()


def _filled(input: Tensor, values: Array) -> Tensor:
    """Write numbers into a tensor in row-major order."""
    tape.check_writable(input, (input,), {})
    writing.check_overlap(input, ())
    input.write(values.reshape(input.shape))
    return input


def _digits(input: Tensor) -> int:
    fmt = input.dtype.rule.format
    if fmt is None:
        raise NotImplementedError(f"not implemented for '{input.dtype.scalar_name}'")
    return fmt.digits


@op("uniform_", raw=True)
def uniform(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers uniform in [from, to)."""
    if to < from_:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}")
    drawn = (generator or default_generator).uniform(input.numel(), _digits(input))
    compute = input.dtype.compute.numpy
    # One rounding, as of a fused multiply and add.
    wide: Any = np.float64 if compute.itemsize < 8 else np.longdouble
    scale, start = compute.type(to - from_), compute.type(from_)
    return _filled(input, (drawn.astype(wide) * wide(scale) + wide(start)).astype(compute))


@op("normal_", raw=True)
def normal(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with normal numbers of a mean and a standard deviation."""
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    source = generator or default_generator
    if input.numel() >= _BLOCK and input.is_contiguous():
        numbers = _blocks(source, input.numel(), _digits(input), input.dtype.compute.numpy)
    else:
        numbers = source.normal(input.numel())
    return _filled(input, numbers * std + mean)


def _blocks(source: Generator, count: int, digits: int, compute: Any) -> Array:
    """Return normal numbers in blocks of 16; where the last is not full, 16 more replace the end."""
    numbers = source.uniform(count, digits).astype(compute)
    whole = count - count % _BLOCK
    numbers[:whole] = _box_muller(numbers[:whole])
    if whole < count:
        numbers[-_BLOCK:] = _box_muller(source.uniform(_BLOCK, digits).astype(compute))
    return numbers


def _box_muller(uniform_numbers: Array) -> Array:
    blocks = uniform_numbers.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2 * np.log(1 - blocks[:, 0]))
    angle = blocks.dtype.type(2 * np.pi) * blocks[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)


@op("random_", raw=True)
def random(
    input: Tensor, from_: int | None = None, to: int | None = None, *, generator: Generator | None = None
) -> Tensor:
    """Fill with integers uniform in [from, to); one argument is the end; without any, all that fit."""
    low, high = _range(input, from_, to)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    source = generator or default_generator
    span = high - low
    draw = source.wide_words if span >= _WIDE else source.words
    words = draw(input.numel()).astype(np.uint64)
    drawn = words if span >= _SEEDS else words % np.uint64(span)
    return _filled(input, drawn.astype(np.int64) + low)


def _range(input: Tensor, from_: int | None, to: int | None) -> tuple[int, int]:
    if to is not None:
        return (0 if from_ is None else from_), to
    if from_ is not None:
        return 0, from_
    rule = input.dtype.rule
    if rule.format is not None:
        return 0, (1 << rule.format.digits) + 1
    return 0, 1 << (rule.bits - rule.signed if rule.bits > 8 or rule.is_integral else 1)


@op("bernoulli_", raw=True)
def bernoulli(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with ones of probability ``p`` and zeros."""
    chance = p.array if isinstance(p, Tensor) else np.float64(p)
    if not np.all((chance >= 0) & (chance <= 1)):
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    drawn = (generator or default_generator).uniform(input.numel(), 53).reshape(input.shape)
    return _filled(input, (drawn < chance).astype(input.dtype.numpy))
