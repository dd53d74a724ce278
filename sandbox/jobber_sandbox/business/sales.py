"""Deals: requests and assessments, and those of them that become quotes and work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from jobber_sandbox.business.calendar import workday, workdays_after
from jobber_sandbox.business.catalogue import Line, line_records, lines_of, total_cents
from jobber_sandbox.business.chances import likely
from jobber_sandbox.business.clients import note
from jobber_sandbox.business.quotes import answer, transitions
from jobber_sandbox.facts import Record
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.clients import Client
    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.business.team import Member
    from jobber_sandbox.business.trades import ContractKind, JobKind

HOUR_SECONDS = 3_600
_REQUEST_SHARE, _ASSESSMENT_SHARE, _QUOTE_SHARE = 0.38, 0.45, 0.62
_QUOTED_FROM_CENTS = 120_000
_DEPOSIT_FROM_CENTS, _DEPOSIT_SHARE, _DEPOSIT_PART = 30_000, 0.5, 4
_SOURCES = ("Online booking", "Phone call", "Website form", "Email")


@dataclass(frozen=True, eq=False)
class Deal:
    """Work that a client wants to have done.

    Args:
        client: The client.
        place: Their property where it is to be done.
        kind: What it is.
        lines: What it takes, for a job that recurs on each visit.
        agreed: When it is settled that it will be done, in epoch seconds; None if it will not.
        seller: Who deals with it.
        request: The request that it began with.
        quote: The quote for it.
        deposit_cents: What was asked for before.
    """

    client: Client
    place: Record
    kind: JobKind | ContractKind
    lines: list[Line]
    agreed: int | None
    seller: Member
    request: Record | None = None
    quote: Record | None = None
    deposit_cents: int = 0
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Desk:
    """Whom and what selling needs.

    Args:
        setting: The business.
        team: Its people.
        catalogue: The records of products by key.
    """

    setting: Setting
    team: Sequence[Member]
    catalogue: Mapping[str, Record]


def deals(  # noqa: PLR0913, PLR0917 what is asked for depends on all of these
    desk: Desk,
    month: Month,
    newcomers: Sequence[Client],
    regulars: Sequence[Client],
    count: int,
    chance: random.Random,
) -> list[Deal]:
    """Return what is asked for in a month: first by those who are new, then by those who came before."""
    found = []
    for index in range(count):
        if index < len(newcomers):
            client = newcomers[index]
            asked = client.created + 120
        elif regulars:
            client = chance.choice(regulars)
            day = workday(month.first + timedelta(days=chance.randrange(max(1, month.days - 2))))
            asked = desk.setting.calendar.at(day, chance.randrange(7 * 60, 19 * 60))
        else:
            continue
        found.append(_deal(desk, client, asked, chance))
    return found


def _deal(desk: Desk, client: Client, asked: int, chance: random.Random) -> Deal:
    setting, trade = desk.setting, desk.setting.trade
    day = setting.calendar.day_of(asked)
    is_contract = likely(trade.contract.share, chance)
    kind: JobKind | ContractKind = trade.contract if is_contract else _kind(setting, day.month, chance)
    lines = lines_of(setting, desk.catalogue, kind.items, day.year, chance)
    place = chance.choice(client.properties)
    seller = _seller(desk.team, asked, chance)
    request, assessment_end = None, None
    records: list[Record] = []
    if likely(_REQUEST_SHARE, chance):
        request, own, assessment_end = _request(desk, client, place, kind.title, asked, seller, chance)
        records += own
        if likely(0.4, chance):
            records += line_records("RequestLineItem", request, asked, lines[:1])
    if likely(_QUOTE_SHARE, chance) or total_cents(lines) > _QUOTED_FROM_CENTS:
        quoted = setting.calendar.in_office((assessment_end or asked) + chance.randrange(1, 30) * HOUR_SECONDS)
        deal = _quoted(desk, client, place, kind, lines, quoted, seller, request, chance)
        records += deal.records
        deal = Deal(client, place, kind, lines, deal.agreed, seller, request, deal.quote, deal.deposit_cents, records)
        if request is not None and deal.quote is not None:
            request.at(deal.quote.created, convertedAt=iso(deal.quote.created))
        return deal
    is_lost = request is not None and likely(0.2, chance)
    answered = setting.calendar.in_office((assessment_end or asked) + chance.randrange(1, 24) * HOUR_SECONDS)
    agreed = None if is_lost else answered
    if request is not None:
        if agreed is None:
            gone = asked + 21 * DAY_SECONDS
            request.at(gone, archivedAt=iso(gone))
        else:
            request.at(agreed, convertedAt=iso(agreed))
    return Deal(client, place, kind, lines, agreed, seller, request, None, 0, records)


def _kind(setting: Setting, month: int, chance: random.Random) -> JobKind:
    """Return some kind of job that is asked for in a month of the year."""
    open_kinds = [kind for kind in setting.trade.jobs if not kind.months or month in kind.months]
    kinds = open_kinds or list(setting.trade.jobs)
    return chance.choices(kinds, [kind.weight for kind in kinds])[0]


def _seller(team: Sequence[Member], moment: int, chance: random.Random) -> Member:
    return chance.choice(
        [member for member in team if member.role in {"owner", "sales"} and member.works_at(moment + 60)]
    )


def _request(  # noqa: PLR0913, PLR0917 a request says all of this
    desk: Desk, client: Client, place: Record, title: str, asked: int, seller: Member, chance: random.Random
) -> tuple[Record, list[Record], int | None]:
    """Return a request, all records of it, and when its assessment was over."""
    setting = desk.setting
    calendar = setting.calendar
    request = Record(
        "Request",
        asked,
        place,
        title=chance.choice((*setting.trade.requests, title, title)),
        client=client.record,
        property=place,
        source=chance.choice(_SOURCES),
        salesperson=seller.record,
        companyName=client.record.facts["companyName"],
        contactName=f"{client.record.facts['firstName']} {client.record.facts['lastName']}",
        referringClient=None,
        convertedAt=None,
        archivedAt=None,
        assessment=None,
        arrivalWindow=None,
    )
    records = [request]
    if likely(0.25, chance):
        author = chance.choice([member for member in desk.team if member.works_at(asked + 600)])
        records.append(note("RequestNote", request, asked + 600, chance.choice(setting.trade.notes), author))
    if not likely(_ASSESSMENT_SHARE, chance):
        return request, records, None
    day = workdays_after(calendar.day_of(asked), chance.randrange(1, 5))
    start = calendar.at(day, chance.randrange(16, 32) * 30)
    minutes = chance.choice((30, 45, 60))
    end = start + minutes * 60
    booked = min(asked + chance.randrange(1, 8) * HOUR_SECONDS, start)
    assessment = Record(
        "Assessment",
        booked,
        request,
        client=client.record,
        property=place,
        title=f"Assessment: {title}",
        instructions=chance.choice(setting.trade.notes),
        startAt=iso(start),
        endAt=iso(end),
        duration=minutes,
        allDay=False,
        isComplete=False,
        completedAt=None,
        createdBy=seller.record,
        assignedUsers=[seller.record],
        incompleteChecklistsCount=0,
        isDefaultTitle=False,
        overrideOrder=None,
        routingOrder=None,
    )
    assessment.at(end, isComplete=True, completedAt=iso(end))
    request.at(booked, assessment=assessment)
    request.at(end, assessmentCompletedAt=iso(end))
    return request, [*records, assessment], end


def _quoted(  # noqa: PLR0913, PLR0917 a quote says all of this
    desk: Desk,
    client: Client,
    place: Record,
    kind: JobKind | ContractKind,
    lines: list[Line],
    created: int,
    seller: Member,
    request: Record | None,
    chance: random.Random,
) -> Deal:
    """Return a deal about a quote, with the quote's own records alone."""
    setting = desk.setting
    total = total_cents(lines)
    wants_deposit = total >= _DEPOSIT_FROM_CENTS and likely(_DEPOSIT_SHARE, chance)
    deposit = total // _DEPOSIT_PART // 100 * 100 if wants_deposit else 0
    quote = Record(
        "Quote",
        created,
        place,
        title=kind.title,
        client=client.record,
        property=place,
        request=request,
        salesperson=seller.record,
        message=f"Thank you for asking {setting.trade.company}. We look forward to working with you.",
        contractDisclaimer="This quote is valid for the next 30 days, after which values may be subject to change.",
        discountPercent=client.discount_percent,
        depositWanted=deposit / 100,
        quoteStatus="draft",
        sentAt=None,
        transitionedAt=iso(created),
        lastTransitioned=transitions(),
        clientHubViewedAt=None,
        hasRefundableSurchargePayments=False,
    )
    records = [quote, *line_records("QuoteLineItem", quote, created, lines)]
    if likely(0.2, chance):
        author = chance.choice([member for member in desk.team if member.works_at(created + 300)])
        records.append(note("QuoteNote", quote, created + 300, chance.choice(setting.trade.notes), author))
    agreed = answer(setting, quote, chance)
    return Deal(client, place, kind, lines, agreed, seller, request, quote, deposit if agreed else 0, records)
