"""Bookmarks: where they are, what they promise, and what of the rows they do not depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobber_sandbox.timestamps import iso
from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tests.truth.account import BEGIN_SECONDS, Account, Time
from tests.truth.changes import populated, row_plans
from tests.truth.groups import GROUPS
from tests.truth.reading import Outcome, Server, catalog_of, run, small_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.truth.groups import Group
    from tests.truth.reading import State

_DAY = 86_400
_CHANGED = [name for name, group in GROUPS.items() if group.is_incremental]
_MARGIN_SECONDS = 300


def _read(
    account: Account,
    group: Group,
    state: State | None = None,
    selected: Sequence[str] | None = None,
    **settings: object,
) -> Outcome:
    streams = [group.root, *(child.stream for child in group.lists)]
    catalog = catalog_of(streams, selected or group.names, group.columns)
    return run(Server(account), streams, catalog, state, None, **settings)


def _bookmarks(state: State) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = state["bookmarks"]
    return found


@pytest.mark.parametrize("name", _CHANGED)
def test_a_bookmark_is_written_after_each_window(name: str) -> None:
    group = GROUPS[name]
    account = populated(Time(), group, row_plans(1, 14))
    with small_sizes(4):
        outcome = _read(account, group, page_size=3)
    seen: set[str] = set()
    last = 0
    windows = 0
    for message in outcome.messages:
        if message["type"] == "RECORD" and message["stream"] == name:
            seen.add(message["record"]["id"])
        if message["type"] != "STATE" or name not in message["value"]["bookmarks"]:
            continue
        mark = _bookmarks(message["value"])[name]
        assert set(mark) <= {"replication_key", "replication_key_value", "read"}
        # The first read of jobs goes by when they were made.
        reached = mark.get("replication_key_value") or mark["read"].get("until")
        if reached is None:
            continue
        is_first_read = "read" in mark
        for row in account.world.tables[group.type_name].rows:
            stamp = row.created if is_first_read else row.updated
            assert row.id in seen or stamp >= parse_timestamp(reached), "a bookmark has passed a row"
        windows += parse_timestamp(reached) > last
        last = parse_timestamp(reached)
    assert windows >= 4
    end = _bookmarks(outcome.states[-1])
    for name_of_stream, change in ((group.name, "updatedAt"), *((child.name, child.change) for child in group.lists)):
        assert end[name_of_stream] == {
            "replication_key": change,
            "replication_key_value": format_timestamp(int(account.time.server()) - _MARGIN_SECONDS),
        }


@pytest.mark.parametrize("name", [name for name in GROUPS if name not in _CHANGED])
def test_streams_without_a_bookmark_leave_none(name: str) -> None:
    group = GROUPS[name]
    account = populated(Time(), group, row_plans(2, 10))
    outcome = _read(account, group)
    assert len(outcome.rows(name)) == 10
    assert all(mark == {} for mark in _bookmarks(outcome.states[-1]).values())


_MAPS: dict[str, dict[str, Any]] = {
    "renamed": {"changed": "updatedAt", "updatedAt": None},
    "removed": {"updatedAt": None},
    "made text of another kind": {"updatedAt": "'never'"},
    "dropped but for the key": {"id": "id", "__else__": None},
    "under another name": {"__alias__": "somewhere_else"},
}


@pytest.mark.parametrize("kind", _MAPS)
@pytest.mark.parametrize("name", ["clients", "jobs", "payout_records"])
def test_stream_maps_do_not_touch_bookmarks(name: str, kind: str) -> None:
    group = GROUPS[name]
    plain = populated(Time(), group, row_plans(3, 12))
    mapped = populated(Time(), group, row_plans(3, 12))
    child = group.lists[0]
    maps: dict[str, Any] = {name: _MAPS[kind], child.name: {str(child.change): None}}
    expected, outcome = _read(plain, group), _read(mapped, group, stream_maps=maps)
    assert outcome.states[-1] == expected.states[-1]
    written = _MAPS[kind].get("__alias__", name)
    assert len(outcome.rows(written)) == len(expected.rows(name)) == 12
    if kind != "under another name":
        assert all(row.get("updatedAt") in {None, "never"} for row in outcome.rows(written))
    assert not [row for row in outcome.rows(child.name) if child.change in row]
    for account in (plain, mapped):
        account.time.pass_by(3_600)
        row = account.world.tables[group.type_name].rows[2]
        account.edit(row, int(account.time.server()))
    again = _read(mapped, group, outcome.states[-1], stream_maps=maps)
    assert mapped.world.tables[group.type_name].rows[2].id in [row["id"] for row in again.rows(written)]
    assert again.states[-1] == _read(plain, group, expected.states[-1]).states[-1]


def test_a_stream_that_is_left_out_keeps_its_bookmark() -> None:
    group = GROUPS["clients"]
    account = populated(Time(), group, row_plans(4, 9))
    first = _read(account, group)
    account.time.pass_by(_DAY)
    second = _read(account, group, first.states[-1], selected=["clients"])
    before, after = _bookmarks(first.states[-1]), _bookmarks(second.states[-1])
    assert after["client_notes"] == before["client_notes"]
    assert after["clients"] != before["clients"]
    row = account.world.tables["Client"].rows[0]
    account.edit(row, int(account.time.server()) - _DAY // 2)
    third = _read(account, group, second.states[-1])
    brought = {each["clientId"] for each in third.rows("client_notes")}
    notes = account.world.tables["ClientNote"].by_parent.get(row, [])
    assert (row.id in brought) == bool(notes)


# Bounds of a first read.


def _aged(group: Group, ages_days: Sequence[int], key: str) -> tuple[Account, list[str]]:
    """Return an account whose rows have stamps so many days old."""
    account = populated(Time(), group, [])
    parent = account.world.tables[group.above[-1]].rows[0] if group.above else None
    ids = []
    for age in ages_days:
        stamp = BEGIN_SECONDS - age * _DAY
        values: dict[str, Any] = {} if key in {"createdAt", "updatedAt"} else {key: iso(stamp)}
        made = stamp if key in {"createdAt", "updatedAt"} else BEGIN_SECONDS - 400 * _DAY
        ids.append(account.add(group.type_name, made, made, parent, **values).id)
    return account, ids


_START_KEYS = {
    "clients": "updatedAt",
    "requests": "updatedAt",
    "quotes": "updatedAt",
    "invoices": "updatedAt",
    "expenses": "updatedAt",
    "time_sheet_entries": "updatedAt",
    "payout_records": "updatedAt",
    "jobs": "updatedAt",
    "visits": "createdAt",
    "tasks": "createdAt",
    "payment_records": "entryDate",
    "assessments": "startAt",
    "events": "startAt",
}


@pytest.mark.parametrize("name", _START_KEYS)
def test_a_start_date_bounds_the_first_read(name: str) -> None:
    group = GROUPS[name]
    account, ids = _aged(group, [900, 300, 101, 100, 99, 1], _START_KEYS[name])
    outcome = _read(account, group, start_date=format_timestamp(BEGIN_SECONDS - 100 * _DAY))
    assert {row["id"] for row in outcome.rows(name)} == set(ids[3:])


def test_a_start_date_leaves_whole_tables_whole() -> None:
    group = GROUPS["properties"]
    account, ids = _aged(group, [900, 1], "createdAt")
    outcome = _read(account, group, start_date=format_timestamp(BEGIN_SECONDS - 100 * _DAY))
    assert {row["id"] for row in outcome.rows("properties")} == set(ids)


def test_a_bookmark_beats_a_start_date() -> None:
    group = GROUPS["clients"]
    account, ids = _aged(group, [900, 300, 1], "updatedAt")
    first = _read(account, group, start_date=format_timestamp(BEGIN_SECONDS - 10 * _DAY))
    assert [row["id"] for row in first.rows("clients")] == ids[2:]
    again = _read(account, group, first.states[-1], start_date=format_timestamp(BEGIN_SECONDS - 1_000 * _DAY))
    assert again.rows("clients") == []


# Visits have no time of change.


def _visit(account: Account, start_days: int, age_days: int, **values: object) -> str:
    stamp = BEGIN_SECONDS - age_days * _DAY
    job = account.world.tables["Job"].rows[0]
    return account.add("Visit", stamp, stamp, job, startAt=iso(BEGIN_SECONDS + start_days * _DAY), **values).id


@pytest.mark.parametrize("selected", [("visits", "visit_assigned_users", "visit_line_items"), ("visit_line_items",)])
def test_a_look_back_reads_visits_that_may_have_changed(selected: tuple[str, ...]) -> None:
    group = GROUPS["visits"]
    account = populated(Time(), group, [])
    done = {"isComplete": True, "completedAt": iso(BEGIN_SECONDS - 300 * _DAY)}
    old = _visit(account, -300, 400, **done)
    late = _visit(account, -200, 400, isComplete=False, completedAt=None)
    recent = _visit(account, -5, 400, **done)
    edge = _visit(account, -28, 400, **done)
    coming = _visit(account, 50, 400, isComplete=False, completedAt=None)

    def brought(outcome: Outcome) -> list[str]:
        if selected[0] == "visits":
            return sorted(row["id"] for row in outcome.rows("visits"))
        return sorted({row["visitId"] for row in outcome.rows("visit_line_items")})

    first = _read(account, group, None, selected, visit_lookback_days=30)
    assert brought(first) == sorted([old, late, recent, edge, coming])
    account.time.pass_by(_DAY)
    now = int(account.time.server())
    row = account.world.find("Visit", late)
    assert row is not None
    account.edit(row, now, isComplete=True, completedAt=iso(now - 60))
    fresh = account.create("Visit", row.parent, now, startAt=None, isComplete=False, completedAt=None).id
    account.time.pass_by(3_600)
    second = _read(account, group, first.states[-1], selected, visit_lookback_days=30)
    assert brought(second) == sorted([late, recent, edge, coming, fresh])
    account.time.pass_by(_DAY)
    third = _read(account, group, second.states[-1], selected, visit_lookback_days=30)
    # What was made or completed before the second run is over.
    assert brought(third) == sorted([recent, edge, coming])
    account.time.pass_by(_DAY)
    fourth = _read(account, group, third.states[-1], selected, visit_lookback_days=30)
    # By the third run, another of those days had passed.
    assert brought(fourth) == sorted([recent, coming])
    whole = _read(account, group, fourth.states[-1], selected)
    assert brought(whole) == sorted([old, late, recent, edge, coming, fresh])
