"""Rolling resync where the settings, the selection or the state change between two runs: nothing is lost for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobber_sandbox.timestamps import DAY_SECONDS, iso
from tests.effort import some
from tests.truth.account import BEGIN_SECONDS
from tests.truth.groups import EACH_WAY, GROUPS
from tests.truth.histories import History, Loaded
from tests.truth.reading import small_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.truth.account import Key

_OTHERS = ("clients", "payment_records", "tasks")
"""Groups that are read like one of these."""
_ROWS = 14
_HOUR_SECONDS = 3_600
_PERIOD_DAYS = 2.0


@pytest.fixture(autouse=True)
def _sizes() -> Iterator[None]:
    with small_sizes(5):
        yield


@pytest.fixture(params=some((*EACH_WAY, *_OTHERS), usual=2))
def history(request: pytest.FixtureRequest) -> History:
    """One account of each way of reading."""
    return History(request.param, "mind", _ROWS)


def _loaded(history: History) -> dict[Key, Any]:
    return {key: value for key, (value, *_) in history.target.rows.items()}


def _delete_one(history: History) -> set[Key]:
    """Delete the oldest row, and return the keys of what has gone with it."""
    before = history.truth
    rows = history.account.world.tables[history.group.type_name].rows
    history.account.delete(min(rows, key=lambda row: row.created))
    return before.keys() - history.truth.keys()


def _days(history: History, count: int, **settings: Any) -> None:
    """Sync each day, and see that no row is dropped that is there."""
    for _ in range(count):
        before = _loaded(history).keys() & history.truth.keys()
        history.account.time.pass_by(DAY_SECONDS)
        history.sync(**{"resync_days": _PERIOD_DAYS, **settings})
        assert _loaded(history).keys() >= before


def test_with_the_state_of_a_run_without_it_nothing_is_dropped_that_is_there(history: History) -> None:
    history.sync()
    gone = _delete_one(history)
    history.account.time.pass_by(_HOUR_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS)
    assert _loaded(history).keys() >= history.truth.keys()
    _days(history, 5)
    assert gone
    assert _loaded(history) == history.truth


def test_with_the_state_of_a_first_run_that_was_killed_nothing_is_dropped_that_is_there(history: History) -> None:
    history.sync(last_message=9, emit_activate_version_messages=False)
    _days(history, 5)
    assert _loaded(history) == history.truth


def test_switched_off_and_on_again(history: History) -> None:
    history.sync(resync_days=_PERIOD_DAYS)
    _days(history, 3)
    history.change("off", 3)
    _days(history, 3, resync_days=None)
    gone = _delete_one(history)
    history.change("on", 3)
    _days(history, 6)
    assert gone
    assert _loaded(history) == history.truth


def test_switched_on_in_the_second_of_the_last_run(history: History) -> None:
    time = history.account.time
    began = time.own()
    history.sync()
    gone = _delete_one(history)
    time.pass_by(_HOUR_SECONDS)
    time.skew_seconds = began - time.server()
    history.sync(resync_days=_PERIOD_DAYS)
    while not history.target.dropped:
        _days(history, 1)
        assert time.server() < began + 5 * DAY_SECONDS
    assert gone
    assert _loaded(history) == history.truth, "the first round has told it"


def test_activate_version_switched_off_and_on_again(history: History) -> None:
    history.sync(resync_days=_PERIOD_DAYS)
    _days(history, 3)
    history.change("off", 3)
    _days(history, 3, emit_activate_version_messages=False)
    _days(history, 6)
    assert _loaded(history).keys() == history.truth.keys()


@pytest.mark.parametrize("days", [(7.0, 1.0, 30.0), (30.0, 1.0, 7.0)])
def test_another_number_of_days(history: History, days: tuple[float, ...]) -> None:
    for each in days:
        history.change(str(each), 2)
        _days(history, 2, resync_days=each)
        oldest = min(read for _, _, read in history.target.rows.values())
        assert history.now - oldest <= max(each, 1.0) * DAY_SECONDS + 3 * _HOUR_SECONDS


@pytest.mark.parametrize("earlier", [iso(BEGIN_SECONDS - 5 * 365 * DAY_SECONDS), None])
def test_an_earlier_start_date_brings_what_lies_before_the_later(history: History, earlier: str | None) -> None:
    history.sync(resync_days=_PERIOD_DAYS, start_date=iso(BEGIN_SECONDS - 400 * DAY_SECONDS))
    history.account.time.pass_by(DAY_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS, start_date=earlier)
    anew = History(history.group.name, "mind", _ROWS)
    anew.sync(start_date=earlier)
    assert _loaded(history) == _loaded(anew)


def test_a_later_start_date_keeps_what_changes_after_it(history: History) -> None:
    history.sync(resync_days=_PERIOD_DAYS)
    later = iso(BEGIN_SECONDS - 400 * DAY_SECONDS)
    for _ in range(5):
        history.account.time.pass_by(DAY_SECONDS)
        history.sync(resync_days=_PERIOD_DAYS, start_date=later)
    anew = History(history.group.name, "mind", _ROWS)
    anew.sync(start_date=later)
    assert _loaded(history).items() >= _loaded(anew).items()


@pytest.mark.parametrize("name", ["visits", "tasks", "payment_records", "assessments", "clients"])
@pytest.mark.parametrize("seed", some(range(3)))
def test_what_lies_before_the_start_date_does_not_come_by_other_ways(name: str, seed: int) -> None:
    history = History(name, f"start {seed}", _ROWS)
    start = iso(BEGIN_SECONDS - 30 * DAY_SECONDS)
    for day in range(8):
        # At the end nothing changes any more: a row that has been moved before the start date is dropped in time.
        history.change(f"start {seed} {day}", 3 if day < 4 else 0)
        history.account.time.pass_by(DAY_SECONDS)
        history.sync(resync_days=_PERIOD_DAYS, start_date=start)
    found = _loaded(history)
    history.state, history.target = None, Loaded()
    history.sync(start_date=start)
    anew = _loaded(history)
    assert found.keys() & history.truth.keys() <= anew.keys()


@pytest.mark.parametrize("name", [name for name in EACH_WAY if GROUPS[name].lists])
@pytest.mark.parametrize("is_root_left_out", some([True, False]))
def test_a_stream_that_is_selected_later_and_one_that_rests(name: str, *, is_root_left_out: bool) -> None:
    history = History(name, "mind", _ROWS)
    names = history.group.names
    some = names[1:] if is_root_left_out else names[:1]
    history.sync(some, resync_days=_PERIOD_DAYS)
    assert _loaded(history) == {key: value for key, value in history.truth.items() if key[0] in some}
    history.account.time.pass_by(DAY_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS)
    assert _loaded(history) == history.truth
    history.change("rests", 3)
    _days_of(history, 2, some)
    history.change("comes back", 1)
    history.account.time.pass_by(DAY_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS)
    assert _loaded(history).keys() >= history.truth.keys()
    _days(history, 6)
    assert _loaded(history) == history.truth


def _days_of(history: History, count: int, names: tuple[str, ...]) -> None:
    for _ in range(count):
        history.account.time.pass_by(DAY_SECONDS)
        history.sync(names, resync_days=_PERIOD_DAYS)


@pytest.mark.parametrize("last_message", [3, 12, 30])
def test_a_stream_that_is_selected_later_in_a_run_that_is_killed(history: History, last_message: int) -> None:
    history.sync(history.group.names[:1], resync_days=_PERIOD_DAYS)
    history.account.time.pass_by(DAY_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS, last_message=last_message)
    history.account.time.pass_by(DAY_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS)
    assert _loaded(history) == history.truth


@pytest.mark.parametrize(
    "damage",
    [
        "text",
        [1],
        {"at": "yesterday"},
        {"spans": 5},
        {"spans": [[9, 9], 3]},
        {"spans": [[3, 1, 1], [2, 1, 1]]},
        {"spans": [[1_700_000_000, True, 1.5]]},
        {"round": [1]},
        {"head": ["a"]},
        {"at": 9_000_000_000, "spans": [[9_000_000_000, 9_000_000_000, 4]], "round": [9_000_000_000, 4]},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", some(["clients", "properties"]))
def test_what_cannot_be_of_a_resync_counts_for_nothing(name: str, damage: object) -> None:
    history = History(name, "mind", _ROWS)
    history.sync(resync_days=_PERIOD_DAYS)
    assert history.state is not None
    kept = history.state["bookmarks"][name]["resync"]
    history.state["bookmarks"][name]["resync"] = kept | damage if isinstance(damage, dict) else damage
    _days(history, 5)
    assert _loaded(history) == history.truth


def test_with_the_catalog_s_wish_to_read_all(history: History) -> None:
    history.sync(resync_days=_PERIOD_DAYS)
    for entry in (wish := history.catalog())["streams"]:
        entry["replication_method"] = "FULL_TABLE"
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["forced-replication-method"] = "FULL_TABLE"
    gone = _delete_one(history)
    history.account.time.pass_by(DAY_SECONDS)
    history.sync(resync_days=_PERIOD_DAYS, catalog=wish)
    if history.group.is_incremental:
        assert gone.isdisjoint(_loaded(history))
    _days(history, 5)
    assert _loaded(history) == history.truth


def test_what_is_dated_ahead_is_not_dropped_when_its_day_comes() -> None:
    history = History("payment_records", "ahead", _ROWS)
    client = history.account.world.tables["Client"].rows[0]
    for days in (1, 3, 40):
        ahead = iso(BEGIN_SECONDS + days * DAY_SECONDS)
        history.account.add("PaymentRecordInterface", BEGIN_SECONDS - 100, BEGIN_SECONDS - 100, client, entryDate=ahead)
    # So many that those do not stand at the head of the list.
    for _ in range(30):
        history.account.add("PaymentRecordInterface", BEGIN_SECONDS - 90, BEGIN_SECONDS - 90, client)
    history.sync(resync_days=1.0)
    for _ in range(6):
        history.account.time.pass_by(DAY_SECONDS)
        history.sync(resync_days=1.0)
        assert _loaded(history) == history.truth
