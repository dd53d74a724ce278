"""Eight hosts on one token store in PostgreSQL, killed at random, while its connections are dropped: is a token lost?

    python -m benchmarks.token_store_hosts [SECONDS]

Each host is a network namespace with an address, a name and a clock of its own (libfaketime), so that nothing is shared
but the database. It is reached straight, and through PgBouncer with transaction pooling if that is installed. Needs
root, `ip`, `unshare`, libfaketime and PostgreSQL. A host's worker is killed with -9 every few seconds; its refresh goes
on, as in life. Every ten seconds the server ends all connections, as a restart does.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Installer, Record, State
from tests.credentials.token_server import CLIENT_SECRET, TokenServer, running
from tests.postgresql import PostgreSQL, postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOSTS = 8
BRIDGE, PREFIX = "tapjobber0", "10.77.0"
SKEWS_SECONDS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 0.0)
LIFETIME_SECONDS = 5.0
SETTLE_SECONDS = 60.0

WORKER = """
import json, random, sys, time
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.errors import RenewalError, TapError
job = json.loads(sys.argv[1])
store = open_store(job["store"])
credentials = [
    Credential(client_id=each, client_secret=job["secret"], seed_refresh_token=None, token_url=job["url"], store=store,
               account_id="a1", patience_seconds=20.0)
    for each in job["clients"]
]
while True:
    credential = random.choice(credentials)
    try:
        credential.access_token()
    except RenewalError as error:
        print("refused", error, flush=True)
    except TapError as error:
        print("later", error, flush=True)
    time.sleep(0.05)
"""


def main() -> None:
    """Print a line for each way to the database and number of accounts."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        world = World(server, stack.enter_context(namespaces()), seconds)
        ways = {"straight": stack.enter_context(forwarding(server.port))}
        if shutil.which("pgbouncer"):
            ways["by PgBouncer"] = stack.enter_context(pgbouncer(server))
        for way, port in ways.items():
            for accounts in (1, 40):
                print(measured(world, way, port, accounts), flush=True)


class World(NamedTuple):
    """All that the turns share.

    Args:
        server: The database server.
        hosts: The namespaces.
        seconds: Length of a turn.
    """

    server: PostgreSQL
    hosts: Sequence[str]
    seconds: float


def measured(world: World, way: str, port: int, accounts: int) -> str:
    """Return the figures of one turn.

    Raises:
        SystemExit: A token was lost.
    """
    server, hosts, seconds = world
    database = server.create(f"{way[:2]}_{accounts}")
    own = open_store(server.url(database, "postgresql+psycopg"))
    clients = [f"client-{number}" for number in range(accounts)]
    with running(lifetime_seconds=LIFETIME_SECONDS, longest_delay_seconds=0.2) as jobber, ExitStack() as stack:
        for client in clients:
            seed = jobber.new_refresh_token(client)
            own.save(Record(client, "none yet", 0.0, 1.0, seed, None, 0.0, Account("a1"), Installer("u1")))
        jobber_port = stack.enter_context(forwarding(urlsplit(jobber.url).port or 0))
        job: dict[str, object] = {
            "store": f"postgresql+psycopg://{server.user}:{server.password}@{PREFIX}.1:{port}/{database}",
            "url": f"http://{PREFIX}.1:{jobber_port}/api/oauth/token",
            "secret": CLIENT_SECRET,
            "clients": clients,
        }
        output = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "output"
        kills, drops = disturbed(server, hosts, job, output, seconds)
        deadline = time.monotonic() + SETTLE_SECONDS
        while (lost := lost_tokens(own, jobber)) and time.monotonic() < deadline:
            time.sleep(0.5)
        told = output.read_text(encoding="utf-8").splitlines()
        sent = [each["refresh_token"] for each in jobber.requests]
        twice = len(sent) - len(set(sent))
        refused = sum(line.startswith("refused") for line in told)
        figures = (
            f"{way}, {accounts} accounts: {jobber.grants} refreshes by {HOSTS} hosts in {seconds:.0f} s, {kills} "
            f"killed, all connections dropped {drops} times; {jobber.refusals} refusals, {twice} tokens sent twice, "
            f"{refused} workers told to renew, {len(told) - refused} to try later; {len(lost)} tokens lost"
        )
        if lost:
            sys.exit(figures)
        return figures


