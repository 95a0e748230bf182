"""Functions whose results are elements of their inputs, each in its place. Sources: the functions' pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..accuracy import Array
from ..rules import dtypes
from .columns import (
    BOTH,
    CUBE,
    DEEP,
    LONG,
    NEITHER,
    OUT,
    PAIR,
    PAIR_WIDE,
    REAL,
    SQUARE,
    SQUARE_WIDE,
    TALL,
    WIDE,
)
from .function import Function


def _move(name: str, exact: Callable[..., Any], *args: Any, **more: Any) -> Function:
    return Function(name, exact, args=args, **more)


def _view(name: str, exact: Callable[..., Any], *args: Any, **more: Any) -> Function:
    return Function(name, exact, args=args, views=True, **more)


def _method(name: str, exact: Callable[..., Any], *args: Any, **more: Any) -> Function:
    return Function(name, exact, args=args, function=False, **more)


def _join(name: str, exact: Callable[..., Any], *args: Any, **more: Any) -> Function:
    return Function(name, lambda *x: exact(x), **{"inputs": PAIR, "args": args, "listed": True, **more})


def _written(x: Array, at: Any, y: Any) -> Array:
    made = x.copy()
    made[at] = y
    return made


def _conjugate(x: Array) -> Array:
    return np.conj(x) if x.dtype.kind == "c" else x


def _embedded(x: Array, offset: int = 0) -> Array:
    size = x.shape[-1] + abs(offset)
    made = np.zeros((*x.shape[:-1], size, size), x.dtype)
    place = np.arange(x.shape[-1])
    made[..., place + max(-offset, 0), place + max(offset, 0)] = x
    return made


def _kept(x: Array, keep: Array) -> Array:
    return np.where(keep, x, np.zeros((), x.dtype))


def _blocks(parts: tuple[Array, ...]) -> Array:
    made = np.zeros([sum(part.shape[axis] for part in parts) for axis in (0, 1)], parts[0].dtype)
    row = column = 0
    for part in parts:
        made[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return made


def _windows(x: Array, size: int, step: int) -> Array:
    starts = range(0, x.shape[-1] - size + 1, step)
    return np.stack([x[..., start : start + size] for start in starts], -2)


SHAPED = (
    _view("reshape", lambda x: x.reshape(4, 3), (4, 3)),
    _view("reshape", lambda x: x.reshape(-1), (-1,), large=WIDE),
    _view("flatten", lambda x: x.reshape(len(x), -1), 1, inputs=CUBE, large=DEEP),
    _view("ravel", np.ravel, large=WIDE),
    _view("unflatten", lambda x: x.reshape(len(x), 2, -1), 1, (2, -1), large=TALL),
    _view("squeeze", lambda x: x[0, :, 0], inputs=((1, 3, 1),), large=(1, 4099, 1)),
    _view("squeeze", lambda x: x[:, :, 0], (0, 2), inputs=((2, 3, 1),)),
    _view("unsqueeze", lambda x: x[:, None], 1, large=WIDE),
    _view("atleast_1d", lambda x: x[None], inputs=((),), forms=NEITHER),
    _view("atleast_1d", np.copy, forms=NEITHER, large=WIDE),
    _view("atleast_2d", lambda x: x[None], inputs=((3,),), forms=NEITHER, large=LONG),
    _view("atleast_3d", lambda x: x[None, :, None], inputs=((3,),), forms=NEITHER, large=LONG),
    _view("broadcast_to", lambda x: np.broadcast_to(x, (2, *x.shape)), (2, -1, -1), large=WIDE),
    _view("permute", lambda x: x.transpose(2, 0, 1), (2, 0, 1), inputs=CUBE, large=DEEP),
    _view("transpose", lambda x: x.swapaxes(0, -1), 0, -1, inputs=CUBE, large=DEEP),
    _view("swapaxes", lambda x: x.swapaxes(0, 1), 0, 1, large=WIDE),
    _view("t", np.transpose, large=WIDE),
    _view("movedim", lambda x: np.moveaxis(x, 0, -1), 0, -1, inputs=CUBE, large=DEEP),
    _view("moveaxis", lambda x: np.moveaxis(x, (0, 1), (1, 2)), (0, 1), (1, 2), inputs=CUBE, large=DEEP),
    _view("adjoint", lambda x: _conjugate(x).swapaxes(-1, -2), inputs=CUBE, large=DEEP),
    _method(
        "expand",
        lambda x: np.broadcast_to(x, (2, len(x), 4)),
        *(2, -1, 4),
        inputs=((3, 1),),
        views=True,
        large=(4099, 1),
    ),
    _method("repeat", lambda x: np.tile(x, (2, 1, 3)), 2, 1, 3, large=WIDE),
    _method("contiguous", np.copy, views=True, large=WIDE),
    *(
        _method(
            "expand_as",
            lambda x, y: np.broadcast_to(x, y.shape),
            inputs=((1, 4), np.zeros((2, size, 4))),
            views=True,
            smooth=size == 3,
        )
        for size in (3, 260)
    ),
    *(
        _method(
            "reshape_as",
            lambda x, y: x.reshape(y.shape),
            inputs=((size, 4), np.zeros((2, 2 * size))),
            views=True,
            smooth=size == 3,
        )
        for size in (3, 520)
    ),
    _move("clone", np.copy, large=WIDE),
    _move("fill", lambda x: np.full_like(x, 2), 2, forms=NEITHER, large=WIDE),
    _move("tile", lambda x: np.tile(x, (2, 2)), (2, 2), large=WIDE),
    _move("positive", np.copy, views=True, types=(*dtypes.REALS, *dtypes.COMPLEXES), large=WIDE),
)
COPIED = (
    _move("alias_copy", np.copy, forms=OUT, large=WIDE),
    _move("view_copy", lambda x: x.reshape(-1, 2), (-1, 2), forms=OUT, large=TALL),
    _move("expand_copy", lambda x: np.broadcast_to(x, (2, *x.shape)), (2, -1, -1), forms=OUT, large=WIDE),
    _move("permute_copy", lambda x: x.transpose(2, 0, 1), (2, 0, 1), inputs=CUBE, forms=OUT, large=DEEP),
    _move("transpose_copy", lambda x: x.swapaxes(0, 2), 0, 2, inputs=CUBE, forms=OUT, large=DEEP),
    _move("t_copy", np.transpose, forms=OUT, large=WIDE),
    _move("squeeze_copy", lambda x: x[:, 0], 1, inputs=((3, 1),), forms=OUT, large=(4099, 1)),
    _move("unsqueeze_copy", lambda x: x[None], 0, forms=OUT, large=WIDE),
    _move("diagonal_copy", np.diagonal, forms=OUT, large=WIDE),
    _move("narrow_copy", lambda x: x[:, 1:3], 1, 1, 2, forms=BOTH, large=WIDE),
    _move("unfold_copy", lambda x: _windows(x, 2, 2), 1, 2, 2, forms=OUT, large=WIDE),
    _move("unbind_copy", tuple, forms=NEITHER, large=(2, 2051)),
    _move("split_with_sizes_copy", lambda x: (x[:, :1], x[:, 1:]), (1, 3), 1, forms=NEITHER, large=TALL),
    _move("slice_copy", lambda x: x[:, 1:4:2], 1, 1, 4, 2, forms=OUT, types=REAL, large=WIDE),
    _move("select_copy", lambda x: x[:, -1], 1, -1, forms=OUT, types=REAL, large=WIDE),
)
PIECES = (
    _view("narrow", lambda x: x[:, 1:3], 1, 1, 2, large=WIDE),
    _view("select", lambda x: x[:, -2], 1, -2, large=WIDE),
    _view("diagonal", np.diagonal, large=WIDE),
    _view("diagonal", lambda x: np.diagonal(x, 1, 1, 2), 1, 1, 2, inputs=CUBE),
    _view("linalg.diagonal", lambda x: np.diagonal(x, 0, -2, -1), inputs=CUBE, forms=NEITHER, large=DEEP),
    _view("unbind", lambda x: tuple(x.swapaxes(0, 1)), 1, large=(2051, 2)),
    _view("split", lambda x: (x[:, :3], x[:, 3:]), 3, 1, large=TALL),
    _view("split_with_sizes", lambda x: (x[:1], x[1:]), (1, 2), large=(3, 2051)),
    _view("chunk", lambda x: (x[:, :2], x[:, 2:]), 2, -1, large=TALL),
    _view("tensor_split", lambda x: (x[:, :1], x[:, 1:3], x[:, 3:]), (1, 3), 1, large=WIDE),
    _view("hsplit", lambda x: (x[:, :2], x[:, 2:]), 2, large=TALL),
    _view("vsplit", lambda x: (x[:1], x[1:]), (1,), large=WIDE),
    _view("dsplit", lambda x: (x[..., :2], x[..., 2:]), 2, inputs=CUBE, large=(130, 8, 4)),
    _method("unfold", lambda x: _windows(x, 3, 1), 1, 3, 1, views=True, large=WIDE),
    _move("diag", np.diag, inputs=SQUARE, forms=BOTH, large=SQUARE_WIDE),
    _move("diag", lambda x: _embedded(x, -1), -1, inputs=((3,),), forms=BOTH),
    _move("diag_embed", _embedded, large=WIDE),
    _move("diagflat", lambda x: _embedded(x.reshape(-1)), inputs=((2, 2),), large=(7, 7)),
    _move("tril", lambda x: _kept(x, np.tri(len(x), x.shape[1], dtype=bool)), forms=BOTH, large=WIDE),
    _move("tril", lambda x: _kept(x, np.tri(3, 4, -1, bool)), -1, inputs=((2, 3, 4),), forms=BOTH),
    _move("triu", lambda x: _kept(x, ~np.tri(len(x), x.shape[1], 0, bool)), 1, forms=BOTH, large=WIDE),
)
JOINED = (
    _join("cat", np.concatenate, forms=OUT, large=PAIR_WIDE),
    _join("cat", lambda x: np.concatenate(x, -1), -1, inputs=((2, 1), (2, 3), (2, 2)), forms=OUT),
    _join("concat", lambda x: np.concatenate(x, 1), 1, forms=OUT, large=PAIR_WIDE),
    _join("stack", lambda x: np.stack(x, 1), 1, forms=OUT, large=PAIR_WIDE),
    _join("hstack", np.hstack, forms=OUT, large=PAIR_WIDE),
    _join("vstack", np.vstack, inputs=((3,), (3,)), forms=OUT, large=(LONG, LONG)),
    _join("dstack", np.dstack, forms=OUT, large=PAIR_WIDE),
    _join(
        "column_stack",
        np.column_stack,
        inputs=((3,), (3, 2)),
        forms=OUT,
        maps=False,
        large=((2051,), (2051, 2)),
    ),
    _join("block_diag", _blocks, listed=False, forms=NEITHER, large=(2, 2051)),
    _join(
        "broadcast_tensors",
        lambda x: tuple(np.broadcast_arrays(*x)),
        inputs=((3, 1), (2,)),
        large=((67, 1), (65,)),
        listed=False,
        forms=NEITHER,
        views=True,
        smooth=False,
    ),
    _join(
        "meshgrid",
        lambda x: tuple(np.meshgrid(*x, indexing="ij")),
        inputs=((2,), (3,)),
        listed=False,
        forms=NEITHER,
        kwargs={"indexing": "ij"},
        large=((67,), (65,)),
        views=True,
        smooth=False,
    ),
    _join(
        "cartesian_prod",
        lambda x: np.stack([one.ravel() for one in np.meshgrid(*x, indexing="ij")], -1),
        inputs=((2,), (3,)),
        large=((67,), (65,)),
        listed=False,
        forms=NEITHER,
    ),
)
TURNED = (
    _move("flip", lambda x: x[::-1, :, ::-1], (0, 2), inputs=CUBE, large=DEEP),
    _move("fliplr", np.fliplr, large=WIDE),
    _move("flipud", np.flipud, large=WIDE),
    _move("rot90", lambda x: np.rot90(x, 3, (0, 2)), 3, (0, 2), inputs=CUBE, large=DEEP),
    _move("roll", lambda x: np.roll(x, (1, -2), (0, 1)), (1, -2), (0, 1), large=WIDE),
    _move("roll", lambda x: np.roll(x, 5), 5, large=WIDE),
    _move("repeat_interleave", lambda x: np.repeat(x, 2, 1), 2, 1, large=WIDE),
    _move(
        "repeat_interleave",
        lambda x, n: np.repeat(x, n, 0),
        inputs=((3, 2), np.array([2, 0, 1])),
        kwargs={"dim": 0},
        maps=False,
    ),
    _move(
        "combinations",
        lambda x: np.stack([x[at] for at in np.triu_indices(x.size, 1)], -1),
        inputs=((3,),),
        large=(70,),
        maps=False,
        forms=NEITHER,
    ),
    _move("constant_pad_nd", lambda x: np.pad(x, ((0, 1), (2, 1))), (2, 1, 0, 1), forms=NEITHER, large=WIDE),
)
FUNCTIONS = (*SHAPED, *COPIED, *PIECES, *JOINED, *TURNED)
