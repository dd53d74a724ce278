"""Visits, assessments, tasks and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.generators import above, below, one_in, read, row_of
from jobber_sandbox.timestamps import DAY_SECONDS, iso
from jobber_sandbox.world import Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.world import Node

_START, _TEAM = salt_of("item start"), salt_of("team")
_MINUTES = (30, 60, 90, 120, 240)
_AHEAD_SECONDS = 120 * DAY_SECONDS
_QUARTER_SECONDS = 900

_unscheduled = one_in("unscheduled", 15)
_unfinished = one_in("unfinished", 12)
_stands_alone = one_in("stands alone", 3)


def start_seconds(node: Node) -> int | None:
    """Return the start of an item in epoch seconds: soon after its creation, or up to some months ahead."""
    if _unscheduled(node):
        return None
    start = node.created + node.roll(_START) % _AHEAD_SECONDS
    return start - start % _QUARTER_SECONDS


def _start(node: Node) -> str | None:
    start = start_seconds(node)
    return None if start is None else iso(start)


def _duration(node: Node) -> int | None:
    return None if _unscheduled(node) else _MINUTES[node.roll(_START) % len(_MINUTES)]


def _end(node: Node) -> str | None:
    start = start_seconds(node)
    return None if start is None else iso(start + 60 * _MINUTES[node.roll(_START) % len(_MINUTES)])


def _is_complete(node: Node) -> bool:
    start = start_seconds(node)
    return start is not None and start < node.world.now and not _unfinished(node)


def _completed(node: Node) -> str | None:
    start = start_seconds(node)
    if start is None or not read(node, "isComplete"):
        return None
    return iso(min(node.world.now, start + 5_400))


def _visit_status(node: Node) -> str:
    start, now = start_seconds(node), node.world.now
    if read(node, "isComplete"):
        return "COMPLETED"
    if start is None:
        return "UNSCHEDULED"
    if start // DAY_SECONDS == now // DAY_SECONDS:
        return "TODAY"
    return "LATE" if start < now else "UPCOMING"


def team(node: Node, _arguments: Mapping[str, Any]) -> Sequence[Row]:
    """Return the assigned users: none, one or a few."""
    users = node.world.tables["User"]
    roll = node.roll(_TEAM)
    found = (users.pick(roll >> 8 * index) for index in range(roll % 4))
    return list({user.number: user for user in found if user is not None}.values())


def _job_line_items(node: Node, arguments: Mapping[str, Any]) -> Sequence[Row]:
    job = row_of(node).parent
    items = below(job, "JobLineItem") if job else ()
    if arguments.get("quantityFilter", "ONLY_NON_ZERO") == "ALL":
        return items
    return [item for item in items if read(item, "quantity") > 0]


ITEM: Mapping[str, Callable[[Node], Any]] = {
    "completedAt": _completed,
    "duration": _duration,
    "endAt": _end,
    "isComplete": _is_complete,
    "startAt": _start,
}
VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Visit": {
        **ITEM,
        "client": above("Client"),
        "property": above("Property"),
        "time": lambda node: read(node, "startAt"),
        "visitStatus": _visit_status,
    },
    "Assessment": {**ITEM, "client": above("Client")},
    "Task": {
        **ITEM,
        "client": lambda node: None if _stands_alone(node) else row_of(node).ancestor("Client"),
        "property": lambda node: None if _stands_alone(node) else row_of(node).ancestor("Property"),
    },
    "Event": {
        **ITEM,
        "client": lambda node: None if _stands_alone(node) else row_of(node).ancestor("Client"),
        "property": lambda node: None if _stands_alone(node) else row_of(node).ancestor("Property"),
    },
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "Visit": {"assignedUsers": team, "lineItems": _job_line_items},
    "Assessment": {"assignedUsers": team},
    "Task": {"assignedUsers": team},
    "Event": {"assignedUsers": team},
}
