"""Functions of one floating element or two. Sources: the pages of the functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorcanon.spec.ops import special

from . import dtypes, return_types
from .casting import cast
from .dispatch import op
from .folding import lacks_kernel
from .kernels import Array, arranged, elements, elementwise, promoted, to_floating
from .tensor import Tensor

Function = Callable[..., Any]


def _rsqrt(x: Array) -> Any:
    return 1 / np.sqrt(x)


def _sinc(x: Array) -> Any:
    turned = x.dtype.type(np.pi) * x
    return np.where(x == 0, 1, np.sin(turned) / np.where(x == 0, 1, turned))


def _sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x))


def _to_radians(x: Array) -> Any:
    return x * x.dtype.type(np.pi / 180)


def _to_degrees(x: Array) -> Any:
    return x * x.dtype.type(180 / np.pi)


# Functions that give integers and bools the default type, with their further names, and whether they are
# defined for complex numbers.
_UNARY: tuple[tuple[str, Function, tuple[str, ...], bool], ...] = (
    ("sqrt", np.sqrt, (), True),
    ("rsqrt", _rsqrt, (), True),
    ("exp", np.exp, (), True),
    ("exp2", np.exp2, ("special.exp2",), True),
    ("expm1", np.expm1, ("special.expm1",), True),
    ("log", np.log, (), True),
    ("log2", np.log2, (), True),
    ("log10", np.log10, (), True),
    ("log1p", np.log1p, ("special.log1p",), True),
    ("sin", np.sin, (), True),
    ("cos", np.cos, (), True),
    ("tan", np.tan, (), True),
    ("asin", np.arcsin, ("arcsin",), True),
    ("acos", np.arccos, ("arccos",), True),
    ("atan", np.arctan, ("arctan",), True),
    ("sinh", np.sinh, (), True),
    ("cosh", np.cosh, (), True),
    ("tanh", np.tanh, ("nn.functional.tanh",), True),
    ("asinh", np.arcsinh, ("arcsinh",), True),
    ("acosh", np.arccosh, ("arccosh",), True),
    ("atanh", np.arctanh, ("arctanh",), True),
    ("sinc", _sinc, ("special.sinc",), True),
    ("sigmoid", _sigmoid, ("special.expit", "nn.functional.sigmoid"), True),
    ("deg2rad", _to_radians, (), False),
    ("rad2deg", _to_degrees, (), False),
    ("erf", special.erf, ("special.erf",), False),
    ("erfc", special.erfc, ("special.erfc",), False),
    ("erfinv", special.erfinv, ("special.erfinv",), False),
    ("lgamma", special.lgamma, ("special.gammaln",), False),
    ("digamma", special.digamma, ("special.digamma", "special.psi"), False),
    ("i0", special.i0, ("special.i0",), False),
)


def _register(name: str, function: Function, aliases: tuple[str, ...], complexes: bool) -> None:
    @op(name, *aliases, inplace=True, out=True)
    def kernel(input: Tensor) -> Tensor:
        if input.dtype.is_complex and not complexes:
            raise lacks_kernel(f"{name}_vml_cpu", input.dtype)
        return elementwise(function, input, floating=True)

    kernel.__doc__ = f"Return {name} of each element."


for _name, _function, _aliases, _complexes in _UNARY:
    _register(_name, _function, _aliases, _complexes)


@op("logit", "special.logit", inplace=True, out=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Return ``log(x / (1 - x))``, of x bounded to ``eps`` and ``1 - eps`` where that is given."""

    def compute(x: Array) -> Any:
        bounded = x if eps is None else np.clip(x, x.dtype.type(eps), x.dtype.type(1 - eps))
        return np.log(bounded / (1 - bounded))

    return elementwise(compute, input, floating=True)


# Magnitudes, signs, roundings.


@op("abs", "absolute", inplace=True, out=True)
def abs(input: Tensor) -> Tensor:
    """Return the magnitude, a real number."""
    if input.dtype is dtypes.bool_:
        raise lacks_kernel("abs_cpu", input.dtype)
    return elementwise(np.abs, input, result=real_type(input))


