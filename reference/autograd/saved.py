"""Tensors saved for the backward pass. Source: ``notes/autograd#saved-tensors``."""

from __future__ import annotations

from typing import Any

from ..state import state
from ..tensor import Tensor
from . import modes
from .nodes import Node, alias, leaf_node

_MODIFIED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[torch.{}Tensor {}], which is output {} of {}, is at version {}; expected version {} instead. Hint: "
    "enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True)."
)
FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
    "if you need to access saved tensors after calling backward."
)
_INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and "
    "use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


class Saved:
    """A tensor kept for the backward pass, together with the version at which it was kept.

    Within `saved_tensors_hooks` what is kept is what the first function made of the tensor.

    Parameters
    ----------
    tensor : Tensor
    is_output : bool
        The tensor is an output of the node that saves it, which must not keep itself alive.
    """

    def __init__(self, tensor: Tensor, *, is_output: bool = False) -> None:
        if tensor.inference:
            raise RuntimeError(_INFERENCE_SAVED)
        is_leaf = not is_output and tensor.grad_fn is None
        self._node = None if is_output or is_leaf else tensor.grad_fn
        self._number = tensor.output_number
        self._version = tensor.version.count
        self._freed = False
        self._is_output = is_output
        self._packed: Any = None
        self._unpack = unpacking()
        self._leaf = tensor if is_leaf and (tensor.tracked or self._unpack is None) else None
        self._alias = None if is_leaf or self._unpack is not None else alias(tensor)
        if self._unpack is not None:
            with modes.no_grad():
                self._packed = state.packing[-1][0](alias(tensor) if is_output else tensor)

    def get(self, maker: Node) -> Tensor:
        """Return the tensor with its history.

        Raises
        ------
        RuntimeError
            If it was freed, or written to since.
        """
        if self._freed:
            raise RuntimeError(FREED)
        if self._unpack is not None:
            return self._unpacked(maker)
        tensor = self._leaf if self._alias is None else self._alias
        assert tensor is not None
        node = None if self._alias is None else self._node or maker
        self._check_version(tensor, node)
        if node is None or not tensor.dtype.is_differentiable:
            return tensor
        return _with_history(tensor, node, self._number)

    def _unpacked(self, maker: Node) -> Tensor:
        assert self._unpack is not None
        with modes.no_grad():
            made = self._unpack(self._packed)
        if not isinstance(made, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(made).__name__}"
            )
        node = leaf_node(self._leaf) if self._leaf is not None else self._node
        if self._is_output:
            node = maker
        if node is None or not made.dtype.is_differentiable:
            return made
        return _with_history(made, node, 0 if self._leaf is not None else self._number)

    def _check_version(self, tensor: Tensor, node: Node | None) -> None:
        if tensor.version.count == self._version:
            return
        source = "a leaf" if node is None else node.name().partition("Backward")[0]
        raise RuntimeError(
            _MODIFIED.format(
                tensor.dtype.scalar_name,
                list(tensor.shape),
                self._number,
                source,
                tensor.version.count,
                self._version,
            )
        )

    def free(self) -> None:
        self._leaf = self._alias = self._node = self._packed = None
        self._freed = True


def unpacking() -> Any:
    """Return the function that unpacks what is saved now, None where tensors are saved as they are."""
    return state.packing[-1][1] if state.packing and callable(state.packing[-1][0]) else None


def _with_history(tensor: Tensor, node: Node, number: int) -> Tensor:
    restored = alias(tensor)
    restored.node, restored.output_number = node, number
    return restored
