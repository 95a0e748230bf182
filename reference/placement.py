"""Where tensors lie. Besides the CPU there is ``meta``, whose tensors must not be read.

A tensor's device is its storage's. The elements of a meta tensor are kept, as zeros or whatever they were, so
that kernels find the shape, type and strides of their results; what would show them is refused.

Sources: ``tensor_attributes#torch-device``, ``meta``, ``torch.set_default_device``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from . import devices
from .devices import NO_DATA

if TYPE_CHECKING:
    from .dispatch import Op
    from .tensor import Tensor

# What makes tensors of nothing but numbers: the default device takes them.
MAKERS = frozenset(
    {"tensor", "zeros", "ones", "full", "empty", "empty_strided", "empty_permuted", "eye", "arange"}
    | {"linspace", "logspace", "tril_indices", "triu_indices", "rand", "randn", "randint", "randperm"}
    | {"scalar_tensor", "normal"}
)
# Whose results have a size or a value that follows from elements.
_READERS = frozenset({"nonzero", "masked_select", "unique", "unique_consecutive", "equal", "allclose"})
# What takes tensors of any device.
_CARRIERS = frozenset({"_to_copy", "copy_", "set_"})


def active() -> bool:
    """Return whether anything can lie elsewhere than on the CPU."""
    return devices.state.used


def carried_out(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any]) -> Any:
    """Run an op and put what it makes where its operands lie, or where it is told to.

    Raises
    ------
    RuntimeError
        For operands on different devices.
    NotImplementedError
        For what needs the elements of a meta tensor.
    """
    if op.composite:
        _check_mask(op, args)
        return run(op, args, kwargs)
    place = common(op, args, kwargs)
    if op.name in MAKERS:
        place = devices.wanted(kwargs.get("device"))
    elif kwargs.get("device") is not None:
        place = devices.checked(kwargs["device"])
    result = run(op, args, kwargs)
    if not op.writes:
        for made in _tensors((result,)):
            if made.storage.device != place:
                move(made, place)
    return result


def common(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> devices.device:
    """Return the device of the operands; a zero-dim tensor of the CPU goes along with others."""
    place = devices.cpu
    operands = list(_tensors((*args, *kwargs.values())))
    if op.name in _CARRIERS:
        if op.writes and any(one.is_meta and not operands[0].is_meta for one in operands):
            raise NotImplementedError(NO_DATA)
        return operands[0].device if operands else place
    firm = [one.device for one in operands if one.ndim or one.device != devices.cpu]
    for own in firm:
        if own != firm[0]:
            raise RuntimeError(f"Tensor on device {own} is not on the expected device {firm[0]}!")
    place = firm[0] if firm else place
    if place == devices.meta and op.name in _READERS:
        raise NotImplementedError(f"{op.name}: {NO_DATA}")
    return place


def _check_mask(op: Op, args: tuple[Any, ...]) -> None:
    """Refuse to choose elements by a mask that has none."""
    if op.name == "getitem" and any(
        one.is_meta and one.dtype.rule.name == "bool" for one in _tensors(args[1:])
    ):
        raise NotImplementedError(f"{op.name}: {NO_DATA}")


def move(tensor: Tensor, place: devices.device) -> None:
    """Say that a new tensor's storage lies on a device."""
    tensor.storage.device = place


def _tensors(values: Any) -> Iterator[Tensor]:
    from .autograd.tape import tensors_in

    return tensors_in(values)
