"""A stand-alone script for a failure: the framework's own API, without this package.

Its exit code suits ``git bisect run``: 0 where the behaviour is as it should be, 1 where it is not, 125 where
that cannot be told, as the framework cannot be imported.
"""

from __future__ import annotations

import textwrap

from . import script_tables
from .backend import Identity
from .backends import coordinates
from .backends.errors import UnknownBackendError
from .refusal import Refused
from .routine import Step
from .script_outcomes import NoExpressionError, expression, helpers, wants_warnings
from .script_transforms import line_through, preamble

_NAMESPACES = {"torch": "import torch", "reference": "import tensorcanon.reference as torch"}
# Engines in other languages: their programs are told in torch's words.
_ADAPTED = ("javascript",)
_MODULES = ("copy", "math", "operator", "sys", "threading", "warnings")
_UNTELLABLE = 125

_APART = """
# The steps run in a process of their own, as they may not come back.
if "--here" not in sys.argv:
    try:
        code = subprocess.run([sys.executable, __file__, "--here"], timeout=60).returncode
    except subprocess.TimeoutExpired:
        sys.exit("no answer within 60 s")
    if resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 8 << 20:
        sys.exit("more than 8 GiB")
    sys.exit(code if code in (0, 125) else f"the process ended with {code}")
"""


def script(refusal: Refused, identity: Identity) -> str:
    """Return a Python script that takes the steps of a failing program and judges what they gave.

    Parameters
    ----------
    refusal : Refused
        The failure with its program.
    identity : Identity
        The backend it was seen on.
    """
    head = [
        f"# {refusal.clause.id}",
        *_comment(refusal.clause.statement),
        f"# Source: {refusal.clause.source}",
        f"# Seen on {identity.name} {identity.version}, device {identity.device}.",
        *_comment(f"Allowed: {refusal.allowed}"),
        *_comment(f"Seen: {refusal.seen}"),
        f"# Exit code: 0 as allowed, 1 not, {_UNTELLABLE} cannot be told.",
    ]
    if identity.name in _ADAPTED:
        steps = _comment(str(refusal.program))
        advice = "the steps above are in torch's words: tensorcanon replay takes them"
        return "\n".join([*head, "", *steps, "", "import sys", "", f'print("{advice}")', "sys.exit(125)", ""])
    judged = refusal.verdict == "fail" and refusal.due is not None
    apart = [] if refusal.verdict == "fail" else [*_APART.strip().splitlines(), ""]
    raised = refusal.program.raised
    plain = [
        _survived(_line(step, identity)) if place in raised else _line(step, identity)
        for place, step in enumerate(refusal.program.steps)
    ]
    body = [
        *_preamble(identity),
        *(_judged(refusal, identity) if judged else [*plain, *_looked_at(refusal, identity)]),
    ]
    whole = "\n".join([*apart, *body])
    modules = [name for name in _MODULES if f"{name}." in whole]
    modules += ["resource", "subprocess"] if apart else []
    return "\n".join(
        [
            *head,
            *(f"import {name}" for name in sorted({*modules, "sys"})),
            *(["", *apart] if apart else [""]),
            *_imports(identity, "np." in whole),
            "",
            *body,
            "",
        ]
    )


def _looked_at(refusal: Refused, identity: Identity) -> list[str]:
    """Return the line that looks at the last result, which may be what fails."""
    out = refusal.program.steps[-1].out if refusal.program.steps else None
    if out is None:
        return []
    return [f"print(torch.seen({out}))" if identity.name in script_tables.TABLES else f"print({out})"]


def _preamble(identity: Identity) -> list[str]:
    if identity.name in script_tables.TABLES:
        return script_tables.table(identity.name)
    return preamble(identity.details.get("transform", ""))


def _line(step: Step, identity: Identity) -> str:
    if identity.name in script_tables.TABLES:
        return script_tables.line_by_table(step)
    return line_through(step, identity.details.get("transform", ""))


def _imports(identity: Identity, numpy: bool) -> list[str]:
    lines = ["import numpy as np"] if numpy else []
    tabled = identity.name in script_tables.TABLES
    lines = script_tables.imports(identity.name) if tabled else [*lines, *_setup(identity)]
    made = ["try:", *(f"    {line}" for line in lines), "except ImportError as error:"]
    made += ["    print(error)", f"    sys.exit({_UNTELLABLE})"]
    if identity.device not in ("cpu", "jax"):
        made.append(f"torch.set_default_device({identity.device!r})")
    return made


def _setup(identity: Identity) -> list[str]:
    """Return the lines that make ``torch`` what was judged."""
    try:
        imports = coordinates.parse(identity.spec).imports
    except (UnknownBackendError, ValueError):
        imports = ()
    lines = [f"import {name}" for name in imports]
    lines.append(_NAMESPACES.get(identity.name, f"import {identity.name} as torch"))
    if "torchax" in imports:
        lines += ["import jax", 'jax.config.update("jax_enable_x64", True)', "torchax.enable_globally()"]
        # Set as the default, it would come before what torchax has switched on.
        lines.append("torch.device('jax').__enter__()")
    return lines


def _judged(refusal: Refused, identity: Identity) -> list[str]:
    assert refusal.due is not None
    steps, raised = refusal.program.steps, refusal.program.raised
    try:
        condition = expression(refusal.due)
    except NoExpressionError:
        condition = "None"
    needed = helpers(condition)
    if identity.name in script_tables.TABLES:
        needed = [script_tables.helper_by_table(helper) for helper in needed]
    lines = [line for helper in needed for line in ("", helper, "")]
    last = max(place for place, step in enumerate(steps) if step.name != "def")
    for place, step in enumerate(steps):
        if place == last and refusal.subject is None:
            lines += _attempted(step, identity, catch=wants_warnings(refusal.due))
        else:
            lines.append(_survived(_line(step, identity)) if place in raised else _line(step, identity))
    if refusal.subject is not None:
        lines.append(f"result = {refusal.subject}")
    lines.append("print(result)")
    if condition == "None":
        return [*lines, 'print("judge for yourself: see the comments above")', f"sys.exit({_UNTELLABLE})"]
    return [*lines, f"allowed = {condition}", 'sys.exit(0 if allowed else "not as allowed")']


def _attempted(step: Step, identity: Identity, *, catch: bool) -> list[str]:
    """Return the lines of the step that is judged: its result or its error becomes ``result``."""
    plain = _line(step, identity)
    room = plain[: len(plain) - len(plain.lstrip())]
    line = plain.strip()
    made = ["try:", *textwrap.indent(line, "    ").splitlines(), f"    result = {step.out}"]
    made += ["except Exception as error:", "    result = error"]
    if catch:
        made = [
            "with warnings.catch_warnings(record=True) as caught:",
            "    warnings.simplefilter('always')",
            *(f"    {line}" for line in made),
            "warned = {warning.category.__name__ for warning in caught}",
        ]
    return [f"{room}{line}" for line in made]


def _survived(text: str) -> str:
    """Return a step that raised as it should, on the way to the one that is judged."""
    room = text[: len(text) - len(text.lstrip())]
    body = textwrap.indent(text, "    ")
    return f"{room}try:\n{body}\n{room}except Exception:\n{room}    pass"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in text.splitlines()]
