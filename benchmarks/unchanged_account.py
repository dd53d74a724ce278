"""A sandbox account in which nothing changes while its clock moves on, and syncs of it, each from the state before."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.account import RUN_TAP, UNLIMITED_SPEED, credential
from benchmarks.messages import count_rows
from benchmarks.minimum_cost import emitted_rows
from benchmarks.processes import SANDBOX, measure, server
from benchmarks.rate_limited import RateLimitedAccount
from benchmarks.resync import SETTLING_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HOUR_SECONDS, DAY_SECONDS = 3_600, 86_400
# Behind this machine's clock, since the tap believes no date that is far ahead of it.
_BEHIND_SECONDS = 20 * DAY_SECONDS
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Spent:
    """Rows, points and requests of one sync.

    Attributes:
        rows: Rows that it wrote.
        points: Points that it was charged.
        requests: Requests that it made.
    """

    rows: int
    points: int
    requests: int


def mean(spent: Sequence[Spent]) -> Spent:
    """Return what each of some syncs has spent on average."""
    columns = ([getattr(each, name) for each in spent] for name in ("rows", "points", "requests"))
    return Spent(*(round(fmean(column)) for column in columns))


@dataclass
class Syncs:
    """Syncs of one account, each from the state of the one before.

    Args:
        account: The account.
        directory: Working directory of the tap.
        catalog: The catalog.
        settings: Settings beside those of the account.
    """

    account: RateLimitedAccount
    directory: Path
    catalog: Path
    settings: dict[str, str] = field(default_factory=dict)
    _state: dict[str, Any] = field(default_factory=dict, init=False)

    def after(self, seconds: int) -> Spent:
        """Let some time pass, and sync."""
        move_clock(self.account, seconds)
        output, given = self.directory / "output.jsonl", self.directory / "state.json"
        given.write_text(json.dumps(self._state), encoding="utf-8")
        self.account.clear_log()
        command = (*RUN_TAP, "--catalog", str(self.catalog), "--state", str(given))
        measure(command, self.directory, self.account.settings | self.settings, output)
        log, self._state = self.account.log(), emitted_rows(output).state
        return Spent(count_rows(output), log.points, log.requests)


@contextmanager
def unchanged_account(directory: Path, world: str, scale: float) -> Iterator[RateLimitedAccount]:
    """Serve an account without rate limits.

    Args:
        directory: Working directory of the server and the tap.
        world: The kind of its rows.
        scale: Its size.
    """
    limits = ("--speed", str(UNLIMITED_SPEED), "--max-requests", "0", "--clock-offset", str(-_BEHIND_SECONDS))
    with server((SANDBOX, "serve", "--world", world, "--scale", f"{scale:g}", *limits), directory) as ready:
        name = f"{world}-{scale:g}"
        account = RateLimitedAccount(ready["url"], credential(directory, ready, name), UNLIMITED_SPEED)
        # The first run would leave what the account was made with to the next one, as it may still be changing.
        move_clock(account, SETTLING_SECONDS)
        yield account


def move_clock(account: RateLimitedAccount, seconds: int) -> None:
    """Move the clock of an account on."""
    url = f"{account.url}/sandbox/clock"
    requests.post(url, json={"seconds": seconds}, timeout=_TIMEOUT_SECONDS).raise_for_status()
