"""The errors chapter."""
