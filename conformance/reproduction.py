"""A stand-alone script for a failure: the framework's own API, without this package."""

from __future__ import annotations

from .backend import Identity
from .run import Refused

_IMPORTS = {"reference": "import tensorcanon.reference as torch"}


def script(refusal: Refused, identity: Identity) -> str:
    """Return a Python script that takes the steps of a failing program and prints what they gave.

    Parameters
    ----------
    refusal : Refused
        The failure with its program.
    identity : Identity
        The backend it was seen on.
    """
    program = str(refusal.program)
    last = next((step.out for step in reversed(refusal.program.steps) if step.out), None)
    lines = [
        f"# {refusal.clause.id}",
        *_comment(refusal.clause.statement),
        f"# Source: {refusal.clause.source}",
        f"# Seen on {identity.name} {identity.version}, device {identity.device}.",
        *_comment(f"Allowed: {refusal.allowed}"),
        *_comment(f"Seen: {refusal.seen}"),
    ]
    if "operator." in program:
        lines.append("import operator")
    if "copy." in program:
        lines.append("import copy")
    if "threading." in program:
        lines.append("import threading")
    if "np." in program:
        lines.append("import numpy as np")
    lines.append(_IMPORTS.get(identity.name, "import torch"))
    if identity.device != "cpu":
        lines.append(f"torch.set_default_device({identity.device!r})")
    lines += ["", program]
    if last is not None:
        lines.append(f"print({last})")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in text.splitlines()]
