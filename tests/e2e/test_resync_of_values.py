"""Values of custom fields come with seven walks: what is gone of them is told once all of these have had a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import truth
from tests.e2e.harness import bench
from tests.effort import some

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Bench, Outcome

NAME = "custom_field_values"
_KEYS = ("ownerId", "customFieldConfigurationId")
_HOUR_SECONDS = 3_600
_DAYS = 2
_GAPS_HOURS = (1, 24, 23, 24, 24)
"""The last of these runs comes more than two days and the gap before it after the first, which began the round."""
_DELETED = ("Client", "Property", "User", "Invoice")


class _Loaded:
    """The rows of a target that understands ACTIVATE_VERSION, each with its version."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, ...], int | None] = {}
        self.told = 0

    def load(self, outcome: Outcome) -> None:
        """Take the messages of a run."""
        for message in outcome.messages:
            if message.get("stream") != NAME:
                continue
            if message["type"] == "RECORD":
                self.rows[tuple(message["record"][key] for key in _KEYS)] = message.get("version")
            elif message["type"] == "ACTIVATE_VERSION":
                self.told += 1
                self.rows = {key: version for key, version in self.rows.items() if version == message["version"]}


def _there(one: Bench) -> set[tuple[str, ...]]:
    return {tuple(str(row[key]) for key in _KEYS) for row in truth.rows(one, NAME)}


def _synced(one: Bench, state: Any, **settings: Any) -> Outcome:  # noqa: ANN401 - JSON
    words = () if state is None else ("--state", one.write("state.json", state))
    wanted = {"resync_days": _DAYS, "emit_activate_version_messages": True, **settings}
    return one.tap(*words, streams=[NAME, "clients", "users"], **wanted).checked()


def _deleted(one: Bench) -> set[tuple[str, ...]]:
    before = _there(one)
    for type_name in _DELETED:
        one.change(op="delete", type=type_name, ids=[row.id for row in one.sandbox.world().tables[type_name].rows[::3]])
    return before - _there(one)


@pytest.mark.parametrize("is_off", some([True, False]))
def test_values_that_are_gone_are_dropped_after_a_round_of_all_tables(tmp_path: Path, *, is_off: bool) -> None:
    target = _Loaded()
    with bench(tmp_path, scale=0.05, clock_offset=-9 * 24 * _HOUR_SECONDS) as one:
        outcome = _synced(one, None)
        target.load(outcome)
        assert target.rows.keys() == _there(one)
        assert target.told == 1
        assert None not in target.rows.values()
        gone = _deleted(one)
        assert gone <= target.rows.keys()
        assert gone
        if is_off:
            one.sandbox.advanced_seconds += _HOUR_SECONDS
            outcome = _synced(one, outcome.states[-1], resync_days=None)
            target.load(outcome)
        for hours in _GAPS_HOURS:
            assert target.rows.keys() >= _there(one)
            one.sandbox.advanced_seconds += hours * _HOUR_SECONDS
            outcome = _synced(one, outcome.states[-1])
            target.load(outcome)
            assert hours != _GAPS_HOURS[0] or target.told == 1, "not before a round"
        assert target.rows.keys() == _there(one)
        assert target.told >= 2
