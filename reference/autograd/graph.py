"""``torch.autograd.graph``: nodes, and functions that are called with what is saved or computed.

Sources: ``autograd.graph``, ``notes/autograd#hooks-for-saved-tensors``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..state import state
from ..tensor import Tensor
from .engine import current_pass
from .nodes import Grad, Handle, Node, add_hook, alias, edge_of

__all__ = [
    "Grad",
    "Handle",
    "Node",
    "add_hook",
    "alias",
    "disable_saved_tensors_hooks",
    "edge_of",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]

_REFUSED = object()


class saved_tensors_hooks:
    """Inside, tensors are saved as what `pack_hook` makes of them, and used as what `unpack_hook` returns."""

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if state.packing and state.packing[-1][0] is _REFUSED:
            raise RuntimeError(state.packing[-1][1])
        state.packing = (*state.packing, (self.pack_hook, self.unpack_hook))

    def __exit__(self, *error: object) -> None:
        state.packing = state.packing[:-1]


class save_on_cpu(saved_tensors_hooks):
    """Inside, copies of tensors are saved."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor.clone(), lambda packed: packed)


class disable_saved_tensors_hooks(saved_tensors_hooks):
    """Inside, `saved_tensors_hooks` is an error with this message."""

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def __enter__(self) -> None:
        state.packing = (*state.packing, (_REFUSED, self.error_message))


class _Handles:
    """What `register_multi_grad_hook` returns."""

    def __init__(self, handles: Sequence[Handle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Unregister the hook."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> _Handles:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[..., None], *, mode: str = "all"
) -> _Handles:
    """Call ``fn`` once in each pass: with all gradients, or in mode "any" with the first one.

    Raises
    ------
    ValueError
        For another mode.
    RuntimeError
        Where a tensor does not require gradients.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    collected: dict[int, list[Grad]] = {}
    waiting: dict[int, int] = {}

    def arrived(place: int, grad: Tensor) -> None:
        running = current_pass()
        if running.number not in collected:
            collected.clear()
            collected[running.number] = [None] * len(tensors)
            nodes = [edge_of(tensor) for tensor in tensors]
            waiting[running.number] = sum(edge is not None and edge.node in running.nodes for edge in nodes)
            if mode == "any":
                fn(grad)
        collected[running.number][place] = grad
        waiting[running.number] -= 1
        if mode == "all" and not waiting[running.number]:
            fn(collected[running.number])

    return _Handles(
        [
            tensor.register_hook(lambda grad, place=place: arrived(place, grad))
            for place, tensor in enumerate(tensors)
        ]
    )
