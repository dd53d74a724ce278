"""The rules of the credential, by a clock and a Jobber of the test's own."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.answers import Answer, Outcome, Tokens
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.record import Account, Installer, Record, fingerprint
from tap_jobber.credentials.refresh import RefreshJob, Report, run_refresh
from tap_jobber.credentials.store import FileTokenStore
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from pathlib import Path

START = 1_000_000.0
ROTATION_OFF = "Refresh token rotation is off. Turn it on."
UNEXPECTED = "Unexpected Refresh Token Redemption: A newer refresh token exists."


@dataclass
class World:
    """A store, a clock that moves when someone sleeps, and a Jobber that rotates; faults come first."""

    store: FileTokenStore
    now: float = START
    accepted: str = "seed"
    warning: str | None = None
    faults: list[Answer] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    naps: list[float] = field(default_factory=list)

    def redeem(self, refresh_token: str) -> Answer:
        """Answers as Jobber would."""
        self.sent.append(refresh_token)
        if self.faults:
            return self.faults.pop(0)
        if refresh_token != self.accepted:
            return Answer(Outcome.REFUSED, "HTTP 401: The provided refresh token is not valid.")
        number = len(self.sent)
        self.accepted = f"refresh-{number}"
        return Answer(Outcome.GRANTED, tokens=Tokens(f"access-{number}", self.accepted, warning=self.warning))

    def sleep(self, seconds: float) -> None:
        """Moves the clock."""
        self.naps.append(seconds)
        self.now += seconds

    def refresh(self, job: RefreshJob) -> Report:
        """Does a refresh in this process."""
        return run_refresh(job, store=self.store, redeem=self.redeem, clock=lambda: self.now, sleep=self.sleep)

    def credential(self, seed: str | None = "seed") -> Credential:
        """A new worker."""
        return Credential(
            client_id="client",
            client_secret="client-secret",
            seed_refresh_token=seed,
            token_url="http://jobber/oauth/token",
            store=self.store,
            refresher=self.refresh,
            clock=lambda: self.now,
            sleep=self.sleep,
            jitter=lambda seconds: seconds,
        )

    def stored(self) -> Record:
        """The record in the store."""
        record = self.store.load("client")
        assert record is not None
        return record


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(FileTokenStore(tmp_path))


def test_first_use_redeems_the_seed_and_later_use_nothing(world: World) -> None:
    credential = world.credential()
    assert credential.access_token() == credential.access_token() == "access-1"
    assert world.sent == ["seed"]


def test_a_stored_token_that_is_valid_needs_no_request(world: World) -> None:
    world.credential().access_token()
    assert world.credential().access_token() == "access-1"
    assert world.credential(seed=None).access_token() == "access-1"
    assert world.sent == ["seed"]


def test_refreshed_five_minutes_early(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3299
    assert credential.access_token() == "access-1"
    world.now += 1
    assert credential.access_token() == "access-2"
    assert world.sent == ["seed", "refresh-1"]


def test_what_another_worker_fetched_is_used(world: World) -> None:
    first, second = world.credential(), world.credential()
    first.access_token()
    second.access_token()
    world.now += 3400
    assert first.access_token() == second.access_token() == "access-2"
    assert len(world.sent) == 2


def test_no_token_anywhere(world: World) -> None:
    with pytest.raises(TapError, match=r"no refresh token.*authorise the app and set refresh_token"):
        world.credential(seed=" \n").access_token()


def test_a_new_seed_wins(world: World) -> None:
    world.credential().access_token()
    world.accepted = "new-seed"
    assert world.credential("new-seed").access_token() == "access-2"
    assert world.stored().seed_fingerprint == fingerprint("new-seed")


def test_a_refused_new_seed_leaves_the_store_alone(world: World) -> None:
    world.credential().access_token()
    before = world.stored()
    with pytest.raises(TapError, match="configured refresh_token"):
        world.credential("used-seed").access_token()
    assert world.stored() == before
    assert world.credential(seed=None).access_token() == "access-1"


def test_a_dead_connection(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    before = world.stored()
    world.accepted = "somebody else's"
    world.now += 3600
    with pytest.raises(TapError, match=r"Jobber refused the refresh token.*authorise the app again"):
        credential.access_token()
    assert world.sent[1:] == ["refresh-1", "seed"]
    assert world.stored() == before


def test_a_refused_access_token_is_renewed(world: World) -> None:
    credential = world.credential()
    refused = credential.access_token()
    assert credential.renew(refused) == "access-2"
    assert credential.access_token() == "access-2"


def test_two_workers_whose_token_was_refused_renew_it_once(world: World) -> None:
    first, second = world.credential(), world.credential()
    refused = first.access_token()
    second.access_token()
    assert first.renew(refused) == second.renew(refused) == "access-2"
    assert len(world.sent) == 2


def test_renew_never_returns_what_was_refused(world: World) -> None:
    credential = world.credential()
    refused = credential.access_token()
    world.faults = [Answer(Outcome.GRANTED, tokens=Tokens(refused, "next"))]
    with pytest.raises(TapError, match="the same one again"):
        credential.renew(refused)


@pytest.mark.parametrize("outcome", [Outcome.UNAVAILABLE, Outcome.NOT_SENT])
def test_without_a_usable_token_it_waits_longer_each_time(world: World, outcome: Outcome) -> None:
    world.faults = [Answer(outcome)] * 3
    assert world.credential().access_token() == "access-4"
    assert world.naps == [1, 2, 4]


def test_it_waits_as_long_as_the_server_asks(world: World) -> None:
    world.faults = [Answer(Outcome.UNAVAILABLE, retry_after_seconds=40.0)]
    world.credential().access_token()
    assert world.naps == [40]


def test_patience_ends(world: World) -> None:
    world.faults = [Answer(Outcome.UNAVAILABLE)] * 100
    with pytest.raises(TapError, match=r"not available.*later"):
        world.credential().access_token()
    assert world.now - START <= 300


@pytest.mark.parametrize(
    "outcome", [Outcome.LOST, Outcome.UNTRUSTED, Outcome.MISDIRECTED, Outcome.CLIENT_REFUSED, Outcome.DISCONNECTED]
)
def test_nothing_else_is_sent_again(world: World, outcome: Outcome) -> None:
    world.faults = [Answer(outcome)] * 2
    with pytest.raises(TapError):
        world.credential().access_token()
    assert (len(world.sent), world.naps) == (1, [])


def test_a_passing_failure_does_not_matter_while_the_token_lasts(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.faults = [Answer(Outcome.UNAVAILABLE, "HTTP 503")]
    assert [credential.access_token() for _ in range(3)] == ["access-1"] * 3
    assert len(world.sent) == 2
    assert caplog.text.count("not available") == 1
    world.now += 31
    assert credential.access_token() == "access-3"


def test_after_a_lost_answer_the_same_token_is_not_sent_again(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.faults = [Answer(Outcome.LOST, "reset")]
    assert credential.access_token() == "access-1"
    world.now += 200
    assert credential.access_token() == "access-1"
    world.now += 100
    for _ in range(2):
        with pytest.raises(TapError, match="answer was lost"):
            credential.access_token()
    assert len(world.sent) == 2
    assert world.credential().access_token() == "access-3"
    assert credential.access_token() == "access-3"


def test_an_answer_lost_on_the_way_back_is_found_in_the_store(world: World) -> None:
    def dying(job: RefreshJob) -> Report:
        world.refresh(job)
        return Report(Outcome.LOST, "the process died", "run again")

    credential = Credential(
        client_id="client",
        client_secret="client-secret",
        seed_refresh_token="seed",
        token_url="http://jobber/oauth/token",
        store=world.store,
        refresher=dying,
        clock=lambda: world.now,
    )
    assert credential.access_token() == "access-1"


@pytest.mark.parametrize(("warning", "level"), [(ROTATION_OFF, logging.INFO), (UNEXPECTED, logging.WARNING)])
def test_remarks_are_logged_once(world: World, caplog: pytest.LogCaptureFixture, warning: str, level: int) -> None:
    caplog.set_level(logging.DEBUG, logger="tap_jobber")
    world.warning = warning
    credential = world.credential()
    credential.renew(credential.access_token())
    assert [(record.levelno, warning in record.message) for record in caplog.records] == [(level, True)]


def test_account_and_installer_are_noted(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    credential.identify("a1", "Green Lawns", "u1")
    assert world.stored().account == Account("a1", "Green Lawns")
    assert world.stored().installer == Installer("u1")
    credential.renew("access-1")
    assert world.stored().account == Account("a1", "Green Lawns")


def test_another_account_is_noted_with_a_warning(world: World, caplog: pytest.LogCaptureFixture) -> None:
    credential = world.credential()
    credential.access_token()
    credential.identify("a1", "Green Lawns", "u1")
    credential.identify("a2", None, "u2")
    assert "formerly to a1" in caplog.text
    assert (world.stored().account, world.stored().installer) == (Account("a2"), Installer("u2"))


def test_the_first_user_of_an_account_stays_its_installer(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    credential.identify("a1", "Green Lawns", "u1")
    world.credential().identify("a1", "Greener Lawns", "u2")
    assert (world.stored().account, world.stored().installer) == (Account("a1", "Greener Lawns"), Installer("u1"))


def test_a_store_held_by_another_does_not_matter_while_the_token_lasts(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.store = FileTokenStore(world.store.path, lock_timeout_seconds=0.01)
    with FileTokenStore(world.store.path).exclusive("client"):
        assert credential.access_token() == "access-1"
    world.now += 31
    assert credential.access_token() == "access-2"


def test_identify_comes_after_a_token(world: World) -> None:
    with pytest.raises(RuntimeError, match="after access_token"):
        world.credential().identify("a1", None, "u1")


def test_all_secrets_are_known(world: World) -> None:
    credential = world.credential()
    assert credential.secrets() == {"client-secret", "seed"}
    credential.access_token()
    credential.renew("access-1")
    assert credential.secrets() == {"client-secret", "seed", "access-1", "refresh-1", "access-2", "refresh-2"}


def test_threads_share_one_refresh(world: World) -> None:
    credential = world.credential()
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(credential.access_token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["access-1"] * 8
    assert world.sent == ["seed"]


def test_a_damaged_store_is_not_overwritten(world: World) -> None:
    world.store.path.write_text("{")
    with pytest.raises(TapError, match="not JSON"):
        world.credential().access_token()
    assert world.store.path.read_text() == "{"
    assert world.sent == []


def test_a_store_that_cannot_be_written_costs_no_token(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = replace(world, store=FileTokenStore(tmp_path / "file" / "tokens.json"))
    with pytest.raises(TapError, match="token_store"):
        blocked.credential().access_token()
    assert blocked.sent == []
