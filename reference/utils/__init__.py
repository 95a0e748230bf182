"""``torch.utils``."""

from . import backcompat, data, deterministic, dlpack

__all__ = ["backcompat", "data", "deterministic", "dlpack"]
