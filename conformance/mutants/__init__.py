"""The reference, wrong on purpose: at least one mutant for each clause."""
