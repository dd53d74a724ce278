"""What the office keeps: the account itself, its settings, and what happens beside the work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import workday
from jobber_sandbox.business.chances import likely, some
from jobber_sandbox.business.people import some_phone
from jobber_sandbox.facts import Record
from jobber_sandbox.fields.account import OWN_APP
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.clients import Client
    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.business.team import Member

_TAGS = ("VIP", "Referral", "Commercial", "Seasonal", "Slow payer", "Senior discount", "Do not text")
_APPS = ("Sandbox", "QuickBooks Online", "Mailchimp", "CompanyCam")
_CUSTOM_FIELDS = (
    ("ALL_CLIENTS", "Dropdown", "Membership", ("None", "Silver", "Gold")),
    ("ALL_CLIENTS", "TrueFalse", "Newsletter", (True, False)),
    ("ALL_PROPERTIES", "Text", "Access", ("Front door", "Side gate", "Lockbox", "Call first")),
    ("ALL_PROPERTIES", "Area", "Lot size", ({"length": 30.0, "width": 15.0}, {"length": 40.0, "width": 20.0})),
    ("ALL_JOBS", "Text", "Purchase order", ("PO-1180", "PO-2231", "PO-3304")),
    ("ALL_JOBS", "Numeric", "Crew size", (1.0, 2.0, 3.0)),
    ("ALL_QUOTES", "Numeric", "Warranty (months)", (0.0, 12.0, 24.0)),
    ("ALL_INVOICES", "Text", "Purchase order", ("PO-1180", "PO-2231", "PO-3304")),
    (
        "ALL_PRODUCTS_AND_SERVICES",
        "Link",
        "Data sheet",
        ({"text": "Data sheet", "url": "https://supplier.example/data"},),
    ),
    ("TEAM", "Text", "Certificate", ("First aid", "Working at heights", "Journeyman")),
)
_UNITS = {"Area": "ft", "Numeric": ""}
_POSTS = ("Before and after", "Meet the crew", "Seasonal reminder", "A thank-you from a client")
_CHANNELS = ("FACEBOOK", "INSTAGRAM", "GOOGLE_BUSINESS_PROFILE", "WEBSITE", "ONE_OFF_EMAIL_CAMPAIGN")


def account_facts(setting: Setting) -> dict[str, Any]:
    """Return what is known of the account itself."""
    phone = some_phone(setting.region.area_code, setting.chance("account"))
    return {
        "name": setting.trade.company,
        "signupName": setting.trade.company,
        "industry": setting.trade.industry,
        "countryCode": setting.region.country_code,
        "phone": phone.number,
        "dedicatedPhoneNumber": None,
    }


def tax_rates(setting: Setting) -> list[Record]:
    """Return the tax rates: that of all taxes first, then each of several, then none."""
    taxes = setting.region.taxes
    name, percent = " + ".join(name for name, _ in taxes), round(sum(percent for _, percent in taxes), 3)
    rates = [(name, percent), *(taxes if len(taxes) > 1 else ()), ("Exempt", 0.0)]
    return [
        Record(
            "TaxRate",
            setting.began,
            name=name,
            label=f"{name} ({percent:g}%)",
            description=None,
            tax=percent,
            default=index == 0,
            components=None,
            qboTaxType=None,
        )
        for index, (name, percent) in enumerate(rates)
    ]


def furniture(setting: Setting) -> list[Record]:
    """Return tags, apps, settings and the configurations of custom fields."""
    began = setting.began
    records = [Record("Tag", began, label=label) for label in _TAGS]
    records += [
        Record(
            "Application",
            began,
            name=name,
            displayName=name,
            author="Sandbox" if index + 1 == OWN_APP else name,
            description=f"Connects the account with {name}.",
        )
        for index, name in enumerate(_APPS)
    ]
    records.append(Record("AppAlert", began, records[-1], count=1))
    records.append(Record("OnlineBookingConfiguration", began, acceptingOnlineBookings=True, bookingEmbedScript=None))
    for index, name in enumerate(("Request form", "Online booking")):
        records.append(Record("RequestSettings", began, name=name, default=index == 0, enabled=True))
    for title in setting.trade.materials:
        records.append(Record("ExpenseSuggestion", began, name=title))
    for place, (applies_to, kind, name, choices) in enumerate(_CUSTOM_FIELDS):
        value_type = {"TrueFalse": "TRUE_FALSE"}.get(kind, kind.upper())
        records.append(
            Record(
                "CustomFieldConfiguration",
                began,
                typename=f"CustomFieldConfiguration{kind}",
                appliesTo=applies_to,
                name=name,
                archived=False,
                readOnly=False,
                sortOrder=place + 1,
                transferable=False,
                transferedFrom=None,
                valueType=value_type,
                choices=choices,
                defaultValue=choices[0],
                dropdownOptions=list(choices) if kind == "Dropdown" else [],
                unit=_UNITS.get(kind, ""),
            )
        )
    return records


def tag_clients(clients: Sequence[Client], tags: Sequence[Record], chance: random.Random) -> None:
    """Give some clients tags."""
    commercial = next(tag for tag in tags if tag.facts["label"] == "Commercial")
    for client in clients:
        found = [commercial] if client.is_company else []
        if likely(0.2, chance):
            found.append(chance.choice([tag for tag in tags if tag is not commercial]))
        client.record.facts["tags"] = found


def files_of_notes(records: Iterable[Record], chance: random.Random) -> list[Record]:
    """Return the photos that some of the notes among records come with."""
    found = []
    for note in (record for record in records if record.table.endswith("Note")):
        for index in range(chance.choice((0, 0, 0, 1, 2))):
            stem = note.table.removesuffix("Note").lower()
            found.append(
                Record(
                    f"{note.table}File",
                    note.created,
                    note,
                    fileName=f"{stem}-photo-{index + 1}.jpg",
                    contentType="image/jpeg",
                    downloadContentType="image/jpeg",
                    fileSize=chance.randrange(200_000, 4_000_000),
                    previewContentType=None,
                    previewUrl=None,
                )
            )
    return found


def happenings(
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
