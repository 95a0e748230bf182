"""How results are written: in place and into ``out=``.

Sources: ``notes/out``, ``notes/autograd#in-place-operations-with-autograd``, ``torch.Tensor.expand``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tensorcanon.spec.rules import promotion
from tensorcanon.spec.rules import strides as rules

from .autograd import mapping, modes, tape
from .state import state
from .tensor import Tensor

if TYPE_CHECKING:
    from .dispatch import Op

_OVERLAPS_ITSELF = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory "
    "location. Please clone() the tensor before performing the operation."
)
_OVERLAPS_INPUT = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
    "memory location. Please clone() the tensor before performing the operation."
)
_RESIZED = "out has shape {} and is resized to {}, which will be an error; give one without elements."


def inplace(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Carry out an op on its first argument and return that argument.

    Raises
    ------
    RuntimeError
        Where the result has another shape or a higher category, the target shares places with itself or
        partly with an input, or autograd forbids the write. The target is unchanged then.
    """
    args, kwargs, target = _target(op, args, kwargs)
    tape.check_writable(target, args, kwargs)
    check_overlap(target, [*args[1:], *kwargs.values()])
    recording = tape.inplace_recording(op, target, args, kwargs)
    with modes.no_grad():
        result = op.kernel(*args, **kwargs)
    if not op.convert:
        check_category(result, target)
        if op.exact_out:
            check_type(result, target)
        if target.dtype.is_complex and result.dtype.is_floating_point:
            raise RuntimeError(f"In-place {op.name} is not supported for complex tensors.")
    if result.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    target.write(result.array)
    if recording is not None:
        recording.finish()
    return target


def _target(
    op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Tensor]:
    if not args:
        kwargs = dict(kwargs)
        args = (kwargs.pop(op.parameters[0]),)
    if not isinstance(args[0], Tensor):
        raise TypeError(
            f"{op.name}(): argument 'input' (position 1) must be Tensor, not {type(args[0]).__name__}"
        )
    return args, kwargs, args[0]


def into(op: Op, out: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Carry out an op, write its results into the tensors given as ``out`` and return those.

    Raises
    ------
    RuntimeError
        Where an argument requires gradients while they are recorded, the type of an ``out`` cannot take the
        result, or an ``out`` partly shares memory with an input.
    TypeError
        Where ``out`` is not a tensor, or not one for each result.
    """
    targets = out if isinstance(out, tuple | list) else (out,)
    if not all(isinstance(target, Tensor) for target in targets):
        raise TypeError(f"{op.name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if state.mapping:
        mapping.check_write(targets[0], tape.tensors_in((*args, *kwargs.values())))
    if modes.is_grad_enabled() and any(
        t.requires_grad for t in tape.tensors_in((*args, *kwargs.values(), *targets))
    ):
        raise RuntimeError(
            f"{op.name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    if "options" in op.parameters:
        kwargs.setdefault("dtype", targets[0].dtype)
    with modes.no_grad():
        result = op.kernel(*args, **kwargs)
    results = result if isinstance(result, tuple) else (result,)
    if len(results) != len(targets):
        raise TypeError(f"{op.name}(): expected {len(results)} tensors in 'out', got {len(targets)}")
    for one, target in zip(results, targets, strict=True):
        _fill_out(op, one, target, (*args, *kwargs.values()))
    if not isinstance(result, tuple):
        return targets[0]
    return type(result)(*targets) if hasattr(result, "_fields") else tuple(targets)


def _fill_out(op: Op, result: Tensor, target: Tensor, inputs: Iterable[Any]) -> None:
    if op.exact_out:
        check_type(result, target)
    check_category(result, target)
    if op.apart:
        check_overlap(target, ())
    if result.shape != target.shape:
        if target.numel():
            warnings.warn(_RESIZED.format(list(target.shape), list(result.shape)), UserWarning, stacklevel=5)
        resize(target, tuple(result.shape), result.strides)
    check_overlap(target, inputs)
    if op.apart and any(shares(target, value) for value in tape.tensors_in(inputs)):
        raise RuntimeError(_OVERLAPS_INPUT)
    target.write(result.array)


def resize(target: Tensor, shape: tuple[int, ...], strides: tuple[int, ...] | None = None) -> None:
    """Give a tensor another shape on its storage, which grows where needed."""
    target.shape = type(target.shape)(shape)
    target.strides = rules.contiguous_strides(shape) if strides is None else strides
    target.storage.grow(rules.storage_size(shape, target.strides, target.offset) * target.dtype.itemsize)


def check_type(result: Tensor, target: Tensor) -> None:
    """Refuse a result of another type than its target's."""
    if result.dtype is not target.dtype:
        raise RuntimeError(
            f"Expected out tensor to have dtype {result.dtype.c_name}, but got {target.dtype.c_name} instead"
        )


def check_category(result: Tensor, target: Tensor) -> None:
    """Refuse a result of a higher category than its target's."""
    if not promotion.can_cast(result.dtype.rule, target.dtype.rule):
        raise RuntimeError(
            f"result type {result.dtype.scalar_name} can't be cast to the desired output type "
            f"{target.dtype.scalar_name}"
        )


def check_overlap(target: Tensor, inputs: Iterable[Any]) -> None:
    """Refuse a target whose elements share places with each other or partly with those of an input."""
    if rules.overlaps_itself(target.shape, target.strides):
        raise RuntimeError(_OVERLAPS_ITSELF)
    for value in tape.tensors_in(inputs):
        if value is not target and partly_overlaps(target, value):
            raise RuntimeError(_OVERLAPS_INPUT)


def shares(a: Tensor, b: Tensor) -> bool:
    """Return whether two dense windows share places; False where unclear."""
    same_window = a.storage is b.storage and a.numel() > 0 and _extent(a) == _extent(b)
    return same_window or partly_overlaps(a, b)


def partly_overlaps(a: Tensor, b: Tensor) -> bool:
    """Return whether two dense windows share places without being the same window; False where unclear."""
    if a.storage is not b.storage or not a.numel() or not b.numel():
        return False
    if not (rules.is_dense(a.shape, a.strides) and rules.is_dense(b.shape, b.strides)):
        return False
    (a_first, a_end), (b_first, b_end) = _extent(a), _extent(b)
    if (a_first, a_end) == (b_first, b_end):
        return a.strides != b.strides
    return a_first < b_end and b_first < a_end


def _extent(tensor: Tensor) -> tuple[int, int]:
    first = tensor.offset * tensor.itemsize
    return first, first + tensor.nbytes
