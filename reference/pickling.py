"""Pickles under torch's names, and a reader of them that builds tensors and plain containers only.

Source: ``notes/serialization#weights-only``. The names and the arguments of what is rebuilt are those that
torch writes: observed.
"""

from __future__ import annotations

import codecs
import collections
import io
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

from tensorcanon.spec.rules import strides as stride_rules

from . import devices, dtypes
from .copying import rebuilt
from .dispatch import FUNCTIONS
from .size import Size
from .storage import Storage
from .tensor import Tensor

_STORAGES = {
    "DoubleStorage": dtypes.float64,
    "FloatStorage": dtypes.float32,
    "HalfStorage": dtypes.float16,
    "BFloat16Storage": dtypes.bfloat16,
    "LongStorage": dtypes.int64,
    "IntStorage": dtypes.int32,
    "ShortStorage": dtypes.int16,
    "CharStorage": dtypes.int8,
    "ByteStorage": dtypes.uint8,
    "BoolStorage": dtypes.bool_,
    "ComplexFloatStorage": dtypes.complex64,
    "ComplexDoubleStorage": dtypes.complex128,
}
_UNTYPED = "torch.storage UntypedStorage"
_TYPED = {kind: f"torch {name}" for name, kind in _STORAGES.items()}
_REBUILD_V2 = "torch._utils _rebuild_tensor_v2"
_REBUILD_V3 = "torch._utils _rebuild_tensor_v3"
_REBUILD_PARAMETER = "torch._utils _rebuild_parameter"
_MIXED_TYPES = "Cannot save multiple tensors or storages that view the same data as different types"


