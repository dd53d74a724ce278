"""Items of the calendar: visits, tasks, assessments and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_jobber.extraction.calendar_filter import choose_filter
from tap_jobber.extraction.source import CREATED, Order, Stamp, ascending
from tap_jobber.extraction.windows import LONGEST_SPAN_SECONDS
from tap_jobber.graphql.derive import derive, id_field
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import Fragment, Selection
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.look_back import lookback
from tap_jobber.streams.root_stream import RootStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.walk import Walk
    from tap_jobber.extraction.walk_events import Found, Reached
    from tap_jobber.streams.protocols import WalkedStream

# Where it stands in the calendar, then what is new by itself.
_LOOKBACK_FILTERS = ("startAt", "createdAt", "completedAt")


class Visits(RootStream):
    """Visits of jobs, past, coming and unscheduled. They have no time of change."""

    name = "visits"
    root = "visits"
    scope = "read_scheduled_items"
    order = ascending("CREATED_AT")
    stamp = CREATED

    lookback_filters = _LOOKBACK_FILTERS
    alike = ("job", "visits")

    @override
    def events(
        self, walk: Walk, fetcher: PageFetcher, streams: Mapping[str, WalkedStream]
    ) -> Iterator[Found | Reached]:
        """Read all visits, or with a look-back, for streams that have had all, those that may have changed."""
        if self.lookback_days is None or self.is_resynced:
            yield from super().events(walk, fetcher, streams)
            return
        now = walk.certain_seconds()
        walk.begin_seconds = self.start_seconds
        begun = {name: since for name, stream in streams.items() if (since := stream.bookmark.value) is not None}
        new = {name: stream for name, stream in streams.items() if name not in begun}
        if new:
            for stream in new.values():
                stream.begin()
            yield from self.history(walk, new)
        if begun:
            for name in begun:
                streams[name].begin_partial()
            since = min(begun.values())
            # From the last run, where that is longer ago: what has been edited since lies as far behind it.
            yield from walk.recent(lookback(self, min(now, since), since), begun)
        for name in walk.left(streams):
            streams[name].bookmark.move_to("createdAt", now)


class VisitAssignedUsers(ChildStream):
    """Which users are assigned to which visits."""

    name = "visit_assigned_users"
    parent = Visits
    list_field = "assignedUsers"


class VisitLineItems(ChildStream):
    """Line items of visits."""

    name = "visit_line_items"
    home_of = ()
    parent = Visits
    list_field = "lineItems"


class VisitNotes(ChildStream):
    """Notes that are shown on visits: those of their jobs and what these show."""

    name = "visit_notes"
    home_of = ()
    parent = Visits
    list_field = "notes"
    selected_by_default = False


class Tasks(RootStream):
    """Tasks, which may belong to a client, a request or a quote. They show no stamp of their own."""

    name = "tasks"
    root = "tasks"
    scope = "read_scheduled_items"
    order = ascending("START_AT", place="startAt")
    stamp = Stamp("createdAt", None)
    lookback_filters = _LOOKBACK_FILTERS


class TaskAssignedUsers(ChildStream):
    """Which users are assigned to which tasks."""

    name = "task_assigned_users"
    parent = Tasks
    list_field = "assignedUsers"


class WorkObjectTasks(RootStream):
    """Tasks of requests and quotes."""

    name = "work_object_tasks"
    home_of = ()
    root = "workObjectTasks"
    selected_by_default = False


def _filters(kind: str) -> tuple[str, str]:
    """Return the filters on one kind of item, of everyone and of no one: for all items, and for scheduled ones.

    By the schema's text `ALL` also stands for what is not scheduled, and `ASSIGNMENTS` for what is not assigned too.
    """
    of_kind = f"scheduleItemType: {kind}, includeUnassigned: true, schedulingAspects:"
    return f"{of_kind} [ALL]", f"{of_kind} [ASSIGNMENTS, UNASSIGNED]"


_ITEM = "ScheduledItemInterface"


class _CalendarItems(RootStream):
    """One kind of item of the calendar, whose root field is the only way to it."""

    root = "scheduledItems"
    scope = "read_scheduled_items"
    order = Order("", place="startAt")
    stamp = Stamp("occursWithin", None, span_seconds=LONGEST_SPAN_SECONDS, may_go_back=True)
    needed_filters = ("scheduleItemType",)
    kind: str

    @classmethod
    @override
    def node_type(cls) -> str:
        """Return the kind of item that a row is."""
        return cls.kind

    @classmethod
    @override
    def full_selection(cls) -> Selection:
        """Return all fields of the kind, as a fragment on the interface that the root field lists."""
        key = id_field(read_schema(), _ITEM)
        return Selection(_ITEM, (key, Fragment(derive(read_schema(), cls.kind))))

    @override
    def history(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all items, with a filter that has proved to show them."""
        choose_filter(walk)
        yield from super().history(walk, streams)


class Assessments(_CalendarItems):
    """Assessments of requests, past, coming and unscheduled."""

    name = "assessments"
    kind = "Assessment"
    fixed_filter, scheduled_filter = _filters("ASSESSMENT")


class AssessmentAssignedUsers(ChildStream):
    """Which users are assigned to which assessments."""

    name = "assessment_assigned_users"
    parent = Assessments
    list_field = "assignedUsers"


class Events(_CalendarItems):
    """Events in the calendar, past and coming."""

    name = "events"
    kind = "Event"
    fixed_filter, scheduled_filter = _filters("EVENT")


class EventAssignedUsers(ChildStream):
    """Which users are assigned to which events."""

    name = "event_assigned_users"
    parent = Events
    list_field = "assignedUsers"
