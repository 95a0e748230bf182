"""``torch.backends``: flags of libraries that are not here; they can be read and set all the same.

Sources: ``notes/randomness#cuda-convolution-benchmarking``, ``notes/cuda#tf32-on-ampere``.
"""

from __future__ import annotations

from types import SimpleNamespace

cudnn = SimpleNamespace(deterministic=False, benchmark=False, enabled=True, allow_tf32=True)
cuda = SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False))
