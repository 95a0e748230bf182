"""Looking for NaN in backward passes. Source: ``autograd.detect_anomaly``."""

from __future__ import annotations

import warnings

from ..state import state

_SLOW = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
    "debugging."
)


class set_detect_anomaly:
    """Switch the search for NaN on or off: at once, or until the end of a block."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.previous = state.anomaly
        state.anomaly = mode and check_nan

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        state.anomaly = self.previous


class detect_anomaly(set_detect_anomaly):
    """Inside, a pass that computes a NaN is an error."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(False)
        self.check_nan = check_nan
        warnings.warn(_SLOW, UserWarning, stacklevel=2)

    def __enter__(self) -> None:
        state.anomaly = self.check_nan


def is_anomaly_enabled() -> bool:
    return state.anomaly
