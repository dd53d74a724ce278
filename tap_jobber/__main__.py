"""Runs the tap: the console script `tap-jobber` and `python -m tap_jobber`."""

from __future__ import annotations

from tap_jobber.process import log_level, standard_streams, termination


def main() -> None:
    """Run the command line."""
    standard_streams.prepare()
    log_level.prepare()
    with termination.bounded():
        from tap_jobber.cli.command_line import CommandLine

        CommandLine.cli()


if __name__ == "__main__":
    main()
