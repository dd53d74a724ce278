"""Eight processes on one credential whose tokens end all the time: none is lost, none is redeemed twice, none fails.

`TAP_JOBBER_TEST_REFRESHES=1000 pytest tests/credentials/test_stress.py -s` makes it long, and prints its figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Installer, fingerprint
from tests.credentials.token_server import CLIENT_SECRET, TokenServer, running

if TYPE_CHECKING:
    from pathlib import Path

REFRESHES = int(os.environ.get("TAP_JOBBER_TEST_REFRESHES", "40"))
LIFETIME_SECONDS = 0.4
RETRY_SECONDS = 60.0

WORKER = """
import json, os, sys, time
from tap_jobber.credentials.jwt_claims import read_claims
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.installer import Identity
from tap_jobber.credentials.stores.record import Account, Installer
from tap_jobber.credentials.stores.location import open_store
job = json.loads(sys.argv[1])
credential = Credential(
    client_id="client", client_secret=job["secret"], seed_refresh_token=job["seed"], token_url=job["url"],
    store=open_store(job["store"]),
)
print("ready", flush=True)
sys.stdin.readline()
credential.settle(lambda: Identity(Account("a1"), Installer("u1")))
tokens = set()
while not os.path.exists(job["stop"]):
    token = credential.access_token()
    tokens.add(token)
    time.sleep(0.01)
    if read_claims(token).expires_at < time.time():  # as Jobber's API would find
        credential.renew(token)
print(len(tokens))
"""


def work(server: TokenServer, location: str, home: Path, number: int, refreshes: int) -> tuple[float, list[int]]:
    """Let the workers go until the server has granted so often; the seconds, and how many tokens each saw."""
    job = {
        "seed": server.new_refresh_token("client"),
        "secret": CLIENT_SECRET,
        "url": server.url,
        "store": location,
        "stop": str(home / "stop"),
    }
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps(job)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(number)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    began, reported = time.monotonic(), 0
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    while server.grants < refreshes and time.monotonic() - began < RETRY_SECONDS + 3 * refreshes:
        assert all(worker.poll() is None for worker in workers), "a worker has failed"
        time.sleep(0.02)
        if REFRESHES and (done := server.grants // 100) > reported:
            reported = done
            print(f"{server.grants} refreshes, {server.refusals} refusals", flush=True)  # noqa: T201 - the figures
    seconds = time.monotonic() - began
    (home / "stop").touch()
    seen = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * number
    return seconds, seen


@pytest.mark.parametrize(
    ("kind", "rotation", "workers", "refreshes"),
    [("file", "on", 8, 4), ("file", "legacy", 2, 2), ("postgresql", "on", 2, 2)],
)
@pytest.mark.long
@pytest.mark.stress
def test_many_workers_for_many_refreshes(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str, rotation: str, workers: int, refreshes: int
) -> None:
    location: str = str(tmp_path / "tokens.json") if kind == "file" else request.getfixturevalue("database")
    with running(
        rotation=rotation != "off",
        legacy=rotation == "legacy",
        lifetime_seconds=LIFETIME_SECONDS,
        longest_delay_seconds=0.02,
    ) as server:
        wanted = REFRESHES or refreshes
        seconds, seen = work(server, location, tmp_path, 8 if REFRESHES else workers, wanted)
        sent = [request["refresh_token"] for request in server.requests]
        print(  # noqa: T201 - the figures
            f"\n{kind}, rotation {rotation}: {server.grants} refreshes by {len(seen)} processes in {seconds:.0f} s, "
            f"{server.refusals} refusals, {len(sent) - len(set(sent))} tokens sent twice; tokens seen: {seen}"
        )
        assert server.grants >= wanted
        assert (server.refusals, len(sent)) == (0, server.grants)
        if rotation != "off":
            assert len(set(sent)) == len(sent), "a refresh token was redeemed twice"
        gaps = [later - earlier for earlier, later in zip(server.granted_at, server.granted_at[1:], strict=False)]
        assert min(gaps) >= LIFETIME_SECONDS / 2, "a token was replaced that was not due"
        (record,) = open_store(location).records()
        assert record.refresh_token == server.accepted["client"]
        assert (record.account, record.installer) == (Account("a1"), Installer("u1"))
        assert record.seed_fingerprint == fingerprint(sent[0])