class Named:
    """Something that a pickle mentions by a name of torch's."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any) -> None:
        """Only there to be written as a function."""


def _parameter_class() -> type[Tensor]:
    return FUNCTIONS["nn.Parameter"]  # type: ignore[return-value]


class Writer(pickle._Pickler):
    """Writes objects; storages are mentioned by key and collected.

    Attributes
    ----------
    storages : dict
        Each storage and its type, by key.
    """

    def __init__(self, file: Any, protocol: int, *, legacy: bool = False) -> None:
        super().__init__(file, protocol)
        self.storages: dict[str, tuple[Storage, dtypes.dtype | None]] = {}
        self._keys: dict[int, str] = {}
        self._legacy = legacy
        self._names: dict[str, Named] = {}

    def _named(self, name: str) -> Named:
        return self._names.setdefault(name, Named(name))

    def reducer_override(self, obj: Any) -> Any:
        match obj:
            case Tensor():
                return self._reduce_tensor(obj)
            case Size():
                return self._named("torch Size"), (tuple(obj),)
            case devices.device():
                where = (obj.type,) if obj.index is None else (obj.type, obj.index)
                return self._named("torch device"), where
        return NotImplemented

    def save(self, obj: Any, save_persistent_id: bool = True) -> Any:
        if isinstance(obj, Named):
            return self._save_name(obj, obj.name)
        if isinstance(obj, dtypes.dtype):
            return self._save_name(obj, f"torch {obj.rule.name}")
        return super().save(obj, save_persistent_id)  # type: ignore[misc]

    def _save_name(self, obj: Any, name: str) -> None:
        known = self.memo.get(id(obj))  # type: ignore[attr-defined]
        if known is not None:
            self.write(self.get(known[0]))  # type: ignore[attr-defined]
            return
        module, _, member = name.partition(" ")
        self.write(pickle.GLOBAL + f"{module}\n{member}\n".encode())  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]

    def _reduce_tensor(self, tensor: Tensor) -> Any:
        parameter = _parameter_class()
        if type(tensor) is parameter:
            args: Any = (tensor.detach(), tensor.tracked, collections.OrderedDict())
            return self._named(_REBUILD_PARAMETER), args
        if type(tensor) is not Tensor:
            return NotImplemented
        typed = tensor.dtype in _TYPED
        stored = _Stored(tensor.storage, tensor.dtype if typed else None)
        window = (stored, tensor.offset, tuple(tensor.shape), tensor.strides)
        tail: tuple[Any, ...] = (tensor.requires_grad, collections.OrderedDict())
        lazy = {name: True for name in ("conj", "neg") if getattr(tensor, f"is_{name}")()}
        if not typed:
            tail = (*tail, tensor.dtype)
        return self._named(_REBUILD_V2 if typed else _REBUILD_V3), (*window, *tail, *([lazy] if lazy else []))

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Storage):
            obj = _Stored(obj, None)
        if not isinstance(obj, _Stored):
            return None
        key = self._keys.setdefault(id(obj.storage), str(len(self._keys)))
        known = self.storages.setdefault(key, (obj.storage, obj.kind))
        if (known[1] or dtypes.uint8) is not (obj.kind or dtypes.uint8):
            raise RuntimeError(_MIXED_TYPES)
        itemsize = obj.kind.itemsize if obj.kind else 1
        name = self._named(_TYPED[obj.kind] if obj.kind else _UNTYPED)
        mention = ("storage", name, key, "cpu", obj.storage.nbytes() // itemsize)
        return (*mention, None) if self._legacy else mention


class _Stored:
    """A storage as a tensor of a type mentions it."""

    def __init__(self, storage: Storage, kind: dtypes.dtype | None) -> None:
        self.storage = storage
        self.kind = kind


def _rebuild(
    storage: Storage, offset: int, size: Any, stride: Any, requires_grad: bool, kind: dtypes.dtype, lazy: Any
) -> Tensor:
    """Return a tensor on a storage; RuntimeError where it would reach beyond it."""
    shape, strides = tuple(size), tuple(stride)
    least = min((offset, *shape, *strides))
    needed = (offset + stride_rules.storage_size(shape, strides)) * kind.itemsize
    if least < 0 or (0 not in shape and needed > storage.nbytes()):
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset} are out of "
            f"bounds for storage of size {storage.nbytes()}"
        )
    flags = dict(lazy or {})
    conjugate, negative = bool(flags.get("conj")), bool(flags.get("neg"))
    return rebuilt(None, storage, shape, strides, offset, kind, bool(requires_grad), conjugate, negative)


def _rebuild_v2(
    stored: _Stored, offset: int, size: Any, stride: Any, grad: bool, hooks: Any, lazy: Any = None
) -> Tensor:
    assert stored.kind is not None
    return _rebuild(stored.storage, offset, size, stride, grad, stored.kind, lazy)


def _rebuild_v3(
    storage: Storage, offset: int, size: Any, stride: Any, grad: bool, hooks: Any, kind: Any, lazy: Any = None
) -> Tensor:
    return _rebuild(storage, offset, size, stride, grad, kind, lazy)


def _rebuild_parameter(data: Tensor, requires_grad: bool, hooks: Any) -> Tensor:
    return _parameter_class()(data, requires_grad)


# What a pickle may mention, by torch's and Python's names. Nothing here runs code of the pickle's choice.
_ALLOWED: dict[str, Any] = {
    _REBUILD_V2: _rebuild_v2,
    _REBUILD_V3: _rebuild_v3,
    _REBUILD_PARAMETER: _rebuild_parameter,
    "torch Size": Size,
    "torch device": devices.device,
    "collections OrderedDict": collections.OrderedDict,
    "collections Counter": collections.Counter,
    "builtins set": set,
    "builtins bytearray": bytearray,
    "builtins complex": complex,
    "__builtin__ set": set,
    "__builtin__ bytearray": bytearray,
    "__builtin__ complex": complex,
    "_codecs encode": codecs.encode,
    _UNTYPED: None,
    **{name: kind for kind, name in _TYPED.items()},
    **{f"torch {kind.rule.name}": kind for kind in dtypes.ALL},
}


class _Opened(pickle.Unpickler):
    """Reads mentions of storages through a function, and torch's names as the reference's own."""

    def __init__(self, file: Any, storage: Callable[..., Storage], **options: Any) -> None:
        super().__init__(file, **options)
        self._storage = storage

    def persistent_load(self, mention: Any) -> Any:
        return _loaded(mention, self._storage)

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module} {name}"
        return _ALLOWED[full] if full in _ALLOWED else super().find_class(module, name)


def _loaded(mention: Any, storage: Callable[..., Storage]) -> Any:
    if not isinstance(mention, tuple) or len(mention) < 5 or mention[0] != "storage":
        raise pickle.UnpicklingError(f"no storage is mentioned by {mention!r}")
    _, kind, key, location, count, *_ = mention
    loaded = storage(str(key), str(location), int(count) * (kind.itemsize if kind else 1))
    return loaded if kind is None else _Stored(loaded, kind)


# Opcodes that build instances in other ways.
_REFUSED = tuple(
    opcode[0] for opcode in (pickle.INST, pickle.OBJ, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2, pickle.EXT4)
)


class Reader(pickle._Unpickler):
    """Reads tensors, numbers, strings and containers; refuses everything else.

    Parameters
    ----------
    file : binary file
    storage : callable
        Takes a key, a location and a number of bytes; returns the `Storage`.
    allowed : dict
        Further classes and functions by module and name with a blank between.
    """

    def __init__(self, file: Any, storage: Callable[..., Storage], allowed: dict[str, Any]) -> None:
        super().__init__(file, encoding="utf-8")
        self._storage = storage
        self._allowed = {**_ALLOWED, **allowed}
        self._own = {id(value) for value in allowed.values()}
        self._callable = {id(value) for value in self._allowed.values() if callable(value)}

    def persistent_load(self, mention: Any) -> Any:
        return _loaded(mention, self._storage)

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module} {name}"
        if full not in self._allowed:
            called = full.replace(" ", ".")
            raise pickle.UnpicklingError(
                f"Unsupported global: GLOBAL {called} was not an allowed global by default. Please use "
                f"`torch.serialization.add_safe_globals([{called}])` or the "
                "`torch.serialization.safe_globals([...])` context manager to allowlist this global if you "
                "trust this class/function."
            )
        return self._allowed[full]

    def _check_call(self, function: Any) -> None:
        if id(function) not in self._callable:
            raise pickle.UnpicklingError(f"Trying to call reduce for unrecognized function {function}")

    def load_reduce(self) -> None:
        self._check_call(self.stack[-2])  # type: ignore[attr-defined]
        super().load_reduce()  # type: ignore[misc]

    def load_newobj(self) -> None:
        self._check_call(self.stack[-2])  # type: ignore[attr-defined]
        super().load_newobj()  # type: ignore[misc]

    def load_build(self) -> None:
        target = self.stack[-2]  # type: ignore[attr-defined]
        if not isinstance(target, collections.OrderedDict) and id(type(target)) not in self._own:
            raise pickle.UnpicklingError(f"Can only build instances of allowed classes, not {type(target)}")
        super().load_build()  # type: ignore[misc]

    def _refuse(self) -> None:
        raise pickle.UnpicklingError("Unsupported operand in a pickle of weights")

    dispatch: ClassVar[dict[int, Any]] = {
        **pickle._Unpickler.dispatch,
        pickle.REDUCE[0]: load_reduce,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.BUILD[0]: load_build,
        **dict.fromkeys(_REFUSED, _refuse),
    }


def opened(file: io.IOBase, storage: Callable[..., Storage], **options: Any) -> Any:
    """Read one pickle that may run code."""
    return _Opened(file, storage, **options).load()
