"""Products of matrices. Source: ``torch.matmul`` and its neighbours."""
