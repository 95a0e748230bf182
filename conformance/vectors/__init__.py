"""Vectors: programs and what they are to show, as data that any language reads; see `docs/vectors.md`."""
