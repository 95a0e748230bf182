"""``torch.utils.backcompat``: flags of old behaviour. They have no effect, as in torch."""

from __future__ import annotations


class _Flag:
    enabled = False


broadcast_warning = _Flag()
keepdim_warning = _Flag()
