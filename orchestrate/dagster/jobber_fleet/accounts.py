"""The accounts in the token store, as `tap-jobber --credentials --format json` lists them, and who needs a person."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_HOUR_SECONDS = 3600


@dataclass(frozen=True)
class Account:
    """An account in the token store.

    Attributes:
        key: Its number, which is its partition; its ID if that holds no number.
        name: Its name, for people.
        state: `connected`, `disconnected` or `refused`.
        state_since: When that began, as ISO 8601.
        state_reason: Why, where it is not connected.
        connected_at: When the account was connected, as ISO 8601.
        last_sync: How the last sync ended; None if there was none.
    """

    key: str
    name: str
    state: str
    state_since: str | None
    state_reason: str | None
    connected_at: str
    last_sync: Mapping[str, Any] | None

    @property
    def label(self) -> str:
        """Its name and number, for people."""
        return f"{self.name} ({self.key})" if self.name else self.key

    @property
    def is_connected(self) -> bool:
        """True if it can be read."""
        return self.state == "connected"

    def was_whole_until(self, time_seconds: float) -> bool:
        """Return True if it is connected, and its last sync was complete, and no later than at a time."""
        last = self.last_sync
        if not self.is_connected or last is None or last["status"] != "complete":
            return False
        # Times in the token store have no fractions.
        return _seconds(last["ended"]) <= time_seconds + 1

    @property
    def connection(self) -> str:
        """A text that changes when the account is connected anew."""
        return f"{self.key}:{self.connected_at}:{self.state_since}"


@dataclass(frozen=True)
class Finding:
    """A fact about an account that a person may have to act on.

    Attributes:
        account: Name and number of the account.
        words: What it is, and what to do.
        is_grave: True if the account brings no rows until a person has acted.
    """

    account: str
    words: str
    is_grave: bool = False


def accounts_in(document: Mapping[str, Any]) -> list[Account]:
    """Return the accounts of a list of connections, by number; of two connections of one account, the better.

    A connection whose account is not known yet has no partition: its first run, by hand, settles that.
    """
    found: dict[str, Account] = {}
    for connection in document["connections"]:
        account = _account(connection)
        if account is not None and (account.key not in found or account.is_connected):
            found[account.key] = account
    return sorted(found.values(), key=lambda each: (len(each.key), each.key))


def file_name(key: str) -> str:
    """Return a partition as part of the name of a file or a schema; base64 has signs that these do not."""
    return re.sub(r"\W+", "_", key).strip("_")


def not_connected(accounts: Iterable[Account], partitions: Iterable[str]) -> list[Finding]:
    """Return the accounts that are left out of each run, with what would bring them back.

    Args:
        accounts: The accounts in the token store.
        partitions: The accounts that Dagster knows.
    """
    accounts = list(accounts)
    findings = [
        Finding(
            each.label, f"{each.state} since {each.state_since or 'an unknown time'}{_because(each)}", is_grave=True
        )
        for each in accounts
        if not each.is_connected
    ]
    gone = sorted({*partitions} - {each.key for each in accounts})
    return [*findings, *(Finding(key, "no longer in the token store: delete its partition") for key in gone)]


def not_complete(accounts: Iterable[Account]) -> list[Finding]:
    """Return the connected accounts whose last sync did not bring everything."""
    return [
        Finding(each.label, _ending(each.last_sync), is_grave=each.last_sync["exit_status"] in {1, 77})
        for each in accounts
        if each.is_connected and each.last_sync is not None and each.last_sync["status"] != "complete"
    ]


def not_fresh(accounts: Iterable[Account], now: datetime, fresh_hours: float) -> list[Finding]:
    """Return the connected accounts that no sync has ended for within some hours.

    Args:
        accounts: The accounts in the token store.
        now: The time, with its zone.
        fresh_hours: Hours after which a sync is missing.
    """
    findings = []
    for each in accounts:
        last = each.connected_at if each.last_sync is None else each.last_sync["ended"]
        hours = (now.timestamp() - _seconds(last)) / _HOUR_SECONDS
        if each.is_connected and hours > fresh_hours:
            what = "connected, and never synced" if each.last_sync is None else "last sync"
            findings.append(Finding(each.label, f"{what} {hours:.1f} hours ago"))
    return findings


def table(findings: Iterable[Finding]) -> str:
    """Return findings as a table in Markdown, the grave ones first."""
    ordered = sorted(findings, key=lambda each: not each.is_grave)
    rows = [f"| {_cell(each.account)} | {_cell(each.words)} |" for each in ordered]
    return "\n".join(["| account | what it needs |", "| --- | --- |", *rows]) if rows else "nothing"


def _seconds(moment: str) -> float:
    """Return a time in ISO 8601 as seconds since 1970."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def _account(connection: Mapping[str, Any]) -> Account | None:
    account = connection["account"]
    if account is None:
        return None
    return Account(
        key=account["number"] or account["id"],
        name=connection["name"] or account["name"] or "",
        state=connection["state"],
        state_since=connection["state_since"],
        state_reason=connection["state_reason"],
        connected_at=connection["since"],
        last_sync=connection["last_sync"],
    )


def _because(account: Account) -> str:
    return f" ({account.state_reason}): connect it again" if account.state_reason else ": connect it again"


def _ending(sync: Mapping[str, Any]) -> str:
    lines = [sync["error"] or "", *(f"{name}: {line}" for name, line in sync["incomplete"].items())]
    return f"{sync['status']} at {sync['ended']}: " + "; ".join(line for line in lines if line)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
