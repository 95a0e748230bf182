"""Determinants, ranks, solutions and factors by elimination: in fractions, or in a given precision."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def fractions_of(matrix: Array) -> list[list[Fraction]]:
    """Return the elements of a real matrix as they are."""
    return [[Fraction(float(one)) for one in row] for row in matrix]


def exact_determinant(matrix: Array) -> Fraction:
    """Return the determinant of a real square matrix, 1 of an empty one."""
    rows, result = fractions_of(matrix), Fraction(1)
    for step in range(len(rows)):
        pivot = next((row for row in range(step, len(rows)) if rows[row][step]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != step:
            rows[step], rows[pivot], result = rows[pivot], rows[step], -result
        result *= rows[step][step]
        _clear(rows, step, step)
    return result


def exact_rank(matrix: Array) -> int:
    """Return the rank of a real matrix."""
    rows, rank = fractions_of(matrix), 0
    for column in range(matrix.shape[1]):
        pivot = next((row for row in range(rank, len(rows)) if rows[row][column]), None)
        if pivot is not None:
            rows[rank], rows[pivot] = rows[pivot], rows[rank]
            _clear(rows, rank, column)
            rank += 1
    return rank


def _clear(rows: list[list[Fraction]], step: int, column: int) -> None:
    """Subtract a row from those below, so that they have zeros in a column."""
    for row in rows[step + 1 :]:
        factor = row[column] / rows[step][column]
        if factor:
            row[:] = [one - factor * other for one, other in zip(row, rows[step], strict=True)]


def solution(matrix: Array, right: Array) -> Array:
    """Return X with ``matrix @ X == right`` in the precision of the matrix."""
    size = len(matrix)
    work = np.concatenate([matrix, right.astype(matrix.dtype)], 1)
    for step in range(size):
        best = step + int(np.argmax(np.abs(work[step:, step])))
        work[[step, best]] = work[[best, step]]
        work[step] /= work[step, step].copy()
        others = np.arange(size) != step
        work[others] -= np.outer(work[others, step], work[step])
    return work[:, size:]


def inverse(matrix: Array) -> Array:
    """Return the inverse in the precision of a matrix."""
    return solution(matrix, np.eye(len(matrix), dtype=matrix.dtype))


def determinant(matrix: Array) -> Any:
    """Return the determinant in the precision of a matrix."""
    work, result = matrix.copy(), matrix.dtype.type(1)
    for step in range(len(work)):
        best = step + int(np.argmax(np.abs(work[step:, step])))
        if best != step:
            work[[step, best]], result = work[[best, step]], -result
        if work[step, step] == 0:
            return matrix.dtype.type(0)
        result = result * work[step, step]
        work[step + 1 :] -= np.outer(work[step + 1 :, step] / work[step, step], work[step])
    return result


def lower_factor(matrix: Array) -> Array:
    """Return the Cholesky factor of a positive-definite matrix in its precision."""
    found = np.zeros_like(matrix)
    for row in range(len(matrix)):
        for column in range(row + 1):
            rest = matrix[row, column] - (found[row, :column] * np.conj(found[column, :column])).sum()
            found[row, column] = np.sqrt(rest.real) if row == column else rest / found[column, column]
    return found
