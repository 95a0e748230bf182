"""The op registry: one registration makes the function, the method, the in-place method and ``out=``.

How to write an operation
-------------------------
A kernel is a function under torch's name whose first parameter is called ``input`` (or ``tensors``). It
gets Tensors and Python numbers, and returns a fresh Tensor, a view, or a tuple of them. Gradients are no
concern of it: while a kernel runs nothing is recorded, unless it is registered as ``composite``.

Elementwise, with ``torch.add``, ``Tensor.add``, ``Tensor.add_`` and ``out=``::

    @op("add", inplace=True, out=True)
    def add(input, other, *, alpha=1):
        return elementwise(lambda a, b: a + alpha * b, input, other)

    @op("exp", inplace=True, out=True)
    def exp(input):
        return elementwise(np.exp, input, floating=True)

    @op("eq", inplace=True, out=True)
    def eq(input, other):
        return elementwise(np.equal, input, other, result=dtypes.bool_)

A view; an alias; a function that is no method; a method that is no function; another namespace::

    @op("transpose", "swapaxes", "swapdims", view=True)
    def transpose(input, dim0, dim1):
        ...
        return view_of(input, shape, strides, input.offset)

    @op("cat", "concat", method=False, out=True, exact_out=...)
    @op("expand", view=True, function=False, spread=True)
    def expand(input, size): ...           # x.expand(2, 3) as well as x.expand((2, 3))
    @op("mT", view=True, function=False, attribute=True)   # x.mT, without parentheses
    @op("nn.functional.softmax", ...)      # torch.nn.functional.softmax only
    @op("linalg.norm", out=True)           # torch.linalg.norm only
    @op("special.expit") ; several names are fine: @op("sigmoid", "special.expit", inplace=True, out=True)

The first name is the op's own: ``OPS["transpose"]``. Dotted names are never methods.

Made of other operations, so that its gradient follows from theirs. Call them through ``ops``, late bound::

    @op("flatten", composite=True)
    def flatten(input, start_dim=0, end_dim=-1):
        return ops.reshape(input, ...)

Only in place: the name ends with an underscore, the kernel returns the new elements, which dispatch converts
and writes (``convert=True`` allows any type, as ``fill_`` and ``copy_`` do)::

    @op("fill_", convert=True)
    def fill_(input, value): ...

``raw=True`` leaves everything to the kernel (``resize_``, ``set_``, ``item``).

What the tape needs to know
---------------------------
A floating or complex result requires gradients when an input does; its derivative is looked up by the op's
name in `autograd.derivatives` (views need none). ``differentiable=False`` says that results never require
gradients; integer and bool results never do anyway.

Parameters annotated ``Tensor`` take tensors only; of those annotated ``Operand`` one at least is a tensor.

Keyword aliases: ``axis`` and ``keepdims`` are understood wherever a kernel has ``dim`` and ``keepdim``.

Late binding: functions and methods look their op up in ``OPS`` at each call, so `replaced` can put another
kernel in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, TypeVar

from . import placement, subclasses
from .arguments import Demand, demand_of
from .tensor import Tensor

Kernel = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])
_NO_SIGNATURE = inspect.Signature()


@dataclass(frozen=True, eq=False)
class Op:
    """A registered operation.

    Attributes
    ----------
    name : str
    kernel : callable
    view : bool
        Results are windows on the first argument's storage.
    out : bool
        The function takes ``out=``.
    exact_out : bool
        ``out``, or the tensor written to in place, must have exactly the result's type, as operations without
        promotion ask.
    composite : bool
        Made of other operations that are recorded in its place.
    raw : bool
        The kernel does all the work, recording and writing included.
    convert : bool
        In place, the result may be converted to a type of lower category.
    differentiable : bool
    spread : bool
        The numbers of the second argument may be given one by one.
    apart : bool
        ``out`` shares no place with an input, not even as the same tensor.
    inplace_keyword : bool
        ``inplace=True`` writes into the first argument, as for functions of ``torch.nn.functional``.
    signature : inspect.Signature
        Of the kernel that was registered.
    demand : Demand or None
        Which arguments must be tensors, where any must.
    """

    name: str
    kernel: Kernel
    view: bool = False
    out: bool = False
    exact_out: bool = False
    composite: bool = False
    raw: bool = False
    convert: bool = False
    differentiable: bool = True
    spread: bool = False
    apart: bool = False
    inplace_keyword: bool = False
    signature: inspect.Signature = _NO_SIGNATURE
    demand: Demand | None = None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(self.signature.parameters)

    @cached_property
    def writes(self) -> bool:
        """Whether the op exists in place only."""
        return self.name.endswith("_") and not self.raw


OPS: dict[str, Op] = {}
# The public functions by dotted name below torch, and those names of ops that are methods.
FUNCTIONS: dict[str, Callable[..., Any]] = {}

# The operations that exist in place only and are functions as well as methods.
_WRITING_FUNCTIONS = {"fill_", "zero_"}

_ALIASES = {
    "axis": ("dim", "dims"),
    "keepdims": ("keepdim",),
    "x1": ("input",),
    "x2": ("other",),
    "x": ("input",),
}


def op(
    name: str,
    *aliases: str,
    function: bool = True,
    method: bool = True,
    inplace: bool = False,
    out: bool = False,
    exact_out: bool = False,
    view: bool = False,
    composite: bool = False,
    raw: bool = False,
    convert: bool = False,
    differentiable: bool = True,
    attribute: bool = False,
    spread: bool = False,
    apart: bool = False,
    inplace_keyword: bool = False,
) -> Callable[[F], F]:
    """Register a kernel under torch's names; see the head of this module."""

    def register(kernel: F) -> F:
        signature = inspect.signature(kernel)
        OPS[name] = Op(
            *(name, kernel, view, out, exact_out, composite, raw, convert, differentiable, spread),
            apart=apart,
            inplace_keyword=inplace_keyword,
            signature=signature,
            demand=demand_of(signature),
        )
        for public in (name, *aliases):
            _publish(
                public, name, kernel, function=function, method=method and not attribute, inplace=inplace
            )
            if attribute:
                setattr(Tensor, public, property(_function(name, kernel, public, method=True)))
        return kernel

    return register


