"""The report of a run as a document."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_jobber.api.client import NotPermittedError, Usage
from tap_jobber.cli.ending import Ending, ending_of
from tap_jobber.cli.report import _Warnings
from tap_jobber.cli.report_document import RunFacts, StreamFacts, document, stream_entry, without_secrets
from tap_jobber.credentials.stores.record import Account
from tap_jobber.errors import PartialRunError, StreamError, TryLaterError
from tap_jobber.streams.outcome import LeftOut, Outcome

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/report.schema.json").read_text(encoding="utf-8"))
FAILURE = StreamError("it broke", "mend it")
REFUSAL = NotPermittedError("no scope for it", "get it")
LEFT_OUT = {"balance": LeftOut("undefined method", 3)}


@dataclass
class Read:
    """A stream that has been read."""

    name: str = "jobs"
    selected: bool = True
    usage: Usage = field(default_factory=Usage)
    outcome: Outcome = field(default_factory=Outcome)


def report(*streams: dict[str, Any], ending: Ending | None = None, account: Account | None = None) -> dict[str, Any]:
    """Return a document with some streams, which has the form that is documented."""
    made = document(
        RunFacts(
            id="0" * 32,
            began_at=1_000.7,
            ended_at=1_003.75,
            ending=ending or Ending(0),
            account=account,
            versions={"tap": "1", "sdk": "2", "python": "3", "api_asked": None, "api_served": None},
            warnings=["mind this"],
        ),
        streams,
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(made)
    return made


@pytest.mark.parametrize(
    ("outcome", "has_ended", "status", "problem"),
    [
        (Outcome(), True, "complete", None),
        (Outcome(), False, "partial", None),
        (Outcome([FAILURE]), True, "set_aside", "jobs was set aside, it broke: mend it"),
        (Outcome([FAILURE]), False, "set_aside", "jobs was set aside, it broke: mend it"),
        (Outcome(refusal=REFUSAL), True, "not_permitted", "no scope for it: get it"),
        (Outcome(left_out=LEFT_OUT), True, "partial", "jobs came without balance (3 values failed: undefined method)"),
    ],
)
def test_status_of_a_stream(outcome: Outcome, has_ended: bool, status: str, problem: str | None) -> None:  # noqa: FBT001
    entry = stream_entry(Read(outcome=outcome), StreamFacts(has_ended=has_ended))
    report(entry)
    assert entry["status"] == status
    assert (entry["problem"] or "").startswith(problem or "")
    assert (entry["problem"] is None) is (problem is None)


@pytest.mark.parametrize(
    ("error", "status", "exit_status"),
    [
        (None, "complete", 0),
        (PartialRunError({"jobs": "why"}), "partial", 4),
        (TryLaterError("out of reach", "try again"), "failed", 75),
        (SystemExit(143), "stopped", 143),
        (SystemExit(1), "failed", 1),
        (ZeroDivisionError("a defect"), "failed", 1),
    ],
)
def test_status_of_a_run(error: BaseException | None, status: str, exit_status: int) -> None:
    made = report(ending=ending_of(error))
    assert (made["status"], made["exit_status"]) == (status, exit_status)
    assert bool(made["errors"]) is (error is not None)


def test_figures_and_their_totals() -> None:
    one = stream_entry(Read("a", usage=Usage(3, 2, 10.4, 0, 1.26)), StreamFacts(has_ended=True))
    other = stream_entry(Read("b", selected=False, usage=Usage(0, 1, 5.0, 0, 0.5)), StreamFacts(has_ended=True))
    made = report(one, other, account=Account("Z2lkOi8vSm9iYmVyL0FjY291bnQvMTc=", "Maple"))
    assert made["totals"] == {"rows": 3, "requests": 3, "points": 15, "waited_seconds": 1.8}
    assert made["run"] == {
        "id": "0" * 32,
        "began": "1970-01-01T00:16:40Z",
        "ended": "1970-01-01T00:16:43Z",
        "seconds": 3.0,
    }
    assert made["account"]["number"] == "17"


RESYNC = {"at": 500, "version": 9, "round": [400, 9], "shared": 450, "spans": [[100, 410, 5], [200, 380, 7]]}
ROOT = {"replication_key_value": "2026-01-01T00:00:00Z", "resyncAt": 500, "resync": RESYNC}


def test_where_a_stream_has_come_to() -> None:
    facts = StreamFacts(has_ended=True, before={}, after={**ROOT, "read": {"until": "2020-01-01T00:00:00Z"}}, walk=ROOT)
    entry = stream_entry(Read(), facts)
    report(entry)
    assert entry["bookmark"] == {"before": None, "after": "2026-01-01T00:00:00Z"}
    assert entry["history_read_until"] == "2020-01-01T00:00:00Z"
    assert entry["resync"] == {"oldest_read": "1970-01-01T00:06:20Z", "round_began": "1970-01-01T00:06:40Z"}


@pytest.mark.parametrize(("at", "has_one"), [(500, True), (499, False), (None, False)])
def test_a_child_stream_shares_the_resync_that_it_took_part_in(at: int | None, has_one: bool) -> None:  # noqa: FBT001
    entry = stream_entry(Read(), StreamFacts(has_ended=True, after={"resyncAt": at}, walk=ROOT))
    assert (entry["resync"] is not None) is has_one


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RESYNC, "until"]), inner, max_size=5),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw compiles its strategies
@given(st.dictionaries(st.sampled_from([*ROOT, "read", "readAt"]), ANYTHING))
def test_a_state_of_any_shape_makes_a_report(state: dict[str, Any]) -> None:
    report(stream_entry(Read(), StreamFacts(has_ended=False, before=state, after=state, walk=state)))


def test_columns_that_are_left_out() -> None:
    facts = StreamFacts(has_ended=True, unknown={"balance": "unknown", "isLead": "hidden"})
    entry = stream_entry(Read(outcome=Outcome(left_out=LEFT_OUT)), facts)
    report(entry)
    assert entry["columns_left_out"] == [
        {"column": "balance", "cause": "undefined method", "failed_values": 3},
        {"column": "isLead", "cause": "hidden", "failed_values": None},
    ]


def test_no_secret_in_any_text() -> None:
    made = report(ending=Ending(1, ("a-secret-token was refused",)), account=Account("id", "Fort a-secret-token"))
    shown = json.dumps(without_secrets(made, {"a-secret-token"}))
    assert "a-secret-token" not in shown
    assert shown.count("[secret]") == 2


def test_warnings_once_each_and_not_without_end() -> None:
    kept = _Warnings()
    logger = logging.Logger("of this test")  # noqa: LOG001 - one that nothing else listens to
    logger.addHandler(kept)
    for number in (*range(203), *range(203)):
        logger.warning("number %d\nof many", number)
    logger.error("an error")
    logger.info("a remark")
    assert kept.lines()[:2] == ["number 0 of many", "number 1 of many"]
    assert kept.lines()[200:] == ["3 more, which the log has"]
