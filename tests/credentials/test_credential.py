"""The rules of the credential, by a clock and a Jobber of the test's own."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.authorization import OtherAccountError
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.installer import Identity, InstallerDecision
from tap_jobber.credentials.refresh import run_refresh
from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.record import Account, Installer, Record, State, fingerprint
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, Tokens, classify_response
from tap_jobber.errors import ExitStatus, TapError

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
    faults: list[TokenResponse] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    naps: list[float] = field(default_factory=list)

    def redeem(self, refresh_token: str) -> TokenResponse:
        """Answers as Jobber would."""
        self.sent.append(refresh_token)
        if self.faults:
            return self.faults.pop(0)
        if refresh_token != self.accepted:
            return TokenResponse(TokenOutcome.REFUSED, "HTTP 401: The provided refresh token is not valid.")
        number = len(self.sent)
        self.accepted = f"refresh-{number}"
        return TokenResponse(
            TokenOutcome.GRANTED, tokens=Tokens(f"access-{number}", self.accepted, warning=self.warning)
        )

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.naps.append(seconds)
        self.now += seconds

    def refresh(self, job: RefreshJob) -> RefreshReport:
        """Do a refresh in this process."""
        return run_refresh(job, store=self.store, redeem=self.redeem, clock=lambda: self.now, sleep=self.sleep)

    def credential(self, seed: str | None = "seed", account_id: str | None = None) -> Credential:
        """Return a new worker."""
        return Credential(
            account_id=account_id,
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
        """Return the latest record in the store."""
        return max(self.store.records("client"), key=lambda record: record.access_token_obtained_at)


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
    with pytest.raises(
        TapError, match=r"no refresh token.*tap-jobber --login, or authorise the app and set refresh_token"
    ):
        world.credential(seed=" \n").access_token()


def test_a_new_seed_is_redeemed_though_the_stored_token_is_good(world: World) -> None:
    world.credential().settle(alice)
    world.accepted = "new-seed"
    assert world.credential("new-seed").access_token() == "access-2"
    assert world.credential("seed").access_token() == "access-1"


def test_a_refused_new_seed_leaves_the_store_alone(world: World) -> None:
    world.credential().settle(alice)
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
    assert world.stored() == before.with_state(State.REFUSED, world.now, world.stored().state_reason)


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
    world.faults = [TokenResponse(TokenOutcome.GRANTED, tokens=Tokens(refused, "next"))]
    with pytest.raises(TapError, match="the same one again"):
        credential.renew(refused)


@pytest.mark.parametrize("outcome", [TokenOutcome.UNAVAILABLE, TokenOutcome.NOT_SENT])
def test_without_a_usable_token_it_waits_longer_each_time(
    world: World, outcome: TokenOutcome, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults = [TokenResponse(outcome)] * 3
    assert world.credential().access_token() == "access-4"
    assert world.naps == [1, 2, 4]
    limit = "8 s" if outcome is TokenOutcome.NOT_SENT else "5 min"
    assert caplog.messages[-1].endswith(f"; trying again in 4.0 s (3 {'' if limit == '8 s' else 's '}of {limit})")
    assert all(text.startswith("access token: ") for text in caplog.messages)


def test_it_waits_as_long_as_the_server_asks(world: World) -> None:
    world.faults = [TokenResponse(TokenOutcome.UNAVAILABLE, retry_after_seconds=40.0)]
    world.credential().access_token()
    assert world.naps == [40]


def test_patience_ends(world: World) -> None:
    world.faults = [TokenResponse(TokenOutcome.UNAVAILABLE)] * 100
    with pytest.raises(TapError, match=r"not available.*later"):
        world.credential().access_token()
    assert world.now - START <= 300


@pytest.mark.parametrize(
    "outcome",
    [
        TokenOutcome.LOST,
        TokenOutcome.UNTRUSTED,
        TokenOutcome.MISDIRECTED,
        TokenOutcome.CLIENT_REFUSED,
        TokenOutcome.DISCONNECTED,
    ],
)
def test_nothing_else_is_sent_again(world: World, outcome: TokenOutcome) -> None:
    world.faults = [TokenResponse(outcome)] * 2
    with pytest.raises(TapError):
        world.credential().access_token()
    assert (len(world.sent), world.naps) == (1, [])


def test_a_passing_failure_does_not_matter_while_the_token_lasts(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.faults = [TokenResponse(TokenOutcome.UNAVAILABLE, "HTTP 503")]
    assert [credential.access_token() for _ in range(3)] == ["access-1"] * 3
    assert len(world.sent) == 2
    assert caplog.text.count("not available") == 1
    world.now += 31
    assert credential.access_token() == "access-3"


def test_after_a_lost_answer_the_same_token_is_not_sent_again(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.faults = [TokenResponse(TokenOutcome.LOST, "reset")]
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
    def dying(job: RefreshJob) -> RefreshReport:
        world.refresh(job)
        return RefreshReport(TokenOutcome.LOST, "the process died", "run again")

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


def alice(account: str = "a1", name: str | None = "Green Lawns") -> Identity:
    return Identity(Account(account, name), Installer("u1", "Alice"))


def bob(account: str = "a1") -> Identity:
    return Identity(Account(account, "Green Lawns"), Installer("u2", "Bob"))


def never() -> Identity:
    pytest.fail("Jobber was asked though it was known")


def test_account_and_installer_are_noted(world: World) -> None:
    credential = world.credential()
    settled = credential.settle(alice)
    assert settled is not None
    assert settled.decision is InstallerDecision.FIRST
    assert world.stored().account == Account("a1", "Green Lawns")
    assert world.stored().installer == Installer("u1", "Alice")
    credential.renew("access-1")
    assert world.stored().account == Account("a1", "Green Lawns")
    assert credential.settle(never) is None
    assert world.credential().settle(never) is None
    assert len(world.store.records()) == 1


def test_another_user_s_seed_is_discarded_once_and_for_all(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.credential().settle(alice)
    world.accepted = "bobs"
    credential = world.credential("bobs")
    settled = credential.settle(bob)
    assert settled is not None
    assert settled.decision is InstallerDecision.DISCARDED
    assert [record.message for record in caplog.records] == [settled.line]
    assert "Bob (u2), not of Alice (u1)" in settled.line
    assert credential.access_token() == "access-1"
    assert world.credential("bobs").settle(never) is None
    assert world.credential("bobs").access_token() == "access-1"
    assert world.credential().access_token() == "access-1"
    assert world.sent == ["seed", "bobs"]
    assert world.stored().refresh_token == "refresh-1"
    assert len(world.store.records()) == 1


def test_the_installer_s_own_new_seed_replaces_the_old(world: World) -> None:
    world.credential().settle(alice)
    world.accepted = "newer"
    world.credential("newer").settle(alice)
    assert world.credential("newer").access_token() == "access-2"
    assert world.credential("seed").access_token() == "access-2"
    assert world.sent == ["seed", "newer"]
    assert world.stored().seed_fingerprint == fingerprint("newer")
    assert world.stored().past_seeds == (fingerprint("seed"),)


def test_another_account_is_refused_each_time_without_asking_again(world: World) -> None:
    world.credential().settle(alice)
    world.accepted = "other"
    with pytest.raises(OtherAccountError, match=r"account Green Lawns \(a2\).*connected to Green Lawns \(a1\)"):
        world.credential("other").settle(lambda: bob("a2"))
    with pytest.raises(OtherAccountError):
        world.credential("other").settle(never)
    assert world.credential().access_token() == "access-1"
    assert world.sent == ["seed", "other"]
    assert {record.key: record.state for record in world.store.records() if record.is_settled} == {
        "a1": State.CONNECTED
    }


def test_a_refused_account_connects_when_it_is_asked_for(world: World) -> None:
    world.credential().settle(alice)
    world.accepted = "other"
    with pytest.raises(OtherAccountError):
        world.credential("other").settle(lambda: bob("a2"))
    credential = world.credential("other", "a2")
    assert credential.settle(never) is not None
    assert credential.access_token() == "access-2"
    assert world.credential("seed", "a1").access_token() == "access-1"
    assert {record.key for record in world.store.records()} == {"a1", "a2"}
    with pytest.raises(
        TapError, match=r"2 accounts of this client, Green Lawns \(a1\), Green Lawns \(a2\).*account_id"
    ):
        world.credential().access_token()


def test_the_account_that_is_asked_for_is_the_only_one_taken(world: World) -> None:
    with pytest.raises(OtherAccountError, match="set account_id to a1"):
        world.credential("seed", "a9").settle(alice)
    assert not [record for record in world.store.records() if record.is_settled]


@pytest.mark.parametrize("seed", ["seed", None])
def test_an_account_that_is_not_there_is_told_from_those_that_are(world: World, seed: str | None) -> None:
    world.credential().settle(alice)
    with pytest.raises(TapError, match=r"for account 1 .*they are of Green Lawns \(a1\): set account_id to the ID"):
        world.credential(seed, "1").settle(never)
    assert world.sent == ["seed"]


def test_a_seed_that_another_account_began_with_is_no_news(world: World) -> None:
    world.credential().settle(alice)
    world.accepted = "other"
    world.credential("other", "a2").settle(lambda: bob("a2"))
    assert world.credential("seed", "a2").access_token() == "access-2"
    assert world.credential("other", "a1").access_token() == "access-1"
    assert world.sent == ["seed", "other"]


def test_after_a_disconnect_anyone_may_be_the_first(world: World) -> None:
    world.credential().settle(alice)
    world.store.update(world.stored(), lambda record: record.with_state(State.DISCONNECTED, START, "gone"))
    world.accepted = "bobs"
    settled = world.credential("bobs").settle(bob)
    assert settled is not None
    assert settled.decision is InstallerDecision.FIRST
    assert (world.stored().installer, world.stored().state) == (Installer("u2", "Bob"), State.CONNECTED)


def test_tokens_of_a_log_in_that_was_cut_off_are_taken_up(world: World) -> None:
    world.credential().access_token()
    world.now += 3600
    credential = world.credential(seed=None)
    assert credential.settle(alice) is not None
    assert credential.access_token() == "access-2"


def test_a_store_held_by_another_does_not_matter_while_the_token_lasts(world: World) -> None:
    credential = world.credential()
    credential.access_token()
    world.now += 3300
    world.store = FileTokenStore(world.store.path, lock_timeout_seconds=0.01)
    with FileTokenStore(world.store.path).lock("client", world.stored().key):
        assert credential.access_token() == "access-1"
    world.now += 31
    assert credential.access_token() == "access-2"


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


def failing(world: World, *faults: TokenResponse) -> TapError:
    """Return the error that a refresh ends in, whatever the server is asked."""
    world.faults = [*faults] * 50
    with pytest.raises(TapError) as caught:
        world.credential().access_token()
    return caught.value


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (classify_response(401, "The provided refresh token is not valid."), ExitStatus.RENEW),
        (classify_response(401, "User has disconnected this app from their account."), ExitStatus.RENEW),
        (classify_response(403, "This account is not active"), ExitStatus.RENEW),
        (
            classify_response(401, "The provided client id and secret do not match an existing application"),
            ExitStatus.MEND,
        ),
        (classify_response(404, "<html>nothing here</html>"), ExitStatus.MEND),
        (classify_response(503, "<html>busy</html>"), ExitStatus.TRY_LATER),
        (classify_response(504, ""), ExitStatus.TRY_LATER),
        (classify_response(200, "<html>Waiting Room</html>"), ExitStatus.TRY_LATER),
    ],
)
def test_the_exit_status_tells_who_can_help(world: World, answer: TokenResponse, status: ExitStatus) -> None:
    assert failing(world, answer).exit_status is status


def test_a_page_instead_of_a_refusal_is_believed_after_a_few_tries(world: World) -> None:
    error = failing(world, classify_response(401, "<html>Unauthorized</html>"))
    assert error.exit_status is ExitStatus.RENEW
    assert "the refresh token or the client (HTTP 401: a web page)" in error.cause
    assert "authorise the app again" in error.remedy
    assert 2 <= len(world.sent) <= 6
    assert sum(world.naps) <= 15


def test_a_page_that_passes_costs_nothing(world: World) -> None:
    world.faults = [classify_response(401, "<html>Unauthorized</html>")]
    assert world.credential().access_token() == "access-2"
