"""The adapter for everything with torch's API: a namespace, a device and a transform."""

from __future__ import annotations

import builtins
import copy
import operator
import threading
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from tensorcanon.spec.observation import Failed, Observation, Plain, Seen, Several
from tensorcanon.spec.rules import dtypes
from tensorcanon.spec.rules.dtypes import DType

from ..backend import Absent, Array, Claims, Handle, Identity, Symbol
from ..program import ATTRIBUTES
from ..routine import Routine, callable_of
from .errors import failed
from .transforms import Transform, computes

# NumPy has no such element types: their bits travel as integers of the same width.
_AS_BITS = {
    dtypes.bfloat16: "int16",
    dtypes.float8_e4m3fn: "uint8",
    dtypes.float8_e5m2: "uint8",
}

# Functions that make tensors of nothing but numbers: they must be told the device.
_FACTORIES = frozenset(
    {"tensor", "zeros", "ones", "full", "empty", "empty_strided", "empty_permuted", "eye", "arange"}
    | {"linspace", "logspace", "tril_indices", "triu_indices"}
    | {"rand", "randn", "randint", "randperm", "scalar_tensor"}
)

# Those that do so where they are given no tensor.
_OF_NUMBERS = frozenset(
    {"normal", "range", "fft.fftfreq", "fft.rfftfreq"}
    | {f"{kind}_window" for kind in ("bartlett", "blackman", "hamming", "hann", "kaiser")}
)

# How engines say that they have no such function, besides AttributeError and NotImplementedError.
_NOT_FOUND = frozenset({"OperatorNotFound"})
_NO_KERNEL = ("could not find kernel for op", "torchvulkan [NOT IMPLEMENTED]")

# A lazy conjugation or negation, to be carried out before the elements are looked at.
_LAZY_BITS = ("resolve_conj", "resolve_neg")


