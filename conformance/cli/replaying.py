"""``tensorcanon replay``."""

from __future__ import annotations

import warnings
from pathlib import Path

from ..backends.catalogue import UnknownBackendError
from ..isolation.channel import Limits
from ..isolation.opening import opened
from ..replaying import WitnessError, read, replay
from ..reproduction import script
from .console import console, refuse


def replay_witness(path: Path, spec: str | None, isolate: bool | None, limits: Limits) -> int:
    """Take a witness again and print what it shows; 0 when it holds, 1 when it fails, 2 on wrong use."""
    try:
        witness = read(path)
        backend = opened(spec or witness.backend, isolate, limits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            refusal = replay(witness, backend)
    except (WitnessError, UnknownBackendError) as error:
        return refuse(str(error))
    identity = backend.identity
    where = f"{identity.name} {identity.version}, device {identity.device}"
    if refusal is None:
        console.print(f"holds: {witness.clause} on {where}", style="green", markup=False)
        return 0
    console.print(f"{refusal.verdict}: {refusal.clause.id} on {where}", style="red", markup=False)
    console.print(f"{refusal.reason}\n", markup=False)
    console.print(script(refusal, identity), markup=False)
    if refusal.program.to_json() != witness.program:
        console.print(
            "The program is another than in the witness: the backend took another way.", markup=False
        )
    return 1
