"""The numerics chapter."""
