"""How much a run tries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """How many inputs each property test tries; enumerated tests always try every case.

    Attributes
    ----------
    drawn : int
        Inputs drawn by Hypothesis, which looks for small and odd ones.
    seeded : int
        Inputs decoded from seeded random bytes, in bulk.
    """

    name: str
    drawn: int
    seeded: int


PROFILES = {
    profile.name: profile
    for profile in (Profile("smoke", 4, 12), Profile("ci", 25, 100), Profile("full", 300, 3000))
}
