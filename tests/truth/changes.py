"""What may happen to an account between any two requests, as Hypothesis draws it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tap_jobber.sandbox.business import HISTORY
from tap_jobber.sandbox.stamps import DAY_SECONDS, iso
from tests.truth.account import BEGIN_SECONDS, Account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.sandbox.world import Row
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
_PASSING_SECONDS = (0, 0, 1, 20, 61, 400)
_LATE_SECONDS = (0, 0, 1, 40)
"""How long a change may take to be seen by others; less than the margin that the tap leaves."""

_BELOW = " below"
_KINDS = (
    "edit",
    "edit",
    "move",
    "create",
    "delete",
    "delete",
    "delete",
    *(f"{what} below" for what in ("create", "edit", "delete", "quiet create", "quiet edit", "quiet delete")),
)

_PARENTS = {shape.type_name: shape.parent_name for shape in HISTORY}

Row4 = tuple[int, int, int, int]
Change = tuple[int, int, int, int]
Step = tuple[int, list[Change]]

ROWS = st.lists(
    st.tuples(
        st.integers(0, len(_AGES) - 1), st.integers(0, len(_AGES) - 1), st.integers(0, 8), st.integers(0, len(_CALENDAR))
    ),
    min_size=5,
    max_size=14,
)
"""The rows of the root: when made, when changed, how many rows hang from it, and its place."""

_CHANGE = st.tuples(st.integers(0, len(_KINDS) - 1), st.integers(0, 12), st.integers(0, len(_CALENDAR)), st.integers(0, 3))
SCHEDULE = st.lists(
    st.tuples(st.integers(0, len(_PASSING_SECONDS) - 1), st.lists(_CHANGE, max_size=2)), min_size=5, max_size=18
)
"""What happens before each request: how much time passes, and what is changed."""


def populated(time: Time, group: Group, rows: Sequence[Row4]) -> Account:
    """An account with some rows of a group, and with those that they hang from or show."""
    account = Account(time)
    old = BEGIN_SECONDS - 10 * _YEAR
    for type_name in (*group.above, *group.beside):
        parents: Sequence[Row | None] = account.world.tables[str(_PARENTS.get(type_name))].rows if _hangs(type_name) else (None,)
        if _hangs(type_name) and not parents:
            parents = [account.add(str(_PARENTS[type_name]), old, old, account.world.tables["Client"].rows[0])]
        for index in range(3):
            account.add(type_name, old, old, parents[index % len(parents)])
    for number, (made, changed, hanging, place) in enumerate(rows):
        created = BEGIN_SECONDS - max(_AGES[made], _AGES[changed])
        row = account.add(
            group.type_name, created, BEGIN_SECONDS - _AGES[changed], _parent(account, group, number), **_moved(group, place)
        )
        for index, type_name in enumerate(group.hanging):
            for _ in range((hanging, (hanging + place) % 5)[index % 2]):
                account.add(type_name, created, created, row)
    return account


def _hangs(type_name: str) -> bool:
    return _PARENTS.get(type_name) is not None


def _parent(account: Account, group: Group, pick: int) -> Row | None:
    rows = account.world.tables[group.above[-1]].rows if group.above else []
    return rows[pick % len(rows)] if rows else None


def _moved(group: Group, place: int) -> dict[str, Any]:
    """The value that puts a row into some place of its list."""
    if group.moves is None:
        return {}
    if group.moves == "name":
        return {"name": "abcba"[place % 5]}
    is_calendar = group.moves == "startAt"
    seconds = _CALENDAR[place % len(_CALENDAR)] if is_calendar else BEGIN_SECONDS - _AGES[place]
    if seconds is None and group.type_name == "TimeSheetEntry":
        seconds = BEGIN_SECONDS
    return {group.moves: None if seconds is None else iso(seconds)}


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
        passing, changes = self.schedule[number - 1]
        self.account.time.pass_by(_PASSING_SECONDS[passing])
        for change in changes:
            self._apply(*change)
        if changes:
            self.history.append(self.account.truth(self.group))

    def _apply(self, kind: int, pick: int, place: int, late: int) -> None:
        stamp = int(self.account.time.server()) - _LATE_SECONDS[late]
        rows = self.account.world.tables[self.group.type_name].rows
        what = _KINDS[kind]
        if what.endswith(_BELOW) and not self.group.others:
            what = "delete"
        if not rows:
            what = "create"
        if what == "create":
            parent = _parent(self.account, self.group, pick)
            self.account.create(self.group.type_name, parent, stamp, **_moved(self.group, place))
        elif what == "delete":
            self.account.delete(rows[pick % len(rows)])
        elif what in {"edit", "move"}:
            moved = _moved(self.group, place) if what == "move" else {}
            self.account.edit(rows[pick % len(rows)], stamp, **moved)
        else:
            self._change_below(rows[pick % len(rows)], what, place, stamp)

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
