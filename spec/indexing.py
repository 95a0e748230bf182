"""The indexing chapter."""
