"""Run a pipeline: the console script `tap-jobber-pipeline` and `python -m tap_jobber.pipeline`."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress

from tap_jobber.credentials.encoded_ids import full_account_id
from tap_jobber.errors import TapError
from tap_jobber.pipeline.arguments import parse
from tap_jobber.pipeline.run import LOGGER_NAME, ending, run
from tap_jobber.process import standard_streams, termination
from tap_jobber.wording import sentence

_LOG_FORMAT = "%(asctime)s | %(levelname)-8s | %(name)-20s | %(message)s"


def main() -> None:
    """Run the command line, and print how the run has ended as one line of JSON."""
    arguments = parse(sys.argv[1:])
    standard_streams.prepare()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=_LOG_FORMAT)
    try:
        said = run(arguments)
    except TapError as error:
        logging.getLogger(LOGGER_NAME).critical("%s", sentence(str(error)))
        said = ending(arguments, full_account_id(arguments.account), error.exit_status)
    with suppress(TapError):  # whoever started this does not read it
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    termination.end_if_stopped(said["exit_status"])
    sys.exit(said["exit_status"])


if __name__ == "__main__":
    main()
