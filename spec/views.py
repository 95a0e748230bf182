"""The views chapter."""
