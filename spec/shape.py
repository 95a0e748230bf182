"""The shape chapter."""
