"""``torch.utils``."""

from . import backcompat, checkpoint, data, deterministic, dlpack

__all__ = ["backcompat", "checkpoint", "data", "deterministic", "dlpack"]