@op("angle", out=True)
def angle(input: Tensor) -> Tensor:
    """Return the angle of a complex number; of a real one 0, or pi where it is negative."""
    result = real_type(input) if input.dtype.is_complex else to_floating(input.dtype)
    return elementwise(_angle, input, floating=True, result=result)


def _angle(x: Array) -> Any:
    if x.dtype.kind == "c":
        return np.arctan2(x.imag, x.real)
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(np.pi), 0))


def real_type(input: Tensor) -> dtypes.dtype:
    """Return the type of the parts of a complex tensor, that of a real one unchanged."""
    return input.dtype.to_real() if input.dtype.is_complex else input.dtype


@op("sign", inplace=True, out=True)
def sign(input: Tensor) -> Tensor:
    """Return -1, 0 or 1; NaN gives 0."""
    if input.dtype.is_complex:
        raise lacks_kernel("sign_cpu", input.dtype)
    return elementwise(_sign, input)


@op("sgn", inplace=True, out=True)
def sgn(input: Tensor) -> Tensor:
    """Return the sign, of a complex number z / |z|."""
    return elementwise(_unit if input.dtype.is_complex else _sign, input)


def _sign(x: Array) -> Any:
    return x if x.dtype == np.bool_ else np.where(x > 0, 1, np.where(x < 0, -1, 0)).astype(x.dtype)


def _unit(z: Array) -> Any:
    size = np.abs(z)
    return np.where(size == 0, 0, z / np.where(size == 0, 1, size))


@op("signbit", out=True, differentiable=False)
def signbit(input: Tensor) -> Tensor:
    """Return whether the sign bit is set."""
    if input.dtype.is_complex:
        raise lacks_kernel("signbit_cpu", input.dtype)
    return elementwise(lambda x: np.signbit(x) if x.dtype.kind == "f" else x < 0, input, result=dtypes.bool_)


def _register_rounding(name: str, function: Function, alias: str) -> None:
    @op(name, alias, inplace=True, out=True)
    def kernel(input: Tensor) -> Tensor:
        if input.dtype is dtypes.bool_ or input.dtype.is_complex:
            raise lacks_kernel(f"{name}_cpu", input.dtype)
        return elementwise(function if input.dtype.is_floating_point else np.positive, input)

    kernel.__doc__ = f"Return the {name} of each element, integers as they are."


_ROUNDINGS: tuple[tuple[str, Function, str], ...] = (
    ("floor", np.floor, "special.floor"),
    ("ceil", np.ceil, "special.ceil"),
    ("trunc", np.trunc, "fix"),
)

for _name, _function, _alias in _ROUNDINGS:
    _register_rounding(_name, _function, _alias)


@op("round", "special.round", inplace=True, out=True)
def round(input: Tensor, *, decimals: int | None = None) -> Tensor:
    """Return the nearest integer, ties even, or the nearest number of so many decimals."""
    if input.dtype is dtypes.bool_ or input.dtype.is_complex:
        raise lacks_kernel("round_cpu", input.dtype)
    if not input.dtype.is_floating_point:
        if decimals is not None:
            raise lacks_kernel("round_cpu", input.dtype)
        return input.clone()  # type: ignore[no-any-return]
    return elementwise(lambda x: _rounded(x, decimals or 0), input)


def _rounded(x: Array, decimals: int) -> Any:
    scale = x.dtype.type(10.0 ** np.abs(decimals))
    if decimals == 0:
        return np.rint(x)
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


@op("frac", inplace=True, out=True)
def frac(input: Tensor) -> Tensor:
    """Return what ``trunc`` takes away."""
    if not input.dtype.is_floating_point:
        raise lacks_kernel("frac", input.dtype)
    return elementwise(lambda x: x - np.trunc(x), input)


@op("conj_physical", inplace=True, out=True)
def conj_physical(input: Tensor) -> Tensor:
    """Return the conjugate, written out."""
    return elementwise(np.conj, input) if input.dtype.is_complex else input


