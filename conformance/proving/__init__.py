"""Proofs: a function of one operand held to its row of the op table on every value of a type."""
