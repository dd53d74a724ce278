"""The hook: what it tells, to whom, and that it does so at least once."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_jobber.connect import hook as hooks
from tap_jobber.connect.hook import LEASE_SECONDS, LONGEST_PAUSE_SECONDS, Hook, HookSender
from tap_jobber.connect.hook_message import message_headers
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Record, State
from tests.connect.harness import until
from tests.connect.hook_receiver import SECRET, Receiver, is_genuine, receiving
from tests.connect.process import CONNECT, env_of, started
from tests.connect.test_process import site_of
from tests.e2e.harness import catalog, run, run_tap
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobber_sandbox.server import Running
    from tap_jobber.credentials.stores.base import TokenStore
    from tap_jobber.credentials.stores.outbox import Outbox

VAULT = Path(__file__).parents[1] / "credentials" / "stores" / "vault.py"
RECORD = Record(
    "client", "access", 0.0, 1.0, "refresh", None, 0.0, Account("Z2lkOi8vSm9iYmVyL0FjY291bnQvMTc=", "Ann's")
)


@dataclass
class World:
    """A store, a clock and a receiver."""

    store: TokenStore
    receiver: Receiver
    now: float

    @property
    def outbox(self) -> Outbox:
        """The outbox of the store."""
        outbox = self.store.outbox("client")
        assert outbox is not None
        return outbox

    def hook(self) -> Hook:
        """Return the hook of another process."""
        sender = HookSender(self.receiver.url, SECRET, clock=time.time)
        return Hook(self.outbox, sender.send, sender.host, clock=lambda: self.now, jitter=lambda: 1.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def world(tmp_path: Path, receiver: Receiver) -> World:
    world = World(open_store(tmp_path / "tokens.json"), receiver, 1_000.0)
    world.outbox.open()
    world.store.save(RECORD)
    return world


def test_message(world: World) -> None:
    assert world.hook().deliver() == 1
    (message,) = world.receiver.accepted
    assert set(message) == {"event", "id", "account_id", "account_number", "account_name", "at"}
    assert message["event"] == "connected"
    assert (message["account_number"], message["account_name"]) == ("17", "Ann's")
    assert message["id"] == world.receiver.headers["webhook-id"]
    assert message["at"].endswith("Z")
    assert (world.hook().deliver(), world.receiver.attempts) == (0, 1)


def test_signature_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks specification's own libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = message_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_changed_or_repeated_later_is_not_genuine() -> None:
    headers, now = message_headers(SECRET, "id", 1_000, b"{}"), 1_000.0
    assert is_genuine(headers, b"{}", now)
    assert not is_genuine(headers, b"{ }", now)
    assert not is_genuine({**headers, "webhook-timestamp": "1100"}, b"{}", now)
    assert not is_genuine({**headers, "webhook-id": "of another"}, b"{}", now)
    assert not is_genuine(headers, b"{}", now + 301)


@pytest.mark.parametrize("status", [302, 308, 400, 401, 404, 410, 429, 500, 503])
def test_anything_but_success_is_tried_again_with_the_same_id(world: World, status: int) -> None:
    world.receiver.status = status
    assert world.hook().deliver() == 0
    first = world.receiver.headers["webhook-id"]
    assert (world.hook().deliver(), world.receiver.attempts) == (0, 1), "the pause is not over"
    world.receiver.status = 200
    world.now += 2.0
    assert world.hook().deliver() == 1
    assert [each["id"] for each in world.receiver.accepted] == [first]
    assert world.receiver.attempts == 2, "a redirect was followed"


def test_a_receiver_that_was_away_learns_of_all_in_order(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.receiver.status = 500
    for state in (State.REFUSED, State.CONNECTED, State.DISCONNECTED):
        time.sleep(0.002)
        world.store.update(RECORD, lambda record, state=state: record.with_state(state, 9.0, "so it is"))  # type: ignore[misc]
    hook, began = world.hook(), world.now
    while world.now < began + 3_600:
        hook.deliver()
        (first, *_) = world.outbox.entries()
        assert 0 < first.next_attempt_at - world.now <= LONGEST_PAUSE_SECONDS
        world.now = first.next_attempt_at
    assert 60 <= world.receiver.attempts <= 70
    assert len(caplog.records) < 8
    assert "of-the-receiver" not in caplog.text
    world.receiver.status = 200
    while hook.deliver():
        pass
    assert world.receiver.kinds() == ["connected", "refused", "connected", "disconnected"]


def test_one_account_that_is_not_accepted_holds_up_no_other(world: World) -> None:
    world.receiver.status = 400
    hook = world.hook()
    hook.deliver()
    world.receiver.status = 200
    world.store.save(replace(RECORD, account=Account("another")))
    assert hook.deliver() == 1
    assert [each["account_id"] for each in world.receiver.accepted] == ["another"]


def test_a_receiver_that_hangs_is_left_alone_until_the_next_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_ANSWER_SECONDS", 0.1)
    world.receiver.silent_seconds = 0.5
    world.store.save(replace(RECORD, account=Account("another")))
    assert world.hook().deliver() == 0
    assert world.receiver.attempts == 1
    assert hooks._CONNECT_SECONDS + 4 * 10.0 > LEASE_SECONDS > hooks._CONNECT_SECONDS + 10.0  # noqa: SLF001 - the bound


def test_killed_in_the_middle_of_an_attempt(world: World) -> None:
    (entry,) = world.outbox.entries()
    world.outbox.take(entry, world.now + LEASE_SECONDS)
    assert world.hook().deliver() == 0
    world.now += LEASE_SECONDS
    assert world.hook().deliver() == 1


@pytest.mark.parametrize("kind", ["file", "postgresql"])
def test_several_processes_send_each_event_once(
    receiver: Receiver, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    store = str(tmp_path / "tokens.json") if kind == "file" else request.getfixturevalue("database")
    worlds = [World(open_store(store), receiver, 1_000.0) for _ in range(3)]
    worlds[0].outbox.open()
    for number in range(8):
        worlds[0].store.save(replace(RECORD, account=Account(str(number))))
    barrier = threading.Barrier(len(worlds))

    def deliver(world: World) -> None:
        barrier.wait()
        while world.hook().deliver():
            pass

    threads = [threading.Thread(target=deliver, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each["account_id"] for each in receiver.accepted) == [str(number) for number in range(8)]
    assert receiver.attempts == 8


def test_the_page_is_killed_before_the_receiver_is_there(jobber: Running, tmp_path: Path) -> None:
    port = free_port()
    env = {
        "TAP_JOBBER_CONNECT_HOOK_URL": f"http://127.0.0.1:{port}/hook?key=of-the-receiver",
        "TAP_JOBBER_CONNECT_HOOK_SECRET": SECRET,
    }
    with started(jobber, tmp_path, env) as page:
        site_of(jobber, page).visitor().connect()
        page.process.send_signal(signal.SIGKILL)
        page.process.wait()
    tap = {**jobber.env, "TAP_JOBBER_TOKEN_STORE": str(page.store), "TAP_JOBBER_REFRESH_TOKEN": ""}
    jobber.sandbox.credentials.disconnect(1)
    assert run_tap(["--config", "ENV"], tmp_path, tap).status == 77
    with receiving(port) as receiver, started(jobber, tmp_path, env) as page:
        until(lambda: receiver.kinds() == ["connected", "disconnected"], 30.0)
        written = page.log()
    assert "of-the-receiver" not in written
    assert f"callback URL {page.url}/oauth/callback" in written
    assert "eyJ" not in str(receiver.accepted)


def test_a_run_that_needs_a_person_is_told_at_once(jobber: Running, tmp_path: Path, receiver: Receiver) -> None:
    env = {"TAP_JOBBER_CONNECT_HOOK_URL": receiver.url, "TAP_JOBBER_CONNECT_HOOK_SECRET": SECRET}
    with started(jobber, tmp_path, env) as page:
        site_of(jobber, page).visitor().connect()
        tap = {**jobber.env, "TAP_JOBBER_TOKEN_STORE": str(page.store), "TAP_JOBBER_REFRESH_TOKEN": ""}
        jobber.sandbox.faults.arm([{"kind": "account_inactive", "account": 1}])
        assert run_tap(["--config", "ENV"], tmp_path, tap).status == 77
        until(lambda: receiver.kinds() == ["connected", "refused"], 30.0)
        assert run_tap(["--config", "ENV"], tmp_path, tap).status == 77
        jobber.sandbox.faults.clear(1)
        assert run_tap(["--config", "ENV", "--catalog", str(_little(tmp_path))], tmp_path, tap).status == 0
        until(lambda: receiver.kinds() == ["connected", "refused", "connected"], 30.0)


def _little(folder: Path) -> Path:
    """Return a catalog of one small stream."""
    path = folder / "catalog.json"
    path.write_text(json.dumps(catalog(["users"])), encoding="utf-8")
    return path


def test_a_store_that_cannot_keep_events_is_one_line(jobber: Running, tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    changed = {
        "TAP_JOBBER_CONNECT_HOOK_URL": "https://receiver.example/hook/of-the-receiver",
        "TAP_JOBBER_CONNECT_HOOK_SECRET": SECRET,
        "TAP_JOBBER_TOKEN_STORE": f"command:{shlex.join([sys.executable, str(VAULT), str(tmp_path / 'vault')])}",
    }
    outcome = run([CONNECT], tmp_path, {**env_of(jobber, tmp_path, free_port()), **changed})
    assert outcome.status == 1
    (line,) = outcome.stderr.splitlines()
    assert "cannot keep what the hook has to tell: keep the tokens in a file or a database" in line
    assert "of-the-receiver" not in line
