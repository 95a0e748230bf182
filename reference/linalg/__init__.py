"""Linear algebra: factorisations, spectra, systems of equations, norms, powers. Source: ``linalg``."""

from . import determinants, elimination, factors, norms, powers, solving, spectra, vectors

__all__ = ["determinants", "elimination", "factors", "norms", "powers", "solving", "spectra", "vectors"]
