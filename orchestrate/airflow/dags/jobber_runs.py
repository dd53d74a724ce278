"""Settings, accounts, words and the process of a run: all of the fleet that is not Airflow.

What the tap gives are programs: `tap-jobber --credentials --format=json` lists the accounts, and `tap-jobber-pipeline`
runs one. Their exit statuses say whose turn it is, a report what came.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

COMPLETE, PARTIAL, TRY_LATER = 0, 4, 75
_FIRST_SIGNAL = 128
_LABEL_CHARACTERS = 240
_TICK_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Settings:
    """Settings of the fleet, each an environment variable `JOBBER_` and its name.

    Attributes:
        programs: Directory of `tap-jobber` and `tap-jobber-pipeline`; empty if they are on the PATH.
        target: Command of the target.
        destination: Environment of the target that differs from account to account.
        states: Directory or URL of the states.
        catalog: Catalog of the tap; empty for the streams that are selected by default.
        schedule: When the fleet is run: a cron expression, a preset such as `@hourly`, or `none`.
        pool: Airflow's pool, whose slots bound how many accounts are read at once.
        refresh_days: Days after which an account is read from its beginning; 0 for never.
        retries: Times that a run is tried again.
        retry_seconds: Seconds before the first of them; each later one waits twice as long.
        timeout_seconds: Seconds after which a run is stopped, to go on from there when it is tried again.
        stop_seconds: Seconds that the target has to load what it was given, when a run is stopped.
        slack_connection: Airflow's connection to a Slack webhook; empty for no messages.
        email: Whom to mail, over Airflow's connection `smtp_default`; empty for no mails.
    """

    programs: str = ""
    target: str = "target-postgres --config=ENV"
    destination: str = "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA=jobber_{number}"
    states: str = "states"
    catalog: str = ""
    schedule: str = "15 2 * * *"
    pool: str = "jobber"
    refresh_days: int = 7
    retries: int = 4
    retry_seconds: int = 300
    timeout_seconds: int = 4 * 3600
    stop_seconds: int = 120
    slack_connection: str = ""
    email: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Return the settings of an environment.

        Raises:
            ValueError: If a number is none.
        """
        given: dict[str, Any] = {}
        for name, default in vars(cls()).items():
            text = environment.get(f"JOBBER_{name.upper()}", "")
            if text:
                given[name] = int(text) if isinstance(default, int) else text
        return cls(**given)

    def program(self, name: str) -> str:
        """Return the path of one of the tap's programs, or its name."""
        return str(Path(self.programs, name)) if self.programs else name


@dataclass(frozen=True)
class Ending:
    """The end of a program.

    Attributes:
        status: Its exit status.
        words: Its last line about an error; empty if there was none.
        output: What it has written on its standard output.
        report: The tap's report; None if there is none.
    """

    status: int
    words: str = ""
    output: str = ""
    report: dict[str, Any] | None = None

    @property
    def is_read(self) -> bool:
        """True if the account was read, but for some streams perhaps."""
        return self.status in (COMPLETE, PARTIAL)

    @property
    def is_worth_another_try(self) -> bool:
        """True if the same run may work later."""
        return self.status == TRY_LATER or self.status > _FIRST_SIGNAL


def accounts(listing: str, client_id: str | None) -> list[dict[str, Any]]:
    """Return the accounts of a listing that one app is connected to, each with why it cannot run, sorted by name.

    Args:
        listing: What `tap-jobber --credentials --format=json` has printed.
        client_id: The client ID of the app; None if it is not known, for those of all apps.
    """
    found = []
    for each in json.loads(listing)["connections"]:
        account = each["account"]
        if account is None or account["number"] is None or client_id not in (None, each["client_id"]):
            continue
        name = each["name"] or account["name"] or "Account"
        found.append({"number": account["number"], "label": f"{name} ({account['number']})", "problem": _problem(each)})
    return sorted(found, key=lambda account: (str(account["label"]).casefold(), account["number"]))


def _problem(connection: Mapping[str, Any]) -> str:
    if connection["state"] == "connected":
        return ""
    since, reason = connection["state_since"], connection["state_reason"]
    when, why = f" since {since[:10]}" if since else "", f" ({reason})" if reason else ""
    return f"{connection['state']}{when}{why}: connect it again"


