"""Read the `Retry-After` header of a response."""

from __future__ import annotations

_MOST_DIGITS = 6


def parse_retry_after_seconds(value: str | None) -> float | None:
    """Return the delay that a `Retry-After` header asks for, or None if it states none.

    Only its form in seconds counts, up to eleven days. Its date form is ignored, since the clocks of two machines
    differ.
    """
    text = (value or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
