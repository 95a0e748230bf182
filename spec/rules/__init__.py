"""The rules of tensor semantics: small functions on plain data that clauses and reference read."""
