"""Amounts of money in whole cents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
_MILLI = 1_000
_HOUR_SECONDS = 3_600


def cents_of(amount: float) -> int:
    """Return an amount in cents, half a cent up."""
    return int(Decimal(str(amount)).quantize(_CENT, ROUND_HALF_UP) * 100)


def line_cents(quantity: float, price: float) -> int:
    """Return the price of so many, in cents, half a cent up."""
    return int((Decimal(str(quantity)) * Decimal(str(price))).quantize(_CENT, ROUND_HALF_UP) * 100)


def percent_of(cents: int, percent: float) -> int:
    """Return a percentage of an amount, half a cent up; of the percentage three decimals count."""
    return (cents * round(percent * _MILLI) + 50 * _MILLI) // (100 * _MILLI)


def hours_cents(hourly_cents: int, seconds: int) -> int:
    """Return what so much time costs, half a cent up."""
    return (2 * hourly_cents * seconds + _HOUR_SECONDS) // (2 * _HOUR_SECONDS)
