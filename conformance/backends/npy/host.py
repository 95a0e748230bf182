"""Operations that the device has no kernel for: on the CPU, with the device's memory under the tensors."""

from __future__ import annotations

from typing import Any

import torch

from . import random
from .kernels import KERNELS
from .memory import META, dense_strides, from_host, is_here, on_host, reshape
from .views import resize

_aten = torch.ops.aten
# The indices may lie on the CPU.
_INDEXING = ("aten::index", "aten::_index_put_impl_", "aten::index_put", "aten::index_put_")


def run(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Carry out an operation.

    Raises
    ------
    RuntimeError
        If tensors of several devices meet: of other devices only numbers of the CPU may come along.
    """
    schema = op._schema
    _require_one_device(schema.name, (args, kwargs))
    if any(each.alias_info and not each.alias_info.is_write for each in schema.returns):
        return op.redispatch(META, *args, **kwargs)
    kernel = KERNELS.get(_short(schema))
    if kernel is not None and not _overlaps(kwargs.get("out"), args):
        try:
            return kernel(*args, **kwargs)
        except KeyError:
            pass  # not for these types
    return _on_the_host(op, schema, args, kwargs)


def _short(schema: Any) -> str:
    name = schema.name.removeprefix("aten::")
    return f"{name}.{schema.overload_name}" if schema.overload_name else name


def _on_the_host(op: Any, schema: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    given: list[Any] = []
    written: dict[str, tuple[Any, Any]] = {}
    positional = [one for one in schema.arguments if not one.kwarg_only]
    named = {one.name: one for one in schema.arguments}

    # Where an output lies in an input, torch is to see that.
    outputs = shared if _overlaps(kwargs.get("out"), args) else own

    def hosted(argument: Any, value: Any) -> Any:
        value_there = _mapped(value, outputs if argument.is_out else shared)
        if argument.alias_info is not None and argument.alias_info.is_write:
            written[next(iter(argument.alias_info.before_set))] = (value, value_there)
        return value_there

    given = [hosted(argument, value) for argument, value in zip(positional, args, strict=False)]
    options = {key: hosted(named[key], value) for key, value in kwargs.items()}
    if "device" in named:
        options["device"] = torch.device("cpu")
    if "generator" in named:
        at = next((place for place, one in enumerate(positional) if one.name == "generator"), len(given))
        random.lend(given, options, at)
    # A number of Python in the place of a tensor is for another overload.
    numbers = any(
        str(argument.type) == "Tensor" and isinstance(value, int | float | complex)
        for argument, value in zip(positional, given, strict=False)
    )
    result = (op.overloadpacket if numbers else op)(*given, **options)
    for here, there in written.values():
        _bring_back(here, there)
    return _results(schema, result, written)


def _overlaps(out: Any, args: Any) -> bool:
    """Whether an output lies in the storage of an operand, but is not that operand."""
    if not is_here(out):
        return False
    place = out.untyped_storage().data_ptr()
    return any(
        is_here(one) and one is not out and one.untyped_storage().data_ptr() == place
        for one in _tensors(args)
    )


def shared(value: Any) -> Any:
    """Return the tensor of the CPU in the memory of one of the device."""
    return on_host(value) if is_here(value) else value


def own(value: Any) -> Any:
    """Return a tensor of the CPU with memory of its own, which may be resized."""
    if not is_here(value):
        return value
    there = on_host(value)
    return torch.empty_strided(there.shape, there.stride(), dtype=there.dtype, device="cpu").copy_(there)


def _bring_back(here: Any, there: Any) -> None:
    """Copy what an operation wrote to memory of the host, where it did; resize as it did."""
    if isinstance(here, list | tuple):
        for one, other in zip(here, there, strict=True):
            _bring_back(one, other)
    elif is_here(here):
        if here.shape != there.shape:
            resize(here, there.shape)
            reshape(here, there.shape, dense_strides(there), here.storage_offset())
        if on_host(here).data_ptr() != there.data_ptr():
            on_host(here).copy_(there)


def _results(schema: Any, result: Any, written: dict[str, tuple[Any, Any]]) -> Any:
    """Return results on the device; those that are arguments written to are these very arguments."""
    if not schema.returns:
        return None
    single = len(schema.returns) == 1
    results = (result,) if single else tuple(result)
    brought = [
        written[next(iter(due.alias_info.before_set))][0] if due.alias_info else _mapped(one, _moved)
        for due, one in zip(schema.returns, results, strict=True)
    ]
    return brought[0] if single else tuple(brought)


def _moved(value: Any) -> Any:
    return from_host(value) if isinstance(value, torch.Tensor) else value


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return change(value)


def _require_one_device(name: str, arguments: Any) -> None:
    found = _tensors(arguments)
    here = next((one for one in found if is_here(one)), None)
    strange = [one for one in found if not is_here(one) and not (one.device.type == "cpu" and one.dim() == 0)]
    if here is None or not strange or (name in _INDEXING and strange[0].device.type == "cpu"):
        return
    raise RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{here.device} and {strange[0].device}!"
    )


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [one for item in value for one in _tensors(item)]
    if isinstance(value, dict):
        return _tensors(list(value.values()))
    return [value] if isinstance(value, torch.Tensor) else []


def convolve(x: Any, weight: Any, bias: Any, *geometry: Any) -> Any:
    """Convolve; torch hands it to a device under a name of its own."""
    _require_one_device("convolution", (x, weight, bias))
    return from_host(_aten.convolution.default(shared(x), shared(weight), shared(bias), *geometry))


def convolve_backward(
    gradient: Any,
    x: Any,
    weight: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
    mask: Any,
) -> Any:
    """Return the gradients of a convolution, which torch hands to a device under a name of its own."""
    sizes = [weight.shape[1] * groups if transposed else weight.shape[0]]
    found = _aten.convolution_backward.default(
        on_host(gradient),
        on_host(x),
        on_host(weight),
        sizes,
        stride,
        padding,
        dilation,
        transposed,
        output_padding,
        groups,
        mask,
    )
    return tuple(_moved(one) for one in found)
