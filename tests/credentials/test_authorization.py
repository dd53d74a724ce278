"""Codes that are redeemed: what is saved, what is kept, and what is left alone when it goes wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.account_choice import only_connected
from tap_jobber.credentials.authorization import ConnectOptions, OtherAccountError, Settlement, connect_by_code, settle
from tap_jobber.credentials.installer import Identity, InstallerDecision
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Account, Installer, Record, State, Sync, fingerprint
from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.errors import TapError
from tests.credentials.token_server import CLIENT_SECRET, Reply, TokenServer, access_token, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_jobber.credentials.stores.base import TokenStore

ALICE = Identity(Account("a1", "Green Lawns"), Installer("u1", "Alice"), "2026-05-12", "old")
BOB = Identity(Account("a1", "Green Lawns"), Installer("u2", "Bob"))
ELSEWHERE = Identity(Account("a2", "Blue Pools"), Installer("u3", "Carol"))
STANDING = Record(
    "client",
    "access",
    0.0,
    3600.0,
    "refresh",
    fingerprint("seed"),
    1.0,
    Account("a1", "Green Lawns", {"later": 1}),
    Installer("u1", "Alice", {"later": 2}),
    name="main",
    description="nightly",
    state=State.REFUSED,
    state_since=5.0,
    state_reason="dead",
    syncs=(Sync(1.0, 2.0, {"clients": 1}),),
    extra={"later": 3},
)
NEW = Reply(200, json.dumps({"access_token": "new-access", "refresh_token": "new-refresh"}))


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return open_store(tmp_path)


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with running() as started:
        yield started


def connect(
    store: TokenStore,
    server: TokenServer,
    identity: Identity | TapError,
    options: ConnectOptions | None = None,
    reply: Reply = NEW,
) -> Settlement:
    """Redeem a code that the server answers so."""

    def identify(access_token: str) -> Identity:
        assert access_token in reply.body
        if isinstance(identity, TapError):
            raise identity
        return identity

    server.replies = [reply]
    endpoint = TokenEndpoint(server.url, "client", CLIENT_SECRET)
    return connect_by_code(store, endpoint, code="abc", redirect_uri="uri", identify=identify, options=options)


def test_the_first_tokens_of_an_account(store: TokenStore, server: TokenServer) -> None:
    settled = connect(
        store, server, ALICE, ConnectOptions(name="main", description="nightly", past_seeds=("sha256:old",))
    )
    assert settled.decision is InstallerDecision.FIRST
    assert settled.line == "Connected to Green Lawns (a1) as Alice (u1)"
    assert store.records() == [settled.record]
    record = settled.record
    assert (record.access_token, record.refresh_token) == ("new-access", "new-refresh")
    assert (record.account, record.installer) == (ALICE.account, ALICE.user)
    assert (record.name, record.description, record.past_seeds) == ("main", "nightly", ("sha256:old",))
    assert (record.api_version, record.api_version_warning) == ("2026-05-12", "old")


def test_the_installer_s_own_tokens_keep_what_was_known(store: TokenStore, server: TokenServer) -> None:
    store.save(STANDING)
    settled = connect(store, server, replace(ALICE, account=Account("a1", "Greener Lawns")))
    assert settled.decision is InstallerDecision.OWN
    (record,) = store.records()
    assert record == settled.record
    assert record.account == Account("a1", "Greener Lawns", {"later": 1})
    assert (record.installer, record.name, record.description) == (STANDING.installer, "main", "nightly")
    assert record.connected_at == STANDING.connected_at
    assert (record.state, record.state_reason) == (State.CONNECTED, None)
    assert record.state_since is not None, "what runs met before says nothing of the new tokens"
    assert (record.syncs, record.extra, record.refresh_token) == (STANDING.syncs, {"later": 3}, "new-refresh")
    assert record.covers_seed("seed")


def test_another_user_s_tokens_are_discarded(store: TokenStore, server: TokenServer) -> None:
    store.save(STANDING)
    settled = connect(store, server, BOB)
    assert settled.decision is InstallerDecision.DISCARDED
    assert "stays, though Jobber refuses it" in settled.line
    assert settled.record == STANDING
    assert store.records() == [STANDING]
    replaced = connect(store, server, BOB, ConnectOptions(replace_installer=True))
    assert replaced.decision is InstallerDecision.REPLACED
    assert [(record.installer, record.name) for record in store.records()] == [(BOB.user, "main")]


def test_another_account_is_set_aside(store: TokenStore, server: TokenServer) -> None:
    store.save(STANDING)
    with pytest.raises(OtherAccountError, match=r"Blue Pools \(a2\).*connected to Green Lawns .*account_id to a2"):
        connect(store, server, ELSEWHERE, ConnectOptions(allowed_account_ids={"a1"}))
    settled, aside = store.records()
    assert settled == STANDING
    assert (aside.is_settled, aside.account, aside.state) == (False, ELSEWHERE.account, State.REFUSED)
    assert only_connected(store.records("client")) == STANDING
    assert connect(store, server, ELSEWHERE).decision is InstallerDecision.FIRST
    assert [record.key for record in store.records()] == ["a1", "a2"], "what was set aside is superseded"


def test_a_question_that_fails_leaves_the_tokens_beside_the_standing_ones(
    store: TokenStore, server: TokenServer
) -> None:
    store.save(STANDING)
    with pytest.raises(TapError, match="no answer"):
        connect(store, server, TapError("no answer", "try again"))
    settled, pending = store.records()
    assert settled == STANDING
    assert pending.refresh_token == "new-refresh"
    later = settle(store, pending, ALICE)
    assert later.decision is InstallerDecision.OWN
    assert store.records() == [later.record]


def left_over(account: int, number: int, connected_at: float = 1.0) -> Record:
    """Return the record of a log-in that was cut off before its account was known."""
    token = access_token(1.0, account_id=account)
    return Record("client", token, 0.0, 1.0, "r", f"sha256:{number}", connected_at, pending=str(number))


def test_a_log_in_clears_away_what_others_left_that_were_cut_off(store: TokenStore, server: TokenServer) -> None:
    others = [left_over(2, 2), left_over(1, 3, connected_at=10.0**11), replace(left_over(1, 4), access_token="opaque")]
    for record in (STANDING, left_over(1, 1), *others):
        store.save(record)
    new = Reply(200, json.dumps({"access_token": access_token(10**10, account_id=1), "refresh_token": "new"}))
    assert connect(store, server, BOB, reply=new).decision is InstallerDecision.DISCARDED
    assert len(store.records()) == 5
    record = connect(store, server, ALICE, reply=new).record
    assert store.records() == [record, *others]
    assert record.refresh_token == "new"
    assert "sha256:1" in record.past_seeds


def test_tokens_that_another_worker_has_settled(store: TokenStore, server: TokenServer) -> None:
    first = connect(store, server, ALICE)
    store.update(first.record, lambda record: replace(record, refresh_token="rotated"))
    pending = replace(first.record, account=None, installer=None, pending="gone")
    assert settle(store, pending, ALICE).record.refresh_token == "rotated"
    with pytest.raises(TapError, match="no longer in the token store"):
        settle(store, pending, BOB, ConnectOptions(replace_installer=True))
    store.remove(first.record)
    with pytest.raises(TapError, match="no longer in the token store"):
        settle(store, pending, ALICE)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(401, '{"message": "The authorization code is not valid"}'),
            r"refused the code.*HTTP 401.*--login again",
        ),
        (Reply(400, "{}"), r"code of this log-in or the client.*redirect_uri"),
        (Reply(401, '{"error": "invalid_client"}'), "check client_id"),
        (Reply(0), r"answer was lost.*--login again"),
        (Reply(503), r"not available.*--login again later"),
        (Reply(200, '{"access_token": "access"}'), "no refresh token"),
    ],
)
def test_a_code_that_buys_nothing_is_sent_once(
    store: TokenStore, server: TokenServer, reply: Reply, words: str
) -> None:
    store.save(STANDING)
    with pytest.raises(TapError, match=words):
        connect(store, server, ALICE, reply=reply)
    assert store.records() == [STANDING]
    assert [(each["code"], each["redirect_uri"]) for each in server.requests] == [("abc", "uri")]


def test_a_code_is_not_sent_if_its_tokens_could_not_be_kept(server: TokenServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TapError, match="token_store"):
        connect(open_store(tmp_path / "file" / "x"), server, ALICE)
    assert server.requests == []


def test_scopes_are_those_that_the_token_lists(store: TokenStore, server: TokenServer) -> None:
    token = access_token(10**10, scope="read_clients read_jobs")
    settled = connect(store, server, ALICE, reply=Reply(200, json.dumps({"access_token": token, "refresh_token": "r"})))
    assert settled.record.scopes == ("read_clients", "read_jobs")
