"""Trades: their catalogues, jobs, contracts, seasons and words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Item:
    """A product or service of a catalogue; prices and costs are in cents."""

    key: str
    name: str
    description: str
    price_cents: int
    cost_cents: int
    category: str
    quantities: tuple[float, ...]


@dataclass(frozen=True)
class JobKind:
    """A job that is done once.

    Args:
        title: Its title.
        items: What it takes.
        minutes: The length of a visit.
        visits: Possible numbers of visits.
        months: The months in which it is asked for; empty if in all.
        weight: How often it is asked for, next to the others.
    """

    title: str
    items: tuple[Item, ...]
    minutes: int
    visits: tuple[int, ...]
    months: frozenset[int]
    weight: int


@dataclass(frozen=True)
class ContractKind:
    """A job that recurs from one month to another of each year, or over whole years.

    Args:
        title: Its title.
        items: What a visit takes.
        minutes: The length of a visit.
        weeks: Weeks from one visit to the next.
        first_month: The month of its first visits.
        last_month: The month of its last visits.
        share: Part of what is asked for.
    """

    title: str
    items: tuple[Item, ...]
    minutes: int
    weeks: int
    first_month: int
    last_month: int
    share: float

    @property
    def is_seasonal(self) -> bool:
        """True if it rests for a part of the year."""
        return (self.first_month, self.last_month) != (1, 12)


@dataclass(frozen=True)
class Trade:
    """A trade.

    Args:
        name: Its name.
        industry: Jobber's word for it.
        company: The name of a business in it.
        season: Twelve factors on what is asked for, from January.
        items: Its catalogue.
        jobs: The kinds of jobs that it does once.
        contract: The kind of job that recurs.
        materials: What its expenses are for.
        requests: Titles of requests.
        notes: Notes about clients and jobs.
    """

    name: str
    industry: str
    company: str
    season: tuple[float, ...]
    items: tuple[Item, ...]
    jobs: tuple[JobKind, ...]
    contract: ContractKind
    materials: tuple[str, ...]
    requests: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def needs_snow(self) -> bool:
        """True if some of its work is to clear snow."""
        return any("snow" in item.description.lower() for item in self.items)


@cache
def all_trades() -> tuple[Trade, ...]:
    """Return all trades that there are."""
    text = resources.files(__package__).joinpath("trades.json").read_text(encoding="utf-8")
    return tuple(_trade(given) for given in json.loads(text))


def _trade(given: Mapping[str, Any]) -> Trade:
    items = {each["key"]: _item(each) for each in given["items"]}
    return Trade(
        name=given["name"],
        industry=given["industry"],
        company=given["company"],
        season=tuple(given["season"]),
        materials=tuple(given["materials"]),
        requests=tuple(given["requests"]),
        notes=tuple(given["notes"]),
        items=tuple(items.values()),
        jobs=tuple(_job_kind(each, items) for each in given["jobs"]),
        contract=ContractKind(
            **{**given["contract"], "items": tuple(items[key] for key in given["contract"]["items"])}
        ),
    )


def _item(given: Mapping[str, Any]) -> Item:
    return Item(
        **{name: given[name] for name in ("key", "name", "description", "category")},
        price_cents=round(given["price"] * 100),
        cost_cents=round(given["cost"] * 100),
        quantities=tuple(given["quantities"]),
    )


def _job_kind(given: Mapping[str, Any], items: Mapping[str, Item]) -> JobKind:
    return JobKind(
        **{name: given[name] for name in ("title", "minutes", "weight")},
        items=tuple(items[key] for key in given["items"]),
        visits=tuple(given["visits"]),
        months=frozenset(given["months"]),
    )
