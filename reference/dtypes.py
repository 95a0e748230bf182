"""``torch.dtype``: one object per type of the specification, the aliases, and the default type.

Sources: ``tensor_attributes#torch-dtype``, ``type_info``, ``torch.set_default_dtype``.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from tensorcanon.spec.rules import dtypes as rules

_SCALAR_NAMES = {
    "bool": "Bool",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "bfloat16": "BFloat16",
    "float32": "Float",
    "float64": "Double",
    "complex32": "ComplexHalf",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
    "uint16": "UInt16",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "float8_e4m3fn": "Float8_e4m3fn",
    "float8_e5m2": "Float8_e5m2",
}
# How some messages write types.
_C_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short",
    "int32": "int",
    "int64": "long int",
    "bool": "bool",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}
_ABBREVIATIONS = {"bool": "b8", "bfloat16": "bf16", "float8_e4m3fn": "f8e4m3fn", "float8_e5m2": "f8e5m2"}


class dtype:
    """The type of a tensor's elements. Compared by identity.

    Attributes
    ----------
    rule : tensorcanon.spec.rules.dtypes.DType
        What the specification knows of the type.
    numpy : numpy.dtype
        The NumPy type whose bytes are an element's bytes.
    compute : dtype
        The type in which kernels calculate: float32 for the 16-bit floating types, complex64 for complex32.
    scalar_name : str
        The name that error messages use.
    """

    __slots__ = ("compute", "itemsize", "numpy", "rule", "scalar_name")

    compute: dtype

    def __init__(self, rule: rules.DType) -> None:
        self.rule = rule
        self.numpy: np.dtype[Any] = rule.storage
        self.itemsize = rule.itemsize
        self.scalar_name = _SCALAR_NAMES[rule.name]

    @property
    def is_floating_point(self) -> bool:
        return self.rule.is_floating_point

    @property
    def is_complex(self) -> bool:
        return self.rule.is_complex

    @property
    def is_signed(self) -> bool:
        return self.rule.signed

    @property
    def is_integral(self) -> bool:
        """Whether the type is an integer one; bool is not."""
        return self.rule.is_integral

    @property
    def is_differentiable(self) -> bool:
        """Whether tensors of the type can require gradients."""
        return self.rule.is_floating_point or self.rule.is_complex

    @property
    def c_name(self) -> str:
        """The name in C++, which some messages use."""
        return _C_NAMES.get(self.rule.name, self.rule.name)

    @property
    def abbr(self) -> str:
        """A short name: f32, i64, b8."""
        name = self.rule.name
        prefix = {"uint": "u", "int": "i", "float": "f", "complex": "c"}.get(name.rstrip("0123456789"), "")
        return _ABBREVIATIONS.get(name) or f"{prefix}{self.rule.bits}"

    def to_real(self) -> dtype:
        return of(rules.real_of(self.rule))

    def to_complex(self) -> dtype:
        try:
            return of(rules.complex_of(self.rule))
        except KeyError:
            raise RuntimeError(f"Unknown Complex ScalarType for {self.scalar_name}") from None

    def __repr__(self) -> str:
        return f"torch.{self.rule.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return named, (self.rule.name,)


_BY_RULE = {rule: dtype(rule) for rule in rules.ALL}


def of(rule: rules.DType) -> dtype:
    """Return the type of a rule."""
    return _BY_RULE[rule]


def named(name: str) -> dtype:
    """Return the type of a name, an alias included; KeyError where there is none."""
    return _BY_RULE[rules.named(name)]


def of_numpy(numpy_dtype: np.dtype[Any]) -> dtype:
    """Return the type whose elements a NumPy type describes; TypeError where torch has none."""
    for candidate in ALL:
        if candidate.numpy == numpy_dtype:
            return candidate
    raise TypeError(
        f"can't convert np.ndarray of type {numpy_dtype.type.__module__}.{numpy_dtype.type.__name__}. "
        "The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
        "int16, int8, uint64, uint32, uint16, uint8, and bool."
    )


ALL = tuple(_BY_RULE.values())
NAMES = {one.rule.name: one for one in ALL} | {alias: of(rule) for alias, rule in rules.ALIASES.items()}

bool_ = named("bool")
uint8, int8, int16, int32, int64 = (named(n) for n in ("uint8", "int8", "int16", "int32", "int64"))
float16, bfloat16, float32, float64 = (named(n) for n in ("float16", "bfloat16", "float32", "float64"))
complex32, complex64, complex128 = (named(n) for n in ("complex32", "complex64", "complex128"))

_COMPUTED_WIDER = {"float16": float32, "bfloat16": float32, "complex32": complex64}
_COMPUTED_WIDER |= {"float8_e4m3fn": float32, "float8_e5m2": float32}
for _one in ALL:
    _one.compute = _COMPUTED_WIDER.get(_one.rule.name, _one)

_PYTHON_TYPES = {float: float64, int: int64, bool: bool_, complex: complex128}


def given(value: Any) -> Any:
    """Return a ``dtype=`` argument as a dtype: Python's number types stand for the widest one, None for none.

    Raises
    ------
    TypeError
        For anything else.
    """
    if value is None or isinstance(value, dtype):
        return value
    if isinstance(value, type) and value in _PYTHON_TYPES:
        return _PYTHON_TYPES[value]
    raise TypeError(f"argument 'dtype' must be torch.dtype, not {type(value).__name__}")


_default = float32


def get_default_dtype() -> dtype:
    """Return the floating type that Python floats and factories without ``dtype=`` take."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the default floating type.

    Raises
    ------
    TypeError
        Unless the type is float16, bfloat16, float32 or float64.
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if d not in (float16, bfloat16, float32, float64):
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


class iinfo:
    """The range of an integer type. Source: ``type_info#torch-iinfo``."""

    def __init__(self, type: dtype) -> None:
        if not type.is_integral:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type.rule.name}'"
            )
        self.bits = type.rule.bits
        self.min, self.max = rules.integer_range(type.rule)
        self.dtype = type.rule.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


class finfo:
    """The number format of a floating type, of the default one without argument.

    Source: ``type_info#torch-finfo``.
    """

    def __init__(self, type: dtype | None = None) -> None:
        real = (get_default_dtype() if type is None else type).to_real()
        form = real.rule.format
        if form is None:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. "
                f"Use torch.iinfo to handle '{real.rule.name}'"
            )
        self.bits = real.rule.bits
        self.eps = 2.0 ** (1 - form.digits)
        self.max = float(largest(real))
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0**form.emin
        self.resolution = 10.0 ** -int((form.digits - 1) * np.log10(2))
        self.dtype = real.rule.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


def largest(real: dtype) -> Any:
    """Return the largest finite value of a floating type as a NumPy scalar."""
    if real.rule.name.startswith("float8") or real is bfloat16:
        return ml_dtypes.finfo(real.numpy).max  # type: ignore[no-untyped-call]
    return np.finfo(real.numpy).max
