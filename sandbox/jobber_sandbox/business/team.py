"""The people of the business, and their vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from jobber_sandbox.business.chances import likely
from jobber_sandbox.business.people import office_address, some_name, some_phone
from jobber_sandbox.business.places import address_in
from jobber_sandbox.facts import Embedded, Record

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from jobber_sandbox.business.setting import Setting

_ROLES = ("owner", "office", "sales", "crew", "crew")
"""Those who are there from the beginning; the first three are admins."""
_HIRES_AFTER_MONTHS = (4, 11, 19, 27)
_HOURLY_CENTS = {"owner": 4_500, "office": 2_600, "sales": 3_000, "crew": 2_400}
_COLOURS = ("#7DB00E", "#2C5282", "#B83280", "#D69E2E", "#38B2AC", "#805AD5", "#C05621")
_VEHICLES = (("Ford", "Transit"), ("Ram", "ProMaster"), ("Chevrolet", "Silverado"), ("Ford", "F-150"))
_VEHICLES_PER_CREW = 2
_LEAVES_AFTER_DAYS = 400


@dataclass(frozen=True, eq=False)
class Member:
    """Somebody of the business.

    Args:
        record: The user.
        role: What they do: owner, office, sales or crew.
        name: Their full name.
        hourly_cents: What an hour of theirs costs.
        since: Their first day, in epoch seconds.
        until: Their last day; None if they stay.
    """

    record: Record
    role: str
    name: str
    hourly_cents: int
    since: int
    until: int | None = None

    def works_at(self, moment: int) -> bool:
        """Return True if they are with the business at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


def members(setting: Setting, chance: random.Random) -> list[Member]:
    """Return everybody of the business, in the order in which they came."""
    crew = round(3 * setting.scale)
    months = [
        *((0, role) for role in _ROLES),
        *((0, "crew") for _ in range(crew)),
        *((months, "crew") for months in _HIRES_AFTER_MONTHS for _ in range(max(1, round(setting.scale)))),
    ]
    return [_member(setting, index, role, after, chance) for index, (after, role) in enumerate(months)]


def _member(setting: Setting, index: int, role: str, after_months: int, chance: random.Random) -> Member:
    calendar = setting.calendar
    day = setting.begin.after(after_months).first
    since = setting.began if after_months == 0 else calendar.at(day + timedelta(days=chance.randrange(20)), 480)
    name, phone = some_name(chance), some_phone(setting.region.area_code, chance)
    hourly = _HOURLY_CENTS[role] + (chance.randrange(0, 9) * 100 if role == "crew" else 0)
    leaves = role == "crew" and index >= len(_ROLES) and likely(0.25, chance)
    until = since + (_LEAVES_AFTER_DAYS + chance.randrange(200)) * 86_400 if leaves else None
    raw = office_address(name, setting.trade.company)
    record = Record(
        "User",
        since + index,
        name=Embedded("Name", {"first": name.first, "last": name.last, "full": name.full}),
        email=Embedded("UserEmail", {"raw": raw, "isValid": True}),
        phone=Embedded(
            "UserPhone",
            {
                "raw": phone.number,
                "friendly": phone.friendly,
                "areaCode": setting.region.area_code,
                "countryCode": "1",
                "isValid": True,
            },
        ),
        address=address_in(setting.region, chance).shown("UserAddress"),
        status="ACTIVATED",
        timezone=setting.region.zone,
        firstDayOfTheWeek="SUNDAY",
        availableForScheduling=role != "office",
        assignedColor=_COLOURS[index % len(_COLOURS)],
        franchiseTokenLastFour=None,
    )
    if until is not None:
        record.at(until, status="DEACTIVATED", availableForScheduling=False)
    return Member(record, role, name.full, hourly, since, until)


def vehicles(setting: Setting, team: Sequence[Member], chance: random.Random) -> list[Record]:
    """Return the vehicles, and give each of the crew one."""
    crew = [member for member in team if member.role == "crew"]
    found: list[Record] = []
    for index in range(0, len(crew), _VEHICLES_PER_CREW):
        make, model = chance.choice(_VEHICLES)
        record = Record(
            "Vehicle",
            crew[index].since,
            name=f"{setting.trade.name} {len(found) + 1}",
            make=make,
            model=model,
            year=setting.begin.year - chance.randrange(1, 9),
            licensePlate=f"{''.join(chance.choices('BCDFGHJKLM', k=3))}-{chance.randrange(1_000, 9_999)}",
            vin=f"1FTBW2CM{chance.randrange(10**9):09}",
            iconColor=_COLOURS[len(found) % len(_COLOURS)],
        )
        found.append(record)
        for member in crew[index : index + _VEHICLES_PER_CREW]:
            member.record.facts["assignedVehicle"] = record
    for member in team:
        member.record.facts.setdefault("assignedVehicle", None)
    return found
