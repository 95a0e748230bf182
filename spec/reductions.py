"""The reductions chapter."""
