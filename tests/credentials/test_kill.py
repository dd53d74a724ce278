"""Workers that race and workers that are killed: the store always ends up with the token that Jobber accepts."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import pytest

from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.location import open_store
from tests.credentials.token_server import CLIENT_SECRET, TokenServer, running
from tests.effort import effort, some

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = effort(4, 24)
LANES = 2
DATABASE_KILLS = 3
MARK = "TAP_JOBBER_TEST_WORKER"
CHILD_LIMIT_SECONDS = 20.0

WORKER = """
import json, sys
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.stores.location import open_store
job = json.loads(sys.argv[1])
credential = Credential(
    client_id=job["client_id"], client_secret=job["secret"], seed_refresh_token=job["seed"],
    token_url=job["url"], store=open_store(job["store"]),
)
print("ready", flush=True)
sys.stdin.readline()
token = credential.access_token()
while job["endless"]:
    token = credential.renew(token)
print(token)
"""


def start(mark: str, **job: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, MARK: mark},
    )


def start_refresh(job: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the process of a refresh as a worker does, and hand it its job."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tap_jobber.credentials.refresh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pipe(child.stdin).write(json.dumps(job).encode() + b"\n")
    pipe(child.stdin).flush()
    return child


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def alive(mark: str) -> Iterator[int]:
    """Yield the processes that descend from a worker, found by what they inherited."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"{MARK}={mark}".encode() in environment.split(b"\0"):
                yield int(entry.name)


def kill_once(server: TokenServer, store: str, client_id: str, seed: str, delay_seconds: float) -> bool:
    """Kills a worker in mid-refresh and returns whether its refresh outlived it."""
    mark = uuid4().hex
    worker = start(
        mark, client_id=client_id, secret=CLIENT_SECRET, seed=seed, url=server.url, store=store, endless=True
    )
    assert pipe(worker.stdout).readline() == b"ready\n"
    pipe(worker.stdin).write(b"\n")
    pipe(worker.stdin).flush()
    time.sleep(delay_seconds)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL, "the worker gave up by itself: it found no usable token"
    deadline = time.monotonic() + CHILD_LIMIT_SECONDS
    outlived = False
    while any(alive(mark)):
        outlived = True
        assert time.monotonic() < deadline, "the refresh did not end by itself"
        time.sleep(0.01)
    return outlived


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds descendants by /proc")
@pytest.mark.long
def test_kill_minus_nine_at_any_moment_loses_no_token(tmp_path: Path) -> None:
    def lane(number: int) -> int:
        client_id = f"client-{number}"
        store = FileTokenStore(tmp_path / f"{number}.json")
        seed = server.new_refresh_token(client_id)
        moments = random.Random(number)  # noqa: S311 - moments, not secrets
        outlived = 0
        for _ in range(KILLS // LANES):
            outlived += kill_once(server, store.location, client_id, seed, moments.uniform(0.0, 0.5))
            records = store.records(client_id)
            assert [record.refresh_token for record in records] in ([], [server.accepted[client_id]])
            assert records or server.accepted[client_id] == seed
        return outlived

    with running(longest_delay_seconds=0.06) as server, ThreadPoolExecutor(LANES) as lanes:
        outlived = sum(lanes.map(lane, range(LANES)))
        assert server.grants >= KILLS // 2
        assert outlived >= KILLS // 4


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds descendants by /proc")
@pytest.mark.long
@pytest.mark.stress
def test_kill_minus_nine_loses_no_token_of_a_database(database: str) -> None:
    store = open_store(database)
    moments = random.Random(1)  # noqa: S311 - moments, not secrets
    with running(longest_delay_seconds=0.1) as server:
        seed = server.new_refresh_token("client")
        for _ in range(DATABASE_KILLS):
            kill_once(server, store.location, "client", seed, moments.uniform(0.3, 1.2))
            records = store.records("client")
            assert [record.refresh_token for record in records] in ([], [server.accepted["client"]])
            assert records or server.accepted["client"] == seed
        assert server.grants >= 1


@pytest.mark.parametrize("rotation", some([True, False]))
def test_eight_workers_make_one_request(tmp_path: Path, *, rotation: bool) -> None:
    with running(rotation=rotation, longest_delay_seconds=0.05) as server:
        seed = server.new_refresh_token("client")
        job = {
            "client_id": "client",
            "secret": CLIENT_SECRET,
            "seed": seed,
            "url": server.url,
            "store": str(tmp_path),
            "endless": False,
        }
        workers = [start("race", **job) for _ in range(8)]
        for worker in workers:
            assert pipe(worker.stdout).readline() == b"ready\n"
        tokens = {worker.communicate(b"\n")[0] for worker in workers}
        assert [worker.returncode for worker in workers] == [0] * 8
        assert len(tokens) == 1
        assert len(server.requests) == 1


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGHUP, signal.SIGINT]))
def test_a_polite_signal_does_not_interrupt_an_exchange(tmp_path: Path, number: int) -> None:
    with running(longest_delay_seconds=1.0) as server:
        seed = server.new_refresh_token("client")
        job = {
            "store": str(tmp_path / "tokens.json"),
            "token_url": server.url,
            "client_id": "client",
            "client_secret": CLIENT_SECRET,
            "seed": seed,
        }
        with start_refresh(job) as child:
            deadline = time.monotonic() + 10
            while not server.requests and time.monotonic() < deadline:
                time.sleep(0.01)
            pipe(child.stdout).close()
            child.send_signal(number)
            assert child.wait(10) == 0
        (record,) = FileTokenStore(tmp_path).records("client")
        assert record.refresh_token == server.accepted["client"]


@pytest.mark.parametrize("number", some([signal.SIGHUP, signal.SIGTERM, signal.SIGINT]))
def test_a_polite_signal_ends_a_refresh_that_still_waits(tmp_path: Path, number: int) -> None:
    with running() as server:
        store = FileTokenStore(tmp_path)
        job = {
            "store": store.location,
            "token_url": server.url,
            "client_id": "client",
            "client_secret": CLIENT_SECRET,
            "seed": server.new_refresh_token("client"),
        }
        with store.lock("client"), start_refresh(job) as child:
            time.sleep(0.5)
            child.send_signal(number)
            assert child.wait(5) == -number
        assert server.requests == []
