"""A device for torch in Python, with NumPy's memory: a worked example, and what stands in for CUDA in CI.

Importing this package makes ``npy`` a device of torch through the dispatch key PrivateUse1, of which a
process has one; ``--backend torch:npy`` holds it against the canon. What a device needs is in four parts:

- `memory`: storage on the device, tensors in it, and the elements as an array;
- `views`: operations that change sizes and strides only, which torch's kernels without data carry out;
- `kernels`: operations on elements, in NumPy;
- `host`: everything else, on the CPU with the device's memory under it, and what may not meet in a call.

It has no generator objects and no pinned memory: the interface for Python has no place for them.
"""

from __future__ import annotations

from .device import register

register()
