"""A business over time: planned month by month, and happening as the account's clock moves."""

from __future__ import annotations

import heapq
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from jobber_sandbox.business import (
    billing,
    catalogue,
    clients,
    costs,
    happenings,
    office,
    payments,
    sales,
    team,
    work,
)
from jobber_sandbox.business.chances import some
from jobber_sandbox.business.setting import setting_of
from jobber_sandbox.seeding import add_tables
from jobber_sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jobber_sandbox.business.calendar import Month
    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.facts import Change, Record
    from jobber_sandbox.registry import Registry


class _Due(NamedTuple):
    """Something that happens: a record comes to be, or one of its changes."""

    moment: int
    place: int
    record: Record
    change: Change | None


class Business:
    """A business, as far as it is planned and as far as it has happened.

    Args:
        setting: What it is before anything happens.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._agenda: list[_Due] = []
        self._places = 0
        self._next = setting.begin
        self._paid_out = 0
        self._clients: list[clients.Client] = []
        self._payments: list[payments.Payment] = []
        self._ended: dict[Month, list[work.Job]] = {}
        self._last_asked: dict[clients.Client, int] = {}
        chance = setting.chance("team")
        self._team = team.members(setting, chance)
        vehicles = team.vehicles(setting, self._team, chance)
        self._taxes = office.tax_rates(setting)
        self._products = catalogue.products(setting)
        furniture = office.furniture(setting)
        self._tags = [record for record in furniture if record.table == "Tag"]
        self._desk = sales.Desk(setting, self._team, self._products)
        people = [member.record for member in self._team]
        self._put([*vehicles, *people, *self._taxes, *self._products.values(), *furniture])
        first, records = clients.first_clients(setting, self._team, setting.chance("first clients"))
        self._welcome(first, records)

    def go_on(self, world: World) -> None:
        """Let everything happen until the account's present."""
        last = self.setting.calendar.month_of(world.now)
        while self._next.since(last) <= 0:
            self._plan(self._next)
            self._next = self._next.after(1)
        while self._agenda and self._agenda[0].moment <= world.now:
            _happen(world, heapq.heappop(self._agenda))

    def _plan(self, month: Month) -> None:
        """Plan what begins in a month, to its end."""
        setting, desk = self.setting, self._desk
        demand = some(setting.demand(month), setting.chance("demand", month))
        regulars = list(self._clients)
        chance = setting.chance("clients", month)
        newcomers, records = clients.new_clients(
            setting, month, some(demand * clients.NEW_SHARE, chance), self._team, chance
        )
        asked = sales.deals(desk, month, newcomers, regulars, demand, setting.chance("sales", month))
        begun = work.jobs(desk, asked, setting.chance("work", month))
        begun += work.renewals(desk, self._ended.pop(month, ()), month, setting.chance("renewals", month))
        for job in begun:
            renewed = work.renewal_month(desk, job)
            if renewed is not None:
                self._ended.setdefault(renewed, []).append(job)
        for deal in [*asked, *(job.deal for job in begun)]:
            self._last_asked[deal.client] = setting.calendar.at(month.first)
        billed = billing.bill(desk, self._taxes, begun, setting.chance("billing", month))
        self._payments += billed.payments
        self._welcome(newcomers, records)
        done = [
            *(record for deal in asked for record in deal.records),
            *(record for job in begun for record in job.records),
            *costs.time_sheets(setting, self._team, begun, setting.chance("time sheets", month)),
            *costs.expenses(setting, begun, setting.chance("expenses", month)),
            *billed.records,
        ]
        self._put(done)
        self._put(costs.general_time(setting, self._team, month, setting.chance("general time", month)))
        self._put(costs.overhead(setting, self._team, month, setting.chance("overhead", month)))
        self._put(happenings.happenings_of(setting, self._team, regulars, month, setting.chance("office", month)))
        self._put(happenings.follow_ups(asked, setting.chance("follow-ups", month)))
        self._put(office.files_of_notes(done, setting.chance("files", month)))
        self._put(self._pay_out(month))
        gone = clients.archived(setting, self._clients, self._last_asked, month, setting.chance("archived", month))
        self._put(client.record for client in self._clients)
        self._clients = [client for client in self._clients if client not in gone]

    def _welcome(self, newcomers: list[clients.Client], records: list[Record]) -> None:
        chance = self.setting.chance(f"tags {len(self._clients)}")
        office.tag_clients(newcomers, self._tags, chance)
        self._clients += newcomers
        self._put([*records, *office.files_of_notes(records, chance)])

    def _pay_out(self, month: Month) -> list[Record]:
        """Return the payouts of the weeks that end in a month."""
        last = month.after(1).first - timedelta(days=1)
        end = self.setting.calendar.at(last - timedelta(days=last.weekday()))
        found = payments.payouts(self.setting, self._payments, self._paid_out, end)
        self._put(paid.record for paid in self._payments)
        self._payments = [paid for paid in self._payments if paid.moment >= end]
        self._paid_out = end
        return found

    def _put(self, records: Iterable[Record]) -> None:
        """Set down what is not set down yet of records: that they come to be, and their changes."""
        for record in records:
            if not record.is_planned:
                record.is_planned = True
                self._add(record.created, record, None)
            for change in record.changes:
                self._add(change.moment, record, change)
            record.changes.clear()

    def _add(self, moment: int, record: Record, change: Change | None) -> None:
        heapq.heappush(self._agenda, _Due(moment, self._places, record, change))
        self._places += 1


def _happen(world: World, due: _Due) -> None:
    """Let a record come to be, or change its row; what hung from something deleted is gone with it."""
    record, change = due.record, due.change
    if change is None:
        parent = record.parent.living if record.parent is not None else None
        if record.parent is None or parent is not None:
            table = world.tables[record.table]
            record.row = table.add(record.created, record.created, parent, record.typename, record.facts)
        return
    row = record.living
    if row is not None:
        record.facts.update(change.facts)
        if change.touch:
            row.updated = max(row.updated, change.moment)


def build_business(  # noqa: PLR0913, PLR0917 an account follows from all of these
    seed: int, number: int, scale: float, now: int, clock: Callable[[], float], registry: Registry
) -> World:
    """Return an account whose business has come to a moment."""
    world = World(seed, number, now, clock, registry)
    add_tables(world)
    setting = setting_of(seed, number, scale, now)
    account = world.tables["Account"]
    account.last_number = 1_000 * number
    account.add(setting.began, setting.began, facts=office.account_facts(setting))
    world.business = Business(setting)
    world.business.go_on(world)
    return world
