"""The access tokens that a credential hands out, with a clock and a Jobber of the test's own."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.record import State
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, Tokens
from tap_jobber.errors import TapError
from tests.credentials.world import alice

if TYPE_CHECKING:
    from pathlib import Path

    from tests.credentials.world import World


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
