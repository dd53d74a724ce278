"""A PostgreSQL server for the tests: a cluster in a folder of its own, which is thrown away after them.

Its programs are those on the PATH or in Debian's folder. As root they run as another user, since PostgreSQL refuses
root. The server listens on the loopback alone, on a free port, asks for a password, and ends with its tests, also
when these are killed. A test that wants a server to go and come back takes a cluster of its own.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIMIT_SECONDS = 60.0
_USER = "tester"
_TRIES = 5
# Nothing has to outlive a loss of power, and no statement runs long enough to be worth compiling.
_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "jit=off")
# Ends the server when the standard input does, hence with whoever holds its other end.
_GUARD = '"$@" & server=$!; cat > /dev/null; kill -INT $server; wait $server'


@dataclass(frozen=True)
class PostgreSQL:
    """A server that runs.

    Attributes:
        host: Where it listens.
        port: On which port.
        user: A superuser.
        password: Its password.
    """

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str, scheme: str = "postgresql") -> str:
        """Return the address of a database; the scheme may name a driver, as SQLAlchemy's do."""
        return f"{scheme}://{self.user}:{self.password}@{self.host}:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make a database; its name."""
        self.query("postgres", f'create database "{database}"')
        return database

    def query(self, database: str, sql: str) -> list[dict[str, str]]:
        """Return the rows that a statement brings, each value as PostgreSQL writes it, null as nothing."""
        options = ["--no-psqlrc", "--quiet", "--csv", "--set=ON_ERROR_STOP=1"]
        done = subprocess.run(
            [_program("psql"), *options, f"--dbname={self.url(database)}", f"--command={sql}"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return list(csv.DictReader(io.StringIO(done.stdout)))


def is_installed() -> bool:
    """Return True if a PostgreSQL server is installed."""
    return all(_found(name) is not None for name in ("initdb", "postgres", "psql"))


class Cluster:
    """The databases of a server, which can be stopped and started again at the same address.

    Args:
        home: The folder of its files.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._guard: subprocess.Popen[bytes] | None = None
        password = _make_cluster(home)
        for attempt in range(1, _TRIES + 1):
            self.server = PostgreSQL("127.0.0.1", free_port(), _USER, password)
            if self.start():
                return
            self.stop()
            # Another process may have taken the port meanwhile.
            assert attempt < _TRIES, (home / "log").read_text(encoding="utf-8")

    def start(self) -> bool:
        """Start the server; return True if it has come up."""
        self._guard = _started(self._home, self.server)
        return _has_come_up(self._home)

    def stop(self) -> None:
        """Stop the server, at once for whoever is connected."""
        if self._guard is not None:
            self._guard.communicate(timeout=_LIMIT_SECONDS)
            self._guard = None


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Provide a new cluster, whose server runs."""
    home = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        made = Cluster(home)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(home)


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Provide a server with a new cluster."""
    with cluster() as made:
        yield made.server


@contextmanager
def shared(folder: Path) -> Iterator[PostgreSQL]:
    """Provide the one server of all processes that name the same folder: the first starts it, and waits for the others.

    To make a cluster and to start its server takes longer than most of what is done in it.
    """
    address = folder / "address.json"
    with (folder / "users").open("w", encoding="utf-8") as users, ExitStack() as own:
        with _alone(folder):
            if address.is_file():
                server = PostgreSQL(**json.loads(address.read_text(encoding="utf-8")))
            else:
                server = own.enter_context(postgresql())
                address.write_text(json.dumps(asdict(server)), encoding="utf-8")
                own.callback(_end_of_use, folder, users)
            # Given back by a process that is killed, too.
            fcntl.flock(users, fcntl.LOCK_SH)
        yield server


def _end_of_use(folder: Path, users: TextIO) -> None:
    """Wait until nobody uses the server any more; whoever comes now starts another."""
    with _alone(folder):
        (folder / "address.json").unlink()
    fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_cluster(home: Path) -> str:
    """Make the cluster; its superuser's password."""
    password = secrets.token_hex(16)
    (home / "password").write_text(password, encoding="utf-8")
    identity = _identity()
    if identity:
        for path in (home, home / "password"):
            shutil.chown(path, identity["user"], identity["group"])
    done = subprocess.run(
        [
            _program("initdb"),
            f"--pgdata={home / 'data'}",
            f"--username={_USER}",
            f"--pwfile={home / 'password'}",
            # With scram-sha-256 each connection costs its client milliseconds, and orchestrators make thousands.
            "--auth=md5",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
        **identity,
    )
    assert done.returncode == 0, done.stderr
    return password


def _started(home: Path, server: PostgreSQL) -> subprocess.Popen[bytes]:
    """Start the server of a cluster; what is returned keeps it until its standard input ends."""
    options = (f"listen_addresses={server.host}", f"port={server.port}", f"unix_socket_directories={home}", *_OPTIONS)
    command = [_program("postgres"), "-D", str(home / "data"), *(word for each in options for word in ("-c", each))]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", *command],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_identity(),
        )


def _has_come_up(home: Path) -> bool:
    """Wait until the server is ready or has failed; return True if the last line of its file says it is ready."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    status, log = home / "data" / "postmaster.pid", home / "log"
    while time.monotonic() < deadline and "FATAL" not in log.read_text(encoding="utf-8"):
        if status.is_file() and status.read_text(encoding="utf-8").split()[-1:] == ["ready"]:
            return True
        time.sleep(0.02)
    return False


def _identity() -> dict[str, Any]:
    """Whom to run as, where this is root."""
    if os.getuid() != 0:
        return {}
    names = {each.pw_name for each in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    found = _found(name)
    assert found is not None, f"{name} is not installed"
    return found


def _found(name: str) -> str | None:
    """Return a program of PostgreSQL; Debian keeps those of the server in a folder for each version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return shutil.which(name) or shutil.which(name, path=str(folders[-1]) if folders else "")