def _publish(public: str, name: str, kernel: Kernel, *, function: bool, method: bool, inplace: bool) -> None:
    if "." in public:
        FUNCTIONS[public] = _function(name, kernel, public)
        return
    only_inplace = public.endswith("_")
    if function and (not only_inplace or public in _WRITING_FUNCTIONS):
        FUNCTIONS[public] = _function(name, kernel, public)
    if method and not only_inplace:
        setattr(Tensor, public, _function(name, kernel, public, method=True))
    if inplace:
        setattr(Tensor, f"{public}_", _inplace(name, kernel, f"{public}_"))
        FUNCTIONS.setdefault(f"{public}_", _inplace(name, kernel, f"{public}_"))
    if only_inplace:
        runner = _function if OPS[name].raw else _inplace
        setattr(Tensor, public, runner(name, kernel, public))


def _function(name: str, kernel: Kernel, public: str, *, method: bool = False) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return run(name, args, kwargs)

    def call_method(*args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs:
            raise TypeError(f"{public}() got an unexpected keyword argument 'out'")
        return run(name, args, kwargs)

    return _described(call_method if method else call, kernel, public)


def _inplace(name: str, kernel: Kernel, public: str) -> Callable[..., Any]:
    def call_inplace(*args: Any, **kwargs: Any) -> Any:
        from . import writing

        current = OPS[name]
        kwargs = canonical(current, kwargs)
        if current.demand:
            current.demand.check(public, args, kwargs)
        if placement.active():
            placement.common(current, args, kwargs)
        return writing.inplace(current, args, kwargs)

    return _described(call_inplace, kernel, public)


def _described(function: Callable[..., Any], kernel: Kernel, public: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = public.rpartition(".")[2]
    function.__doc__ = kernel.__doc__
    function.__module__ = kernel.__module__
    return function


def canonical(op: Op, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return keyword arguments under the kernel's own names."""
    if not kwargs:
        return kwargs
    renamed = {}
    for key, value in kwargs.items():
        if key not in op.parameters and key in _ALIASES:
            key = next((own for own in _ALIASES[key] if own in op.parameters), key)
        renamed[key] = value
    return renamed


def run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an op by its name, as the public function does."""
    current = OPS[name]
    if kwargs:
        kwargs = canonical(current, kwargs)
        if not args and current.parameters[0] in kwargs:
            args = (kwargs.pop(current.parameters[0]),)
    if current.spread and len(args) > 1 and hasattr(args[1], "__index__"):
        args = (args[0], args[1:])
    if current.demand:
        current.demand.check(name, args, kwargs)
    if placement.active() or "device" in kwargs:
        made = placement.carried_out(current, args, kwargs, _run)
    else:
        made = _run(current, args, kwargs)
    return subclasses.kept(args, made) if subclasses.derived else made


def _run(current: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if current.raw:
        return current.kernel(*args, **kwargs)
    if current.writes or (current.inplace_keyword and kwargs.pop("inplace", False)):
        return _writing().inplace(current, args, kwargs)
    if kwargs and current.out and "out" in kwargs:
        out = kwargs.pop("out")
        if out is not None:
            return _writing().into(current, out, args, kwargs)
    return _tape().run(current, args, kwargs)


# Both are made of operations themselves; looked up at the first call.


@cache
def _writing() -> Any:
    from . import writing

    return writing


@cache
def _tape() -> Any:
    from .autograd import tape

    return tape


class Namespace:
    """Names below ``torch.`` or below a part of it, such as ``torch.linalg``; looked up at each use."""

    def __init__(self, prefix: str = "", **fixed: Any) -> None:
        self.__dict__.update(fixed, _prefix=prefix)

    def __getattr__(self, name: str) -> Any:
        full = f"{self._prefix}{name}"
        if full in FUNCTIONS:
            return FUNCTIONS[full]
        if any(one.startswith(f"{full}.") for one in FUNCTIONS):
            return Namespace(f"{full}.")
        raise AttributeError(f"module 'torch' has no attribute '{full}'")

    def __dir__(self) -> list[str]:
        return [name.removeprefix(self._prefix) for name in FUNCTIONS if name.startswith(self._prefix)]


ops = Namespace()


@contextmanager
def replaced(name: str, make: Callable[[Kernel], Kernel]) -> Iterator[None]:
    """Put another kernel in the place of an op's own, in every form of the op, until the block ends.

    Parameters
    ----------
    name : str
        The op's own name, not an alias.
    make : callable
        Takes the kernel in force and returns the one to use.
    """
    original = OPS[name]
    OPS[name] = replace(original, kernel=make(original.kernel))
    try:
        yield
    finally:
        OPS[name] = original
