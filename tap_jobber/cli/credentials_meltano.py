"""`tap-jobber --credentials --format meltano`: a file for Meltano's `include_paths`, with plugins for each account.

Each account has an extractor and a loader of its own, because runs of the same plugins write the same catalog and
config files, so that of several at once most fail. A pair of its own has a state of its own, too.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tap_jobber.credentials.encoded_ids import account_number
from tap_jobber.credentials.stores.record import State
from tap_jobber.errors import TapError
from tap_jobber.redaction import printable
from tap_jobber.wording import enumerated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_jobber.credentials.stores.record import Account, Record

LOADER = "target-postgres"
"""The loader by default."""

_HEAD = (
    "# Written by tap-jobber --credentials --format=meltano; write it anew when accounts come or go.",
    "# In meltano.yml: include_paths: [accounts.meltano.yml]",
)


def meltano_text(records: Iterable[Record], loader: str) -> str:
    """Return the file for the accounts that are connected.

    Args:
        records: All connections.
        loader: The loader that those of the accounts inherit from.

    Raises:
        TapError: If an account is connected by several clients.
    """
    settled = [(each.account, each) for each in records if each.is_settled and each.account is not None]
    connected = [account for account, record in settled if record.state is State.CONNECTED]
    if len({each.id for each in connected}) < len(connected):
        clients = enumerated(sorted({each.client_id for _, each in settled}))
        raise TapError(f"an account is connected by several clients ({clients})", "set client_id to the one to run")
    gone = [f"# Not connected: {account}" for account, record in settled if record.state is not State.CONNECTED]
    return "\n".join([*_HEAD, *map(printable, gone), *_document(connected, loader)])


def _document(accounts: list[Account], loader: str) -> Iterator[str]:
    if not accounts:
        yield "plugins: {}"
        return
    named = [(_short_name(each), each) for each in accounts]
    yield "plugins:"
    yield "  extractors:"
    for name, account in named:
        yield f"  - name: tap-jobber-{name}  # {printable(account.name or '')}".rstrip(" #")
        yield from ("    inherit_from: tap-jobber", "    config:", f"      account_id: {json.dumps(account.id)}")
    yield "  loaders:"
    for name, _ in named:
        yield from (f"  - name: {loader}-{name}", f"    inherit_from: {loader}", "    config:")
        yield f"      default_target_schema: jobber_{name}"
    yield "jobs:"
    for name, _ in named:
        yield from (f"- name: jobber-{name}", "  tasks:", f"  - tap-jobber-{name} {loader}-{name}")
    yield "schedules:"
    for place, (name, _) in enumerate(named):
        # Spread over an hour, so that not all begin at once.
        yield from (f"- name: jobber-{name}", f'  interval: "{place % 60} 2 * * *"', f"  job: jobber-{name}")


def _short_name(account: Account) -> str:
    """Return what fits the names of plugins and schemas."""
    return account_number(account.id) or re.sub(r"[^0-9A-Za-z]+", "_", account.id).strip("_")
