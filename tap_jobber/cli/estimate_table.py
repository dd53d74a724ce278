"""The text and the JSON document of `tap-jobber --estimate`."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from tap_jobber.cli.credentials_json import account_json
from tap_jobber.extraction.estimate import dearest
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_jobber.api.rate_limits import RateLimiter
    from tap_jobber.cli.estimate_command import RunEstimate, StreamEstimate
    from tap_jobber.credentials.stores.record import Account
    from tap_jobber.extraction.estimate import Spending

VERSION = 1
"""Version of the document; it changes when a key goes or changes its meaning, not when one is added."""

_HEAD = ("stream", "rows", "each", "points", "time", "next run", "resync")
_WIDTHS = (30, 8, 6, 11, 7, 9, 8)
_LEAST_NEEDED = (2, 4, 6, 1)
"""Columns that go first where the terminal is narrow."""
_KINDS = ("full", "run", "resync")
_MOST_DEAREST, _LEAST_SHARE = 5, 0.01
_THOUSAND, _MINUTE, _HOUR, _DAY = 1_000, 60, 3_600, 86_400
_MOST_DIGITS = 99_999
_FEW = 9.5


def estimate_text(estimate: RunEstimate, account: Account, limits: RateLimiter, width: int) -> str:
    """Return an estimate as a table with totals, and what costs most.

    Args:
        estimate: The estimate.
        account: The account that it is of.
        limits: Tells how long it takes to spend points.
        width: The most signs of a line.
    """
    shown = _columns_for(width)
    table = [
        _HEAD,
        *(_cells(each, _name_of(each, estimate), limits) for each in estimate.streams if each.reason is None),
    ]
    full, run, resync = (estimate.total(kind) for kind in _KINDS)
    rows = sum(each.rows or 0 for each in estimate.streams)
    amounts = (_short(run.points), _short(resync.points))
    table.append(("all", _short(rows), "", f"{full.points:,.0f}", _duration(full, limits), *amounts))
    lines = [*(_line(cells, shown) for cells in table), ""]
    for text in (*_prose(estimate, account, limits), *_unknown(estimate)):
        lines += textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def estimate_json(estimate: RunEstimate, account: Account, limits: RateLimiter) -> str:
    """Return the document of an estimate; docs/schemas/estimate.schema.json describes it.

    Args:
        estimate: The estimate.
        account: The account that it is of.
        limits: Tells how long it takes to spend points.
    """

    def spent(spending: Spending) -> dict[str, Any]:
        return {
            "points": round(spending.points),
            "requests": round(spending.requests),
            "seconds": round(limits.least_seconds(spending.points, spending.requests), 1),
        }

    def costs(of: Callable[[str], Spending]) -> dict[str, Any]:
        names = dict(zip(_KINDS, ("full_sync", "next_run", "next_run_with_resync"), strict=True))
        return {name: spent(of(kind)) for kind, name in names.items()}

    streams = [
        {
            "name": each.name,
            "read_with": each.walk,
            "status": _status(each),
            "reason": each.reason,
            "rows": None if each.rows is None else round(each.rows),
            "points_per_row": _points_per_row(each),
            "points_of_walk": round(estimate.walk_total(each.name).points) if each.name == each.walk else None,
            **(dict.fromkeys(costs(estimate.total)) if each.reason else costs(lambda kind, of=each: getattr(of, kind))),  # type: ignore[misc]
        }
        for each in estimate.streams
    ]
    document = {
        "version": VERSION,
        "account": account_json(account),
        "resync_days": estimate.resync_days,
        "asked": {"points": round(estimate.asked.points), "requests": round(estimate.asked.requests)},
        "total": {"rows": round(sum(each.rows or 0 for each in estimate.streams)), **costs(estimate.total)},
        "streams": streams,
        "dearest_lists": [{"name": name, "points": round(points)} for name, points in _dearest_lists(estimate)],
        "dearest_columns": [{"name": name, "points": round(points)} for name, points in _dearest_columns(estimate)],
    }
    return json.dumps(document, indent=2)


def _prose(estimate: RunEstimate, account: Account, limits: RateLimiter) -> Iterator[str]:
    full, run, resync = (estimate.total(kind) for kind in _KINDS)
    yield (
        f"{account.name}: a full sync costs about {full.points:,.0f} points, {_duration(full, limits)} at "
        f"{limits.usable_points_per_second:,.0f} points a second."
    )
    yield (
        f"The next run a day later, if nothing has changed: {run.points:,.0f} points, {_duration(run, limits)}; with "
        f"resync_days {estimate.resync_days:g}: {resync.points:,.0f} points, {_duration(resync, limits)}."
    )
    for title, found in (("lists", _dearest_lists(estimate)), ("columns", _dearest_columns(estimate))):
        if found:
            shares = (f"{name} {points / full.points:.0%}" for name, points in found)
            yield f"Dearest {title}: {', '.join(shares)}."
    yield f"This has cost {estimate.asked.points:,.0f} points."


def _unknown(estimate: RunEstimate) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for each in estimate.streams:
        if each.reason is not None:
            reasons.setdefault((_status(each), each.reason), []).append(each.name)
    for (status, reason), names in reasons.items():
        yield f"{status.capitalize().replace('_', ' ')}: {enumerated(names)}: {reason}."


def _dearest_lists(estimate: RunEstimate) -> Sequence[tuple[str, float]]:
    points = {each.name: each.full.points for each in estimate.streams}
    lists = {each.name for each in estimate.streams if each.name != each.walk}
    return [each for each in dearest(points, len(points), _LEAST_SHARE) if each[0] in lists][:_MOST_DEAREST]


def _dearest_columns(estimate: RunEstimate) -> Sequence[tuple[str, float]]:
    total = estimate.total("full").points
    points = {f"{each.name}.{name}": points for each in estimate.streams for name, points in each.columns.items()}
    found = dearest(points, _MOST_DEAREST, 0.0)
    return [each for each in found if each[1] >= _LEAST_SHARE * total]


def _status(each: StreamEstimate) -> str:
    if each.reason is None:
        return "estimated"
    return "unknown" if each.is_permitted else "not_permitted"


def _points_per_row(each: StreamEstimate) -> float | None:
    return round(each.full.points / each.rows, 1) if each.rows else None


def _name_of(each: StreamEstimate, estimate: RunEstimate) -> str:
    """Return the name of a stream, indented below that of the one whose rows it belongs to."""
    is_below = each.name != each.walk and any(other.name == each.walk for other in estimate.streams)
    return f"  {each.name}" if is_below else each.name


def _cells(each: StreamEstimate, name: str, limits: RateLimiter) -> tuple[str, ...]:
    per_row = _points_per_row(each)
    return (
        name,
        "?" if each.rows is None else _short(each.rows),
        "-" if per_row is None else f"{per_row:.0f}" if per_row >= _FEW else f"{per_row:.1f}",
        f"{each.full.points:,.0f}",
        _duration(each.full, limits),
        _short(each.run.points),
        _short(each.resync.points),
    )


def _columns_for(width: int) -> list[int]:
    """Return the columns of the table that there is room for."""
    shown = list(range(len(_HEAD)))
    for column in _LEAST_NEEDED:
        if sum(_WIDTHS[each] for each in shown) > width:
            shown.remove(column)
    return shown


def _line(cells: Sequence[str], shown: Sequence[int]) -> str:
    first, *others = shown
    return (
        f"{cells[first]:<{_WIDTHS[first]}}" + "".join(f"{cells[each]:>{_WIDTHS[each]}}" for each in others)
    ).rstrip()


def _short(amount: float) -> str:
    """Return a number in at most seven characters, a large one in thousands or millions."""
    if amount <= _MOST_DIGITS:
        return f"{amount:,.0f}"
    if amount < _MOST_DIGITS * _THOUSAND / 10:
        return f"{amount / _THOUSAND:,.0f}k"
    return f"{amount / _THOUSAND**2:,.1f}M"


def _duration(spending: Spending, limits: RateLimiter) -> str:
    """Return for people how long it takes to spend points, in one unit."""
    seconds = limits.least_seconds(spending.points, spending.requests)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            amount = seconds / unit
            return f"{amount:.0f} {name}" if amount >= _FEW or unit == _MINUTE else f"{amount:.1f} {name}"
    return f"{seconds:.0f} s"
