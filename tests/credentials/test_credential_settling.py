"""A credential that settles new tokens by the installer rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.authorization import OtherAccountError
from tap_jobber.credentials.installer import InstallerDecision
from tap_jobber.credentials.stores.record import Account, Installer, State, fingerprint
from tap_jobber.errors import TapError
from tests.credentials.world import START, alice, bob, never

if TYPE_CHECKING:
    from tests.credentials.world import World


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
    with pytest.raises(
        TapError, match=r"account 1 .*they are of Green Lawns \(a1\): set account_id to the number or ID"
    ):
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
