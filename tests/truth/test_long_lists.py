"""Lists are read to their ends however long they are, and in few requests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from tests.effort import some
from tests.truth.account import BEGIN_SECONDS, Account, Time
from tests.truth.expectations import Sync, emitted
from tests.truth.groups import GROUPS
from tests.truth.reading import Outcome, Server, catalog_of, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobber_sandbox.world import Row
    from tests.truth.account import Truth

LENGTHS = (0, 1, 99, 100, 101, 1_000)
_DAY = 86_400
_LINES = {
    "jobs": ("Property", "JobLineItem", "job_line_items"),
    "quotes": ("Property", "QuoteLineItem", "quote_line_items"),
    "invoices": ("Client", "InvoiceLineItem", "invoice_line_items"),
    "requests": ("Property", "RequestLineItem", "request_line_items"),
    "payout_records": (None, "BalanceTransactionInterface", "payout_balance_transactions"),
    "payment_records": ("Invoice", "PaymentRecordAllocationInterface", "payment_record_allocations"),
}


def _account(name: str, lengths: Sequence[int]) -> tuple[Account, list[Row]]:
    """Return an account whose rows of a stream have lists of these lengths."""
    above, type_name, _ = _LINES[name]
    account, old = Account(Time()), BEGIN_SECONDS - 100 * _DAY
    parent = None
    for each in ("Client", *([] if above in {None, "Client"} else [above])):
        parent = account.add(str(each), old, old, parent)
    rows = []
    for number, length in enumerate(lengths):
        stamp = old + number * 3_600
        row = account.add(GROUPS[name].type_name, stamp, stamp, parent if above else None)
        for _ in range(length):
            account.add(type_name, stamp, stamp, row)
        rows.append(row)
    return account, rows


def _read(
    name: str, account: Account, selected: Sequence[str], before_request: Callable[[int], None] = lambda _number: None
) -> tuple[Outcome, Server, list[Truth]]:
    group, truth = GROUPS[name], []
    streams = [group.root, *(child.stream for child in group.lists)]
    server = Server(account)

    def watched(number: int) -> None:
        before_request(number)
        truth.append(account.truth(group))

    server.before_request = watched
    outcome = run(server, streams, catalog_of(streams, selected, group.columns))
    return outcome, server, truth


@pytest.mark.parametrize("is_alone", [False, True], ids=["with its parent", "alone"])
@pytest.mark.parametrize("name", _LINES)
def test_lists_of_any_length_are_complete(name: str, *, is_alone: bool) -> None:
    account, rows = _account(name, LENGTHS)
    child = _LINES[name][2]
    outcome, server, _ = _read(name, account, [child] if is_alone else [name, child])
    found: dict[str, list[object]] = {row.id: [] for row in rows}
    parent_id, own_id = _keys(name, child)
    for each in outcome.rows(child):
        found[each[parent_id]].append(each[own_id])
    assert [len(found[row.id]) for row in rows] == list(LENGTHS)
    assert [len(set(found[row.id])) for row in rows] == list(LENGTHS)
    # The clock, one page, and then the long lists side by side: the longest has 1,000 rows.
    assert server.requests <= 2 + math.ceil(1_000 / 99) + 1


def _keys(name: str, child: str) -> tuple[str, str]:
    return next(each.keys for each in GROUPS[name].lists if each.name == child)


@pytest.mark.parametrize("name", some(["jobs", "invoices"]))
def test_a_request_serves_many_parents(name: str) -> None:
    """Few of 600 parents have more than most have: they do not cost a request each."""
    lengths = [number % 4 for number in range(600)]
    lengths[7::100] = [30] * 6
    account, _ = _account(name, lengths)
    child = _LINES[name][2]
    outcome, server, _ = _read(name, account, [name, child])
    assert len(outcome.rows(child)) == sum(lengths)
    assert len(outcome.rows(name)) == 600
    pages = [query for query in server.queries if not query.name or not query.name.endswith("_rest")]
    # The clock, and one that asks whether the window is dense.
    assert len(pages) <= 2 + math.ceil(600 / 99)
    assert len(server.queries) <= 2 * len(pages)


@pytest.mark.parametrize("name", some(["jobs", "payout_records", "quotes", "invoices", "requests"], usual=2))
def test_removed_rows_of_a_list_hide_no_others(name: str) -> None:
    """While long lists are read, rows that have been read are removed, and so is a parent."""
    _, type_name, child = _LINES[name]
    account, rows = _account(name, (*LENGTHS, 350, 101))
    tables = account.world.tables

    def remove(number: int) -> None:
        for row in rows:
            listed = tables[type_name].by_parent.get(row, [])
            for each in listed[: number % 4]:
                account.delete(each)
        if number == 5:
            account.delete(rows[-2])

    outcome, _, truth = _read(name, account, [name, child], remove)
    group = GROUPS[name]
    sync = Sync(group, truth, emitted(group, outcome, (name, child)), (name, child), {})
    sync.check()
    assert len(truth) > 10
    assert sum(key[0] == child for key in truth[-1]) > 1_000


def test_positions_stay_complete_while_rows_are_removed() -> None:
    """Rows without an id are known by their place: what moves up is read at its new place."""
    account, rows = _account("payment_records", (350, 3))
    table = account.world.tables["PaymentRecordAllocationInterface"]

    def remove(number: int) -> None:
        if number in {3, 4}:
            for each in table.by_parent[rows[0]][:5]:
                account.delete(each)

    outcome, _, _ = _read("payment_records", account, ["payment_records", "payment_record_allocations"], remove)
    brought = {
        each["position"]: each["amount"]
        for each in outcome.rows("payment_record_allocations")
        if each["paymentRecordId"] == rows[0].id
    }
    left = {account.world.registry.read(each, "amount") for each in table.by_parent[rows[0]]}
    assert left <= set(map(float, brought.values()))
