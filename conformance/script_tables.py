"""Engines with an API of their own in a stand-alone script: the adapter's table stands in it."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from .backends.tables import SELF_SECOND
from .program import indented
from .routine import Step

# The module of the adapter, and the lines that import the engine.
TABLES = {
    "tinygrad": (
        "tinygrad_tensors",
        (
            "import os",
            'os.environ.setdefault("DEV", "CPU")',
            "from tinygrad import Tensor, dtypes as kinds_of",
        ),
    ),
    "mlx": (
        "mlx_arrays",
        ("import mlx.core as mx", "from functools import partial", "mx.set_default_device(mx.cpu)"),
    ),
}
_IMPORTS = ("from collections.abc import Callable", "from typing import Any", "import numpy as np")
_ABSENT = '''
Array = np.ndarray


class Absent(SystemExit):
    """The engine has no such function."""

    def __init__(self, text):
        print(text)
        super().__init__(125)


def both_ways(names, owner):
    return {name: getattr(owner, own) for name, own in names.items() if hasattr(owner, own)}

'''
_TORCH = '''

class Torch:
    """The engine's functions under torch's names."""

    Tensor, bool = %s

    def __init__(self):
        vars(self).update({name: getattr(%s, name) for name in _KINDS})
        vars(self).update({**_FUNCTIONS, **_ATTRIBUTES})

    def __getattr__(self, name):
        # A type that is due, and equal to none of the engine's.
        return f"no {name}"

    def names(self):
        return {str(getattr(self, name)): name for name in ("bool", *_KINDS)}

    def seen(self, x):
        """What x shows; an engine that puts its work off does it now."""
        if isinstance(x, (tuple, list)):
            return [self.seen(item) for item in x]
        if not isinstance(x, self.Tensor):
            return x
        if str(x.dtype) not in self.names():
            raise TypeError(f"a tensor of {x.dtype}, which is no type of torch's")
        return _read(x)

    def tensor(self, elements, dtype):
        name = self.names()[str(dtype)]
        return _made(np.array(elements).astype("float32" if name == "bfloat16" else name), dtype)


torch = Torch()
'''
_NAMES = {"tinygrad": ("Tensor, kinds_of.bool", "kinds_of"), "mlx": ("mx.array, mx.bool_", "mx")}
# Instead of those for tensors with torch's API: there are no strides and no gradients.
_HELPERS = {
    "is_tensor": '''
def is_tensor(x, dtype, shape, strides=None, dense=False, requires_grad=None, device=None):
    """Whether x is such a tensor; None leaves a property open."""
    if not isinstance(x, torch.Tensor) or (dtype or x.dtype) != x.dtype:
        return False
    return shape is None or tuple(x.shape) == shape
''',
    "elements": '''
def elements(x):
    """The elements in row-major order; of a complex number its two parts."""
    x = _read(x).reshape(-1)
    if x.dtype.kind == "c":
        x = np.stack([x.real, x.imag], -1).reshape(-1)
    return (x.astype(np.float64) if x.dtype.kind == "f" else x).tolist()
''',
}


def imports(name: str) -> list[str]:
    """Return the lines that import an engine."""
    return [*_IMPORTS, *TABLES[name][1]]


def table(name: str) -> list[str]:
    """Return the lines of an engine's adapter: what stands between its imports and its claims."""
    module, _ = TABLES[name]
    source = files("tensorcanon.conformance.backends").joinpath(f"{module}.py").read_text("utf-8")
    between = source[source.index("\n# Functions with torch's names") : source.index("\ndef backend()")]
    return (_ABSENT + between.strip() + _TORCH % _NAMES[name]).splitlines()


def line_by_table(step: Step) -> str:
    """Return a step as code, a method as the function of the table, indented by its depth."""
    space, _, member = step.name.partition(".")
    if step.name in SELF_SECOND:
        step = replace(step, args=(*reversed(step.args[:2]), *step.args[2:]))
    return indented(replace(step, name=f"torch.{member}") if space == "Tensor" else step)


def helper_by_table(source: str) -> str:
    """Return the helper that stands for another with the same name."""
    name = source.removeprefix("def ").partition("(")[0]
    return _HELPERS.get(name, source).strip("\n")
