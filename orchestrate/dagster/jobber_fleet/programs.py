"""The programs of the tap's own environment, which share nothing with Dagster's but a command line.

Settings of the tap and of the target, secrets among them, stay in the environment of this process, which is passed on.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import dagster as dg
from pydantic import Field

from jobber_fleet import accounts
from jobber_fleet.catalog import Catalog, with_only
from jobber_fleet.endings import Ending, last_error

_LISTING_SECONDS = 120
_PR_SET_PDEATHSIG = 1


class Jobber(dg.ConfigurableResource):  # type: ignore[type-arg]  # generic only in its value at run time, itself
    """Runs tap-jobber and a target."""

    bin: str = Field("", description="Folder of tap-jobber and tap-jobber-pipeline; empty for the PATH.")
    config: list[str] = Field(["ENV"], description="Config files of the tap, or ENV for TAP_JOBBER_... variables.")
    catalog: str = Field("", description="Catalog file; empty for what the tap discovers.")
    target: str = Field("target-postgres --config=ENV", description="Command of the target.")
    state: str = Field("state", description="Folder, or URL that fsspec knows, of a state file for each account.")
    schema_variable: str = Field(
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA", description="The target's variable that names the schema."
    )
    schema_prefix: str = Field("jobber_", description="What a schema is called, before the account's number.")

    def accounts(self) -> list[accounts.Account]:
        """Return the accounts in the token store."""
        return accounts.accounts_in(json.loads(self._tap("--credentials", "--format=json")))

    def tables(self) -> Catalog:
        """Return the catalog: the file, or what the tap discovers, which is kept until the tap is installed anew."""
        found: Catalog = json.loads(
            (Path(self.catalog) if self.catalog else self._discovered()).read_text(encoding="utf-8")
        )
        return found

    def schema_of(self, key: str) -> str:
        """Return the schema of an account."""
        return self.schema_prefix + accounts.file_name(key)

    def sync(self, key: str, names: Sequence[str] | None, *, full_refresh: bool) -> Ending:
        """Run the pipeline of an account to its end.

        Args:
            key: The account.
            names: The tables to read; None for all that the catalog selects.
            full_refresh: True to read everything again.
        """
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            words = ["--account", key, "--target", self.target, "--state", self._state_of(key), "--report", str(report)]
            if names is not None:
                catalog = Path(folder) / "catalog.json"
                catalog.write_text(json.dumps(with_only(self.tables(), names)), encoding="utf-8")
                words += ["--catalog", str(catalog)]
            elif self.catalog:
                words += ["--catalog", self.catalog]
            if full_refresh:
                words.append("--full-refresh")
            command = [self._program("tap-jobber-pipeline"), *words, *self._configs()]
            status, line = _followed(command, {**os.environ, self.schema_variable: self.schema_of(key)})
            found = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else None
            return Ending(status, found, line)

    def _discovered(self) -> Path:
        program = Path(self._program("tap-jobber")).resolve()
        mark = sha256(f"{program}:{program.stat().st_mtime_ns}".encode()).hexdigest()[:16]
        kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jobber_fleet" / f"{mark}.json"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=kept.parent, delete=False) as file:
                file.write(self._run(["tap-jobber", "--discover"]))
            Path(file.name).rename(kept)
        return kept

    def _state_of(self, key: str) -> str:
        return f"{self.state.rstrip('/')}/{accounts.file_name(key)}.json"

    def _configs(self) -> list[str]:
        return [word for each in self.config for word in ("--config", each)]

    def _tap(self, *words: str) -> str:
        return self._run(["tap-jobber", *self._configs(), *words])

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(  # noqa: S603 - the tap
            [self._program(command[0]), *command[1:]],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LISTING_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            words = last_error(done.stderr.splitlines()) or done.stderr[-500:]
            raise dg.Failure(f"{command[0]} ended with status {done.returncode}: {words}")
        return done.stdout

    def _program(self, name: str) -> str:
        found = shutil.which(name, path=self.bin or None)
        if found is None:
            raise dg.Failure(f"{name} is not in {self.bin or 'the PATH'}: set JOBBER_BIN to the folder that it is in")
        return found


def _followed(command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a command whose log goes into this process's own; its exit status, and its last error line.

    However this process ends, the command is asked to end as well: it loads what it has read, and keeps its state.
    """
    process = subprocess.Popen(  # noqa: S603 - the pipeline
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=_bound_to(os.getpid()),  # noqa: PLW1509 - does nothing but two system calls
    )
    try:
        return _copied(process)
    except BaseException:
        process.terminate()
        _copied(process)
        raise


def _copied(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Copy a command's log until it ends; its exit status, as a shell has it, and its last error line."""
    error = ""
    for line in process.stderr or ():
        sys.stderr.write(line)
        error = last_error([line]) or error
    status = process.wait()
    return (128 - status if status < 0 else status), error


def _bound_to(parent: int) -> Callable[[], None] | None:
    """Return what ends a child when its parent is killed; only Linux can."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return bind
