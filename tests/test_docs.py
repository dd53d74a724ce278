"""What the documentation says of the code is what the code says of itself."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from tap_jobber.streams import STREAMS

ROOT = Path(__file__).parents[1]


def test_the_page_of_the_streams_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "stream_docs.py"))["page"]()
    assert (ROOT / "docs" / "streams.md").read_text(encoding="utf-8") == made, "run python scripts/stream_docs.py"


def test_the_readme_names_no_stream_that_there_is_not() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Streams\n")[2].partition("\n## ")[0]
    names = {name for line in section.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line)}
    known = {stream.name for stream in STREAMS}
    assert {name for name in names if "_" in name and not name.startswith(("read_", "visit_look"))} <= known
