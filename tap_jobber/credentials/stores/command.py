"""Hands records over to a program, for secret managers: `command:PROGRAM ...`.

The program is run with its own words and then with

- `list`: prints a line for each record it keeps, the client id and the account with a tab between them;
- `get CLIENT_ID ACCOUNT`: prints the record as JSON, or nothing if there is none;
- `put CLIENT_ID ACCOUNT`: keeps the JSON that it reads on its standard input;
- `remove CLIENT_ID ACCOUNT`: forgets it.

Any exit status but 0 is a failure, and the last line of its standard error is shown. ACCOUNT begins with `pending:` for
tokens whose account has not been asked for yet. Lock files in the user's state directory keep the workers of one host
from refreshing at the same time; those of other hosts are not kept from it.
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

_LIMIT_SECONDS = 60.0
_SHOWN_CHARACTERS = 200


class CommandTokenStore(TokenStore):
    """A token store behind a program.

    Args:
        location: `command:` and the program with its words, as a shell would take them; no shell is started.
        lock_timeout_seconds: How long to wait for another process that is refreshing.

    Raises:
        TapError: There is no program in it.
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
        """`command:` and the program with its words."""
        return self._location

    @property
    @override
    def label(self) -> str:
        """The program without its words, which may hold a secret."""
        return f"{COMMAND_PREFIX}{self._command[0]}"

    @contextmanager
    @override
    def lock(self, client_id: str, key: str | None = None) -> Iterator[None]:
        """Holds a lock file of the account; re-entrant within a thread."""
        with self._locked(client_id, key):
            yield

    @override
    def check_writable(self, record: Record | None = None) -> None:
        """Puts back what is in the record's key; without any, only finds out whether the program answers."""
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
    def _transact(
        self,
        client_id: str,
        decide: Callable[[StoredRecords], tuple[StoredRecords, Result]],
        keys: Collection[str] | None,
    ) -> Result:
        with self._locked():
            writes, result = decide(self._read(client_id, keys).get(client_id, {}))
            # New records go first: a crash between the two leaves one record too many and none too few.
            for key, value in writes.items():
                if value is not None:
                    self._run("put", client_id, key, typed=json.dumps(value))
            for key, value in writes.items():
                if value is None:
                    self._run("remove", client_id, key)
            return result

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

    def _run(self, *words: str, typed: str = "") -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own program, no shell
                [*self._command, *words],
                input=typed,
                capture_output=True,
                encoding="utf-8",
                timeout=_LIMIT_SECONDS,
                check=False,
            )
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it does not print UTF-8"
            raise self._failed(words[0], reason) from error
        except subprocess.TimeoutExpired:
            raise self._failed(words[0], f"it took longer than {_LIMIT_SECONDS:g} s") from None
        if done.returncode != 0:
            last = " ".join("".join(done.stderr.strip().splitlines()[-1:]).split())[:_SHOWN_CHARACTERS]
            raise self._failed(words[0], ", ".join(filter(None, (f"exit status {done.returncode}", last))))
        return done.stdout

    def _failed(self, word: str, reason: str) -> TapError:
        cause = f"The program of token_store, {self.label}, failed to {word} ({reason})"
        return TapError(cause, "mend the program, or token_store")


def _parsed(output: str) -> object:
    """The record that the program printed; anything else if it is damaged."""
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return None
