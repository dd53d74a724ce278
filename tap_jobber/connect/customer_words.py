"""Words for customers: what is read, and how a sync ended, without the words of operators.

Operators have the log, the report and `tap-jobber --credentials`, which name causes and remedies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_jobber.credentials.stores.record import RunStatus
from tap_jobber.errors import ExitStatus
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.credentials.stores.record import Sync

_READ = "read_"
_AREAS = {
    "clients": "Clients, their contacts, properties and notes",
    "requests": "Requests",
    "quotes": "Quotes",
    "jobs": "Jobs",
    "scheduled_items": "Visits, tasks and other appointments",
    "invoices": "Invoices",
    "jobber_payments": "Payments and payouts",
    "users": "The members of your team",
    "expenses": "Expenses",
    "time_sheets": "Time sheets",
    "equipment": "Vehicles and equipment",
    "custom_field_configurations": "Your custom fields",
}
"""Areas by the scope's name without its verb; others are called as their scopes are."""

_MOST_NAMES = 3


class Permission(NamedTuple):
    """A scope in words.

    Args:
        words: The words.
        scope: The scope.
    """

    words: str
    scope: str


def permissions_to_read(scopes: Iterable[str]) -> list[Permission]:
    """Return the scopes that allow to read."""
    return [Permission(_area(each.removeprefix(_READ)), each) for each in scopes if each.startswith(_READ)]


def further_permissions(scopes: Iterable[str]) -> list[Permission]:
    """Return the scopes that allow anything else, such as `Write: clients`."""
    others = [each for each in scopes if not each.startswith(_READ)]
    return [Permission(title(each.replace("_", ": ", 1)), each) for each in others]


def title(name: str) -> str:
    """Return the name of a table or an area as a heading: `job_line_items` is `Job line items`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def ending(sync: Sync) -> str | None:
    """Return a sentence about a sync that did not come to its end; None if there is nothing to say."""
    if sync.status is RunStatus.COMPLETE:
        return None
    if sync.status is RunStatus.STOPPED:
        return "It was stopped before its end. The next sync goes on from there."
    if sync.status is RunStatus.PARTIAL:
        missing = enumerated([each.replace("_", " ") for each in sync.incomplete], _MOST_NAMES)
        what = f"Not all could be read of: {missing}." if missing else "Not all could be read."
        return f"{what} All else is complete, and the next sync tries again."
    if sync.exit_status == ExitStatus.TRY_LATER:
        return "Jobber could not be reached, or was too busy. The next sync goes on from there."
    if sync.exit_status == ExitStatus.RENEW:
        return "Jobber did not allow it. If your Jobber account is active, connect it again."
    return "Something went wrong on our side. What was read before is not lost, and there is nothing for you to do."


def _area(name: str) -> str:
    return _AREAS.get(name) or title(name)
