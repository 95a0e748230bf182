"""What a backend with a transform is called through, in a stand-alone script."""

from __future__ import annotations

import re
import textwrap
from functools import partial
from typing import Any

from .backend import Handle
from .backends.transforms import computes
from .program import definition, indented
from .routine import Name, Routine, Step

_COMPILED = '''
def holds(value):
    """Whether a tensor is in a value."""
    return any(map(holds, value)) if isinstance(value, (tuple, list)) else isinstance(value, torch.Tensor)


def through(step, *given):
    """Take a step compiled on its own."""
    if not holds(given):
        return step(*given)
    return torch.compile(step, backend={name!r}, dynamic=False)(*given)


import torch._functorch.config

torch._functorch.config.donated_buffer = False
'''
_EXPORTED = '''
def through(step, *given):
    """Take a step exported to ONNX on its own, and run by ONNX Runtime."""
    import io, onnxruntime

    places = [place for place, value in enumerate(given) if isinstance(value, torch.Tensor)]
    if not places:
        return step(*given)

    class Step(torch.nn.Module):
        def forward(self, *tensors):
            filled = list(given)
            for place, tensor in zip(places, tensors):
                filled[place] = tensor
            return step(*filled)

    file, names = io.BytesIO(), [f"x{place}" for place in places]
    tensors = tuple(given[place] for place in places)
    try:
        torch.onnx.export(Step(), tensors, file, dynamo=False, input_names=names)
    except Exception as error:
        print(error)
        sys.exit(125)
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    wanted = {each.name for each in session.get_inputs()}
    feed = {name: x.detach().numpy() for name, x in zip(names, tensors) if name in wanted}
    results = [torch.from_numpy(result) for result in session.run(None, feed)]
    return results[0] if len(results) == 1 else tuple(results)
'''


def preamble(transform: str) -> list[str]:
    """Return the lines that define what steps go through."""
    if not transform:
        return []
    return (_EXPORTED if transform == "onnxruntime" else _COMPILED.format(name=transform)).splitlines()


def line_through(step: Step, transform: str) -> str:
    """Return a step as code, indented by its depth, through the transform where the run took it so."""
    if step.name == "def":
        code = definition(step.args[0], partial(line_through, transform=transform))
        return textwrap.indent(code, "    " * step.depth)
    plain = indented(step)
    names = list(dict.fromkeys(_variables((step.args, step.kwargs))))
    if not transform or not computes(step.name) or not names or _holds_a_routine((step.args, step.kwargs)):
        return plain
    line = plain.lstrip()
    room = plain[: len(plain) - len(line)]
    if step.out is None:
        return plain
    call = line.removeprefix(f"{step.out} = ")
    taken = ", ".join(names)
    return f"{room}{step.out} = through(lambda {taken}: {call}, {taken})"


def _variables(value: Any) -> list[str]:
    """Return the variables in arguments; of an item of a tuple, the tuple's."""
    match value:
        case Handle() | Name():
            return [re.split(r"[\[.]", value.name)[0]]
        case tuple() | list():
            return [name for item in value for name in _variables(item)]
        case dict():
            return [name for item in value.values() for name in _variables(item)]
        case slice():
            return _variables((value.start, value.stop, value.step))
    return []


def _holds_a_routine(value: Any) -> bool:
    match value:
        case tuple() | list():
            return any(map(_holds_a_routine, value))
        case dict():
            return any(map(_holds_a_routine, value.values()))
    return isinstance(value, Routine)
