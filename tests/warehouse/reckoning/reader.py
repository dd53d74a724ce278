"""Single values of the rows of a business, read without GraphQL, in the types that tables have."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.calendar import calendar_of
from jobber_sandbox.business.truth import truth_of
from jobber_sandbox.timestamps import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobber_sandbox.world import Row, World

_CENT = Decimal("0.01")


class Reader:
    """The rows of a business as they are now.

    Args:
        world: The account.

    Attributes:
        truth: The sums that the sandbox computes of it.
        today: The account's present day.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.truth = truth_of(world)
        self._calendar = calendar_of(self.truth["timeZone"])
        self.today = date.fromisoformat(self.truth["today"])
        self._below: dict[str, dict[Row | None, list[Row]]] = {}
        self._by: dict[tuple[str, str], dict[Row | None, list[Row]]] = {}

    def rows(self, table: str) -> Iterable[Row]:
        """Return the rows of a table."""
        return self._world.tables[table].rows

    def below(self, table: str) -> dict[Row | None, list[Row]]:
        """Return the rows of a table by what they hang from."""
        if table not in self._below:
            found = self._below[table] = defaultdict(list)
            for row in self.rows(table):
                found[row.parent].append(row)
        return self._below[table]

    def by(self, table: str, field: str) -> dict[Row | None, list[Row]]:
        """Return the rows of a table by the row that a field of theirs leads to."""
        if (table, field) not in self._by:
            found = self._by[table, field] = defaultdict(list)
            for row in self.rows(table):
                found[self.read(row, field)].append(row)
        return self._by[table, field]

    def read(self, row: Row | None, path: str) -> Any:  # noqa: ANN401 - any value
        """Return the value at a path of field names."""
        return self._world.registry.read(row, path)

    def values(self, row: Row, **fields: str) -> dict[str, Any]:
        """Return values that are the same everywhere, by the columns that they have in tables."""
        return {column: self.read(row, path) for column, path in fields.items()}

    def ids(self, row: Row, **fields: str) -> dict[str, str | None]:
        """Return the ids of linked rows, by the columns that they have in tables."""
        linked = {column: self.read(row, path) for column, path in fields.items()}
        return {column: None if each is None else each.id for column, each in linked.items()}

    def moments(self, row: Row, **fields: str) -> dict[str, str | None]:
        """Return moments as databases show them, by the columns that they have in tables."""
        return {column: self.moment(row, path) for column, path in fields.items()}

    def moment(self, row: Row, path: str) -> str | None:
        """Return a moment as databases show it, in UTC."""
        seconds = self.seconds(row, path)
        return None if seconds is None else str(datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None))

    def seconds(self, row: Row, path: str) -> int | None:
        """Return a moment in epoch seconds."""
        value = self.read(row, path)
        return None if value is None else int(seconds_of(value))

    def day(self, row: Row, path: str) -> date | None:
        """Return the day of a moment where the account is."""
        seconds = self.seconds(row, path)
        return None if seconds is None else self._calendar.day_of(seconds)

    def amount(self, row: Row, path: str) -> Decimal:
        """Return an amount; nothing is none."""
        return exact(self.read(row, path) or 0)

    def price(self, line: Row, field: str = "unitPrice") -> Decimal:
        """Return the price or the cost of a line item."""
        return exact(Decimal(str(self.read(line, "quantity"))) * Decimal(str(self.read(line, field) or 0)))


def exact(amount: object) -> Decimal:
    """Return an amount to the cent."""
    return Decimal(str(amount)).quantize(_CENT, ROUND_HALF_UP)


def of_cents(cents: int) -> Decimal:
    """Return an amount that is given in cents."""
    return exact(Decimal(cents) / 100)


def month_of(day: date | None) -> str | None:
    """Return the first day of a month."""
    return None if day is None else str(day.replace(day=1))


def share(part: Decimal | int, whole: Decimal | int) -> float | None:
    """Return a share, none of nothing."""
    return float(part) / float(whole) if whole else None


def shown(day: date | None) -> str | None:
    """Return a day as databases show it."""
    return None if day is None else str(day)
