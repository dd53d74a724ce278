"""The fleet that orchestrators run."""

from __future__ import annotations

import os

# Without targets there is nothing to load into: `make orchestrators` installs them and the engines, and says where.
_ENGINES = ["test_world.py", "test_*_engine.py"]
collect_ignore_glob = [] if "WAREHOUSE_TARGETS" in os.environ else _ENGINES
