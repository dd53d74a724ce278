"""A PostgreSQL server of the tests' own: a real one, in a directory that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "pass-word-of-the-database"
LACKING = "PostgreSQL's server is not installed"
_STARTED_SECONDS = 30.0


@dataclass(frozen=True)
class Postgres:
    """A server that listens on this machine.

    Args:
        port: Its port.
        psql: The client.
    """

    port: int
    psql: Path

    def new_database(self) -> str:
        """The URL of a database of one's own."""
        name = f"db_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """The URL of a database."""
        return f"postgresql+psycopg://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str, database: str = "postgres") -> str:
        """Run a statement; what psql prints."""
        command = [
            str(self.psql),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-d",
            database,
            "-qAtc",
            sql,
        ]
        env = {**os.environ, "PGPASSWORD": PASSWORD}
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        return done.stdout


def programs() -> Path | None:
    """Where the server's programs are, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    newest = max(found, key=lambda path: float(path.parent.name), default=None)
    if newest is None and (initdb := shutil.which("initdb")) is not None:
        return Path(initdb).resolve().parent
    return newest


@contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A server for as long as the tests of a session need it; root may not run it, so someone else does."""
    home = Path(tempfile.mkdtemp(prefix="tap-jobber-postgres-"))
    someone: dict[str, Any] = {}
    if os.getuid() == 0:
        account = pwd.getpwnam("nobody")
        shutil.chown(home, account.pw_uid, account.pw_gid)
        someone = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    secret = home / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    data = home / "data"
    make = [
        "-D",
        str(data),
        "-U",
        "postgres",
        "--auth=scram-sha-256",
        f"--pwfile={secret}",
        "--no-sync",
        "--encoding=UTF8",
    ]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    serve = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    try:
        subprocess.run([str(programs / "initdb"), *make], check=True, capture_output=True, cwd=home, **someone)
        with (home / "log").open("w") as log:
            server = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *serve], stdout=log, stderr=log, cwd=home, **someone
            )
        try:
            _await(server, port)
            yield Postgres(port, programs / "psql")
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _STARTED_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = "PostgreSQL did not start"
    raise RuntimeError(message)
