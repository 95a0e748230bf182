"""Computing again instead of saving: ``torch.utils.checkpoint``. Source: ``checkpoint``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ..autograd import graph, modes
from ..random import default_generator
from ..tensor import Tensor

_SAY_WHICH = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
    "recommended."
)
_ANOTHER_COUNT = (
    "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
    "recomputation."
)


class _Region:
    """A call whose intermediate results are computed again when a backward pass wants them."""

    def __init__(self, function: Callable[[], Any], *, preserve_rng_state: bool) -> None:
        self.function = function
        self.random = default_generator.get_state() if preserve_rng_state else None
        self.count = 0
        self.again: dict[int, Tensor] = {}

    def pack(self, tensor: Tensor) -> int:
        self.count += 1
        return self.count - 1

    def unpack(self, number: int) -> Tensor:
        if number not in self.again:
            self._compute_again()
        return self.again.pop(number)

    def _compute_again(self) -> None:
        kept: list[Tensor] = []

        def keep(tensor: Tensor) -> None:
            kept.append(tensor.detach())

        now = default_generator.get_state()
        if self.random is not None:
            default_generator.set_state(self.random)
        with modes.enable_grad(), graph.saved_tensors_hooks(keep, lambda packed: packed):
            self.function()
        if self.random is not None:
            default_generator.set_state(now)
        if len(kept) != self.count:
            raise RuntimeError(_ANOTHER_COUNT)
        self.again = dict(enumerate(kept))


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function without keeping what it saves for a backward pass, which calls it again.

    Both ways of torch, reentrant or not, are the same here.
    """
    if use_reentrant is None:
        warnings.warn(_SAY_WHICH, UserWarning, stacklevel=2)
    region = _Region(lambda: function(*args, **kwargs), preserve_rng_state=preserve_rng_state)
    with graph.saved_tensors_hooks(region.pack, region.unpack):
        return function(*args, **kwargs)


def checkpoint_sequential(functions: Any, segments: int, input: Any, **kwargs: Any) -> Any:
    """Call functions one after the other, checkpointed in so many segments but for the last."""
    every = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(every) // segments

    def run(first: int, end: int) -> Callable[[Any], Any]:
        def chained(value: Any) -> Any:
            for one in every[first:end]:
                value = one(value)
            return value

        return chained

    for segment in range(segments - 1):
        input = checkpoint(run(segment * size, (segment + 1) * size), input, **kwargs)
    return run((segments - 1) * size, len(every))(input)
