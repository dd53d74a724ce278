"""The state stays small with `resync_days`, however many rows there are and however often they were read."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from jobber_sandbox.timestamps import DAY_SECONDS
from tap_jobber.extraction.recency_head import REMEMBERED_ROWS
from tap_jobber.extraction.resync import MOST_SPANS, Coverage
from tap_jobber.streams import STREAMS
from tap_jobber.streams.root_stream import RootStream
from tests.effort import effort
from tests.truth.account import BEGIN_SECONDS, Account, Time
from tests.truth.groups import name_of
from tests.truth.reading import Outcome, Server, catalog_of, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.streams.jobber_stream import JobberStream

_LIMIT_BYTES = 20_000
_FEW = [stream for stream in STREAMS if name_of(stream) in {"clients", "jobs", "visits", "payment_records", "events"}]


@pytest.mark.long
def test_the_state_of_all_streams_stays_below_twenty_kilobytes() -> None:
    account = Account(Time())
    state = _run(account, None, STREAMS).states[-1]
    spans = _spans()
    assert len(spans) == MOST_SPANS
    cut = 0
    for stream in STREAMS:
        kept = state["bookmarks"][name_of(stream)].get("resync")
        if kept is None or not issubclass(stream, RootStream):
            continue
        if stream.stamp is not None and stream.stamp.span_seconds is None:
            kept["spans"], cut = spans, cut + 1
        if stream.recency is not None:
            kept["head"] = [2**32 - 1] * REMEMBERED_ROWS
    assert cut > 10
    assert len(json.dumps(state)) < _LIMIT_BYTES
    account.time.pass_by(DAY_SECONDS)
    assert len(json.dumps(_run(account, state, effort(_FEW, STREAMS)).states[-1])) < _LIMIT_BYTES


def _run(account: Account, state: dict[str, Any] | None, selected: Sequence[type[JobberStream]]) -> Outcome:
    catalog = catalog_of(STREAMS, [name_of(stream) for stream in selected])
    return run(Server(account), STREAMS, catalog, state, resync_days=7.0, emit_activate_version_messages=True)


def _spans() -> list[list[int]]:
    """Return the spans of a large history after hundreds of runs."""
    chance = random.Random(1)  # noqa: S311 - it has to be repeatable, not secret
    covered, begin = Coverage(), BEGIN_SECONDS - 800 * DAY_SECONDS
    for day in range(400):
        now = BEGIN_SECONDS - (400 - day) * 3_600
        covered = covered.extended(begin + day * DAY_SECONDS, chance.randrange(10_000, 99_999), now).compacted()
    return [[span.until, span.read_seconds, round(span.rows)] for span in covered.spans]
