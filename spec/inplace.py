"""The inplace chapter."""
