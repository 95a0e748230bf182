"""How much a run tries."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """How many inputs each check tries.

    Attributes
    ----------
    name : str
    drawn : int
        Inputs drawn by Hypothesis, which looks for small and odd ones.
    seeded : int
        Inputs decoded from seeded random bytes, in bulk.
    enumerated : int or None
        At most so many of the enumerated cases, evenly spaced; None means all, and only then is a pass a
        proof.
    seconds : float
        After so long a check tries no further input: what it has judged counts, by the number of examples.
    """

    name: str
    drawn: int
    seeded: int
    enumerated: int | None = None
    seconds: float = math.inf


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", drawn=4, seeded=12, enumerated=64),
        Profile("ci", drawn=25, seeded=100),
        Profile("full", drawn=300, seeded=1500),
        Profile("campaign", drawn=3000, seeded=30_000),
    )
}