@op("nan_to_num", inplace=True, out=True)
def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Return the elements with NaN and infinities replaced; by default 0 and the limits of the type."""
    if not input.dtype.is_differentiable:
        return input.clone()  # type: ignore[no-any-return]
    limit = float(dtypes.finfo(real_type(input)).max)
    above, below = limit if posinf is None else posinf, -limit if neginf is None else neginf

    def replaced(x: Array) -> Any:
        return np.nan_to_num(x, nan=nan or 0.0, posinf=above, neginf=below)

    return elementwise(replaced, input)


@op("frexp", out=True)
def frexp(input: Tensor) -> Any:
    """Return mantissa and exponent."""
    if not input.dtype.is_floating_point:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = np.frexp(elements(input, input.dtype))
    parts = arranged(cast(mantissa, input.dtype), input.dtype, input), arranged(exponent, dtypes.int32, input)
    return return_types.frexp(*parts)


# Two operands.


def _xlogy(x: Array, y: Array) -> Any:
    return np.where(np.isnan(y), y, np.where(x == 0, 0, x * np.log(y)))


def _xlog1py(x: Array, y: Array) -> Any:
    return np.where(np.isnan(y), y, np.where(x == 0, 0, x * np.log1p(y)))


def _logaddexp(x: Array, y: Array) -> Any:
    """Of complex elements the one with the greater real part is taken out of the sum."""
    if x.dtype.kind != "c":
        return np.logaddexp(x, y)
    above, below = np.where(x.real >= y.real, x, y), np.where(x.real >= y.real, y, x)
    return np.where(np.isinf(above.real) & (above == below), above, above + np.log1p(np.exp(below - above)))


def _register_binary(
    name: str,
    function: Function,
    *aliases: str,
    takes: tuple[str, str],
    kinds: Callable[[dtypes.dtype], bool],
    inplace: bool,
) -> None:
    def kernel(input: Any, other: Any) -> Tensor:
        common = promoted(input, other)
        if not kinds(common):
            raise lacks_kernel(f"{name}_cpu", common)
        return elementwise(function, input, other, floating=True)

    kernel.__doc__ = f"Return {name} of two elements."
    kernel.__annotations__.update(zip(("input", "other"), takes, strict=True))
    op(name, *aliases, inplace=inplace, out=True)(kernel)


def _real(kind: dtypes.dtype) -> bool:
    return not kind.is_complex


def _floating(kind: dtypes.dtype) -> bool:
    return kind.is_floating_point


def _differentiable(kind: dtypes.dtype) -> bool:
    return kind.is_differentiable


_TENSORS, _NUMBER_LAST, _ONE_TENSOR = ("Tensor", "Tensor"), ("Tensor", "Any"), ("Operand", "Operand")
_BINARY: tuple[tuple[str, Function, tuple[str, ...], tuple[str, str], Function, bool], ...] = (
    ("atan2", np.arctan2, ("arctan2",), _TENSORS, _real, True),
    ("copysign", np.copysign, (), _NUMBER_LAST, _real, True),
    ("xlogy", _xlogy, ("special.xlogy",), _ONE_TENSOR, _real, True),
    ("special.xlog1py", _xlog1py, (), _ONE_TENSOR, _real, False),
    ("hypot", np.hypot, (), _TENSORS, _floating, True),
    ("logaddexp", _logaddexp, (), _TENSORS, _differentiable, False),
    ("logaddexp2", np.logaddexp2, (), _TENSORS, _floating, False),
)

for _name, _function, _aliases, _takes, _kinds, _inplace in _BINARY:
    _register_binary(_name, _function, *_aliases, takes=_takes, kinds=_kinds, inplace=_inplace)


@op("nextafter", inplace=True, out=True)
def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """Return the neighbour towards the other element, in the type itself."""
    common = promoted(input, other)
    if not common.is_floating_point:
        raise lacks_kernel("nextafter_cpu", common)
    pair = (cast(operand.array, common) for operand in (input, other))
    return arranged(np.nextafter(*np.broadcast_arrays(*pair)), common, input, other)


@op("heaviside", inplace=True, out=True)
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Return 0 below 0, 1 above, and the other element at 0; one type only."""
    if input.dtype.is_complex or values.dtype.is_complex:
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype is not values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return elementwise(lambda x, v: np.where(x == 0, v, (x > 0).astype(v.dtype)), input, values)
