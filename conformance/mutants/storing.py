"""What faulty kernels share: tensors read in the order of their storage, repeats lost, blocks cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.reference.kernels import fresh
from tensorcanon.reference.tensor import Tensor

Kernel = Callable[..., Any]
BLOCK = 4096


def in_storage_order(tensor: Tensor) -> Tensor:
    """Return a tensor that shows the elements as they lie in storage, whatever the strides say."""
    needed = (tensor.offset + tensor.numel()) * tensor.itemsize
    if tensor.is_contiguous() or tensor.storage.nbytes() < needed:
        return tensor
    places = (tensor.shape, tensor.dtype.numpy, tensor.storage.bytes, tensor.offset * tensor.itemsize)
    return fresh(np.ndarray(*places), tensor.dtype)


def reading_storage(original: Kernel) -> Kernel:
    """Return a kernel that ignores the strides of its first argument."""
    return lambda input, *args, **kwargs: original(in_storage_order(input), *args, **kwargs)


def writing_its_input(original: Kernel) -> Kernel:
    """Return a kernel that changes its first argument though it should not."""

    def kernel(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = original(input, *args, **kwargs)
        if result.shape == input.shape and 0 not in input.strides:
            input.write(result.array)
        return result

    return kernel
