"""What is true: executable clauses and the rules they share. NumPy only."""
