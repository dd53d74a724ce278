"""A run's notes on the state of its connection."""

from __future__ import annotations

import pytest

from tap_jobber.api.client import DisconnectedError
from tap_jobber.cli.sync_history import stated
from tap_jobber.credentials.stores.record import Account, Record, State
from tap_jobber.errors import PartialRunError, TapError

BEGAN, ENDED = 1_000.0, 2_000.0
RECORD = Record("client", "access", 0.0, 3_600.0, "refresh", None, 0.0, Account("a1"))
FAILURE = TapError("it did not work", "try again")
PARTIAL = PartialRunError({"jobs": "jobs was set aside, it broke: mend it"})


@pytest.mark.parametrize(
    ("record", "error", "expected"),
    [
        (RECORD, None, State.CONNECTED),
        (RECORD, FAILURE, State.CONNECTED),
        (RECORD, DisconnectedError("gone", "connect"), State.DISCONNECTED),
        (RECORD.with_state(State.DISCONNECTED, BEGAN - 1), None, State.CONNECTED),
        (RECORD.with_state(State.DISCONNECTED, BEGAN - 1), FAILURE, State.DISCONNECTED),
        (RECORD.with_state(State.REFUSED, BEGAN - 1), None, State.CONNECTED),
        (RECORD.with_state(State.REFUSED, BEGAN - 1), PARTIAL, State.CONNECTED),
        (RECORD.with_state(State.DISCONNECTED, BEGAN + 1), None, State.DISCONNECTED),
        (RECORD.with_state(State.REFUSED, BEGAN + 1), None, State.REFUSED),
    ],
)
def test_state_after_a_run(record: Record, error: Exception | None, expected: State) -> None:
    assert stated(record, error, BEGAN, ENDED).state is expected


def test_the_reason_of_a_disconnect_has_no_remedy() -> None:
    record = stated(RECORD, DisconnectedError("gone", "connect it again"), BEGAN, ENDED)
    assert record.state_reason == "gone"
