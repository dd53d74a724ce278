"""Assertions on the tap's output, given all that the account held during the read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_jobber.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.truth.account import Key, Truth, Value
    from tests.truth.groups import Group
    from tests.truth.reading import Outcome, State


def emitted(group: Group, outcome: Outcome, names: Iterable[str]) -> list[tuple[Key, Value]]:
    """Return the rows written, each by its stream and key, with what tells whether it has changed."""
    found: list[tuple[Key, Value]] = []
    lists = {child.name: child for child in group.lists}
    for message in outcome.messages:
        if message["type"] != "RECORD":
            continue
        name, row = message["stream"], message["record"]
        assert name in names, f"{name} is not selected"
        assert set(row) == set(group.columns[name]), row
        child = lists.get(name)
        keys = ("id",) if child is None else child.keys
        mark = group.columns[name][1] if child is None else child.mark
        change = ("updatedAt" if group.shows_change else None) if child is None else child.change
        value = (row[mark] if mark is not None else None, *([row[change]] if change is not None else []))
        found.append(((name, *(str(row[key]) for key in keys)), value))
    return found


@dataclass
class Sync:
    """One sync, and the account while it went on.

    Args:
        group: What was read.
        history: What the account held, from the beginning to the end of the sync.
        rows: The rows written.
        names: The streams that were selected.
        state: The state it began with.
    """

    group: Group
    history: Sequence[Truth]
    rows: Sequence[tuple[Key, Value]]
    names: Sequence[str]
    state: State

    @cached_property
    def by_key(self) -> dict[Key, list[Value]]:
        """Return the values written of each row."""
        found: dict[Key, list[Value]] = {}
        for key, value in self.rows:
            found.setdefault(key, []).append(value)
        return found

    def parent(self, key: Key) -> Key:
        """Return the row of the root that a row is or belongs to."""
        return (self.group.name, key[1])

    def changes(self, key: Key) -> int:
        """Count the times that a row came, changed or went."""
        values = [truth.get(key) for truth in self.history]
        return sum(one != another for one, another in itertools.pairwise(values))

    def is_still(self, key: Key) -> bool:
        """Return True if a row and its parent existed all the time and did not change."""
        return key in self.history[0] and self.changes(key) == 0 and self.changes(self.parent(key)) == 0

    def start_seconds(self, name: str) -> int | None:
        """Return the bookmark that a stream began with."""
        value = self.state.get("bookmarks", {}).get(name, {}).get("replication_key_value")
        return None if value is None or not self.group.is_incremental else parse_timestamp(value)

    def check(self) -> None:
        """Everything that can be said of one sync."""
        for key, values in self.by_key.items():
            self._check_values(key, values)
            limit = 1 + self.changes(key)
            if len(key) > 2:
                # A list is read with each change of its row, and again where it loses rows meanwhile.
                limit *= 1 + self.changes(self.parent(key))
            assert len(values) <= limit, f"{key} came {len(values)} times"
        self.check_start()
        for key, value in self.history[0].items():
            if key[0] in self.names and self.is_still(key) and self._is_due(key, value):
                assert self.by_key.get(key) == [value], key

    def check_start(self) -> None:
        """Nothing was written that has not changed since the bookmark."""
        for key, value in self.rows:
            assert self._is_due(key, value), f"{key} of {value} came again"

    def _is_due(self, key: Key, value: Value) -> bool:
        start = self.start_seconds(key[0])
        return start is None or parse_timestamp(value[1]) >= start

    def _check_values(self, key: Key, values: Sequence[Value]) -> None:
        """Each value is one that the row had while the sync went on: none is older than it, none is made up."""
        had = [truth[key] for truth in self.history if key in truth]
        marks = {value[0] for value in had}
        stamps = {truth[parent][1:] for truth in self.history if (parent := self.parent(key)) in truth}
        for value in values:
            if len(key) == 2:
                assert value in had, f"{key} never was {value}"
            else:
                assert value[0] in marks, f"{key} never was {value}"
                assert value[1:] in stamps, f"{key} never belonged to a row of {value[1:]}"


def check_all(syncs: Sequence[Sync]) -> None:
    """Each sync by itself, and all of them together after the last, during which the account was at rest.

    What a target has that keeps the last row of each key is what the account holds. That goes for rows of lists
    as far as the time of change of the row that they belong to has followed theirs, or all is read each time.
    """
    for sync in syncs:
        sync.check()
    assert len(syncs[-1].history) == 1
    check_union(syncs, len(syncs) - 1)
    for last in range(1, len(syncs)):
        # What has changed in one sync is there after the next, unless it has changed again.
        rested = syncs[last]
        if set(rested.names) == set(syncs[last - 1].names):
            check_union(syncs[: last + 1], last)


def check_union(syncs: Sequence[Sync], last: int) -> None:
    """Compare what has been written in several syncs with what was there at the end of the last."""
    group, end = syncs[last].group, syncs[last].history[-1]
    written: dict[Key, Any] = {}
    for sync in syncs:
        written.update(sync.rows)
    timeline = [truth for sync in syncs for truth in sync.history]
    for key, value in end.items():
        if key[0] not in syncs[last].names or not syncs[last].is_still(key):
            continue
        if len(key) > 2 and group.is_incremental and not _is_followed(timeline, key, syncs[last].parent(key)):
            continue
        assert written.get(key) == value, f"{key} is {value}, but {written.get(key)} was written"


def _is_followed(timeline: Sequence[Truth], key: Key, parent: Key) -> bool:
    """Return True if the parent of a row was changed with it or after it."""
    own = _last_change([(truth[key][0],) if key in truth else None for truth in timeline])
    return own == 0 or _last_change([truth.get(parent) for truth in timeline]) >= own


def _last_change(values: Sequence[Any]) -> int:
    changed = [index for index in range(1, len(values)) if values[index] != values[index - 1]]
    return changed[-1] if changed else 0
