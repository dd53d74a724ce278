"""API versions, and the warnings about those that end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

VERSION_HEADER = "X-JOBBER-GRAPHQL-VERSION"

ACTIVE_VERSIONS = (
    "2023-03-29",
    "2023-05-05",
    "2023-08-18",
    "2023-11-15",
    "2024-04-17",
    "2024-06-10",
    "2024-08-30",
    "2024-09-12",
    "2024-09-23",
    "2024-11-07",
    "2024-11-12",
    "2024-12-05",
    "2025-01-20",
    "2025-04-16",
    "2026-02-17",
    "2026-03-10",
    "2026-04-13",
    "2026-04-16",
    "2026-04-22",
    "2026-05-12",
    "2026-06-16",
    "2026-07-27",
    "2026-09-25",
)
REMOVED_VERSIONS = ("2022-01-01", "2022-03-10", "2022-05-23", "2022-09-15", "2022-12-07")
_SUPPORT = timedelta(days=365)
_NOTICE = timedelta(days=90)


class Served(NamedTuple):
    """Version that answers a request, and the warning about it."""

    version: str
    warning: str | None


@dataclass(frozen=True)
class Versions:
    """The versions of an API.

    Args:
        active: Versions that answer, oldest first.
        removed: Versions that once existed; requests for them are answered by the oldest active one.
        default: Version that answers a request which names none; None refuses such requests.
    """

    active: tuple[str, ...] = ACTIVE_VERSIONS
    removed: tuple[str, ...] = field(default=REMOVED_VERSIONS)
    default: str | None = None

    def serve(self, asked: str | None, today: date) -> Served | None:
        """Return the version that answers, or None if there is no such version."""
        asked = asked or self.default
        if asked in self.removed:
            return Served(self.active[0], None)
        if asked is None or asked not in self.active:
            return None
        return Served(asked, self._warning(asked, today))

    def _warning(self, version: str, today: date) -> str | None:
        latest = self.active[-1]
        end = date.fromisoformat(version) + _SUPPORT
        if version == latest or today < end - _NOTICE:
            return None
        if today < end:
            stop = f"{end:%B} {end.day}, {end.year}"
            return (
                f"Support for API version {version} is scheduled to stop on {stop}.\n"
                f"Upgrade to the latest version {latest} before that date."
            )
        return (
            f"API Version {version} is no longer supported, and will be removed at any time without warning.\n"
            f"Upgrade to the latest version {latest}."
        )
