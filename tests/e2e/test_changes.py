"""The account changes while it is read: no row that stays is missing, whatever the order of its list.

A row that nobody touched during a sync is brought by it, once. One that was edited or created meanwhile is brought
as it then is by that sync or the next, with its lists; what was deleted never hides another.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import Bench, bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobber_sandbox.world import Row
    from tests.e2e.harness import Outcome


class Subject(NamedTuple):
    """A stream that is read while its rows change.

    Attributes:
        type_name: The type of the rows.
        order: What they are listed by.
        child: A stream of lists that is read with them.
        child_type: The type of its rows, where they belong to one parent each.
    """

    type_name: str
    order: Callable[[Row], tuple[int, int]]
    child: str | None = None
    child_type: str | None = None


SUBJECTS = {
    "clients": Subject("Client", lambda row: (row.updated, row.number), "client_notes", "ClientNote"),
    "jobs": Subject("Job", lambda row: (0, row.number), "job_line_items", "JobLineItem"),
    "properties": Subject("Property", lambda row: (-row.updated, row.number)),
    "visits": Subject("Visit", lambda row: (row.created, row.number), "visit_assigned_users"),
}
PAGE_SIZE = 12
LAST_REQUEST = 12


class Meddler:
    """Edits, deletes and creates rows between the pages, some of them already read and some not.

    Args:
        bench: Whose account.
        type_name: The type of the rows.
        seed: Everything it does follows from it.
        kinds: What it does.
    """

    def __init__(self, bench: Bench, type_name: str, seed: int, kinds: tuple[str, ...]) -> None:
        self._bench = bench
        self._type_name = type_name
        self._chance = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        self._kinds = kinds
        self.edited: set[str] = set()
        self.deleted: set[str] = set()
        self.created: set[str] = set()

    def __call__(self, number: int) -> None:
        """Change a few rows before a request is answered."""
        if not 1 < number <= LAST_REQUEST:
            return
        for kind in self._kinds:
            self._do(kind)

    def _do(self, kind: str) -> None:
        what: dict[str, Any] = {"op": kind, "type": self._type_name}
        if kind == "create":
            self.created.update(self._bench.change(**what, count=self._chance.randint(0, 2)))
            return
        rows = self._bench.sandbox.world().tables[self._type_name].rows
        chosen = [row.id for row in self._chance.sample(rows, min(len(rows), self._chance.randint(1, 3)))]
        if kind == "delete" and self._chance.random() < 0.5:
            chosen = [row.id for row in rows[:2]]
        self._bench.change(**what, ids=chosen)
        (self.edited if kind == "edit" else self.deleted).update(chosen)


@dataclass(frozen=True)
class Story:
    """A sync while the account changed, and the next one, while it rested.

    Attributes:
        stream: The stream.
        subject: What it is.
        rows: What Meddler did to its rows.
        children: What it did to the rows of its lists.
        before: The rows of each stream before the first sync, by key.
        after: The rows after it.
        syncs: What the two brought.
    """

    stream: str
    subject: Subject
    rows: Meddler
    children: Meddler | None
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    syncs: tuple[Outcome, Outcome]


@pytest.fixture(scope="module", params=list(enumerate(SUBJECTS, 1)), ids=list(SUBJECTS))
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    seed, stream = request.param
    subject = SUBJECTS[stream]
    streams = [stream, *([subject.child] if subject.child else [])]
    with bench(tmp_path_factory.mktemp("home"), scale=0.3, seed=seed) as one:
        before = {name: _by_key(truth.rows(one, name), name) for name in streams}
        rows = Meddler(one, subject.type_name, seed, ("edit", "delete", "create"))
        children = Meddler(one, subject.child_type, seed, ("delete", "create")) if subject.child_type else None

        def meddle(number: int) -> None:
            rows(number)
            if children is not None:
                children(number)

        one.sandbox.before_request = meddle
        first = one.tap(streams=streams, page_size=PAGE_SIZE).checked()
        assert len(one.log) > LAST_REQUEST
        one.sandbox.before_request = None
        after = {name: _by_key(truth.rows(one, name), name) for name in streams}
        state = one.write("state.json", first.states[-1])
        second = one.tap("--state", state, streams=streams, page_size=PAGE_SIZE).checked()
    return Story(stream, subject, rows, children, before, after, (first, second))


def _by_key(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {truth.key(row, name): row for row in rows}


def _own(row: dict[str, Any] | None) -> dict[str, Any]:
    """Return the values that do not depend on other rows, which may have been deleted."""
    return {name: value for name, value in (row or {}).items() if not _is_of_others(name, value)}


def _is_of_others(name: str, value: object) -> bool:
    is_reference = name.endswith("Id") and name not in _PARENT_IDS
    return is_reference or isinstance(value, (dict, list)) or name in _SUMS


_PARENT_IDS = {child.parent_id for child in truth.CHILDREN.values()}
_SUMS = {"total", "uninvoicedTotal"}


def test_no_row_that_stays_is_missing(story: Story) -> None:
    name, (first, _) = story.stream, story.syncs
    assert story.rows.edited
    assert story.rows.deleted
    assert story.rows.created
    untouched = set(story.before[name]) & set(story.after[name]) - story.rows.edited
    brought = set(first.ids(name))
    assert untouched <= brought, f"{len(untouched - brought)} rows are missing"
    assert max(truth.lines(first.rows(name)).values()) == 1, "a row came twice without having changed"
    for each in untouched:
        assert _own(first.last_rows(name)[each]) == _own(story.after[name][each])


def test_what_was_touched_comes_in_that_sync_or_the_next(story: Story) -> None:
    name, (first, second) = story.stream, story.syncs
    ended_up = first.last_rows(name) | second.last_rows(name)
    for each, row in story.after[name].items():
        assert _own(ended_up.get(each)) == _own(row)
    touched = (story.rows.edited | story.rows.created) & set(story.after[name])
    if name in truth.INCREMENTAL:
        assert touched == set(second.ids(name))
        assert len(second.ids(name)) == len(touched)
    else:
        assert set(second.ids(name)) == set(story.after[name])


def test_no_row_of_a_list_is_missing(story: Story) -> None:
    name = story.subject.child
    if name is None:
        pytest.skip("has no list")
    parent_id, keys = truth.CHILDREN[name].parent_id, snapshots.keys(name)
    first, second = (outcome.last_rows(name, *keys) for outcome in story.syncs)
    touched = story.rows.edited | story.rows.created
    for each in set(story.before[name]) & set(story.after[name]):
        row = story.after[name][each]
        if row[parent_id] not in touched:
            assert _own(first.get(each)) == _own(row)
    for each, row in story.after[name].items():
        if row[parent_id] in touched:
            assert _own(second.get(each)) == _own(row), "a list of a row that was touched has to come again"
    if story.stream in truth.INCREMENTAL:
        assert {row[parent_id] for row in second.values()} <= touched
    else:
        assert set(second) == set(story.after[name])


def test_an_edit_before_the_end_is_brought(tmp_path: Path) -> None:
    """Leave the target with the account as it is now, where rows are ordered by their edits alone."""
    with bench(tmp_path, scale=0.3) as one:
        one.tap("--test=credentials").checked()
        meddler = Meddler(one, "Property", 3, ("edit",))
        one.sandbox.before_request = meddler
        outcome = one.tap(streams=["properties"], page_size=PAGE_SIZE).checked()
        after = _by_key(truth.rows(one, "properties"), "properties")
    assert meddler.edited
    assert outcome.last_rows("properties") == after


@pytest.mark.parametrize("stream", SUBJECTS)
def test_deleting_what_was_read_skips_nothing(tmp_path: Path, stream: str) -> None:
    subject = SUBJECTS[stream]
    with bench(tmp_path, scale=0.3) as one:

        def delete(number: int) -> None:
            if number in {3, 5, 6}:
                ordered = sorted(one.sandbox.world().tables[subject.type_name].rows, key=subject.order)
                one.change(op="delete", type=subject.type_name, ids=[row.id for row in ordered[: PAGE_SIZE - 2]])

        one.sandbox.before_request = delete
        outcome = one.tap(streams=[stream], page_size=PAGE_SIZE).checked()
        assert truth.ids(one, stream) <= set(outcome.ids(stream))
