"""Changes to an account between any two requests, drawn by Hypothesis."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from jobber_sandbox.seeding import HISTORY
from jobber_sandbox.timestamps import DAY_SECONDS, iso
from tests.truth.account import BEGIN_SECONDS, Account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobber_sandbox.world import Row
    from tests.truth.account import Time, Truth
    from tests.truth.groups import Group

_YEAR = 365 * DAY_SECONDS
_AGES = (0, 1, 10, 59, 60, 61, 600, 3_600, DAY_SECONDS, _YEAR, _YEAR + 1, 3 * _YEAR, 9 * _YEAR)
"""How long before the test rows were made or changed: many at the same second, many just now."""

_CALENDAR_BEGIN = 1_262_304_000
_CALENDAR = (
    None,
    BEGIN_SECONDS,
    BEGIN_SECONDS - 5 * _YEAR,
    BEGIN_SECONDS + 5 * _YEAR,
    # Where one span of the calendar meets the next, and a second beside it.
    _CALENDAR_BEGIN,
    _CALENDAR_BEGIN + 540 * DAY_SECONDS,
    _CALENDAR_BEGIN + 10 * 540 * DAY_SECONDS,
    _CALENDAR_BEGIN + 10 * 540 * DAY_SECONDS - 1,
    BEGIN_SECONDS + DAY_SECONDS,
)
_PASSING_SECONDS = (0, 0, 0, 1, 1, 5, 20, 61, 400)
_LATE_SECONDS = (0, 1, 50, 50)
"""How long a change may take to be seen by others; less than the margin that the tap leaves."""

_CHANGES_AT_ONCE = (0, 0, 1, 1, 1, 2, 3)

_BELOW = " below"
_KINDS = (
    *["edit"] * 4,
    *["move"] * 2,
    *["create"] * 2,
    *["delete"] * 2,
    *(f"{what} below" for what in ("create", "edit", "delete", "quiet create", "quiet edit", "quiet delete")),
)

_PARENTS = {shape.type_name: shape.parent_name for shape in HISTORY}


@dataclass(frozen=True)
class RowPlan:
    """A row to begin with.

    Args:
        made: Which of the ages it has.
        changed: Which of the ages its last change has.
        hanging: How many rows hang from it.
        place: Where in its list it stands.
    """

    made: int
    changed: int
    hanging: int
    place: int


@dataclass(frozen=True)
class Change:
    """One change.

    Args:
        what: What is done.
        pick: To which row.
        place: Where it goes, or which of the rows that hang from it is meant.
        late_seconds: How long it has taken to be seen.
    """

    what: str
    pick: int
    place: int
    late_seconds: int


@dataclass(frozen=True)
class Step:
    """Changes to an account before a request.

    Args:
        seconds: How much time passes.
        changes: What is changed then.
    """

    seconds: int
    changes: tuple[Change, ...]


def row_plans(seed: object, count: int) -> list[RowPlan]:
    """Rows to begin with; fewer of the same seed are the first of them."""
    chance = random.Random(f"rows {seed}")  # noqa: S311 - it has to be repeatable, not secret
    draw, ages, places = chance.randrange, len(_AGES), len(_CALENDAR) + 1
    return [RowPlan(draw(ages), draw(ages), draw(9), draw(places)) for _ in range(count)]


def steps(seed: object, count: int) -> list[Step]:
    """Return the changes before each request; a smaller number from the same seed is a prefix."""
    chance = random.Random(f"steps {seed}")  # noqa: S311 - as above
    draw, choice, places = chance.randrange, chance.choice, len(_CALENDAR) + 1
    return [
        Step(
            choice(_PASSING_SECONDS),
            tuple(
                Change(choice(_KINDS), draw(13), draw(places), choice(_LATE_SECONDS))
                for _ in range(choice(_CHANGES_AT_ONCE))
            ),
        )
        for _ in range(count)
    ]


def drawn_rows(name: str) -> st.SearchStrategy[list[RowPlan]]:
    """Rows for a test of this name: drawn as a seed, since what Hypothesis draws itself is mostly a list of little."""
    return st.builds(row_plans, _seeds(name), st.integers(8, 14))


def drawn_steps(name: str) -> st.SearchStrategy[list[Step]]:
    """Return steps for a test of this name, drawn in the same way."""
    return st.builds(steps, _seeds(name), st.integers(5, 15))


def _seeds(name: str) -> st.SearchStrategy[str]:
    return st.integers(0, 2**32 - 1).map(lambda seed: f"{name} {seed}")


def populated(time: Time, group: Group, rows: Sequence[RowPlan]) -> Account:
    """Return an account with some rows of a group, and with those that they hang from or show."""
    account = Account(time)
    old = BEGIN_SECONDS - 10 * _YEAR
    for type_name in (*group.above, *group.beside):
        parents: Sequence[Row | None] = (
            account.world.tables[str(_PARENTS.get(type_name))].rows if _hangs(type_name) else (None,)
        )
        if _hangs(type_name) and not parents:
            parents = [account.add(str(_PARENTS[type_name]), old, old, account.world.tables["Client"].rows[0])]
        for index in range(3):
            account.add(type_name, old, old, parents[index % len(parents)])
    for number, plan in enumerate(rows):
        changed = BEGIN_SECONDS - _AGES[plan.changed]
        created = min(changed, BEGIN_SECONDS - _AGES[plan.made])
        parent = _parent(account, group, number)
        row = account.add(group.type_name, created, changed, parent, **_moved(group, plan.place))
        for index, type_name in enumerate(group.hanging):
            for _ in range((plan.hanging, (plan.hanging + plan.place) % 5)[index % 2]):
                account.add(type_name, created, created, row)
    return account


def _hangs(type_name: str) -> bool:
    return _PARENTS.get(type_name) is not None


def _parent(account: Account, group: Group, pick: int) -> Row | None:
    rows = account.world.tables[group.above[-1]].rows if group.above else []
    return rows[pick % len(rows)] if rows else None


def _moved(group: Group, place: int) -> dict[str, Any]:
    """Return the value that puts a row into some place of its list."""
    if group.moves is None:
        return {}
    if group.moves == "name":
        return {"name": "abcba"[place % 5]}
    is_calendar = group.moves == "startAt"
    seconds = _CALENDAR[place % len(_CALENDAR)] if is_calendar else BEGIN_SECONDS - _AGES[place]
    if seconds is None and group.type_name == "TimeSheetEntry":
        seconds = BEGIN_SECONDS
    return {group.moves: None if seconds is None else iso(seconds)}


def drawn(examples: int) -> settings:
    """Return Hypothesis settings: fixed examples in automatic runs, new and shrunk ones in runs by hand."""
    is_by_hand = "TRUTH_EXAMPLES" in os.environ
    return settings(
        max_examples=max(1, examples),
        deadline=None,
        derandomize=not is_by_hand,
        database=None,
        # To find the smallest example takes minutes.
        phases=(Phase.generate, Phase.shrink) if is_by_hand else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Meddler:
    """Lets time pass and changes the account before each request, and writes down what it held at every moment.

    Args:
        account: The account.
        group: Whose rows are changed.
        schedule: What to do before each request; when it is used up, nothing.
    """

    account: Account
    group: Group
    schedule: Sequence[Step] = ()
    history: list[Truth] = field(init=False)

    def __post_init__(self) -> None:
        """Write down what there is to begin with."""
        self.history = [self.account.truth(self.group)]

    def __call__(self, number: int) -> None:
        """Do what is due before a request."""
        if number > len(self.schedule):
            return
        step = self.schedule[number - 1]
        self.account.time.pass_by(step.seconds)
        for change in step.changes:
            self._apply(change)
        if step.changes:
            self.history.append(self.account.truth(self.group))

    def _apply(self, change: Change) -> None:
        stamp = int(self.account.time.server()) - change.late_seconds
        rows = self.account.world.tables[self.group.type_name].rows
        what, place = change.what, change.place
        if what.endswith(_BELOW) and not self.group.others:
            what = ("create", "edit", "delete")[place % 3]
        row = rows[change.pick % len(rows)] if rows else None
        if what == "create" or row is None:
            parent = _parent(self.account, self.group, change.pick)
            self.account.create(self.group.type_name, parent, stamp, **_moved(self.group, place))
        elif what == "delete":
            self.account.delete(row)
        elif what == "edit":
            self.account.edit(row, stamp)
        elif what == "move":
            self.account.edit(row, stamp, **_moved(self.group, place))
        else:
            self._change_below(row, what, place, stamp)

    def _change_below(self, row: Row, what: str, place: int, stamp: int) -> None:
        """Change what a list of a row shows; quietly if the row's own time of change does not follow."""
        type_name = self.group.others[place % len(self.group.others)]
        table = self.account.world.tables[type_name]
        is_below = type_name in self.group.hanging
        shown = table.by_parent.get(row, []) if is_below else table.rows
        is_quiet, what = what.startswith("quiet"), what.removeprefix("quiet ")
        if what.startswith("create") or not shown:
            parent = row if is_below else next((each.parent for each in shown), None)
            if is_below or shown:
                self.account.create(type_name, parent, stamp)
        elif what.startswith("edit"):
            self.account.edit(shown[place % len(shown)], stamp)
        else:
            self.account.delete(shown[place % len(shown)])
        if not is_quiet:
            self.account.edit(row, stamp)
