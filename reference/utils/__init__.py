"""``torch.utils``."""

from . import backcompat, data, deterministic

__all__ = ["backcompat", "data", "deterministic"]
