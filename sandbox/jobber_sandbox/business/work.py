"""Jobs and their visits: planned, put off now and then, and done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import Month, workday, workdays_after
from jobber_sandbox.business.catalogue import line_records, lines_of
from jobber_sandbox.business.chances import likely
from jobber_sandbox.business.clients import note
from jobber_sandbox.business.quotes import convert
from jobber_sandbox.business.sales import Deal, Desk
from jobber_sandbox.business.trades import ContractKind
from jobber_sandbox.facts import Change, Record
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from jobber_sandbox.business.catalogue import Line
    from jobber_sandbox.business.team import Member

_PUT_OFF_SHARE, _UNSCHEDULED_SHARE = 0.08, 0.08
_WAITING_SHARE, _WAITING_WITH_DEPOSIT = 0.08, 0.5
_LATE_DAYS = (0, 0, 1, 1, 2, 3)
_FIRST_MINUTE, _LAST_MINUTE = 8 * 60, 16 * 60
_QUARTER = 15
_YEAR_DAYS = 364
_TWO_PEOPLE_MINUTES = 240
_RENEWED_SHARE = 0.82


@dataclass(frozen=True, eq=False)
class Visit:
    """A visit that takes place.

    Args:
        record: The visit.
        users: Who goes.
        begin: When they are there, in epoch seconds.
        end: When they leave.
        planned_end: When they were to leave.
    """

    record: Record
    users: list[Member]
    begin: int
    end: int
    planned_end: int


@dataclass(frozen=True, eq=False)
class Job:
    """A job.

    Args:
        record: The job.
        deal: What was agreed.
        lines: What it takes, for a job that recurs on each visit.
        line_records: The line items, in the same order.
        visits: Its visits in order.
        closed: When it is over, in epoch seconds.
    """

    record: Record
    deal: Deal
    lines: list[Line]
    line_records: list[Record]
    visits: list[Visit]
    closed: int
    records: list[Record] = field(default_factory=list)

    @property
    def is_recurring(self) -> bool:
        """True if it is a contract."""
        return isinstance(self.deal.kind, ContractKind)


def jobs(desk: Desk, deals: Sequence[Deal], chance: random.Random) -> list[Job]:
    """Return the jobs that deals lead to."""
    return [_job(desk, deal, deal.agreed, chance) for deal in deals if deal.agreed is not None]


def renewals(desk: Desk, ended: Sequence[Job], month: Month, chance: random.Random) -> list[Job]:
    """Return the contracts that follow on those which have ended."""
    calendar = desk.setting.calendar
    found = []
    for job in ended:
        if not likely(_RENEWED_SHARE, chance):
            continue
        day = workday(month.first + timedelta(days=chance.randrange(15)))
        agreed = calendar.at(day, chance.randrange(9 * 60, 16 * 60))
        lines = lines_of(desk.setting, desk.catalogue, job.deal.kind.items, day.year, chance)
        deal = Deal(job.deal.client, job.deal.place, job.deal.kind, lines, agreed, job.deal.seller)
        found.append(_job(desk, deal, agreed, chance))
    return found


def renewal_month(desk: Desk, job: Job) -> Month | None:
    """Return the month in which a contract may be renewed: before its season, or when its year is over."""
    kind = job.deal.kind
    if not isinstance(kind, ContractKind):
        return None
    last = desk.setting.calendar.month_of(job.closed)
    if not kind.is_seasonal:
        return last.after(1)
    ahead = (kind.first_month - last.month) % 12 - 1
    return last.after(max(1, ahead))


def _job(desk: Desk, deal: Deal, agreed: int, chance: random.Random) -> Job:
    setting = desk.setting
    created = setting.calendar.in_office(agreed + chance.randrange(5, 240) * 60 + _wait_seconds(deal, chance))
    if deal.quote is not None:
        convert(deal.quote, created)
    deal.client.record.at(created, isLead=False)
    kind, is_contract = deal.kind, isinstance(deal.kind, ContractKind)
    record = Record(
        "Job",
        created,
        deal.place,
        title=kind.title,
        client=deal.client.record,
        property=deal.place,
        quote=deal.quote,
        request=deal.request,
        salesperson=deal.seller.record,
        jobType="RECURRING" if is_contract else "ONE_OFF",
        billingType="VISIT_BASED" if is_contract else "FIXED_PRICE",
        instructions=chance.choice(setting.trade.notes),
        defaultVisitTitle=kind.title,
        source="HOME" if deal.quote is None else "CLIENT",
        completedAt=None,
        billing="PERIODIC" if is_contract else "ON_COMPLETION",
        arrivalWindow=None,
        bookingConfirmationSentAt=None,
        nextDateToSendReviewSms=None,
        willClientBeAutomaticallyCharged=False,
    )
    items = line_records("JobLineItem", record, created, deal.lines)
    visits = _visits(desk, deal, record, created, chance)
    closed = visits[-1].end + chance.choice((600, 3_600, 7_200, DAY_SECONDS))
    record.at(closed, completedAt=iso(closed))
    records = [record, *items, *(visit.record for visit in visits)]
    if likely(0.35, chance):
        author = visits[0].users[0]
        records.append(note("JobNote", record, visits[0].end, chance.choice(setting.trade.notes), author))
    return Job(record, deal, deal.lines, items, visits, closed, records)


def _wait_seconds(deal: Deal, chance: random.Random) -> int:
    """Return how long a quote that was approved waits for its job: some wait for weeks, more if a deposit is paid."""
    if deal.quote is None or not likely(_WAITING_WITH_DEPOSIT if deal.deposit_cents else _WAITING_SHARE, chance):
        return 0
    return chance.randrange(5, 70) * DAY_SECONDS


def _visits(desk: Desk, deal: Deal, job: Record, created: int, chance: random.Random) -> list[Visit]:
    calendar = desk.setting.calendar
    days = _days(desk, deal, created, chance)
    minute = chance.randrange(_FIRST_MINUTE, max(_FIRST_MINUTE + 1, _LAST_MINUTE - deal.kind.minutes), _QUARTER)
    starts = [calendar.at(day, minute) for day in days]
    is_unscheduled = not isinstance(deal.kind, ContractKind) and likely(_UNSCHEDULED_SHARE, chance)
    found = []
    for index, start in enumerate(starts):
        crew = _crew(desk.team, start, deal.kind.minutes, chance)
        visit = _visit(deal, job, created, start, crew, chance, calendar_day=days[index], desk=desk)
        visit.record.facts["isLastScheduledVisit"] = index == len(starts) - 1
        if is_unscheduled:
            _schedule_later(visit.record, created + (starts[0] - created) // 2)
        found.append(visit)
    begin = starts[0]
    span: dict[str, Any] = {"startAt": iso(begin), "endAt": iso(max(visit.planned_end for visit in found))}
    if is_unscheduled:
        job.facts.update(startAt=None, endAt=None)
        job.at(created + (begin - created) // 2, **span)
    else:
        job.facts.update(span)
    job.facts["crew"] = [member.record for member in found[0].users]
    return found


def _days(desk: Desk, deal: Deal, created: int, chance: random.Random) -> list[date]:
    """Return the days on which a job is visited."""
    calendar, kind = desk.setting.calendar, deal.kind
    today = calendar.day_of(created)
    if not isinstance(kind, ContractKind):
        day = workdays_after(today, chance.randrange(1, 13))
        days = [day]
        for _ in range(chance.choice(kind.visits) - 1):
            days.append(workdays_after(days[-1], 1))
        return days
    first, last = today + timedelta(days=7), today + timedelta(days=_YEAR_DAYS)
    if kind.is_seasonal:
        first, last = _season(kind, first)
    first = workday(first + timedelta(days=chance.randrange(5)))
    step = timedelta(weeks=kind.weeks)
    days = [first]
    while days[-1] + step <= last:
        days.append(days[-1] + step)
    return days


def _season(kind: ContractKind, earliest: date) -> tuple[date, date]:
    """Return the rest of the present season, or the next one."""
    length = (kind.last_month - kind.first_month) % 12
    for year in (earliest.year - 1, earliest.year, earliest.year + 1):
        opening = Month(year, kind.first_month)
        closing = opening.after(length + 1).first - timedelta(days=1)
        if closing - earliest > timedelta(days=30):
            return max(earliest, opening.first), closing
    msg = "a season begins within two years"
    raise AssertionError(msg)


def _crew(team: Sequence[Member], start: int, minutes: int, chance: random.Random) -> list[Member]:
    crew = [member for member in team if member.role == "crew" and member.works_at(start)]
    size = 2 if minutes >= _TWO_PEOPLE_MINUTES and len(crew) > 1 else 1
    return chance.sample(crew, size)


def _visit(  # noqa: PLR0913, PLR0917 a visit says all of this
    deal: Deal,
    job: Record,
    created: int,
    start: int,
    crew: list[Member],
    chance: random.Random,
    *,
    calendar_day: date,
    desk: Desk,
) -> Visit:
    minutes = deal.kind.minutes
    record = Record(
        "Visit",
        created,
        job,
        client=deal.client.record,
        property=deal.place,
        title=deal.kind.title,
        instructions=None,
        startAt=iso(start),
        endAt=iso(start + minutes * 60),
        duration=minutes,
        allDay=False,
        completedAt=None,
        completedBy=None,
        isComplete=False,
        createdBy=deal.seller.record,
        assignedUsers=[member.record for member in crew],
        invoice=None,
        isDefaultTitle=True,
        arrivalWindow=None,
        overrideOrder=None,
        routingOrder=None,
        incompleteJobFormsCount=0,
        teamReminderOffset=None,
    )
    if likely(_PUT_OFF_SHARE, chance):
        calendar, late_days = desk.setting.calendar, chance.choice(_LATE_DAYS)
        noticed = calendar_day + timedelta(days=late_days)
        moved = calendar.at(noticed, 7 * 60 if late_days else 18 * 60)
        start = calendar.at(workdays_after(noticed, 1), _FIRST_MINUTE + chance.randrange(16) * _QUARTER)
        record.at(moved, startAt=iso(start), endAt=iso(start + minutes * 60))
    begin = start + chance.randrange(-10, 25) * 60
    end = begin + int(minutes * 60 * chance.uniform(0.75, 1.3)) // 60 * 60
    record.at(end, isComplete=True, completedAt=iso(end), completedBy=crew[0].name)
    return Visit(record, crew, begin, end, start + minutes * 60)


def _schedule_later(visit: Record, moment: int) -> None:
    """Let a visit have no time until a moment."""
    times = {name: visit.facts[name] for name in ("startAt", "endAt")}
    visit.facts.update(startAt=None, endAt=None)
    visit.changes.insert(0, Change(max(moment, visit.created), times, touch=True))
