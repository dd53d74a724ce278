"""Tasks, events, uploads and posts: what happens beside the work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import workday
from jobber_sandbox.business.chances import likely, some
from jobber_sandbox.facts import Record
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.clients import Client
    from jobber_sandbox.business.sales import Deal
    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.business.team import Member

_FOLLOWED_UP_SHARE = 0.12
_POSTS = ("Before and after", "Meet the crew", "Seasonal reminder", "A thank-you from a client")
_CHANNELS = ("FACEBOOK", "INSTAGRAM", "GOOGLE_BUSINESS_PROFILE", "WEBSITE", "ONE_OFF_EMAIL_CAMPAIGN")


def happenings_of(
    setting: Setting, team: Sequence[Member], clients: Sequence[Client], month: Month, chance: random.Random
) -> list[Record]:
    """Return the tasks, events, reminders, uploads and posts of a month."""
    return [
        *_tasks(setting, team, clients, month, chance),
        *_events(setting, team, month, chance),
        *_uploads(setting, month, chance),
        *_marketing(setting, month, chance),
    ]


def _moment(setting: Setting, month: Month, chance: random.Random) -> int:
    day = workday(month.first + timedelta(days=chance.randrange(month.days - 2)))
    return setting.calendar.at(day, chance.randrange(16, 33) * 30)


def _item(member: Member, start: int, minutes: int, **facts: Any) -> dict[str, Any]:
    return {
        "startAt": iso(start),
        "endAt": iso(start + minutes * 60),
        "duration": minutes,
        "allDay": False,
        "createdBy": member.record,
        "assignedUsers": [member.record],
        "isDefaultTitle": False,
        "isRecurring": False,
        "recurrenceSchedule": None,
        "recurringSummary": None,
        "isComplete": False,
        "completedAt": None,
        "overrideOrder": None,
        "routingOrder": None,
        "teamReminderOffset": None,
        **facts,
    }


def follow_ups(deals: Sequence[Deal], chance: random.Random) -> list[Record]:
    """Return the tasks that belong to some of a month's quotes: to ask for an answer."""
    found = []
    for deal in deals:
        quote = deal.quote
        if quote is None or not likely(_FOLLOWED_UP_SHARE, chance):
            continue
        start = quote.created + 2 * DAY_SECONDS
        facts = _item(deal.seller, start, 15, title="Follow up on the quote", instructions=None, workObject=quote)
        facts |= {"client": deal.client.record, "property": deal.place}
        task = Record("Task", quote.created, deal.place, **facts)
        task.at(start + 3_600, isComplete=True)
        found.append(task)
    return found


def _tasks(
    setting: Setting, team: Sequence[Member], clients: Sequence[Client], month: Month, chance: random.Random
) -> list[Record]:
    found = []
    for _ in range(some(1.6 * setting.scale, chance)):
        start = _moment(setting, month, chance)
        member = chance.choice([member for member in team if member.works_at(start)])
        client = chance.choice(clients) if clients and likely(0.7, chance) else None
        created = start - chance.randrange(1, 6) * DAY_SECONDS
        known = client is not None and client.created < created
        place = client.properties[0] if client is not None and known else None
        title = chance.choice(("Call back", "Order materials", "Drop off samples", "Pick up keys", "Check the work"))
        facts = _item(member, start, 30, title=title, instructions=None, property=place, workObject=None)
        facts["client"] = client.record if client is not None and known else None
        task = Record("Task", max(created, setting.began), place, **facts)
        task.at(start + 1_800 + chance.randrange(0, 40) * 3_600, isComplete=True)
        found.append(task)
    return found


def _events(setting: Setting, team: Sequence[Member], month: Month, chance: random.Random) -> list[Record]:
    found = []
    for _ in range(some(1.0, chance)):
        start = _moment(setting, month, chance)
        member = chance.choice([member for member in team if member.works_at(start)])
        title = chance.choice(("Team meeting", "Safety training", "Vehicle service", "Supplier visit"))
        facts = _item(member, start, 60, title=title, description=title, client=None, property=None)
        event = Record("Event", max(start - 5 * DAY_SECONDS, setting.began), None, **facts)
        event.at(start + 3_600, isComplete=True)
        found.append(event)
    return found


def _uploads(setting: Setting, month: Month, chance: random.Random) -> list[Record]:
    moment = _moment(setting, month, chance)
    upload = Record(
        "ExpenseUpload",
        moment,
        closed=True,
        closedAt=iso(moment + 3_600),
        errorMessage=None,
        ingestedViaEmail=likely(0.3, chance),
        trackingId=f"upload-{moment:x}",
    )
    document = Record("ExpenseUploadDocument", moment, upload, status="READY", parseError=None, expense=None)
    batch = Record(
        "SupplierInvoiceBatch", moment, status="COMPLETED", errorMessage=None, trackingId=f"batch-{moment:x}"
    )
    invoice = Record(
        "SupplierInvoiceDocument",
        moment,
        batch,
        title=f"{chance.choice(setting.trade.materials)}.pdf",
        status="COMPLETED",
        errorMessage=None,
        expense=None,
        expenseId=None,
        extractedDate=iso(moment)[:10],
        extractedInvoiceId=str(chance.randrange(10_000, 99_999)),
        extractedSubtotal=chance.randrange(4_000, 90_000) / 100,
        jobDisplayLink=None,
        retryable=False,
    )
    return [upload, document, batch, invoice]


def _marketing(setting: Setting, month: Month, chance: random.Random) -> list[Record]:
    moment = _moment(setting, month, chance)
    item = Record("MarketingItemType", moment, channel=chance.choice(_CHANNELS), status="SENT", origin="USER_GENERATED")
    image = Record("MarketingPostImage", moment, item)
    title = chance.choice(_POSTS)
    task = Record(
        "MarketingTask",
        moment,
        title=title,
        description=f"Publish: {title}",
        calendarDate=iso(moment)[:10],
        startAt=iso(moment),
        endAt=iso(moment + 7 * DAY_SECONDS),
        state="OPEN",
        completedAt=None,
        overdue=False,
        priority=1,
    )
    task.at(moment + 2 * DAY_SECONDS, state="COMPLETED", completedAt=iso(moment + 2 * DAY_SECONDS))
    reminder = Record(
        "ExternalReminder",
        moment,
        description="Follow up on an open quote",
        firstRequestedAt=iso(moment),
        lastRequestedAt=iso(moment),
        reminderType="follow_up",
        sourceType="quote",
        status="pending",
        completedAt=None,
        viewedAt=None,
    )
    reminder.at(moment + DAY_SECONDS, status="completed", completedAt=iso(moment + DAY_SECONDS))
    records = [item, image, task, reminder]
    if month.month == 1:
        records.append(Record("JobberPaymentsCapitalLoan", moment, status="expired", financingType=None))
    return records
