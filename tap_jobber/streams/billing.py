"""Invoices, payments and payouts."""

from __future__ import annotations

from tap_jobber.extraction.source import ascending
from tap_jobber.streams.base import JobberStream


class Invoices(JobberStream):
    """Invoices."""

    name = "invoices"
    root = "invoices"
    order = ascending("CREATED_AT")


class PaymentRecords(JobberStream):
    """Payments, deposits, refunds and corrections of every kind, in one shape."""

    name = "payment_records"
    root = "paymentRecords"
    order = ascending("CREATED_AT")


class PayoutRecords(JobberStream):
    """Payouts of Jobber Payments; amounts are whole cents."""

    name = "payout_records"
    root = "payoutRecords"
    order = ascending("ARRIVAL_DATE", place="arrivalDate")
