"""Measures the stages of a row's way through the tap apart from each other, on a recording.

Usage: python -m benchmarks.stages FILE PASSES, with the tap's settings in the environment; prints a JSON list of
passes. The whole tap runs in this process, with the recording in the place of the network, and the functions that
are a stage are timed where they are called.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextlib import ExitStack, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.recording import load
from tap_jobber.api.decision import Reply
from tap_jobber.api.transport import Query, Transport
from tap_jobber.api.transport import _decode as decode  # the tap's own, so that it is what is measured
from tap_jobber.extraction.overlap import Reader
from tap_jobber.streams.base import JobberStream
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.recording import Exchange


@dataclass
class Stages:
    """Seconds of CPU in each stage, and the rows that went through.

    Attributes:
        rows: How many rows.
        parsing: From a body to nodes.
        overlap: The decision which nodes are new.
        shaping: From a node to its row.
        writing: From a row to a message on /dev/null.
        walking: All else: the walk, the queries, the SDK's loop over records.
    """

    rows: int = 0
    parsing: float = 0.0
    overlap: float = 0.0
    shaping: float = 0.0
    writing: float = 0.0
    walking: float = 0.0


def main(path: Path, passes: int) -> None:
    """Measure a whole recording some times over."""
    logging.disable(logging.INFO)
    exchanges = load(path)
    found = [asdict(_pass(exchanges)) for _ in range(passes)]
    print(json.dumps(found))


def _pass(exchanges: Sequence[Exchange]) -> Stages:
    stages, coming = Stages(), iter(exchanges)
    parse = _timed(stages, "parsing", decode)

    def send(_transport: Transport, query: Query, _access_token: str) -> tuple[Reply, float]:
        return Reply(200, "application/json", parse(_next(coming, query))), time.time()

    write = JobberStream._write_record_message  # noqa: SLF001 - the only way out that the SDK has
    with ExitStack() as stack:
        nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        stack.enter_context(redirect_stdout(nowhere))
        stack.enter_context(patch.object(Transport, "send", send))
        stack.enter_context(patch.object(Reader, "accept", _timed(stages, "overlap", Reader.accept)))
        stack.enter_context(patch.object(JobberStream, "_write_record_message", _timed(stages, "writing", write)))
        tap = TapJobber(parse_env_config=True)
        streams: list[Any] = list(tap.streams.values())
        for stream in streams:
            stream.shape = _timed(stages, "shaping", stream.shape)
        began = time.process_time()
        tap.sync_all()
        seconds = time.process_time() - began
    stages.rows = sum(stream.usage.rows for stream in streams)
    stages.walking = seconds - stages.parsing - stages.overlap - stages.shaping - stages.writing
    return stages


def _timed(stages: Stages, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that adds its time to a stage, as a method if it is set on a class."""

    def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the function returns
        began = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            setattr(stages, stage, getattr(stages, stage) + time.process_time() - began)

    return timed


def _next(coming: Iterator[Exchange], query: Query) -> bytes:
    exchange = next(coming, None)
    if exchange is None or exchange.operation != query.name:
        raise RuntimeError(f"the recording does not go on with {query.name}")
    return exchange.body


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
