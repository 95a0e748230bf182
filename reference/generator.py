"""A stream of random words, the Mersenne Twister of torch's CPU generator, and its state as bytes.

Sources: ``torch.Generator``; the words are those of MT19937 (Matsumoto and Nishimura, 1998). How numbers are
made of them and how the state lies in memory is observed.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np

from . import devices, dtypes, libm
from .kernels import fresh
from .state import state
from .tensor import Tensor

Array = np.ndarray[Any, Any]

_SEEDS = 1 << 64
_MAPPED = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
    "'different' randomness flags on vmap or perform the randomness operation out of vmap"
)
_DEFAULT_SEED = 67280421310721
_WORDS = 624
_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", (_WORDS,)),
        ("unused", "<f8"),
        ("spare", "<f8"),
        ("unused_too", "<f8"),
        ("has_spare", "<i8"),
        ("single", "<f4"),
        ("has_single", "<i4"),
    ]
)


class Generator:
    """A source of random words.

    Parameters
    ----------
    device : str or device
        Only the CPU exists here.
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = devices.checked(device)
        self.manual_seed(_DEFAULT_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of a seed from -2**63 to 2**64 - 1; a negative one counts from 2**64.

        Raises
        ------
        TypeError
            For what is no integer.
        ValueError
            Outside that range.
        """
        if not hasattr(seed, "__index__"):
            raise TypeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        number = seed.__index__()
        if not -(_SEEDS >> 1) <= number < _SEEDS:
            raise ValueError("Overflow when unpacking long long")
        self._seed = number % _SEEDS
        # The engine keeps the low 32 bits of a seed.
        self._engine = np.random.RandomState(self._seed & 0xFFFFFFFF)
        self._untouched = True
        self._spare: float | None = None
        return self

    def seed(self) -> int:
        """Start the stream of a seed drawn from the system and return the seed."""
        self.manual_seed(secrets.randbits(53))
        return self._seed

    def initial_seed(self) -> int:
        """Return the seed the stream started from."""
        return self._seed

    def get_state(self) -> Tensor:
        """Return the state as a tensor of bytes that `set_state` takes."""
        engine: Any = self._engine.get_state(legacy=False)
        words, position = engine["state"]["key"], engine["state"]["pos"]
        state = np.zeros((), _STATE)
        state["seed"], state["seeded"], state["words"] = self._seed, 1, words
        state["left"] = 1 if self._untouched else _WORDS + 1 - position
        state["next"] = 0 if self._untouched else position
        state["spare"], state["has_spare"] = self._spare or 0.0, self._spare is not None
        return fresh(np.frombuffer(state.tobytes(), np.uint8))

    def set_state(self, new_state: Tensor) -> Generator:
        """Continue from a state.

        Raises
        ------
        TypeError
            For what is no tensor of bytes.
        RuntimeError
            For bytes that are no state.
        """
        if not isinstance(new_state, Tensor) or new_state.dtype is not dtypes.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if new_state.numel() != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG state "
                f"size to be {new_state.numel()}"
            )
        state = np.frombuffer(new_state.array.tobytes(), _STATE)[0]
        if not (state["seeded"] == 1 and 0 < state["left"] <= _WORDS and state["next"] <= _WORDS):
            raise RuntimeError("Invalid mt19937 state")
        self._seed = int(state["seed"])
        self._untouched = state["next"] == 0
        position = _WORDS if self._untouched else int(state["next"])
        self._engine.set_state(("MT19937", state["words"].astype(np.uint32), position, 0, 0.0))
        self._spare = float(state["spare"]) if state["has_spare"] else None
        return self

    def clone_state(self) -> Generator:
        """Return another generator at the same place of the same stream."""
        return Generator(self.device).set_state(self.get_state())

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.get_state(),)

    def words(self, count: int) -> Array:
        """Return the next words, uint32."""
        if "error" in state.mapping:
            raise RuntimeError(_MAPPED)
        self._untouched = self._untouched and count == 0
        return self._engine.randint(0, 1 << 32, count, np.uint32)

    def wide_words(self, count: int) -> Array:
        """Return the next pairs of words, the first one high, uint64."""
        pairs = self.words(2 * count).astype(np.uint64).reshape(count, 2)
        return np.asarray((pairs[:, 0] << np.uint64(32)) | pairs[:, 1])

    def uniform(self, count: int, digits: int) -> Array:
        """Return numbers in [0, 1) of so many random bits, float64."""
        words = self.wide_words(count) if digits > 24 else self.words(count)
        return np.asarray(words & words.dtype.type((1 << digits) - 1), np.float64) * 2.0**-digits

    def normal(self, count: int) -> Array:
        """Return standard normal numbers, float64, by the polar form of Box and Muller.

        A pair of uniform numbers gives two; the second one is kept for the next call where it is left over.
        """
        kept = [] if self._spare is None or not count else [self._spare]
        pairs = self.uniform(2 * -(-(count - len(kept)) // 2), 53).reshape(-1, 2)
        radius = np.sqrt(-2.0 * libm.log1p(-pairs[:, 1]))
        angle = 2.0 * np.pi * pairs[:, 0]
        made = np.stack([radius * libm.cos(angle), radius * libm.sin(angle)], axis=1).reshape(-1)
        numbers = np.concatenate([kept, made])
        if count:
            self._spare = float(numbers[count]) if numbers.size > count else None
        return numbers[:count]


def _restored(state: Tensor) -> Generator:
    return Generator().set_state(state)
