"""The sandbox's business, as its users copy it: nothing is missing, and no table is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.business.truth import truth_of
from tests.e2e import truth
from tests.e2e.harness import Bench, Outcome, bench

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = "2026-06-17"
NOT_OF_A_BUSINESS = {"client_unallocated_deposits"}
"""Streams that a small business may have no rows of on some day."""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Outcome]]:
    with bench(tmp_path_factory.mktemp("home"), world="business", scale=0.2, today=TODAY) as one:
        yield one, one.tap(streams=truth.EVERY).checked()


def test_is_copied_whole(copied: tuple[Bench, Outcome]) -> None:
    truth.assert_complete(*copied)
    truth.assert_valid(copied[1])


def test_no_table_is_empty(copied: tuple[Bench, Outcome]) -> None:
    assert set(truth.NAMES) - copied[1].streams <= NOT_OF_A_BUSINESS
    assert set(truth.EVERY) - copied[1].streams <= {
        *NOT_OF_A_BUSINESS,
        "quote_unallocated_deposits",
    }


def test_rows_come_to_its_own_sums(copied: tuple[Bench, Outcome]) -> None:
    one, outcome = copied
    own = truth_of(one.server.sandbox.world())
    invoices = {row["id"]: row["amounts"] for row in outcome.rows("invoices")}
    assert {key: round(100 * amounts["invoiceBalance"]) for key, amounts in invoices.items()} == {
        key: invoice["balanceCents"] for key, invoice in own["invoices"].items()
    }
    paid = [row for row in outcome.rows("payment_records") if row["adjustmentType"] == "PAYMENT"]
    months = own["collectedByMonth"].values()
    assert sum(round(100 * row["amount"]) for row in paid) == sum(month["paymentsCents"] for month in months)