class TorchLike:
    """A backend that speaks torch's API.

    Parameters
    ----------
    namespace : module
        ``torch`` or a module with its API.
    identity : Identity
    claims : Claims
    transform : Transform, optional
        Carries out the steps that take a tensor.
    """

    def __init__(
        self,
        namespace: ModuleType,
        identity: Identity,
        claims: Claims,
        transform: Transform | None = None,
    ) -> None:
        self.namespace = namespace
        self.identity = identity
        self.claims = claims
        self._tensor = namespace.Tensor
        # Where it is the tuple itself, it tells nothing.
        self._size = namespace.Size if namespace.Size is not tuple else ()
        self._dtype = namespace.dtype
        self._to_native = {
            dtype: getattr(namespace, dtype.name) for dtype in claims.dtypes if hasattr(namespace, dtype.name)
        }
        self._from_native = {native: dtype for dtype, native in self._to_native.items()}
        self._placed = identity.device != "cpu"
        self._transform = transform
        self._package = namespace.__name__.partition(".")[0]
        # Not every namespace keeps lazy bits.
        self._carried_out = [
            getattr(namespace.Tensor, lazy) for lazy in _LAZY_BITS if hasattr(namespace.Tensor, lazy)
        ]

    def make(self, array: Array, dtype: DType) -> Any:
        native = self._to_native[dtype]
        bits = _AS_BITS.get(dtype)
        # torch.tensor copies, so that the tensor owns its storage and the array stays the example's.
        if bits is not None:
            made = self.namespace.tensor(array.view(bits)).view(native)
        else:
            made = self.namespace.tensor(array, dtype=native)
        return made.to(self.identity.device) if self._placed else made

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.claims.complete:
            return self._called(name, args, kwargs)
        try:
            return self._called(name, args, kwargs)
        except Exception as error:
            if not self._tells_of_absence(error):
                raise
            raise Absent(f"{name}: {_line(error)}") from error

    def _tells_of_absence(self, error: Exception) -> bool:
        """Whether an error says that a function is not there, in a word that engines have for it."""
        if isinstance(error, AttributeError):
            return self._owns(error.obj)
        if isinstance(error, NotImplementedError) or type(error).__name__ in _NOT_FOUND:
            return True
        return _line(error).startswith(_NO_KERNEL)

    def _owns(self, value: Any) -> bool:
        """Whether a value is the namespace's: a module or a class of it, or an instance of one."""
        name = value.__name__ if isinstance(value, ModuleType) else None
        owner = name or getattr(value, "__module__", None) or type(value).__module__
        return str(owner).partition(".")[0] == self._package

    def _called(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = [self._native(arg) for arg in args]
        named = {key: self._native(value) for key, value in kwargs.items()} if kwargs else kwargs
        if self._transform is not None and self._goes_through(name, (args, kwargs), (given, named)):
            return self._transform(name, tuple(given), named)
        space, _, member = name.partition(".")
        match space:
            case "Tensor":
                if member in ATTRIBUTES:
                    return getattr(given[0], member)
                return getattr(given[0], member)(*given[1:], **named)
            case "operator":
                return getattr(operator, member)(*given)
            case "builtins":
                return getattr(builtins, member)(*given)
            case "is":
                return given[0] is given[1]
            case "getattr":
                return getattr(given[0], given[1])
            case "setattr":
                return setattr(given[0], given[1], given[2])
            case "np":
                return getattr(np, member)(*given, **named)
            case "copy":
                return getattr(copy, member)(*given)
            case "threading":
                return getattr(threading, member)(*given, **named)
            case "return":
                return given[0]
            case "call":
                return given[0](*given[1:], **named)
            case "define":
                return self._defined(*given)
        if self._placed and (
            member in _FACTORIES or (member in _OF_NUMBERS and not self._holds((given, named)))
        ):
            named = {"device": self.identity.device, **named}
        if self._placed and space == "torch" and _is_module(member) and self._nowhere_else():
            with self.namespace.device(self.identity.device):
                return self._named(member)(*given, **named)
        return self._named(member)(*given, **named)

    def _nowhere_else(self) -> bool:
        """Whether no step has asked for another device by default."""
        return bool(self.namespace.get_default_device().type == "cpu")

    def _goes_through(self, name: str, arguments: Any, natives: Any) -> bool:
        """Whether a step is for the transform: a function of tensors that calls nothing back."""
        return computes(name) and self._holds(natives) and not _holds_a(Routine, arguments)

    def _holds(self, natives: Any) -> bool:
        return _holds_a(self._tensor, natives)

    def _defined(self, name: str, source: str) -> Any:
        scope = {"torch": self.namespace, "np": np, "__name__": "__main__"}
        exec(_compiled(source), scope)
        return scope[name]

    def _named(self, path: str) -> Any:
        found: Any = self.namespace
        for part in path.split("."):
            found = getattr(found, part)
        return found

    def _native(self, arg: Any) -> Any:
        match arg:
            case Handle():
                return arg.native
            case DType():
                return self._native_type(arg)
            case Symbol():
                return self._named(arg.path)
            case Routine():
                return callable_of(arg, self.call)
            case tuple():
                return tuple(self._native(item) for item in arg)
            case list():
                return [self._native(item) for item in arg]
            case dict():
                return {key: self._native(value) for key, value in arg.items()}
            case slice():
                return slice(self._native(arg.start), self._native(arg.stop), self._native(arg.step))
        return arg

    def _native_type(self, dtype: DType) -> Any:
        if dtype not in self._to_native and not self.claims.complete:
            raise Absent(f"the data type {dtype.name}")
        return self._to_native.get(dtype) or getattr(self.namespace, dtype.name)

    def look(self, native: Any) -> Observation:
        if isinstance(native, self._tensor):
            return self._look_at_tensor(native)
        if isinstance(native, self._dtype):
            return Plain(self._from_native.get(native, native))
        if isinstance(native, self._size):
            return Plain(tuple(int(size) for size in native))
        if isinstance(native, tuple | list):
            return self._look_at_items(native)
        if native is None or isinstance(native, bool | int | float | complex | str | bytes):
            return Plain(native)
        return Plain(f"{type(native).__name__}: {native!r}")

    def _look_at_items(self, native: tuple[Any, ...] | list[Any]) -> Observation:
        items = tuple(self.look(item) for item in native)
        if isinstance(native, tuple) and items and all(isinstance(item, Plain) for item in items):
            return Plain(tuple(item.value for item in items if isinstance(item, Plain)))
        sequence = "list" if isinstance(native, list) else "tuple"
        return Several(items, _field_names(native), sequence)

    def _look_at_tensor(self, native: Any) -> Seen:
        dtype = self._from_native.get(native.dtype)
        if dtype is None:
            dtype = dtypes.named(str(native.dtype).rpartition(".")[2])
        return Seen(
            dtype,
            tuple(map(int, native.shape)),
            tuple(map(int, native.stride())) if self.claims.strides else None,
            self._elements(native, dtype) if self.claims.data and native.device.type != "meta" else None,
            native.requires_grad,
            native.device.type,
        )

    def _elements(self, native: Any, dtype: DType) -> Array:
        if native.requires_grad:
            # Not detach(), which is under test itself.
            native = native.data
        if self._placed:
            native = native.to("cpu")
        for carried_out in self._carried_out:
            native = carried_out(native)
        if dtype is dtypes.complex32:
            bits = native.view(self._to_native[dtypes.int32])
            return self._elements(bits, dtypes.int32).view(dtype.storage)
        width = _AS_BITS.get(dtype)
        if width is not None:
            as_bits = native.view(getattr(self.namespace, width)).numpy()
            return np.array(as_bits).view(dtype.storage)
        return np.array(native.numpy())

    def failure(self, error: Exception) -> Failed:
        return failed(error)


def _is_module(member: str) -> bool:
    """Whether a name is that of a class of layers, which makes its parameters itself."""
    return member.startswith("nn.") and member.rpartition(".")[2][:1].isupper() and member != "nn.Parameter"


def _holds_a(kind: type, value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(_holds_a(kind, item) for item in value)
    if isinstance(value, dict):
        return any(_holds_a(kind, item) for item in value.values())
    return isinstance(value, kind)


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@cache
def _compiled(source: str) -> Any:
    return compile(source, "<program>", "exec")


def _field_names(native: tuple[Any, ...] | list[Any]) -> tuple[str, ...]:
    """Return the field names of a named tuple or of one of torch's return types (a structseq)."""
    fields = getattr(native, "_fields", None)
    if fields is not None:
        return tuple(fields)
    count = getattr(type(native), "n_sequence_fields", 0)
    if not count:
        return ()
    members = [
        name for name, kind in vars(type(native)).items() if type(kind).__name__ == "member_descriptor"
    ]
    return tuple(members)[:count]
