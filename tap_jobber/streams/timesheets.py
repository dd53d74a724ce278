"""Time sheets as Jobber sums them up: per user, month and job, with the days of each.

The API sums up one user and one span of dates at a time, so users are listed first, then the months in which each has
entries. A span of dates includes its last day, as far as is known. (Source: the names and types of the filter.)
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_jobber.api.transport import Query
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.page_parsing import read_stamp
from tap_jobber.extraction.source import Part
from tap_jobber.extraction.walk import Walk
from tap_jobber.graphql.text import literal
from tap_jobber.graphql.tree import among
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.streams.team import Users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.walk_events import Found, Reached
    from tap_jobber.streams.protocols import WalkedStream

_DAY = dt.timedelta(days=1)
_USERS_PER_QUERY = 25
# Of each user the first and the last entry: a list of one with its stamp, each at the most.
_POINTS_PER_USER = 2 * 4
_ADDED: dict[str, Any] = {
    "userId": {"type": "string", "description": "The id of the user whose time it is."},
    "startDate": {"type": "string", "format": "date", "description": "The first day of the month."},
}
Month = tuple[dt.date, dt.date]


class TimeSheetGroups(RootStream):
    """Hours per user, month and job."""

    name = "time_sheet_groups"
    root = "timeSheetEntriesByGroup"
    scope = "read_time_sheets"
    selected_by_default = False
    has_second_look = False
    can_be_resynced = False
    needed_filters = ("userId", "startDate", "endDate")

    def __init__(self, tap: Any) -> None:  # noqa: ANN401 - as the SDK calls it
        super().__init__(tap)
        # Whether a group has the same id in each month is not known.
        self.primary_keys = (*_ADDED, "id")

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row: whose month it is, then the group."""
        own = super().derived_schema()
        return {**own, "properties": _ADDED | own["properties"], "required": [*_ADDED, "id"]}

    @override
    def events(
        self, walk: Walk, fetcher: PageFetcher, streams: Mapping[str, WalkedStream]
    ) -> Iterator[Found | Reached]:
        """Yield the groups of each user, month by month."""
        for stream in streams.values():
            stream.begin()
        for user_id, month in self._months(fetcher):
            first, last = month
            span = f'userId: {literal(user_id)}, startDate: "{first}", endDate: "{last}"'
            fetcher.filter_by(span)
            for found in walk.whole():
                of_group = found.node if found.parent is None else found.parent
                of_group |= {"userId": user_id, "startDate": first.isoformat()}
                yield found

    def _months(self, fetcher: PageFetcher) -> Iterator[tuple[str, Month]]:
        """Yield each user with each month from their first entry to their last."""
        ids = [found.node["id"] for found in self._users(fetcher)]
        for begin in range(0, len(ids), _USERS_PER_QUERY):
            some = ids[begin : begin + _USERS_PER_QUERY]
            points = _POINTS_PER_USER * len(some)
            query = Query(f"{self.name}_spans", _spans(self.name, some), {}, points, label=self.name)
            answer = fetcher.extraction.execute(query, self.usage)
            fetcher.note_hidden(answer)
            for index, user_id in enumerate(some):
                # Where the entries of a user are hidden, the list is null.
                ends = [(answer.data.get(f"{alias}{index}") or {"nodes": []})["nodes"] for alias in "fl"]
                days = [_date(read_stamp(node, "startAt", self.name)) for nodes in ends for node in nodes]
                # The account's days are not those of UTC.
                for month in _months_of(min(days) - _DAY, max(days) + _DAY) if days else ():
                    if self.start_seconds is None or month[1] >= _date(self.start_seconds):
                        yield user_id, month

    def _users(self, fetcher: PageFetcher) -> Iterator[Found]:
        users: Any = self.tap.streams[Users.name]
        bare = Part(Users.name, users.full_selection().where(among(users.required)))
        return Walk(PageFetcher(fetcher.extraction, users.source, self.usage), bare, bare).whole()


class TimeSheetGroupDays(ChildStream):
    """Hours per user, day and job, with what has become of them."""

    name = "time_sheet_group_days"
    parent = TimeSheetGroups
    list_field = "timeSheetsByDay"
    selected_by_default = False

    def __init__(self, tap: Any) -> None:  # noqa: ANN401 - as the SDK calls it
        super().__init__(tap)
        self.primary_keys = (*_ADDED, *self._keys())

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row: whose month it is, then the group and the day."""
        own = super().derived_schema()
        return {**own, "properties": _ADDED | own["properties"], "required": [*_ADDED, *own["required"]]}

    @cached_property
    @override
    def row_of(self) -> Callable[[Node, Node], dict[str, Any]]:
        """The function that makes a row of a day and its group."""
        make = super().row_of
        return lambda node, parent: {name: parent[name] for name in _ADDED} | make(node, parent)


def _spans(name: str, user_ids: Sequence[str]) -> str:
    """Return a query for the first and the last entry of some users."""
    asked = " ".join(
        f"{alias}{index}: timeSheetEntries(first: 1, filter: {{assignedTo: {literal(user_id)}}}, "
        f"sort: {{field: START_AT, direction: {direction}}}) {{ nodes {{ startAt }} }}"
        for index, user_id in enumerate(user_ids)
        for alias, direction in (("f", "ASCENDING"), ("l", "DESCENDING"))
    )
    return f"query {name}_spans {{ {asked} }}"


def _months_of(first: dt.date, last: dt.date) -> Iterator[Month]:
    """Yield the first and the last day of each month of a span."""
    begin = first.replace(day=1)
    while begin <= last:
        following = (begin + 31 * _DAY).replace(day=1)
        yield begin, following - _DAY
        begin = following


def _date(seconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).date()
