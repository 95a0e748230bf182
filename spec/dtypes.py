"""The dtypes chapter."""
