"""Time sheet entries summed up, by job and by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.generators import read, row_of
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from jobber_sandbox.world import Node, World

_GROUP, _DAY = salt_of("time sheet group"), salt_of("time sheet day")
_MANY_SECONDS = 16 * 3_600
_DATE = slice(10)
_ENTRIES = "entries"


def _by_user(world: World) -> dict[str, list[Row]]:
    """Return all entries by the id of their user; made anew after a change."""
    key = "time sheet entries by user"
    found: dict[str, list[Row]] | None = world.cache.get(key)
    if found is None:
        found = {}
        for entry in world.tables["TimeSheetEntry"].rows:
            user = read(entry, "user")
            if user is not None:
                found.setdefault(user.id, []).append(entry)
        world.cache[key] = found
    return found


def groups(world: World, arguments: Mapping[str, Any]) -> Sequence[Node]:
    """Return the entries of a user in a span of days, both ends included, as one group for each job."""
    asked = arguments["filter"]
    user = world.find("User", asked["userId"])
    if user is None:
        return ()
    by_job: dict[Row | None, list[Row]] = {}
    for entry in _within(user, asked):
        by_job.setdefault(read(entry, "job"), []).append(entry)
    return [_group(user, job, entries) for job, entries in by_job.items()]


def _within(user: Row, asked: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the entries of a user that are asked for: in a span of days, and of some jobs if any are named."""
    first, last = asked["startDate"][_DATE], asked["endDate"][_DATE]
    for entry in _by_user(user.world).get(user.id, ()):
        job = read(entry, "job")
        is_asked = not asked.get("jobIds") or (job is not None and job.id in asked["jobIds"])
        if is_asked and first <= _date(entry) <= last:
            yield entry


def _group(user: Row, job: Row | None, entries: Sequence[Row]) -> Part:
    given = {
        "byJob": job,
        "name": f"Job #{read(job, 'jobNumber')}" if job is not None else "General",
        "totalDuration": _seconds(entries),
        _ENTRIES: entries,
    }
    return Part("TimeSheetEntryGroup", user, _GROUP + (job.number if job is not None else 0), given)


def _days_of_group(node: Node, _arguments: Mapping[str, Any]) -> list[Part]:
    return _days(node, (node.changes or {}).get(_ENTRIES, ()))


def _days_of_user(node: Node, arguments: Mapping[str, Any]) -> list[Part]:
    return _days(node, _within(row_of(node), arguments))


def _days(owner: Node, entries: Iterable[Row]) -> list[Part]:
    """Return the days of some entries, in order."""
    by_day: dict[str, list[Row]] = {}
    for entry in entries:
        by_day.setdefault(_date(entry), []).append(entry)
    return [_day(owner, date, of_day) for date, of_day in sorted(by_day.items())]


def _day(owner: Node, date: str, entries: Sequence[Row]) -> Part:
    seconds = _seconds(entries)
    given = {
        "date": date,
        "hoursStatus": "ABNORMALLY_HIGH" if seconds > _MANY_SECONDS else "NORMAL",
        "totalDuration": seconds,
        "totalUnpaidDuration": _seconds(entry for entry in entries if not read(entry, "payable")),
    }
    return Part("TimeSheetUserDay", owner, _DAY + int(date.replace("-", "")), given)


def _seconds(entries: Iterable[Row]) -> int:
    return sum(int(read(entry, "finalDuration")) for entry in entries)


def _date(entry: Row) -> str:
    return str(read(entry, "startAt"))[_DATE]


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "TimeSheetEntryGroup": {"timeSheetsByDay": _days_of_group},
    "User": {"timeSheetsByDay": _days_of_user},
}
