"""``torch.utils.deterministic``: whether deterministic mode fills fresh memory."""

fill_uninitialized_memory = True
