"""``torch.utils``."""

from . import backcompat, deterministic

__all__ = ["backcompat", "deterministic"]
