"""Run the connect page: the console script `tap-jobber-connect` and `python -m tap_jobber.connect`."""

from __future__ import annotations

import sys

try:
    from tap_jobber.connect.server import main
except ModuleNotFoundError as error:
    sys.exit(f"tap-jobber-connect: {error.name} is not installed: pip install 'tap-jobber[connect]'")

if __name__ == "__main__":
    main()
