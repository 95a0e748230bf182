"""The printing chapter."""
