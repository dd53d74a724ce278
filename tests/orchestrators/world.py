"""Twelve accounts to run a fleet on: one sandbox, the token store, the destination, and databases for an engine.

There are two clusters of PostgreSQL: `data` holds the token store and the destination, `engine` what an orchestrator
keeps, so that a test can take either away. Each account is loaded into a schema of its own, `jobber_NUMBER`.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from jobber_sandbox.options import Options
from jobber_sandbox.server import running
from tap_jobber.credentials.encoded_ids import account_number
from tests import snapshots
from tests.e2e import truth
from tests.e2e.harness import TAP, Bench, catalog, run_tap
from tests.postgresql import Cluster, cluster
from tests.warehouse.targets import Postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jobber_sandbox.graphql_request import Entry
    from jobber_sandbox.server import Running
    from tests.e2e.harness import Outcome

ACCOUNTS = range(1, 13)
STREAMS = ("account", "clients", "invoices", "invoice_line_items", "jobs", "quotes", "expenses", "users", "tasks")
"""Streams to load: with and without a change marker, and the rows of a list."""
SCALE = 0.02
CRAWL = 0.002
"""A speed at which one point comes back in a second."""
DAY_SECONDS = 86_400.0
_MOST_DAYS = 2
_EDITED = ("Client", "Invoice", "InvoiceLineItem", "Job", "Quote", "User")
# What no other row refers to or sums up: the sandbox chooses whom a row refers to among all that there are, and an
# expense changes what its job has cost, which no time of change tells.
_CREATED = ("Task",)
_LIMIT_SECONDS = 60.0
_CONNECTED_AT_ONCE = 3


class Account(NamedTuple):
    """An account as the tap lists it.

    Attributes:
        id: Its ID.
        number: The number in that.
        name: Its name.
    """

    id: str
    number: str
    name: str

    @property
    def schema(self) -> str:
        """The schema that it is loaded into."""
        return f"jobber_{self.number}"


class Changes(NamedTuple):
    """The ids of rows that a day has changed in an account, by type.

    Attributes:
        edited: Those that were edited.
        created: Those that are new.
    """

    edited: dict[str, list[str]]
    created: dict[str, list[str]]


@dataclass
class World:
    """A fleet of accounts; accounts go by their place in the sandbox, 1 to 12.

    Args:
        server: The sandbox, in this process.
        home: A directory for files.
        data: The cluster of the token store and the destination.
        engine: The cluster of what an orchestrator keeps.
    """

    server: Running
    home: Path
    data: Cluster
    engine: Cluster
    _benches: dict[int, Bench] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the databases."""
        self._store = self.data.server.url(self.data.server.create("tokens"), "postgresql+psycopg")

    @cached_property
    def destination(self) -> Postgres:
        """The database that all accounts are loaded into."""
        return Postgres(self.home / "warehouse", self.data.server, hard_delete=True)

    @cached_property
    def catalog(self) -> Path:
        """A catalog that selects the streams."""
        return self.bench(1).write("catalog.json", catalog(STREAMS))

    @property
    def target(self) -> Path:
        """The program of target-postgres."""
        return self.destination.folder / self.destination.name

    @property
    def bin(self) -> Path:
        """The directory of the tap's programs."""
        return TAP.parent

    def environment(self) -> dict[str, str]:
        """Return what the environment of tap and target needs, but for an account and its schema."""
        credentials = self.server.sandbox.credentials
        tap = {
            "api_url": self.server.api_url,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "token_store": self._store,
            # What is gone from a table that is read whole goes from the destination too.
            "emit_activate_version_messages": "true",
        }
        target = {name: value for name, value in self.destination.settings.items() if name != "default_target_schema"}
        return {f"TAP_JOBBER_{name.upper()}": value for name, value in tap.items()} | {
            f"TARGET_POSTGRES_{name.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in target.items()
        }

    def account(self, number: int) -> Account:
        """Return an account as the tap lists it."""
        bench = self.bench(number)
        (row,) = truth.rows(bench, "account")
        place = self.server.sandbox.world(number).tables["Account"].rows[0]
        return Account(place.id, account_number(place.id) or "", row["name"])

    def bench(self, number: int) -> Bench:
        """Return a bench of an account, for its rows and changes."""
        if number not in self._benches:
            self._benches[number] = Bench(self.server, self.home, number)
        return self._benches[number]

    def connect(self, *numbers: int) -> None:
        """Let owners connect the app, as `--login` does: their tokens are in the token store."""
        settings = []
        for number in numbers:
            bench = self.bench(number)
            bench.authorise()
            account = {"TAP_JOBBER_ACCOUNT_ID": self.account(number).id}
            settings.append(self.environment() | account | {"TAP_JOBBER_REFRESH_TOKEN": bench.refresh_token})
        with ThreadPoolExecutor(_CONNECTED_AT_ONCE) as pool:
            for outcome in pool.map(self._redeem, settings):
                assert outcome.status == 0, outcome.stderr

    def _redeem(self, env: dict[str, str]) -> Outcome:
        with TemporaryDirectory(dir=self.home) as folder:
            return run_tap(["--config", "ENV", "--test=credentials"], Path(folder), env)

    def connections(self) -> list[dict[str, Any]]:
        """Return the connections as the tap lists them."""
        outcome = run_tap(["--config", "ENV", "--credentials", "--format=json"], self.home, self.environment())
        assert outcome.status == 0, outcome.stderr
        found: list[dict[str, Any]] = json.loads(outcome.stdout)["connections"]
        return found

    def disconnect(self, number: int) -> None:
        """Disconnect the app, as an admin of the account does; the token store does not know of it."""
        self.server.sandbox.credentials.disconnect(number)

    def throttle(self, number: int, speed: float = CRAWL) -> None:
        """Leave no points in an account's bucket, and let them come back at a crawl."""
        bucket = self.server.sandbox.bucket(number)
        bucket.pace(speed)
        bucket.drain()

    def refuse(self, number: int, *roots: str) -> None:
        """Hide root fields of an account from the app, as by scopes that were refused; all if none is named."""
        names = roots or {truth.ROOTS[name] for name in STREAMS if name in truth.ROOTS}
        self.arm(number, *({"kind": "hidden", "root": name} for name in names))

    def arm(self, number: int, *faults: dict[str, Any]) -> None:
        """Let something go wrong for an account."""
        self.server.sandbox.faults.arm([{**fault, "account": number} for fault in faults])

    def restore(self, number: int) -> None:
        """Let an account be as it was before faults and throttling; a disconnected one stays so."""
        self.server.sandbox.faults.clear(number)
        self.server.sandbox.bucket(number).pace(self.server.sandbox.options.speed)

    def next_day(self, numbers: Iterable[int] = ACCOUNTS) -> dict[int, Changes]:
        """Edit and create rows in accounts, and move the sandbox's clock on by a day; return what has changed."""
        changed = {}
        for number in numbers:
            bench = self.bench(number)
            edited = {name: bench.change(op="edit", type=name, count=2) for name in _EDITED}
            # Whoever edits a line of an invoice saves the invoice.
            lines = self.server.sandbox.world(number).tables["InvoiceLineItem"].rows[:2]
            owners = [line.parent.id for line in lines if line.parent is not None]
            edited["Invoice"] += bench.change(op="edit", type="Invoice", ids=owners)
            bench.change(op="delete", type="Task")
            created = {name: bench.change(op="create", type=name) for name in _CREATED}
            changed[number] = Changes(edited, created)
        self.server.sandbox.advanced_seconds += DAY_SECONDS
        return changed

    def requests(self, number: int) -> list[Entry]:
        """Return the GraphQL requests about an account so far."""
        return [entry for entry in self.server.sandbox.log if entry.account == number]

    def loaded(self, number: int, names: Sequence[str] = STREAMS) -> dict[str, list[dict[str, Any]]]:
        """Return the rows that the destination holds of an account, by stream; of a table that is not there, none."""
        schema = self.account(number).schema
        sql = f"select table_name from information_schema.tables where table_schema = '{schema}'"  # noqa: S608 - our own
        there = {row["table_name"] for row in self.destination.query(sql)} & set(names)
        asked = {name: f'select * from "{schema}"."{name}"' for name in there}  # noqa: S608 - as above
        found = self.destination.answers(asked) if asked else {}
        return {name: found.get(name, []) for name in names}

    def assert_loaded(self, number: int, names: Sequence[str] = STREAMS) -> None:
        """Assert that the destination holds what the account holds: each row once, with each value."""
        loaded = self.loaded(number, names)
        for name in names:
            expected = truth.rows(self.bench(number), name)
            stored = {truth.key(row, name): row for row in loaded[name]}
            assert len(stored) == len(loaded[name]), f"{name} of account {number} has rows twice"
            assert set(stored) == {truth.key(row, name) for row in expected}, f"{name} of account {number}"
            properties = snapshots.entry(name)["schema"]["properties"]
            for row in json.loads(json.dumps(expected), parse_float=Decimal):
                there = stored[truth.key(row, name)]
                for column, value in row.items():
                    is_same = self.destination.is_same(properties[column], value, there[column])
                    assert is_same, (number, name, column, value, there[column])


@contextmanager
def world(home: Path, **options: Any) -> Iterator[World]:
    """Provide a world in which no account is connected yet.

    Args:
        home: A directory for files.
        options: Options of the sandbox that differ.
    """
    chosen = {
        "world": "hostile",
        "scale": SCALE,
        "accounts": len(ACCOUNTS),
        "speed": 1_000,
        "max_requests": 0,
        # The last day is this machine's: dates ahead of its clock count for no bookmark.
        "clock_offset": -_MOST_DAYS * DAY_SECONDS,
        **options,
    }
    with running(Options(**chosen)) as server, cluster() as data, cluster() as engine:
        yield World(server, home, data, engine)


def wait_for(
    is_so: Callable[[], bool], what: str, limit_seconds: float = _LIMIT_SECONDS, pause_seconds: float = 0.2
) -> None:
    """Wait until something is so, with a pause between two looks."""
    deadline = time.monotonic() + limit_seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {limit_seconds:.0f} s: {what}"
        time.sleep(pause_seconds)