def state_path(settings: Settings, number: str, day: date) -> str:
    """Return where the state of an account is kept: each full refresh begins with a new one, which it may go on from.

    A run that finds none reads everything; so does the first run in each span of days, and if that is cut off, the
    next try goes on. The spans of different accounts begin on different days, so that not all are read anew at once.
    """
    if settings.refresh_days == 0:
        return f"{settings.states}/{number}.json"
    began = day - timedelta(days=(day.toordinal() + int(number)) % settings.refresh_days)
    return f"{settings.states}/{number}.{began.isoformat()}.json"


def figures(ending: Ending) -> dict[str, Any]:
    """Return the figures of a run: of all streams together, and of each that brought rows or has a problem."""
    if ending.report is None:
        return {"exit_status": ending.status}
    told = {
        stream["name"]: {"rows": stream["rows"], "points": stream["points"], "problem": _problem_of(stream)}
        for stream in ending.report["streams"]
        if stream["is_selected"] and (stream["rows"] or _problem_of(stream))
    }
    return {"exit_status": ending.status, **ending.report["totals"], "streams": told}


def _problem_of(stream: Mapping[str, Any]) -> str | None:
    if stream["status"] == "not_permitted":
        return "the app or its user may not read it"
    if stream["problem"]:
        return str(stream["problem"])
    if stream["columns_left_out"]:
        return f"without {', '.join(map(str, stream['columns_left_out']))}"
    return None if stream["status"] == "complete" else str(stream["status"])


def outcome(ending: Ending) -> str:
    """Return the end of a run in a few words.

    >>> outcome(Ending(77, "the refresh token was refused: connect again"))
    'the refresh token was refused: connect again'
    """
    if not ending.is_read:
        return ending.words or f"ended with status {ending.status}: see its log"
    rows = figures(ending).get("rows", 0)
    parts = [f"{rows:,} row{'' if rows == 1 else 's'}"]
    lacking = incomplete(ending)
    if lacking:
        parts.append(f"not complete: {', '.join(lacking)}")
    return ", ".join(parts)


def incomplete(ending: Ending) -> list[str]:
    """Return the streams that lack rows or columns, also those that the app may not read."""
    return [name for name, each in figures(ending).get("streams", {}).items() if each["problem"]]


def is_whole(ending: Ending) -> bool:
    """Return True if an account was read, and nothing of it is lacking."""
    return ending.status == COMPLETE and not incomplete(ending)


def label(account: Mapping[str, Any], words: str, *, is_warning: bool = False) -> str:
    """Return the text by which an account is shown, cut to what Airflow keeps of it."""
    text = f"{'⚠ ' if is_warning else ''}{account['label']}: {words}"
    return text if len(text) <= _LABEL_CHARACTERS else f"{text[: _LABEL_CHARACTERS - 1]}…"


