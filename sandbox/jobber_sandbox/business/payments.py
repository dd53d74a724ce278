"""Payments in the ways in which people pay, and the payouts of those by card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.chances import likely
from jobber_sandbox.facts import Record
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from jobber_sandbox.business.clients import Client
    from jobber_sandbox.business.setting import Setting

_TYPES: Mapping[str, str] = {
    "ach": "AchBankPaymentPaymentRecord",
    "bank": "BankTransferPaymentRecord",
    "card": "JobberPaymentsCreditCardPaymentRecord",
    "cash": "CashPaymentRecord",
    "cheque": "CheckPaymentRecord",
    "e_transfer": "ETransferPaymentRecord",
    "offline_card": "CreditCardPaymentRecord",
    "venmo": "VenmoPaymentRecord",
    "zelle": "ZellePaymentRecord",
}
_TIP_SHARE, _TIP_PERCENTS = 0.07, (5, 10, 15)
_FEE_PER_MILLE, _FEE_CENTS = 29, 30


@dataclass(frozen=True, eq=False)
class Payment:
    """A payment.

    Args:
        record: The payment record.
        moment: When it is made, in epoch seconds.
        cents: The amount without a tip.
        tip_cents: The tip.
        is_by_card: True if it goes through Jobber Payments, and so is paid out.
    """

    record: Record
    moment: int
    cents: int
    tip_cents: int
    is_by_card: bool


def payment(  # noqa: PLR0913, PLR0917 a payment says all of this
    setting: Setting, client: Client, parent: Record, moment: int, cents: int, chance: random.Random, **facts: Any
) -> Payment:
    """Return a payment in the way in which the client pays."""
    is_by_card = client.method == "card"
    tip = cents * chance.choice(_TIP_PERCENTS) // 100 if is_by_card and likely(_TIP_SHARE, chance) else 0
    fee = (cents + tip) * _FEE_PER_MILLE // 1_000 + _FEE_CENTS
    own: dict[str, Any] = {}
    if is_by_card:
        own = {
            "brand": chance.choice(("Visa", "Mastercard", "Amex")),
            "lastDigits": f"{chance.randrange(10_000):04}",
            "expiry": f"{chance.randrange(1, 13):02}/{(setting.begin.year + 5) % 100}",
            "nameOnCard": f"{client.record.facts['firstName']} {client.record.facts['lastName']}",
            "transactionId": f"ch_{chance.randrange(16**12):012x}",
            "transactionStatus": "SUCCEEDED",
            "feeAmount": fee / 100,
            "tipAmount": tip / 100,
            "payout": None,
            "refundedAt": None,
            "surchargeAmount": 0.0,
            "surchargeTaxAmount": 0.0,
        }
    elif client.method == "cheque":
        own = {"checkNumber": str(chance.randrange(100, 9_999))}
    record = Record(
        "PaymentRecordInterface",
        moment,
        parent,
        typename=_TYPES[client.method],
        client=client.record,
        amount=cents / 100,
        rawAmount=-cents / 100,
        entryDate=iso(moment),
        details=None if is_by_card else "Thank you",
        canEdit=not is_by_card,
        paymentOrigin="CLIENT_ONLINE_ORIGIN" if is_by_card else "EMPLOYEE_ONLINE_ORIGIN",
        sentAt=None,
        **own,
        **facts,
    )
    return Payment(record, moment, cents, tip, is_by_card)


def payouts(setting: Setting, payments: Sequence[Payment], begin: int, end: int) -> list[Record]:
    """Return the payouts of the card payments between two moments, one a week."""
    calendar = setting.calendar
    by_week: dict[int, list[Payment]] = {}
    for paid in sorted(payments, key=lambda paid: paid.moment):
        if paid.is_by_card and begin <= paid.moment < end:
            day = calendar.day_of(paid.moment)
            monday = calendar.at(day + timedelta(days=7 - day.weekday()), 6 * 60)
            by_week.setdefault(monday, []).append(paid)
    return [record for monday, paid in by_week.items() for record in _payout(setting, monday, paid)]


def _payout(setting: Setting, created: int, payments: Sequence[Payment]) -> list[Record]:
    sums = [_sums(paid.cents + paid.tip_cents) for paid in payments]
    total: dict[str, Any] = {
        name: sum(each[name] for each in sums) for name in ("feeAmount", "grossAmount", "netAmount")
    }
    arrival = created + 2 * DAY_SECONDS
    payout = Record(
        "PayoutRecord",
        created,
        **total,
        currency=setting.region.currency,
        identifier=f"po_{created:x}",
        arrivalDate=iso(arrival),
        payoutMethod="STANDARD",
        type="BANK_ACCOUNT",
        status="IN_TRANSIT",
        failureReason=None,
    )
    payout.at(arrival, status="PAID")
    records = [payout]
    for paid, own in zip(payments, sums, strict=True):
        paid.record.at(created, touch=False, payout=payout)
        records.append(
            Record(
                "BalanceTransactionInterface",
                created,
                payout,
                typename="PaymentBalanceTransaction",
                paymentRecord=paid.record,
                tipAmount=paid.tip_cents,
                currency=setting.region.currency,
                **own,
            )
        )
    return records


def _sums(gross: int) -> dict[str, Any]:
    fee = gross * _FEE_PER_MILLE // 1_000 + _FEE_CENTS
    return {"feeAmount": fee, "grossAmount": gross, "netAmount": gross - fee}
