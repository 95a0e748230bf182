"""Operations that only move elements: what they do to a tensor and to an array of places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backend import Array
from .inputs import Shape
from .run import Run

Made = Any


@dataclass(frozen=True, eq=False)
class Move:
    """An operation with its arguments.

    Attributes
    ----------
    name : str
        The call.
    shape : tuple of int
        That of the tensor.
    places : callable
        From the flat places of the tensor's elements, in its shape, to those of the result, or a list of
        them; -1 stands for a constant.
    args : tuple
        Arguments after the tensor; arrays stand for tensors.
    """

    name: str
    shape: Shape
    places: Callable[[Array], Any]
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.name.rpartition(".")[2]

    def take(self, run: Run, x: Any) -> tuple[Any, ...]:
        """Take the step and return its results."""
        made = run.call(self.name, x, *(_given(run, arg) for arg in self.args))
        return tuple(made) if isinstance(made, tuple | list) else (made,)

    def results(self) -> tuple[Array, ...]:
        """Return the places of the results."""
        made = self.places(np.arange(int(np.prod(self.shape))).reshape(self.shape))
        return tuple(made) if isinstance(made, tuple | list) else (np.asarray(made),)


def _given(run: Run, arg: Any) -> Any:
    if isinstance(arg, np.ndarray):
        return run.tensor(arg)
    if isinstance(arg, tuple | list):
        return type(arg)(_given(run, item) for item in arg)
    return arg


_TWICE = np.array([2, 0, 2, 1])
_ALONG = np.array([[0, 2, 1, 1], [2, 2, 0, 0]])
_MASK = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, True]])
_A = (3, 4)


def _basic(*key: Any) -> Move:
    return Move("operator.getitem", (3, 4, 2), lambda i: i[key], (key,))


def _advanced(*key: Any) -> Move:
    return Move("operator.getitem", (3, 4), lambda i: i[key], (key,))


VIEWS = (
    Move("Tensor.reshape", _A, lambda i: i.reshape(2, 6), ((2, 6),)),
    Move("Tensor.view", _A, lambda i: i.reshape(6, 2), (6, 2)),
    Move("Tensor.flatten", (2, 3, 2), lambda i: i.reshape(2, 6), (1,)),
    Move("Tensor.unflatten", _A, lambda i: i.reshape(3, 2, 2), (1, (2, 2))),
    Move("Tensor.transpose", _A, lambda i: i.T, (0, 1)),
    Move("Tensor.T", _A, lambda i: i.T),
    Move("Tensor.t", _A, lambda i: i.T),
    Move("Tensor.permute", (2, 3, 2), lambda i: i.transpose(2, 0, 1), (2, 0, 1)),
    Move("Tensor.movedim", (2, 3, 2), lambda i: np.moveaxis(i, 0, -1), (0, -1)),
    Move("Tensor.expand", (3, 1), lambda i: np.broadcast_to(i, (2, 3, 4)), (2, 3, 4)),
    Move("Tensor.expand", (), lambda i: np.broadcast_to(i, (5,)), (5,)),
    Move("torch.broadcast_to", (1, 4), lambda i: np.broadcast_to(i, (3, 4)), ((3, 4),)),
    Move("Tensor.squeeze", (3, 1, 2), lambda i: i[:, 0], (1,)),
    Move("Tensor.unsqueeze", _A, lambda i: i[:, None], (1,)),
    Move("Tensor.narrow", _A, lambda i: i[:, 1:3], (1, 1, 2)),
    Move("Tensor.select", _A, lambda i: i[:, 2], (1, -2)),
    Move("Tensor.diagonal", (3, 3), lambda i: np.diagonal(i, 1), (1,)),
    Move("Tensor.unfold", (5,), lambda i: np.stack([i[0:3], i[1:4], i[2:5]]), (0, 3, 1)),
    Move("Tensor.split", (5, 2), lambda i: [i[:2], i[2:4], i[4:]], (2,)),
    Move("Tensor.chunk", _A, lambda i: [i[:, :2], i[:, 2:]], (2, 1)),
    Move("Tensor.unbind", _A, lambda i: [i[0], i[1], i[2]]),
    Move("Tensor.as_strided", (5,), lambda i: i[np.array([[0, 1], [1, 2]])], ((2, 2), (1, 1))),
)
COPIES = (
    Move("Tensor.clone", _A, lambda i: i),
    Move("Tensor.contiguous", _A, lambda i: i),
    Move("torch.flip", _A, lambda i: i[::-1, ::-1], ((0, 1),)),
    Move("torch.roll", _A, lambda i: np.roll(i, 1, 1), (1, 1)),
    Move("Tensor.repeat", (2, 3), lambda i: np.tile(i, (2, 2, 1)), (2, 2, 1)),
    Move("torch.tile", (2, 3), lambda i: np.tile(i, (1, 2)), ((2,),)),
    Move("torch.repeat_interleave", (2, 3), lambda i: np.repeat(i, 2, 1), (2, 1)),
    Move("torch.tril", _A, lambda i: np.where(np.tri(3, 4, dtype=bool), i, -1)),
    Move("torch.triu", _A, lambda i: np.where(np.tri(3, 4, -1, dtype=bool), -1, i)),
    Move("torch.rot90", _A, lambda i: np.rot90(i)),
    Move("torch.diag", (3,), lambda i: np.diag(i + 1) - 1),
)
INDICES = (
    _basic(1),
    _basic(slice(None), -1),
    _basic(slice(1, None), slice(None, None, 2), 0),
    _basic(Ellipsis, None, 1),
    _advanced(_TWICE),
    _advanced(slice(None), _TWICE),
    _advanced(_TWICE, np.array([3, 3, 3, 0])),
    _advanced(_MASK),
    _advanced(np.array([[0, 0], [1, 0]])),
    Move("torch.index_select", _A, lambda i: i[:, _TWICE], (1, _TWICE)),
    Move("torch.gather", _A, lambda i: np.take_along_axis(i, _ALONG, 0), (0, _ALONG)),
    Move("torch.gather", _A, lambda i: np.take_along_axis(i[:2], _ALONG, 1), (1, _ALONG)),
    Move("torch.take", _A, lambda i: i.reshape(-1)[_ALONG], (_ALONG,)),
    Move("torch.take_along_dim", _A, lambda i: np.take_along_axis(i, _ALONG, 0), (_ALONG, 0)),
    Move("torch.masked_select", _A, lambda i: i[_MASK], (_MASK,)),
    Move("Tensor.masked_fill", _A, lambda i: np.where(_MASK, -1, i), (_MASK, 5.0)),
)
MOVES = (*VIEWS, *COPIES, *INDICES)
