"""What a call goes through besides the namespace: a compiler, or an export and another engine."""

from __future__ import annotations

import io
import operator
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ..backend import Absent
from ..program import ATTRIBUTES

# What is no computation on tensors, or ends a graph: it runs as it stands.
_NOT_COMPILED = frozenset(
    {"backward", "requires_grad_", "register_hook", "retain_grad", "register_post_accumulate_grad_hook"}
    | {"numpy", "item", "tolist", "size", "is_pinned", "pin_memory", "share_memory_", "save", "load"}
)
_NOT_COMPILED_SPACES = ("autograd.", "utils.", "optim.", "cuda.", "func.", "random.", "serialization.")


_ARRAY_TYPES = (
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


class Transform(Protocol):
    """Carries out a step by its name on native arguments, of which at least one is a tensor."""

    def __call__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...


class Compiled:
    """Steps compiled one by one with ``torch.compile``.

    Parameters
    ----------
    namespace : module
        torch.
    backend : str
        A name that ``torch.compile`` knows.
    """

    def __init__(self, namespace: Any, backend: str) -> None:
        # A step that was compiled too often would run eagerly and be credited to the compiler.
        limits = namespace._dynamo.config
        limits.recompile_limit = limits.accumulated_recompile_limit = 1 << 30
        # Buffers given away would forbid a second backward, of which a step knows nothing.
        namespace._functorch.config.donated_buffer = False
        self._namespace = namespace
        # Not dynamic: what a step does must not depend on the sizes compiled before.
        self._compile = partial(namespace.compile, backend=backend, dynamic=False)
        self._steps: dict[str, Callable[..., Any]] = {}

    def __call__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name not in self._steps:
            self._steps[name] = self._compile(function_of(name, self._namespace))
        return self._steps[name](*args, **kwargs)


class Exported:
    """Steps exported to ONNX one by one, with the exporter of TorchScript, and run by ONNX Runtime.

    What is not exported never reached the engine, so it is not claimed, errors of the export among it.

    Parameters
    ----------
    namespace : module
        torch.
    runtime : module
        onnxruntime.
    """

    def __init__(self, namespace: Any, runtime: Any) -> None:
        self._namespace = namespace
        self._runtime = runtime
        self._types = {getattr(namespace, name) for name in _ARRAY_TYPES}

    def __call__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name.endswith("_") or "out" in kwargs:
            raise Absent(f"{name} writes to its argument")
        leaves: list[Any] = []
        places = _taken((args, kwargs), self._namespace.Tensor, leaves)
        model, form = self._exported(name, places, leaves)
        outputs = self._run(model, leaves)
        results = [self._namespace.from_numpy(each) for each in outputs]
        return _filled(form, _Place, results)

    def _exported(self, name: str, places: Any, leaves: list[Any]) -> tuple[bytes, Any]:
        """Return a model and the result that tracing gave, in whose form the outputs are put."""
        torch = self._namespace
        function = function_of(name, torch)
        traced: list[Any] = []

        class Step(torch.nn.Module):  # type: ignore[misc, name-defined]
            def forward(self, *tensors: Any) -> Any:
                args, kwargs = _filled(places, _Place, list(tensors))
                traced[:] = [function(*args, **kwargs)]
                outputs: list[Any] = []
                _taken(traced[0], torch.Tensor, outputs)
                return tuple(outputs)

        written = io.BytesIO()
        names = [f"x{place}" for place in range(len(leaves))]
        try:
            torch.onnx.export(Step(), tuple(leaves), written, dynamo=False, input_names=names)
        except Exception as error:
            raise Absent(f"{name} is not exported: {type(error).__name__}") from error
        outputs: list[Any] = []
        form = _taken(traced[0], torch.Tensor, outputs)
        if not outputs:
            raise Absent(f"{name} gives no tensor")
        if any(output.dtype not in self._types for output in outputs):
            raise Absent("a type that cannot travel as an array")
        return written.getvalue(), form

    def _run(self, model: bytes, leaves: list[Any]) -> list[Any]:
        options = self._runtime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        try:
            session = self._runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # Mostly a type that the operator is not there for; nothing was computed.
            raise Absent(f"the model is refused: {error}") from error
        # What the result does not depend on is no input of the model.
        wanted = {each.name for each in session.get_inputs()}
        try:
            feed = {f"x{at}": leaf.detach().numpy() for at, leaf in enumerate(leaves) if f"x{at}" in wanted}
        except (TypeError, RuntimeError) as error:
            # A type that NumPy lacks, or what stands for a tensor inside of a transform of torch's own.
            raise Absent(f"what cannot travel as an array: {error}") from error
        return list(session.run(None, feed))


class _Place:
    """Where a tensor was taken out of the arguments."""


def _taken(value: Any, kind: type, leaves: list[Any]) -> Any:
    """Move the tensors of nested arguments to a list; returns the arguments with places in their stead."""
    match value:
        case tuple() | list():
            return _rebuilt(value, [_taken(item, kind, leaves) for item in value])
        case dict():
            return {key: _taken(item, kind, leaves) for key, item in value.items()}
        case _ if isinstance(value, kind):
            leaves.append(value)
            return _Place()
    return value


def _filled(value: Any, kind: type, tensors: list[Any]) -> Any:
    """Put tensors, in their order, where `kind` stands in nested arguments."""
    match value:
        case tuple() | list():
            return _rebuilt(value, [_filled(item, kind, tensors) for item in value])
        case dict():
            return {key: _filled(item, kind, tensors) for key, item in value.items()}
        case _ if isinstance(value, kind):
            return tensors.pop(0)
    return value


def _rebuilt(value: Any, items: list[Any]) -> Any:
    """Return items as a sequence of the type of another one, with the names of its fields."""
    if hasattr(value, "_fields"):
        return type(value)(*items)
    if isinstance(value, list) or hasattr(value, "n_sequence_fields"):
        return type(value)(items)
    return tuple(items)


def function_of(name: str, namespace: Any) -> Callable[..., Any]:
    """Return a Python function of its own for a step's name, so that each has its own compiled code."""
    space, _, member = name.partition(".")
    if space == "Tensor":
        source = f"def step(x, *args, **kwargs):\n    return x.{member}(*args, **kwargs)"
        scope: dict[str, Any] = {}
    else:
        source = "def step(*args, **kwargs):\n    return function(*args, **kwargs)"
        owner = operator if space == "operator" else namespace
        scope = {"function": operator.attrgetter(member)(owner)}
    exec(compile(source, f"<{name}>", "exec"), scope)
    return scope["step"]  # type: ignore[no-any-return]


def computes(name: str) -> bool:
    """Return whether a step of this name is a computation, which a transform is to carry out."""
    space, _, member = name.partition(".")
    if space == "torch":
        # A class makes an object.
        is_class = member.rpartition(".")[2][:1].isupper()
        return not is_class and not member.startswith(_NOT_COMPILED_SPACES) and member not in _NOT_COMPILED
    if space == "Tensor":
        return member not in ATTRIBUTES and member not in _NOT_COMPILED and not member.startswith("__")
    return space == "operator"
