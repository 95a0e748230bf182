"""The sorting chapter."""
