"""Disagreements that are meant: where torch strays, by operation and form.

A key is an operation's name and the start of the form's name or ``errors`` and ``gradient``.
"""

from __future__ import annotations

REASONS: dict[tuple[str, str], str] = {
    ("addbmm", "in place"): (
        "`addbmm_` of an input that would have to broadcast gives that input another shape; torch's own "
        "table calls these samples errors, and `addmm_` and `baddbmm_` refuse them."
    ),
    ("narrow_copy", "errors"): (
        "A dimension out of range trips an internal assertion, a RuntimeError; it is an IndexError here, as "
        "it is for `narrow`."
    ),
    ("round", "alias special.round"): (
        "`torch.special.round` lacks a kernel for integers, whose alias `torch.round` documents them."
    ),
}


def reason_of(name: str, form: str) -> str | None:
    """Return why the reference disagrees on purpose; None where it should not."""
    return next((why for (op, start), why in REASONS.items() if op == name and form.startswith(start)), None)