def lost_tokens(store: object, jobber: TokenServer) -> list[str]:
    """Return the clients whose stored token is not the one that is accepted, or whose connection is said to be over."""
    stored = {each.client_id: each for each in store.records()}  # type: ignore[attr-defined]  # any store
    return [
        client
        for client, token in jobber.accepted.items()
        if stored[client].refresh_token != token or stored[client].state is not State.CONNECTED
    ]


def disturbed(
    server: PostgreSQL, hosts: Sequence[str], job: dict[str, object], output: Path, seconds: float
) -> tuple[int, int]:
    """Let all hosts work for some time, kill one after another and drop connections; return how often."""
    moments, kills, drops = random.Random(20260727), 0, 0  # noqa: S311 - moments, not secrets
    with output.open("ab") as file:
        workers = [started(host, skew, job, file.fileno()) for host, skew in zip(hosts, SKEWS_SECONDS, strict=True)]
        began = time.monotonic()
        next_drop = began + 10.0
        while time.monotonic() < began + seconds:
            time.sleep(moments.uniform(3.0, 6.0))
            at = moments.randrange(HOSTS)
            with suppress(ProcessLookupError):
                os.killpg(workers[at].pid, signal.SIGKILL)
            workers[at].wait()
            kills += 1
            workers[at] = started(hosts[at], SKEWS_SECONDS[at], job, file.fileno())
            if time.monotonic() > next_drop:
                drop_connections(server)
                drops, next_drop = drops + 1, time.monotonic() + moments.uniform(8.0, 12.0)
        for worker in workers:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    return kills, drops


def started(host: str, skew_seconds: float, job: dict[str, object], output: int) -> subprocess.Popen[bytes]:
    """Start a worker on a host; its process is the leader of its group."""
    command = ["ip", "netns", "exec", host, "unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', host]
    clock = ["env", f"LD_PRELOAD={_faketime()}", f"FAKETIME={skew_seconds:+g}s"] if skew_seconds else []
    words = [*command, *clock, sys.executable, "-c", WORKER, json.dumps(job)]
    return subprocess.Popen(words, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True)  # noqa: S603


def _faketime() -> Path:
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def drop_connections(server: PostgreSQL) -> None:
    """End all connections to the server but this one."""
    server.query("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")


@contextmanager
def namespaces() -> Iterator[list[str]]:
    """Provide hosts on a bridge, each with an address of its own."""
    names = [f"host{number}" for number in range(1, HOSTS + 1)]

    def ip(*words: str, check: bool = True) -> None:
        subprocess.run(["ip", *words], check=check, stderr=None if check else subprocess.DEVNULL)  # noqa: S603, S607

    try:
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{PREFIX}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for number, name in enumerate(names, 1):
            ip("netns", "add", name)
            ip("link", "add", f"tj{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"tj{number}", "master", BRIDGE, "up")
            ip("-n", name, "addr", "add", f"{PREFIX}.{number + 10}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
        yield names
    finally:
        for name in names:
            ip("netns", "del", name, check=False)
        ip("link", "del", BRIDGE, check=False)


@contextmanager
def forwarding(port: int) -> Iterator[int]:
    """Provide a port on the bridge that leads to one of this machine's own."""
    with socket.create_server((f"{PREFIX}.1", 0), backlog=200) as listener:

        def copy(source: socket.socket, target: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65_536):
                    target.sendall(data)
            for each in (source, target):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    target = socket.create_connection(("127.0.0.1", port))
                    for pair in ((client, target), (target, client)):
                        threading.Thread(target=copy, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def pgbouncer(server: PostgreSQL) -> Iterator[int]:
    """Provide a PgBouncer on the bridge that pools transactions."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server((f"{PREFIX}.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        path = Path(folder, "pgbouncer.ini")
        path.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port} user={server.user} password={server.password}\n"
            f"[pgbouncer]\nlisten_addr = {PREFIX}.1\nlisten_port = {port}\nauth_type = any\npool_mode = transaction\n"
            f"unix_socket_dir =\ndefault_pool_size = 40\nmax_client_conn = 400\n",
            encoding="utf-8",
        )
        for each in (Path(folder), path):
            each.chmod(0o755)
        process = subprocess.Popen(["pgbouncer", "-u", "postgres", str(path)], stderr=subprocess.DEVNULL)  # noqa: S603, S607
        time.sleep(1.0)
        try:
            yield port
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
