"""The token store behind a program, such as the client of a secret manager: `command:PROGRAM ...`.

The program is run with its own arguments, followed by one of

- `list`: print a line for each record, the client id and the account separated by a tab;
- `get CLIENT_ID ACCOUNT`: print the record as JSON, or nothing if there is none;
- `put CLIENT_ID ACCOUNT`: keep the JSON on standard input;
- `remove CLIENT_ID ACCOUNT`: remove the record.

Any exit status but 0 is a failure, and the last line of standard error is shown. ACCOUNT begins with `pending:` for
tokens whose account is not known yet. Lock files in the user's state directory keep the workers of one host from
refreshing at the same time, but not the workers of other hosts.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_jobber.credentials.stores.base import (
    COMMAND_PREFIX,
    Decided,
    Result,
    StoredRecords,
    TokenStore,
    default_path,
    unusable_store,
)
from tap_jobber.credentials.stores.locks import Locks
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tap_jobber.credentials.stores.record import Record

_TIMEOUT_SECONDS = 60.0
_SHOWN_CHARACTERS = 200


class CommandTokenStore(TokenStore):
    """A token store behind a program.

    Args:
        location: `command:` and the program with its arguments, quoted as for a shell; no shell is started.
        lock_timeout_seconds: Longest wait for another process that refreshes.

    Raises:
        TapError: The location names no program.
    """

    def __init__(self, location: str, *, lock_timeout_seconds: float = 60.0) -> None:
        super().__init__()
        self._location = location
        try:
            self._command = shlex.split(location.removeprefix(COMMAND_PREFIX))
        except ValueError as error:
            self._command = []
            reason = f" ({error})"
        else:
            reason = ""
        if not self._command:
            raise TapError(f"token_store names no program{reason}", "write it as command:PROGRAM, with its words")
        digest = hashlib.sha256(location.encode()).hexdigest()[:12]
        self._locks = Locks(default_path().with_name(f"command-{digest}"), lock_timeout_seconds)

    @property
    @override
    def location(self) -> str:
        """`command:` and the program with its arguments."""
        return self._location

    @property
    @override
    def label(self) -> str:
        """The program without its arguments, which may hold a secret."""
        return f"{COMMAND_PREFIX}{self._command[0]}"

    @contextmanager
    @override
    def lock(self, client_id: str, key: str | None = None) -> Iterator[None]:
        """Hold the lock file of an account; re-entrant within a thread."""
        with self._locked(client_id, key):
            yield

    @override
    def check_writable(self, record: Record | None = None) -> None:
        """Write the stored record again, unchanged; without one, only find out if the program answers."""
        if record is None:
            self._listed()
        else:
            self.change(record.client_id, lambda records: (records, None), {record.key})

    @override
    def _read(self, client_id: str | None, keys: Collection[str] | None = None) -> dict[str, StoredRecords]:
        found: dict[str, StoredRecords] = {}
        if client_id is not None and keys is not None:
            wanted = [(client_id, key) for key in keys]
        else:
            wanted = [(client, key) for client, key in self._listed() if client_id in {None, client}]
        for client, key in wanted:
            output = self._run("get", client, key)
            if output.strip():
                found.setdefault(client, {})[key] = _parsed(output)
        return found

    @override
    def _keys(self, client_id: str) -> list[str]:
        return [key for client, key in self._listed() if client == client_id]

    @override
    def _transact(
        self,
        client_id: str,
        decide: Callable[[StoredRecords], Decided[Result]],
        keys: Collection[str] | None,
    ) -> Result:
        with self._locked():
            decided = decide(self._read(client_id, keys).get(client_id, {}))
            # New records go first: a crash between the two leaves one record too many and none too few.
            for key, value in decided.writes.items():
                if value is not None:
                    self._run("put", client_id, key, standard_input=json.dumps(value))
            for key, value in decided.writes.items():
                if value is None:
                    self._run("remove", client_id, key)
            return decided.result

    @contextmanager
    def _locked(self, client_id: str | None = None, key: str | None = None) -> Iterator[None]:
        with ExitStack() as held:
            try:
                held.enter_context(self._locks.acquire(client_id, key))
            except OSError as error:
                cause = f"Cannot make the lock file {self._locks.lock_path(client_id, key)} ({error.strerror or error})"
                raise TapError(cause, "check its directory's permissions, or set XDG_STATE_HOME") from error
            yield

    def _listed(self) -> list[tuple[str, str]]:
        lines = [line.split("\t") for line in self._run("list").splitlines() if line.strip()]
        if any(len(line) != 2 for line in lines):  # noqa: PLR2004 - client and account
            raise unusable_store(
                self.label, "a line of its list is not a client id and an account with a tab between them"
            )
        return [(client.strip(), key.strip()) for client, key in lines]

    def _run(self, *arguments: str, standard_input: str = "") -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own program, no shell
                [*self._command, *arguments],
                input=standard_input,
                capture_output=True,
                encoding="utf-8",
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it does not print UTF-8"
            raise self._failed(arguments[0], reason) from error
        except subprocess.TimeoutExpired:
            raise self._failed(arguments[0], f"it took longer than {_TIMEOUT_SECONDS:g} s") from None
        if done.returncode != 0:
            last = " ".join("".join(done.stderr.strip().splitlines()[-1:]).split())[:_SHOWN_CHARACTERS]
            raise self._failed(arguments[0], ", ".join(filter(None, (f"exit status {done.returncode}", last))))
        return done.stdout

    def _failed(self, action: str, reason: str) -> TapError:
        cause = f"The program of token_store, {self.label}, failed to {action} ({reason})"
        return TapError(cause, "mend the program, or token_store")


def _parsed(output: str) -> object:
    """Return the record that the program printed, or None if it is damaged."""
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return None
