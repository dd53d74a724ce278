"""Runs the tap: the console script `tap-jobber` and `python -m tap_jobber`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from tap_jobber.tap import TapJobber

    TapJobber.cli()


if __name__ == "__main__":
    main()
