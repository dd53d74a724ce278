"""The catalogue of the business, and the line items that are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobber_sandbox.facts import Embedded, Record

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.business.trades import Item

_YEARLY_PRICE_FACTOR = 1.03
_PRICE_STEP_CENTS = 100


@dataclass(frozen=True)
class Line:
    """A line item before it stands on anything.

    Args:
        item: What is sold.
        product: The record of it.
        quantity: How many.
        price_cents: The price of one.
    """

    item: Item
    product: Record
    quantity: float
    price_cents: int

    @property
    def total_cents(self) -> int:
        """The price of all."""
        return round(self.quantity * self.price_cents)

    def times(self, count: int) -> Line:
        """Return the line for so many visits."""
        return Line(self.item, self.product, self.quantity * count, self.price_cents)


def products(setting: Setting) -> dict[str, Record]:
    """Return the products and services by their keys."""
    return {
        item.key: Record(
            "ProductOrService",
            setting.began,
            name=item.name,
            description=item.description,
            category=item.category,
            defaultUnitCost=item.price_cents / 100,
            internalUnitCost=item.cost_cents / 100,
            markup=_markup(item),
            taxable=True,
            visible=True,
            durationMinutes=60 if item.category == "SERVICE" else None,
            onlineBookingsEnabled=item.category == "SERVICE",
            onlineBookingSortOrder=index + 1,
            quantityRange=Embedded(
                "QuantityRange", {"minQuantity": 1, "maxQuantity": 20, "quantityEnabled": len(item.quantities) > 1}
            ),
        )
        for index, item in enumerate(setting.trade.items)
    }


def _markup(item: Item) -> float | None:
    return round(100 * (item.price_cents - item.cost_cents) / item.cost_cents, 1) if item.cost_cents else None


def price_cents(item: Item, year: int, setting: Setting) -> int:
    """Return the price of an item in a year: somewhat more in each, in whole dollars where it is not small."""
    raised = item.price_cents * _YEARLY_PRICE_FACTOR ** (year - setting.begin.year)
    step = _PRICE_STEP_CENTS if item.price_cents >= 10 * _PRICE_STEP_CENTS else _PRICE_STEP_CENTS // 2
    return round(raised / step) * step


def lines_of(
    setting: Setting, catalogue: Mapping[str, Record], items: Iterable[Item], year: int, chance: random.Random
) -> list[Line]:
    """Return a line for each item, in some of its usual quantities."""
    return [
        Line(item, catalogue[item.key], chance.choice(item.quantities), price_cents(item, year, setting))
        for item in items
    ]


def total_cents(lines: Iterable[Line]) -> int:
    """Return the sum of lines before tax."""
    return sum(line.total_cents for line in lines)


def line_records(table: str, parent: Record, created: int, lines: Sequence[Line]) -> list[Record]:
    """Return lines as line items of a quote, a job, an invoice or a request."""
    return [
        Record(
            table,
            created,
            parent,
            name=line.item.name,
            description=line.item.description,
            category=line.item.category,
            quantity=line.quantity,
            qty=line.quantity,
            unitPrice=line.price_cents / 100,
            unitCost=line.item.cost_cents / 100,
            taxable=True,
            markup=_markup(line.item),
            linkedProductOrService=line.product,
            sortOrder=place,
            **_OF_TABLE.get(table, {}),
        )
        for place, line in enumerate(lines)
    ]


_OF_TABLE: Mapping[str, Mapping[str, Any]] = {
    "QuoteLineItem": {"optional": False, "recommended": False, "selected": True, "textOnly": False},
}
