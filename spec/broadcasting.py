"""The broadcasting chapter."""
