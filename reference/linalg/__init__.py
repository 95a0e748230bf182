"""Linear algebra: factorisations, spectra, systems of equations, norms, powers. Source: ``linalg``."""

from . import determinants, factors, norms, powers, solving, spectra, vectors

__all__ = ["determinants", "factors", "norms", "powers", "solving", "spectra", "vectors"]
