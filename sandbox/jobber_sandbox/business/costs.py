"""Costs of work: the time sheets of those who did it, and expenses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import workday
from jobber_sandbox.business.chances import likely, some
from jobber_sandbox.facts import Record
from jobber_sandbox.timestamps import iso

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.business.team import Member
    from jobber_sandbox.business.work import Job, Visit

_FORGOTTEN_SHARE, _EXPENSE_SHARE = 0.04, 0.4
_GENERAL = (
    ("Travel", "DRIVING"),
    ("Shop time", "GENERAL"),
    ("Training", "GENERAL"),
    ("Picking up supplies", "SUPPLIES"),
)
_OVERHEAD = (("Fuel", 60, 140), ("Phones", 80, 120), ("Small tools", 25, 180), ("Vehicle repair", 120, 700))
_PAID_BY_FIRM_SHARE, _GENERAL_A_MONTH = 0.8, 1.2


def time_sheets(setting: Setting, team: Sequence[Member], jobs: Sequence[Job], chance: random.Random) -> list[Record]:
    """Return an entry for everyone on each visit, except for those who forgot."""
    return [
        _entry_of_visit(setting, team, job, visit, member)
        for job in jobs
        for visit in job.visits
        for member in visit.users
        if not likely(_FORGOTTEN_SHARE, chance)
    ]


def _entry_of_visit(setting: Setting, team: Sequence[Member], job: Job, visit: Visit, member: Member) -> Record:
    entry = _entry(
        setting,
        team,
        member,
        visit.begin,
        visit.end,
        visit.record,
        visit=visit.record,
        job=job.record,
        client=job.deal.client.record,
        targetItem=visit.record,
        label=job.deal.kind.title,
        timeSheetCategory=None,
    )
    entry.facts["note"] = None
    return entry


def general_time(setting: Setting, team: Sequence[Member], month: Month, chance: random.Random) -> list[Record]:
    """Return the entries of a month that belong to no visit."""
    calendar, found = setting.calendar, []
    for member in team:
        if member.role != "crew" or not member.works_at(calendar.at(month.first)):
            continue
        for _ in range(some(_GENERAL_A_MONTH, chance)):
            day = workday(month.first + timedelta(days=chance.randrange(month.days - 2)))
            begin = calendar.at(day, 16 * 60 + chance.randrange(60))
            label, category = chance.choice(_GENERAL)
            facts = dict.fromkeys(("visit", "job", "client", "targetItem", "note"))
            end = begin + chance.randrange(20, 120) * 60
            found.append(
                _entry(setting, team, member, begin, end, None, label=label, timeSheetCategory=category, **facts)
            )
    return found


def _entry(  # noqa: PLR0913, PLR0917 an entry says all of this
    setting: Setting,
    team: Sequence[Member],
    member: Member,
    begin: int,
    end: int,
    parent: Record | None,
    **facts: Any,
) -> Record:
    entry = Record(
        "TimeSheetEntry",
        begin,
        parent,
        user=member.record,
        startAt=iso(begin),
        endAt=None,
        ticking=True,
        finalDuration=0,
        duration=0,
        labourRate=member.hourly_cents / 100,
        payable=True,
        approved=False,
        approvedBy=None,
        paidBy=None,
        **facts,
    )
    entry.at(end, endAt=iso(end), ticking=False, finalDuration=end - begin, duration=end - begin)
    day = setting.calendar.day_of(end)
    monday = day + timedelta(days=7 - day.weekday())
    office = next(other for other in team if other.role == "office")
    entry.at(setting.calendar.at(monday, 9 * 60), approved=True, approvedBy=office.record)
    return entry


def expenses(setting: Setting, jobs: Sequence[Job], chance: random.Random) -> list[Record]:
    """Return what was bought for jobs; what a catalogue's item costs is not among it."""
    found = []
    for job in jobs:
        if job.is_recurring or not likely(_EXPENSE_SHARE, chance):
            continue
        visit = chance.choice(job.visits)
        worth = sum(line.total_cents for line in job.lines)
        cents = max(500, int(worth * chance.uniform(0.02, 0.12)))
        buyer = visit.users[0]
        found.append(
            _expense(setting, buyer, visit.end, chance.choice(setting.trade.materials), cents, job.record, chance)
        )
    return found


def overhead(setting: Setting, team: Sequence[Member], month: Month, chance: random.Random) -> list[Record]:
    """Return the expenses of a month that belong to no job."""
    calendar, found = setting.calendar, []
    for _ in range(some(3.5 * min(1.0, setting.scale) + 1.5 * max(0.0, setting.scale - 1), chance)):
        day = workday(month.first + timedelta(days=chance.randrange(month.days - 2)))
        moment = calendar.at(day, chance.randrange(9 * 60, 17 * 60))
        buyer = chance.choice([member for member in team if member.works_at(moment)])
        title, low, high = chance.choice(_OVERHEAD)
        found.append(_expense(setting, buyer, moment, title, chance.randrange(low * 100, high * 100), None, chance))
    return found


def _expense(  # noqa: PLR0913, PLR0917 an expense says all of this
    setting: Setting,
    buyer: Member,
    moment: int,
    title: str,
    cents: int,
    job: Record | None,
    chance: random.Random,
) -> Record:
    return Record(
        "Expense",
        moment,
        title=title,
        description=f"{title}, receipt {chance.randrange(1_000, 100_000)}",
        date=setting.midnight_utc(setting.calendar.day_of(moment)),
        total=cents / 100,
        linkedJob=job,
        enteredBy=buyer.record,
        paidBy=buyer.record,
        reimbursableTo=None if likely(_PAID_BY_FIRM_SHARE, chance) else buyer.record,
    )
