"""Which events follow from what a store writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tap_jobber.credentials.stores.connection_events import ConnectionEvent, EventKind, condition_of, events_of
from tap_jobber.credentials.stores.record import Account, Record, State, Sync

CONNECTED = Record("client", "access", 100.0, 200.0, "refresh", None, 100.0, Account("a1", "Green Lawns"))
PENDING = replace(CONNECTED, pending="new")
REFUSED = CONNECTED.with_state(State.REFUSED, 150.0, "Jobber refused the refresh token")
DISCONNECTED = CONNECTED.with_state(State.DISCONNECTED, 150.0, "disconnected in Jobber")
INACTIVE = CONNECTED.with_sync(Sync(110.0, 111.0, {}, "the account is not active", exit_status=77))
WAITING = INACTIVE.with_sync(Sync(120.0, 121.0, {}, "try again later", exit_status=75))
READ_AGAIN = WAITING.with_sync(Sync(130.0, 131.0, {"clients": 1}, exit_status=0))
CONNECTED_ANEW = replace(INACTIVE, state_since=115.0)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, PENDING, None),
        (PENDING, None, None),
        (None, CONNECTED, EventKind.CONNECTED),
        (CONNECTED, replace(CONNECTED, access_token="next"), None),
        (CONNECTED, READ_AGAIN, None),
        (CONNECTED, REFUSED, EventKind.REFUSED),
        (REFUSED, CONNECTED, EventKind.CONNECTED),
        (REFUSED, DISCONNECTED, EventKind.DISCONNECTED),
        (CONNECTED, DISCONNECTED, EventKind.DISCONNECTED),
        (DISCONNECTED, CONNECTED, EventKind.CONNECTED),
        (CONNECTED, None, EventKind.DISCONNECTED),
        (REFUSED, None, EventKind.DISCONNECTED),
        (DISCONNECTED, None, None),
        (CONNECTED, INACTIVE, EventKind.REFUSED),
        (INACTIVE, WAITING, None),
        (WAITING, READ_AGAIN, EventKind.CONNECTED),
        (INACTIVE, CONNECTED_ANEW, EventKind.CONNECTED),
    ],
)
def test_a_change_is_told_once(before: Record | None, after: Record | None, kind: EventKind | None) -> None:
    events = events_of({"a1": before} if before else {}, {"a1": after}, 1_000.5)
    assert [(each.kind, each.account_id, each.account_name, each.occurred_at) for each in events] == (
        [] if kind is None else [(kind, "a1", "Green Lawns", 1_000.5)]
    )


def test_connecting_anew_begins_anew() -> None:
    assert [condition_of(each) for each in (INACTIVE, CONNECTED_ANEW)] == [EventKind.REFUSED, EventKind.CONNECTED]


def test_ids_sort_by_time_and_are_never_the_same() -> None:
    ids = [events_of({}, {"a1": CONNECTED}, 1_000.0 + turn // 2)[0].event_id for turn in range(6)]
    assert len(set(ids)) == 6
    assert [each[:14] for each in sorted(ids)] == [each[:14] for each in ids]


def test_an_event_comes_back_from_its_json() -> None:
    (event,) = events_of({}, {"a1": CONNECTED}, 1_000.5)
    assert ConnectionEvent.from_json(event.to_json()) == event
    damages: list[object] = [None, [], {}, {**event.to_json(), "kind": "of a later version"}]
    for damaged in damages:
        with pytest.raises(ValueError, match=r"object|missing|EventKind"):
            ConnectionEvent.from_json(damaged)
