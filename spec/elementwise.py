"""The elementwise chapter."""
