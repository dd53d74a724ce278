"""Runs the tap: the console script `tap-jobber` and `python -m tap_jobber`."""

from __future__ import annotations

import gc

from tap_jobber.process import log_level, standard_streams, termination

# Objects that the collector lets come into being between two looks; with its own number, it takes a tenth of a start.
_GARBAGE_THRESHOLDS = (50_000, 20, 20)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    standard_streams.prepare()
    log_level.prepare()
    with termination.bounded():
        from tap_jobber.cli.command_line import CommandLine

        CommandLine.cli()


if __name__ == "__main__":
    main()
