"""The installed tap as its users run it: a process, its files, its messages and its log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec.json

from jobber_sandbox.changes import apply
from jobber_sandbox.oauth import Person
from jobber_sandbox.options import Options
from jobber_sandbox.server import Running, running
from tests.e2e import nursery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jobber_sandbox.graphql_request import Entry
    from jobber_sandbox.sandbox import Sandbox

TAP = Path(sys.executable).with_name("tap-jobber")
SANDBOX = Path(sys.executable).with_name("jobber-sandbox")
LIMIT_SECONDS = 45.0
STATE: dict[str, Any] = {
    "bookmarks": {"clients": {"replication_key": "updatedAt", "replication_key_value": "2024-01-01T00:00:00Z"}}
}
"""A state to start from, where that matters."""

# Of a job of so many line items, only a few visits are left.
MANY, VISITS_LEFT = 100, 3

# Has what is rare in every field, restores faster than anyone can spend, and counts no requests.
TINY: dict[str, Any] = {"world": "hostile", "scale": 0.02, "speed": 1_000_000, "max_requests": 0}

_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| (?P<level>[A-Z]+) +\| (?P<name>\S+) +\| (?P<text>.*)")
_ACCESS_TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+")
_REFRESH_TOKEN = re.compile(r"\b[0-9a-f]{32}\b")


@dataclass(frozen=True)
class Line:
    """One line of the log."""

    level: str
    name: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """Output, log, status and files of a run of the tap.

    Args:
        status: Its exit status.
        stdout: Its standard output.
        stderr: Its standard error.
    """

    status: int
    stdout: str
    stderr: str

    @cached_property
    def log(self) -> list[Line]:
        """The lines of its log; anything else on standard error fails the test."""
        lines = []
        for line in self.stderr.splitlines():
            found = _LOG_LINE.fullmatch(line)
            assert found, f"not a line of the log: {line!r} in\n{self.stderr}"
            lines.append(Line(found["level"], found["name"], found["text"]))
        return lines

    def texts(self, level: str) -> list[str]:
        """Return the messages logged at a level."""
        return [line.text for line in self.log if line.level == level]

    @property
    def errors(self) -> list[str]:
        """Messages logged as errors or worse."""
        return self.texts("ERROR") + self.texts("CRITICAL")

    @property
    def warnings(self) -> list[str]:
        """Messages logged as warnings."""
        return self.texts("WARNING")

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The Singer messages; anything else on standard output fails the test."""
        assert not self.stdout or self.stdout.endswith("\n"), f"half a line: {self.stdout[-200:]!r}"
        messages = [msgspec.json.decode(line) for line in self.stdout.splitlines()]
        assert {each["type"] for each in messages} <= {"SCHEMA", "RECORD", "BATCH", "STATE", "ACTIVATE_VERSION"}
        return messages

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of one type."""
        return [each for each in self.messages if each["type"] == kind]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """Return the rows of a stream, in the order they came."""
        return [each["record"] for each in self.of_type("RECORD") if each["stream"] == stream]

    def ids(self, stream: str) -> list[str]:
        """Return the ids of a stream's rows, in the order they came."""
        return [row["id"] for row in self.rows(stream)]

    def last_rows(self, stream: str, *keys: str) -> dict[str, dict[str, Any]]:
        """Return the last row of each key, as a target that updates by key keeps it; the key defaults to the id."""
        return {" ".join(str(row[key]) for key in keys or ("id",)): row for row in self.rows(stream)}

    @property
    def streams(self) -> set[str]:
        """The streams that had rows."""
        return {each["stream"] for each in self.of_type("RECORD")}

    @property
    def states(self) -> list[dict[str, Any]]:
        """The values of the STATE messages."""
        return [each["value"] for each in self.of_type("STATE")]

    def summary(self) -> dict[str, list[str]]:
        """Return the summary's cells by stream: rows, requests, points, points per row, seconds waited, remark."""
        texts = self.texts("INFO")
        begin = texts.index("Summary of the run:")
        return {words[0]: words[1:] for words in (text.split() for text in texts[begin + 2 :])}

    def checked(self) -> Outcome:
        """Return this outcome, if the run went well."""
        assert self.status == 0, self.stderr
        assert not self.errors
        assert self.messages is not None
        return self

    def assert_refused(self, *words: str, lines: int = 1, status: int = 1) -> None:
        """Assert that the run failed with one line that names cause and remedy, and left nothing half done."""
        assert self.status == status, self.stderr
        assert len(self.errors) == lines, self.stderr
        assert "Traceback" not in self.stderr
        self._assert_said(words)
        for state in self.states:
            for name, bookmark in state["bookmarks"].items():
                # How far a read of history has come is no bookmark.
                proper = {key: value for key, value in bookmark.items() if key != "read"}
                assert proper in ({}, STATE["bookmarks"].get(name)), f"a bookmark moved: {state}"

    def assert_partial(self, stream: str, *words: str) -> None:
        """All but one stream was read, and a line at the end names that with cause and remedy."""
        assert self.status == 4, self.stderr
        assert len(self.errors) == 1, self.stderr
        assert self.errors[0].startswith(f"{stream} was set aside, ")
        assert self.log[-1].text == self.errors[0]
        assert "Traceback" not in self.stderr
        assert "set aside:" in " ".join(self.summary()[stream])
        self._assert_said(words)

    def _assert_said(self, words: Sequence[str]) -> None:
        said = " ".join(self.errors)
        assert ": " in said, "no remedy"
        for word in words:
            assert word.lower() in said.lower(), f"{word!r} is not in {said!r}"
        assert self.messages is not None


