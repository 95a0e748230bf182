"""Untrusted text made fit to show: what does not print is spelled out, what is too long is cut."""

from __future__ import annotations

import re

# Controls but for tab and newline, invisible and bidirectional marks, line separators, surrogates,
# noncharacters and tags: all that hides, reorders or breaks what follows.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Return a text with each hidden character spelled as in a Python literal, such as ``\\u202e``."""
    return _HIDDEN.sub(_spelled, text)


def clipped(text: str, most: int = 16_000) -> str:
    """Return a visible text of about `most` characters, with a note of what was left out."""
    if len(text) <= most:
        return visible(text)
    return f"{visible(text[:most])}\n… {len(text) - most:,} more characters, in run.json"


def one_line(text: str, most: int = 300) -> str:
    """Return a visible text on one line."""
    line = " ".join(visible(text[: 4 * most]).split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1]}…"


def _spelled(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
