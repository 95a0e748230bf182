"""What the examples share: the library that runs them, the plots they draw, and how a refusal reads."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Line = tuple[Any, Any]


class Plots:
    """Keep what is plotted as arrays; with a folder, also draw each plot there with matplotlib.

    Parameters
    ----------
    folder : Path or None
        Where the PNG files go. None draws nothing, and matplotlib is not needed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.drawn: dict[str, list[np.ndarray]] = {}

    def histogram(self, name: str, values: Any) -> None:
        """Plot how often the values of a tensor fall into each of ten bins."""
        self.drawn[name] = [np.asarray(values)]
        self._draw(name, lambda axes: axes.hist(self.drawn[name][0]))

    def lines(self, name: str, **lines: Line) -> None:
        """Plot labelled lines, each a pair of abscissas and ordinates."""
        pairs = {label: (np.asarray(x), np.asarray(y)) for label, (x, y) in lines.items()}
        self.drawn[name] = [array for pair in pairs.values() for array in pair]

        def draw(axes: Any) -> None:
            for label, (x, y) in pairs.items():
                axes.plot(x, y, "." if label == "samples" else "-", label=label)
            axes.legend()
            axes.grid()

        self._draw(name, draw)

    def _draw(self, name: str, draw: Callable[[Any], object]) -> None:
        if self.folder is None:
            return
        from matplotlib.figure import Figure

        figure = Figure()
        axes = figure.subplots()
        axes.set_title(name)
        draw(axes)
        self.folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(self.folder / f"{name.replace(' ', '-')}.png")


def refusal(call: Callable[[], object], *, message: bool = False) -> str:
    """Name the exception that a call raises, with the first line of its message where asked."""
    try:
        call()
    except Exception as error:
        # A subclass of a built-in exception is caught, and read, as that exception.
        kind = next(each.__name__ for each in type(error).__mro__ if each.__module__ == "builtins")
        return f"{kind}: {str(error).splitlines()[0]}" if message else kind
    return "no error"


def run(main: Callable[[ModuleType, Plots], None]) -> None:
    """Run an example from the command line with the library and the plot folder chosen there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--library", default="torch", help="torch (default) or tensorcanon.reference")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw plots there (with matplotlib)")
    chosen = parser.parse_args()
    main(importlib.import_module(chosen.library), Plots(chosen.plots))