def attention(listed: Iterable[Mapping[str, Any]], ends: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return a line for each account that was not read whole, by what became of it.

    Args:
        listed: The accounts.
        ends: The end of each account's last try by its number, as far as it came to one.
    """
    found: dict[str, list[str]] = {"failed": [], "partial": [], "skipped": []}
    for account in listed:
        end = ends.get(account["number"])
        if account["problem"]:
            found["skipped"].append(label(account, account["problem"]))
        elif end is None:
            found["failed"].append(label(account, "its worker is gone, or it never began: see its log"))
        elif end["exit_status"] not in (COMPLETE, PARTIAL):
            found["failed"].append(label(account, end["words"]))
        elif not end["is_whole"]:
            found["partial"].append(label(account, end["words"]))
    return found


@dataclass
class Process:
    """A program, its log passed on line by line.

    Args:
        words: Its command.
        environment: Its environment.
        log: Takes the level and the text of each line of its log.
        stop_seconds: Seconds that it has to end after SIGTERM; then it is sent a second one.
        report: The file that it writes the tap's report to.
    """

    words: list[str]
    environment: Mapping[str, str]
    log: Callable[[str, str], None]
    stop_seconds: float
    report: Path | None = None
    _process: subprocess.Popen[bytes] | None = None
    _error: str = ""
    _stop_at: float = field(default=float("inf"))

    def run(self) -> Ending:
        """Run it to its end, or to that of the process that has started this one; what interrupts this stops it."""
        with tempfile.TemporaryFile() as output:
            try:
                self._process = self._started(output.fileno())
            except OSError as error:
                return Ending(1, f"{self.words[0]} cannot be run ({error.strerror}): see JOBBER_PROGRAMS")
            try:
                self._follow(self._process)
            except BaseException:
                self.stop()
                self._follow(self._process)
                raise
            output.seek(0)
            written = output.read().decode(errors="replace")
        status = self._process.returncode
        report = _json(self.report) if self.report else None
        return Ending(_FIRST_SIGNAL - status if status < 0 else status, self._error, written, report)

    def stop(self) -> None:
        """Ask it to end: the tap stops, and the target loads what it was given."""
        if self._process is not None and self._process.poll() is None:
            self._stop_at = min(self._stop_at, time.monotonic() + self.stop_seconds)
            self._process.send_signal(signal.SIGTERM)

    def _started(self, output: int) -> subprocess.Popen[bytes]:
        # In a session of its own, for Airflow signals whole groups, and a second signal would stop the target too.
        return subprocess.Popen(  # noqa: S603 - the commands are settings, and no shell reads them
            self.words,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_end_with_worker if sys.platform == "linux" else None,  # noqa: PLW1509 - it only makes a system call
        )

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        worker, rest, is_open = os.getppid(), b"", True
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(process.stderr, selectors.EVENT_READ)
            while is_open and (process.poll() is None or selector.select(0)):
                if selector.select(_TICK_SECONDS):
                    piece = os.read(process.stderr.fileno(), 1 << 16)
                    *lines, rest = (rest + piece).split(b"\n")
                    is_open = bool(piece)
                    # The last line may lack its end.
                    for line in lines if is_open else filter(None, [*lines, rest]):
                        self._pass_on(line.decode(errors="replace"))
                if os.getppid() != worker or time.monotonic() >= self._stop_at:
                    worker, self._stop_at = os.getppid(), float("inf")
                    self.stop()
        process.wait()

    def _pass_on(self, line: str) -> None:
        # The tap's lines are: time | level | logger | text.
        parts = [part.strip() for part in line.split("|", 3)]
        level, text = (parts[1], f"{parts[2]}: {parts[3]}") if len(parts) == 4 else ("INFO", line)  # noqa: PLR2004 - as above
        if level in ("ERROR", "CRITICAL"):
            self._error = parts[3]
        self.log(level, text)


def pipeline(settings: Settings, number: str, state: str, report: Path, *, is_full_refresh: bool) -> list[str]:
    """Return the command that reads an account and loads it."""
    words = [settings.program("tap-jobber-pipeline"), "--account", number, "--target", settings.target]
    words += ["--state", state, "--report", str(report)]
    words += ["--catalog", settings.catalog] if settings.catalog else []
    return [*words, *(["--full-refresh"] if is_full_refresh else [])]


def listing(settings: Settings) -> list[str]:
    """Return the command that lists the accounts."""
    return [settings.program("tap-jobber"), "--config=ENV", "--credentials", "--format=json"]


def environment(settings: Settings, base: Mapping[str, str], secrets: Mapping[str, str], number: str) -> dict[str, str]:
    """Return the environment of a run.

    Args:
        settings: The settings.
        base: The worker's environment, without which settings of Airflow get through.
        secrets: Variables that Airflow keeps.
        number: The number of the account; empty for none.
    """
    kept = {name: value for name, value in base.items() if not name.startswith(("AIRFLOW", "_AIRFLOW", "JOBBER_"))}
    # What the target's command is found by.
    path = {"PATH": os.pathsep.join([settings.programs, base.get("PATH", os.defpath)])} if settings.programs else {}
    name, _, value = settings.destination.partition("=")
    own = {name: value.format(number=number)} if number and name else {}
    return {**kept, **path, **secrets, **own}


def _end_with_worker() -> None:
    """Let the kernel send SIGTERM to this process when the one that has started it is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
