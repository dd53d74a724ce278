"""The account itself, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.chances import likely
from jobber_sandbox.business.people import some_phone
from jobber_sandbox.facts import Record
from jobber_sandbox.fields.account import OWN_APP

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from jobber_sandbox.business.clients import Client
    from jobber_sandbox.business.setting import Setting

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
