"""Answers to quotes: when each is sent, seen, changed, approved, turned into a job or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.business.chances import likely
from jobber_sandbox.facts import Embedded
from jobber_sandbox.timestamps import DAY_SECONDS, iso

if TYPE_CHECKING:
    import random

    from jobber_sandbox.business.setting import Setting
    from jobber_sandbox.facts import Record

HOUR_SECONDS = 3_600
_APPROVED_SHARE, _DRAFT_SHARE, _CHANGES_SHARE = 0.62, 0.06, 0.1
_LOST_AFTER_DAYS = 45


def answer(setting: Setting, quote: Record, chance: random.Random) -> int | None:
    """Plan what becomes of a quote, and return when it is approved."""
    created = quote.created
    if likely(_DRAFT_SHARE, chance):
        _turn(quote, created + _LOST_AFTER_DAYS * DAY_SECONDS, "archived")
        return None
    sent = created + chance.choice((300, 900, 3_600, DAY_SECONDS))
    _turn(quote, sent, "awaiting_response", sentAt=iso(sent))
    seen = sent + chance.randrange(1, 40) * HOUR_SECONDS
    quote.at(seen, touch=False, clientHubViewedAt=iso(seen))
    awake = setting.calendar.awake
    answered = awake(seen + int(chance.expovariate(1 / 4.0) * DAY_SECONDS) + HOUR_SECONDS)
    if likely(_CHANGES_SHARE, chance):
        changes = iso(answered)
        _turn(quote, answered, "changes_requested", lastTransitioned=transitions(changesRequestedAt=changes))
        again = setting.calendar.in_office(answered + chance.randrange(2, 40) * HOUR_SECONDS)
        _turn(quote, again, "awaiting_response", sentAt=iso(again))
        answered = awake(again + int(chance.expovariate(1 / 3.0) * DAY_SECONDS) + HOUR_SECONDS)
    else:
        changes = None
    if not likely(_APPROVED_SHARE, chance):
        _turn(quote, max(answered, sent + _LOST_AFTER_DAYS * DAY_SECONDS), "archived")
        return None
    approved = iso(answered)
    _turn(quote, answered, "approved", lastTransitioned=transitions(changesRequestedAt=changes, approvedAt=approved))
    return answered


def convert(quote: Record, moment: int) -> None:
    """Plan that a quote becomes a job."""
    last = quote.changes[-1].facts["lastTransitioned"].values
    _turn(quote, moment, "converted", lastTransitioned=transitions(**{**last, "convertedAt": iso(moment)}))


def _turn(quote: Record, moment: int, status: str, **facts: Any) -> None:
    quote.at(moment, quoteStatus=status, transitionedAt=iso(moment), **facts)


def transitions(**moments: str | None) -> Embedded:
    """Return when a quote came from one status to the next, as the schema shows it."""
    names = ("changesRequestedAt", "approvedAt", "convertedAt")
    return Embedded("QuoteLastTransitioned", {name: moments.get(name) for name in names})
