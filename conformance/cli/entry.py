"""The entry point of the command ``tensorcanon``."""

from __future__ import annotations


def main() -> None:
    """Run the command line; without its libraries, say how to install them."""
    try:
        from .app import main as run
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"tensorcanon: {error.name} is not installed: pip install 'tensorcanon[conformance]'"
        ) from None
    run()


if __name__ == "__main__":
    main()
