"""Fleet: what one account takes of a machine and of the token store, and how many runs a core gets through."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.account import UNLIMITED_SPEED
from benchmarks.cores import TAP_CORES, bind
from benchmarks.figures import heading, table
from benchmarks.processes import SANDBOX, TAP, environment, server
from tests.postgresql import PostgreSQL, is_installed, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

PIPELINE = str(Path(sysconfig.get_path("scripts")) / "tap-jobber-pipeline")
_TARGETS = os.environ.get("WAREHOUSE_TARGETS") or Path(__file__).resolve().parent.parent / ".venv-targets"
TARGET = Path(_TARGETS) / "postgres/bin/target-postgres"
WORLD, SHORT_WORLD = "hostile", "business"
SCALES, SHORT_SCALES = (0.1, 1.0), (0.02,)
ACCOUNTS, SHORT_ACCOUNTS = 12, 2
SCALE_OF_MANY = 0.02
AT_ONCE = 4
FEW_ROWS = {"TAP_JOBBER_VISIT_LOOKBACK_DAYS": "7"}
"""Settings by which visits, most of the rows, are not read whole each time."""
HOUR_SECONDS = 3600
FLEET = 5000
_SAMPLE_SECONDS = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")
_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass(frozen=True)
class Taken:
    """Time and memory that a run has taken.

    Attributes:
        rows: Rows of all streams.
        wall_seconds: Time from start to end.
        cpu_seconds: Time on a processor, of all processes.
        shares: Time on a processor of each program, as far as samples tell.
        peaks_mib: Peak of the memory of each program.
    """

    rows: int
    wall_seconds: float
    cpu_seconds: float
    shares: Mapping[str, float]
    peaks_mib: Mapping[str, float]


@dataclass(frozen=True)
class Fleet:
    """Accounts of a sandbox, a token store and a warehouse in PostgreSQL, and a folder of states.

    Attributes:
        home: The folder.
        database: The server of both.
        settings: Settings of tap and target.
        numbers: The accounts, by number.
    """

    home: Path
    database: PostgreSQL
    settings: Mapping[str, str]
    numbers: Sequence[str]

    def run(self, number: str, **settings: str) -> Taken:
        """Run the pipeline of an account on the core of the tap.

        Args:
            number: The account.
            settings: Further settings of the tap.

        Raises:
            RuntimeError: If it fails.
        """
        words = [
            "--target",
            f"{TARGET} --config=ENV",
            "--account",
            number,
            "--state",
            str(self.home / f"{number}.json"),
        ]
        named = {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": f"jobber_{number}"}
        began, log = time.monotonic(), self.home / f"{number}.log"
        report = self.home / f"{number}.report.json"
        with log.open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603 - the commands are our own
                [PIPELINE, *words, "--report", str(report)],
                cwd=self.home,
                env=environment({**self.settings, **named, **settings}),
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        bind(process.pid, TAP_CORES)
        shares: dict[str, float] = {}
        peaks: dict[str, float] = {}
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            for name, member in _members(process.pid):
                _sample(name, member, shares, peaks)
            time.sleep(_SAMPLE_SECONDS)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(log.read_text(encoding="utf-8")[-2000:])
        rows = sum(each["rows"] for each in json.loads(report.read_text(encoding="utf-8"))["streams"])
        return Taken(rows, time.monotonic() - began, used.ru_utime + used.ru_stime, shares, peaks)

    def outdate(self) -> None:
        """Let all access tokens be as old as they are for a run an hour later: it refreshes its own first."""
        outdated = "jsonb_set(record::jsonb, '{access_token_expires_at}', '1')::text"
        self.database.query("tokens", f"update tap_jobber_credentials set record = {outdated} returning 1")  # noqa: S608 - our own

    def list_accounts(self) -> None:
        """List the accounts, as an engine does before it runs them."""
        _output([TAP, "--config=ENV", "--credentials", "--format=json"], self.home, self.settings)

    def statements(self, action: Callable[[], object]) -> Counter[str]:
        """Do something, and count the statements that the token store is asked meanwhile."""
        marks = [f"mark {each} {time.monotonic_ns()}" for each in ("from", "until")]
        self.database.query("tokens", f"select '{marks[0]}'")
        action()
        self.database.query("tokens", f"select '{marks[1]}'")
        read = "select pg_read_file(current_setting('data_directory') || '/../log') as log"
        log = self.database.query("postgres", read)[0]["log"]
        between = log.partition(marks[0])[2].partition(marks[1])[0]
        return Counter(_kinds(between))


def run(directory: Path, *, is_short: bool) -> None:
    """Measure and print."""
    if not (is_installed() and TARGET.is_file()):
        print("\nfleet: needs a PostgreSQL server, and the targets that make warehouses installs")
        return
    os.umask(0o022)
    world = SHORT_WORLD if is_short else WORLD
    for scale in SHORT_SCALES if is_short else SCALES:
        with postgresql() as database, _sandbox(directory, world, scale, 1) as ready:
            _one_account(_connected(directory / f"scale-{scale:g}", database, ready), scale)
    count, scale = (SHORT_ACCOUNTS, SHORT_SCALES[0]) if is_short else (ACCOUNTS, SCALE_OF_MANY)
    with postgresql() as database, _sandbox(directory, world, scale, count) as ready:
        _many_accounts(_connected(directory / "many", database, ready), scale)


def _sandbox(directory: Path, world: str, scale: float, accounts: int) -> AbstractContextManager[dict[str, Any]]:
    limits = ("--speed", str(UNLIMITED_SPEED), "--max-requests", "0")
    return server(
        (SANDBOX, "serve", "--world", world, "--scale", f"{scale:g}", "--accounts", str(accounts), *limits),
        directory,
    )


def _connected(home: Path, database: PostgreSQL, ready: Mapping[str, Any]) -> Fleet:
    """Put the tokens of all accounts into a store; no run has to refresh them."""
    home.mkdir()
    for name in ("tokens", "warehouse"):
        database.create(name)
    settings = {
        "TAP_JOBBER_API_URL": ready["api_url"],
        "TAP_JOBBER_CLIENT_ID": ready["client_id"],
        "TAP_JOBBER_CLIENT_SECRET": ready["client_secret"],
        "TAP_JOBBER_TOKEN_STORE": database.url("tokens"),
        "TARGET_POSTGRES_SQLALCHEMY_URL": database.url("warehouse", "postgresql+psycopg"),
    }
    for number, token in ready["refresh_tokens"].items():
        given = {"TAP_JOBBER_REFRESH_TOKEN": str(token), "TAP_JOBBER_ACCOUNT_ID": f"{int(number) * 1000 + 1}"}
        _output([TAP, "--config=ENV", "--test=credentials"], home, {**settings, **given})
    listed = json.loads(_output([TAP, "--config=ENV", "--credentials", "--format=json"], home, settings))
    database.query("postgres", "alter database tokens set log_statement = 'all'")
    return Fleet(home, database, settings, [each["account"]["number"] for each in listed["connections"]])


def _one_account(fleet: Fleet, scale: float) -> None:
    (number,) = fleet.numbers
    runs = {
        "first run": fleet.run(number),
        "later run": fleet.run(number),
        "first with visit_lookback_days 7": fleet.run(number, **FEW_ROWS),
        "later with visit_lookback_days 7": fleet.run(number, **FEW_ROWS),
    }
    counted = {"a later run": fleet.statements(partial(fleet.run, number, **FEW_ROWS))}
    fleet.outdate()
    counted["one that refreshes its token"] = fleet.statements(partial(fleet.run, number, **FEW_ROWS))
    counted["a list of the accounts"] = fleet.statements(fleet.list_accounts)
    heading(
        f"one account of scale {scale:g}, default streams, into PostgreSQL",
        "the first run reads all of it; the later ones find nothing new, but read whole what shows no change",
        "CPU seconds of each program are of samples, those of all of them are the system's",
    )
    lines = [_line(name, taken) for name, taken in runs.items()]
    table(
        ("run", "rows", "wall s", "CPU s", "tap", "target", "pipeline", "tap MiB", "target MiB", "pipeline MiB", ""),
        lines,
    )
    for name, kinds in counted.items():
        print(f"\nstatements to the token store, {name}: {sum(kinds.values())}, of these")
        for kind, count in kinds.most_common():
            print(f"  {count:3} {kind}")


def _line(name: str, taken: Taken) -> tuple[str, ...]:
    programs = ("tap", "target", "pipeline")
    shares = (f"{taken.shares.get(each, 0.0):.1f}" for each in programs)
    peaks = (f"{taken.peaks_mib.get(each, 0.0):.0f}" for each in programs)
    return (name, f"{taken.rows:,}", f"{taken.wall_seconds:.1f}", f"{taken.cpu_seconds:.1f}", *shares, *peaks, "")


def _many_accounts(fleet: Fleet, scale: float) -> None:
    for number in fleet.numbers:
        fleet.run(number, **FEW_ROWS)
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        taken = list(pool.map(lambda number: fleet.run(number, **FEW_ROWS), fleet.numbers))
    seconds = time.monotonic() - began
    cpu = sum(each.cpu_seconds for each in taken) / len(taken)
    cores = len(TAP_CORES) or 1
    heading(
        f"{len(taken)} accounts of scale {scale:g}, {AT_ONCE} at once",
        f"on {cores} core; the sandbox on another, PostgreSQL on any",
        "later runs with visit_lookback_days 7, which find almost nothing",
    )
    print(f"\nruns a second on a core: {len(taken) / seconds / cores:.3f}; CPU seconds of a run: {cpu:.1f}")
    print(f"cores for {FLEET:,} such runs in an hour, all of their time used: {FLEET * cpu / HOUR_SECONDS:.1f}")


def _output(command: Sequence[str], home: Path, settings: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - the commands are our own
        command, cwd=home, env=environment(settings), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _members(pid: int) -> Iterator[tuple[str, int]]:
    """Yield the programs of a pipeline that run."""
    yield "pipeline", pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in map(int, children):
        try:
            words = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        # Before it has become the tap, the process has the words of the pipeline; after its end it has none.
        if words and b"--target" not in words:
            yield ("target" if bytes(TARGET) in words else "tap"), child


def _sample(name: str, pid: int, shares: dict[str, float], peaks: dict[str, float]) -> None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return
    shares[name] = (int(fields[11]) + int(fields[12])) / _TICKS
    _, found, rest = status.partition("VmHWM:")
    if found:
        peaks[name] = max(peaks.get(name, 0.0), int(rest.split()[0]) / 1024)


def _kinds(log: str) -> Iterator[str]:
    """Yield the kind of each statement in a log of PostgreSQL: its first word and its table, without transactions."""
    for line in log.splitlines():
        _, found, text = line.partition("LOG:  ")
        if not found or not text.startswith(("statement: ", "execute ")):
            continue
        words = text.partition(": ")[2].split()
        if words and words[0].upper() not in _TRANSACTIONS and text != "statement: select '":
            yield " ".join(words)[:90]
