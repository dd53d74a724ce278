"""Clients, with how to reach them, their properties, and what is noted about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.chances import likely
from jobber_sandbox.business.people import mail_address, some_company, some_name, some_phone
from jobber_sandbox.business.places import address_in
from jobber_sandbox.facts import Embedded, Record
from jobber_sandbox.timestamps import DAY_SECONDS

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.people import Name
    from jobber_sandbox.business.places import Address
    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.business.team import Member

FIRST_CLIENTS = 60
NEW_SHARE = 0.52
"""Of what is asked for, how much new clients ask for."""
_COMPANY_SHARE = 0.18
_QUIET_SECONDS, _ARCHIVED_SHARE = 540 * DAY_SECONDS, 0.06
_LEAD_SOURCES = (
    *("Referral",) * 6, *("Google",) * 6, *("Website",) * 3, *("Facebook",) * 2, "Yard sign", "Flyer", None,
)  # fmt: skip
_CANADIAN_METHODS = (
    *("card",) * 7, *("e_transfer",) * 5, *("cheque",) * 4, *("cash",) * 2, "bank", "offline_card",
)  # fmt: skip
_AMERICAN_METHODS = (
    *("card",) * 8, *("cheque",) * 5, *("ach",) * 2, *("cash",) * 2, "zelle", "venmo", "offline_card",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Client:
    """A client, and how they deal.

    Args:
        record: The client.
        properties: Their properties.
        address: The address of the first, to which bills go.
        is_company: True if it is a company.
        method: How they pay.
        net_days: The terms of their invoices.
        pays_after_days: How long after an invoice they pay, on average.
        discount_percent: A discount that they get on all work.
    """

    record: Record
    properties: list[Record]
    address: Address
    is_company: bool
    method: str
    net_days: int
    pays_after_days: float
    discount_percent: int

    @property
    def created(self) -> int:
        """When they became known."""
        return self.record.created


def new_clients(
    setting: Setting, month: Month, count: int, team: Sequence[Member], chance: random.Random
) -> tuple[list[Client], list[Record]]:
    """Return the clients who become known in a month, and all of their records."""
    calendar = setting.calendar
    found, records = [], []
    for _ in range(count):
        day = month.first + timedelta(days=chance.randrange(month.days))
        client, own = _client(setting, calendar.at(day, chance.randrange(7 * 60, 20 * 60)), team, chance)
        found.append(client)
        records += own
    return sorted(found, key=lambda client: client.created), records


def first_clients(setting: Setting, team: Sequence[Member], chance: random.Random) -> tuple[list[Client], list[Record]]:
    """Return the clients whom the business had before, all loaded from a file on its first morning."""
    found, records = [], []
    for _ in range(max(3, round(FIRST_CLIENTS * setting.scale))):
        client, own = _client(setting, setting.began, team, chance)
        found.append(client)
        records += own
    return found, records


def _client(
    setting: Setting, created: int, team: Sequence[Member], chance: random.Random
) -> tuple[Client, list[Record]]:
    region, name = setting.region, some_name(chance)
    is_company = likely(_COMPANY_SHARE, chance)
    address = address_in(region, chance)
    methods = _CANADIAN_METHODS if region.country_code == "CA" else _AMERICAN_METHODS
    record = Record(
        "Client",
        created,
        firstName=name.first,
        lastName=name.last,
        companyName=some_company(chance) if is_company else None,
        isCompany=is_company,
        isLead=True,
        isArchived=False,
        title=None,
        secondaryName=name.full if is_company else None,
        billingAddress=address.shown("ClientAddress"),
        sampleData=False,
        receivesFollowUps=True,
        receivesInvoiceFollowUps=True,
        receivesQuoteFollowUps=True,
        receivesReminders=likely(0.9, chance),
        receivesReviewRequests=likely(0.8, chance),
        tags=[],
        utmMedium=None,
        **_source(chance.choice(_LEAD_SOURCES)),
    )
    places = [_property(record, created, address, first=True)]
    while likely(0.35 if is_company else 0.08, chance):
        places.append(_property(record, created, address_in(region, chance), first=False))
    client = Client(
        record,
        places,
        address,
        is_company,
        method=chance.choice(methods),
        net_days=chance.choice((15, 30, 30)) if is_company else chance.choice((0, 0, 7, 15)),
        pays_after_days=chance.uniform(14, 40) if is_company else chance.uniform(0.5, 14),
        discount_percent=chance.choice((5, 10)) if likely(0.08, chance) else 0,
    )
    return client, [record, *places, *_reached(setting, client, name, chance), *_notes(setting, client, team, chance)]


def _source(lead_source: str | None) -> dict[str, Any]:
    """Return from where a client came."""
    attribution: dict[str, Any] = {"displayLeadSource": lead_source, "sourceText": lead_source or "", "metadata": {}}
    return {"leadSource": lead_source, "sourceAttribution": Embedded("SourceAttribution", attribution)}


def _property(client: Record, created: int, address: Address, *, first: bool) -> Record:
    lines = address.shown("PropertyAddress")
    return Record(
        "Property",
        created,
        client,
        address=lines,
        isBillingAddress=first,
        name=None,
        routingOrder=None,
        **{name: lines.values[name] or "" for name in ("city", "country", "postalCode", "province")},
        **{name: lines.values[name] or "" for name in ("street", "street1", "street2")},
        latitude=f"{address.latitude:.5f}",
        longitude=f"{address.longitude:.5f}",
    )


def _reached(setting: Setting, client: Client, name: Name, chance: random.Random) -> list[Record]:
    """Return mail addresses, numbers, and for companies a contact with its own."""
    owner, created = client.record, client.created
    records = [_email(owner, created, mail_address(name, chance), primary=True)]
    records.append(_phone(setting, owner, created, chance, primary=True))
    if likely(0.25, chance):
        records.append(_phone(setting, owner, created, chance, primary=False))
    if client.is_company or likely(0.15, chance):
        other = some_name(chance)
        contact = Record(
            "ContactModel",
            created,
            owner,
            firstName=other.first,
            lastName=other.last,
            name=other.full,
            role=chance.choice(("Manager", "Bookkeeper", "Caretaker")) if client.is_company else "Spouse",
            title=None,
            isBillingContact=client.is_company,
        )
        records += [contact, _email(contact, created, mail_address(other, chance), primary=True)]
        records.append(_phone(setting, contact, created, chance, primary=True))
    return records


def _email(owner: Record, created: int, address: str, *, primary: bool) -> Record:
    return Record("Email", created, owner, address=address, description="MAIN", primary=primary)


def _phone(setting: Setting, owner: Record, created: int, chance: random.Random, *, primary: bool) -> Record:
    phone = some_phone(setting.region.area_code, chance)
    return Record(
        "ClientPhoneNumber",
        created,
        owner,
        number=phone.number,
        friendly=phone.friendly,
        normalizedPhoneNumber=phone.normalized,
        description="MAIN" if primary else "MOBILE",
        primary=primary,
        smsAllowed=likely(0.8, chance),
    )


def _notes(setting: Setting, client: Client, team: Sequence[Member], chance: random.Random) -> list[Record]:
    if not likely(0.4, chance):
        return []
    author = chance.choice([member for member in team if member.works_at(client.created + 60)])
    return [note("ClientNote", client.record, client.created + 60, chance.choice(setting.trade.notes), author)]


def note(table: str, owner: Record, created: int, message: str, author: Member) -> Record:
    """Return a note that somebody of the business writes."""
    return Record(
        table,
        created,
        owner,
        message=message,
        createdBy=author.record,
        pinned=False,
        lastEditedAt=None,
        lastEditedBy=None,
        linkedTo=Embedded("NoteLink", dict.fromkeys(("invoices", "jobs", "quotes", "requests"), False)),
    )


def archived(
    setting: Setting,
    known: Sequence[Client],
    last_asked: Mapping[Client, int],
    month: Month,
    chance: random.Random,
) -> set[Client]:
    """Return some of those who have asked for nothing for long, archived at the end of a month."""
    end = setting.calendar.at(month.first + timedelta(days=month.days - 1), 17 * 60)
    found = set()
    for client in known:
        quiet = end - last_asked.get(client, client.created)
        if quiet > _QUIET_SECONDS and likely(_ARCHIVED_SHARE, chance):
            client.record.at(end, isArchived=True)
            found.add(client)
    return found
