"""Measures the stages of a row's way through the tap apart from each other, on a recording.

Usage: python -m benchmarks.stages FILE PASSES; prints a JSON list of passes. Every page goes through the tap's own
functions in the order of a real run, without a network: a generator takes the place of the stream's reading, and
what the SDK does with each row that it yields is the writing.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.recording import load
from tap_jobber.api.transport import _decode as decode  # the tap's own, so that it is what is measured
from tap_jobber.extraction.overlap import Page, Reader
from tap_jobber.schema.rows import shaper
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_jobber.streams.base import JobberStream

Row = dict[str, Any]


@dataclass
class Stages:
    """Seconds of CPU in each stage, and the rows that went through.

    Attributes:
        rows: How many rows.
        parsing: From a body to nodes.
        overlap: The decision which nodes are new.
        shaping: From a node to its row.
        writing: From a row to a message on /dev/null: the SDK's record path and the message writer.
    """

    rows: int = 0
    parsing: float = 0.0
    overlap: float = 0.0
    shaping: float = 0.0
    writing: float = 0.0

    @property
    def before_writing(self) -> float:
        """Seconds in all stages but the last."""
        return self.parsing + self.overlap + self.shaping


def main(path: Path, passes: int) -> None:
    """Measure all streams of a recording some times over."""
    logging.disable(logging.INFO)
    bodies: dict[str | None, list[bytes]] = defaultdict(list)
    for exchange in load(path):
        bodies[exchange.operation].append(exchange.body)
    found = [asdict(_pass(bodies)) for _ in range(passes)]
    print(json.dumps(found))


def _pass(bodies: Mapping[str | None, Sequence[bytes]]) -> Stages:
    stages = Stages()
    tap = TapJobber(validate_config=False)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        for name, stream in tap.streams.items():
            rows = _rows(stream, bodies[name], stages)  # type: ignore[arg-type]  # all are JobberStreams
            before = stages.before_writing
            with patch.object(stream, "get_records", return_value=rows):
                began = time.process_time()
                stream.sync()
                seconds = time.process_time() - began
            stages.writing += seconds - (stages.before_writing - before)
    return stages


def _rows(stream: JobberStream, bodies: Sequence[bytes], stages: Stages) -> Iterator[Row]:
    source = stream.source
    shape = shaper(source.node)
    reader = Reader(rereads_head=source.order is None, place_field=source.order.place if source.order else None)
    for body in bodies:
        start = time.process_time()
        root = decode(body)["data"][source.root]
        parsed = time.process_time()
        nodes = reader.accept(_page(root)) if source.is_connection else [root]
        accepted = time.process_time()
        rows = [shape(node) for node in nodes]
        stages.parsing += parsed - start
        stages.overlap += accepted - parsed
        stages.shaping += time.process_time() - accepted
        stages.rows += len(rows)
        yield from rows


def _page(connection: Row) -> Page:
    info = connection["pageInfo"]
    return Page(connection["nodes"], info["hasNextPage"], info["endCursor"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
