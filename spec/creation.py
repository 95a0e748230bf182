"""The creation chapter."""
