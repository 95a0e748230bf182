"""What every command prints with: colour only on a terminal, errors as one line on standard error."""

from __future__ import annotations

from rich.console import Console

WRONG_USE = 2
HARNESS_FAULT = 3
# As shells count: 130 after Ctrl-C, 143 after a polite request to end.
SIGNALLED = 128

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def refuse(message: str, code: int = WRONG_USE) -> int:
    """Print an error in one line and return the exit code."""
    errors.print("tensorcanon: ", " ".join(message.split()), sep="", markup=False)
    return code