def run(
    command: Sequence[Path | str],
    home: Path,
    env: Mapping[str, str] | None = None,
    limit_seconds: float = LIMIT_SECONDS,
) -> Outcome:
    """Run a command to its end, in a directory and an environment of its own.

    Args:
        command: The command.
        home: Its home and working directory.
        env: What else its environment holds.
        limit_seconds: How long it may take.
    """
    done = subprocess.run(
        [str(word) for word in command],
        cwd=home,
        env=environment(home, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=limit_seconds,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def run_tap(words: Sequence[Path | str], home: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run the tap, as its executable or quicker."""
    if not nursery.IS_USED:
        return run([TAP, *words], home, env)
    return Outcome(*nursery.run([str(word) for word in words], home, environment(home, env), LIMIT_SECONDS))


def environment(home: Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without the settings of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**kept, **nursery.QUIET, "HOME": str(home), **(env or {})}


@dataclass
class Bench:
    """A sandbox, and a home directory from which the tap is run against it.

    Args:
        server: The sandbox.
        home: The directory, where the token store is too.
        account: The number of the account whose rows it changes, and as whose owner it authorises the app.
        is_shared: True if other tests use the sandbox too, so that its rows stay as they are.
    """

    server: Running
    home: Path
    account: int = 1
    is_shared: bool = False

    def __post_init__(self) -> None:
        """Connect the app anew, since a sandbox that is shared has redeemed its first refresh token."""
        self.authorise()

    def authorise(self) -> None:
        """Authorise the app once more: from now on the settings hold another refresh token."""
        self.refresh_token = str(self.sandbox.credentials.connect(Person(self.account, 1))["refresh_token"])

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox behind it, for direct access to its data."""
        return self.server.sandbox

    @property
    def store(self) -> Path:
        """The token store."""
        return self.home / "tokens.json"

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that work."""
        return {
            "api_url": self.server.api_url,
            "client_id": self.sandbox.credentials.client_id,
            "client_secret": self.sandbox.credentials.client_secret,
            "refresh_token": self.refresh_token,
            "token_store": str(self.store),
        }

    @property
    def log(self) -> list[Entry]:
        """The GraphQL requests so far."""
        return self.sandbox.log

    def config(self, **settings: object) -> Path:
        """Return a config file: settings that work, changed; None leaves one out."""
        wanted = {name: value for name, value in {**self.settings, **settings}.items() if value is not None}
        return self.write("config.json", wanted)

    def write(self, name: str, content: object) -> Path:
        """Return a file of JSON, or of the text or bytes given."""
        path = self.home / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    def tap(
        self,
        *words: Path | str,
        streams: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> Outcome:
        """Run the tap.

        Args:
            words: Further words of the command line.
            streams: The streams to select, by a catalog; all without one if not given.
            env: What else its environment holds.
            settings: Settings that differ from those that work; None leaves one out.
        """
        command: list[Path | str] = ["--config", self.config(**settings), *words]
        if streams is not None:
            command += ["--catalog", self.write("catalog.json", catalog(streams))]
        return self.tap_with(command, env)

    def tap_with(self, words: Sequence[Path | str], env: Mapping[str, str] | None = None) -> Outcome:
        """Run the tap with just these words on the command line."""
        outcome = run_tap(words, self.home, env)
        self.assert_secret(outcome)
        return outcome

    def refused(self, *words: Path | str, keeps_store: bool = True, **settings: Any) -> Outcome:
        """Run the tap on bad input, with a state to start from.

        Args:
            words: Further words of the command line.
            keeps_store: True if the token store must be unchanged.
            settings: As for `tap`.
        """
        before = self.connection()
        outcome = self.tap("--state", self.write("state.json", STATE), *words, **settings)
        assert self.connection() == before or not keeps_store
        return outcome

    def _stored(self) -> bytes | None:
        return self.store.read_bytes() if self.store.is_file() else None

    def connection(self) -> object:
        """Return the content of the token store without its notes on runs and on the connection."""
        return connection_in(self.store)

    def assert_secret(self, outcome: Outcome) -> None:
        """Nothing that the run wrote shows a secret."""
        known = {self.sandbox.credentials.client_secret, self.refresh_token, *self.sandbox.credentials.refresh_tokens()}
        known |= set(_tokens(self._stored() or b""))
        for text in (outcome.stdout, outcome.stderr):
            assert not [secret for secret in known if secret in text]
            assert not _ACCESS_TOKEN.search(text)
            assert "Bearer" not in text
        assert not _REFRESH_TOKEN.search(outcome.stderr)

    def arm(self, **fault: object) -> None:
        """Let something go wrong."""
        self.sandbox.faults.arm([fault])

    def change(self, **change: object) -> list[str]:
        """Change rows of the account; the ids of those changed."""
        assert not self.is_shared, "other tests rely on these rows: change those of a sandbox of your own"
        with self.sandbox.lock:
            done = apply(self.sandbox.world(self.account), change)
        ids: list[str] = done["ids"]
        return ids


def connection_in(store: Path) -> object:
    """Return the content of a token store without its notes on runs and on the connection."""
    if not store.is_file():
        return None
    try:
        return json.loads(store.read_bytes(), object_hook=_without_notes)
    except ValueError:
        return store.read_bytes()


def _without_notes(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "syncs" and not name.startswith(("state", "api_"))}


def _tokens(stored: bytes) -> Iterator[str]:
    """Yield the tokens in a token store, whatever its shape."""
    for found in re.finditer(r'_token"\s*:\s*"([^"]{12,})"', stored.decode(errors="replace")):
        yield found[1]


def catalog(streams: Sequence[str], deselected: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """Return a catalog that selects some streams, as a user makes it from the one that is discovered.

    Args:
        streams: The streams to select.
        deselected: Of each stream the columns to leave out, with dots between the steps.
    """
    whole = discovered()
    # Entries that are not selected are read and written over and over in vain: one of them is as good as all.
    whole["streams"] = [each for each in whole["streams"] if each["tap_stream_id"] in {*streams, *_LEFT_ALONE}]
    for stream in whole["streams"]:
        left_out = [_breadcrumb(path) for path in (deselected or {}).get(stream["tap_stream_id"], ())]
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
            elif entry["breadcrumb"] in left_out:
                entry["metadata"]["selected"] = False
    return whole


def _breadcrumb(path: str) -> list[str]:
    return [step for name in path.split(".") for step in ("properties", name)]


def discovered() -> dict[str, Any]:
    """Return the catalog that the tap discovers, without settings."""
    if not _DISCOVERED:
        with tempfile.TemporaryDirectory() as home:
            done = run_tap(["--discover"], Path(home))
        assert done.status == 0, done.stderr
        _DISCOVERED.append(done.stdout)
    whole: dict[str, Any] = msgspec.json.decode(_DISCOVERED[0])
    return whole


_DISCOVERED: list[str] = []
_LEFT_ALONE = ("tax_rates", "vehicles")


@contextmanager
def bench(home: Path, **options: Any) -> Iterator[Bench]:
    """Provide a sandbox of its own, small and quick if nothing else is said."""
    with running(Options(**{**TINY, **options})) as server:
        thin(server.sandbox)
        yield Bench(server, home)


def thin(sandbox: Sandbox) -> None:
    """Leave few visits to each job of very many line items, for each of them lists all of these."""
    with sandbox.lock:
        world = sandbox.world()
        for job in world.tables["Job"].rows:
            if len(world.children(job, "JobLineItem")) > MANY:
                for visit in world.children(job, "Visit")[VISITS_LEFT:]:
                    world.delete(visit)


def forget(sandbox: Sandbox) -> None:
    """Let a sandbox be as it was when it started, but for its rows and the tokens it has issued."""
    sandbox.faults.clear()
    sandbox.before_request = None
    sandbox.log.clear()
    sandbox.requests = sandbox.points = sandbox.refusals = 0
    sandbox.credentials.refreshes = sandbox.credentials.exchanges = sandbox.credentials.refusals = 0
