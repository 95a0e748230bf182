"""One way to make it true, in NumPy, under the names of torch."""
