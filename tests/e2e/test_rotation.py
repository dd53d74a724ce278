"""Refresh tokens that rotate: kept, used, and never lost, whenever the tap is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e import truth
from tests.e2e.harness import TAP, Bench, bench
from tests.e2e.processes import family, needs_proc

if TYPE_CHECKING:
    from pathlib import Path

    from jobber_sandbox.oauth import Credentials

KILLS = 12
ROUNDS = 2
# Between the death of the old refresh token and the answer that holds the new one.
LONGEST_DELAY_SECONDS = 0.08


def stored_token(one: Bench) -> str:
    """Return the refresh token in the store."""
    found: str = _record(json.loads(one.store.read_text(encoding="utf-8")))["refresh_token"]
    return found


def _record(value: object) -> dict[str, str]:
    if isinstance(value, dict):
        if "refresh_token" in value:
            return value
        for below in value.values():
            if found := _record(below):
                return found
    return {}


def test_second_run_uses_the_rotated_token(tiny: Bench) -> None:
    for number in range(1, 4):
        tiny.sandbox.credentials.expire_access_tokens()
        tiny.tap(streams=["vehicles"]).checked()
        assert tiny.sandbox.credentials.refreshes == number
        assert tiny.refresh_token not in tiny.sandbox.credentials.refresh_tokens()
        assert stored_token(tiny) in tiny.sandbox.credentials.refresh_tokens()
    assert tiny.sandbox.credentials.refusals == 0


def test_second_run_shares_the_access_token(tiny: Bench) -> None:
    tiny.tap("--test=credentials").checked()
    tiny.tap(streams=["vehicles"]).checked()
    tiny.tap(streams=["vehicles"], refresh_token=None).checked()
    assert tiny.sandbox.credentials.refreshes == 1


def test_token_store_is_for_its_owner_only(tiny: Bench, tmp_path: Path) -> None:
    path = tmp_path / "below" / "another" / "tokens.json"
    tiny.tap("--test=credentials", token_store=str(path)).checked()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_newer_authorisation_wins(tiny: Bench) -> None:
    tiny.tap("--test=credentials").checked()
    tiny.authorise()
    tiny.tap("--test=credentials").checked()
    assert tiny.sandbox.credentials.refreshes == 2
    assert tiny.refresh_token not in tiny.sandbox.credentials.refresh_tokens()


def test_rotation_off(tmp_path: Path) -> None:
    with bench(tmp_path, rotation="off") as one:
        for _ in range(2):
            one.sandbox.credentials.expire_access_tokens()
            outcome = one.tap(streams=["vehicles"], api_version="2026-09-25").checked()
            assert outcome.warnings == []
            assert [text for text in outcome.texts("INFO") if "rotation is off" in text]
        assert stored_token(one) == one.refresh_token
        assert one.sandbox.credentials.refreshes == 2


def test_legacy_rotation_warns_of_a_superseded_token(tmp_path: Path) -> None:
    with bench(tmp_path, rotation="legacy") as one:
        first = one.tap("--test=credentials", api_version="2026-09-25").checked()
        assert first.warnings == []
        one.store.unlink()
        second = one.tap("--test=credentials", api_version="2026-09-25").checked()
        (warning,) = second.warnings
        assert "Unexpected Refresh Token Redemption" in warning


def test_access_tokens_of_two_seconds_in_mid_run(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.1, token_seconds=2, latency=0.05) as one:
        outcome = one.tap(streams=["clients", "jobs", "visits"], page_size=5).checked()
        truth.assert_complete(one, outcome, ["clients", "jobs", "visits"])
        assert one.sandbox.credentials.refreshes >= 2
        assert one.sandbox.credentials.refusals == 0


@needs_proc
@pytest.mark.parametrize("round_number", range(ROUNDS))
@pytest.mark.long
@pytest.mark.stress
def test_kill_minus_nine_around_a_refresh_loses_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, round_number: int
) -> None:
    """Half of the kills come some time after the start, half within moments of the request for tokens."""
    chance = random.Random(round_number)  # noqa: S311 - moments, not secrets
    with bench(tmp_path, token_seconds=2) as one:
        credentials = one.sandbox.credentials
        asked = _noted(credentials, monkeypatch, chance)
        command: list[Path | str] = [TAP, "--config", one.config(), "--test=credentials"]
        began = time.monotonic()
        one.tap("--test=credentials").checked()
        usual_seconds = time.monotonic() - began
        outlived = 0
        for number in range(KILLS):
            credentials.expire_access_tokens()
            asked.clear()
            with family(command, tmp_path) as started:
                if number % 2:
                    time.sleep(chance.uniform(0.4, 1.1) * usual_seconds)
                else:
                    assert asked.wait(20)
                    time.sleep(chance.uniform(0.0, LONGEST_DELAY_SECONDS))
                os.killpg(started.head.pid, signal.SIGKILL)
                started.head.communicate()
                outlived += bool(started.alive())
                assert started.is_gone(), "the refresh did not end by itself"
            assert stored_token(one) in credentials.refresh_tokens()
        assert outlived >= KILLS // 8
        assert credentials.refreshes >= KILLS // 2
        credentials.expire_access_tokens()
        one.tap("--test=credentials").checked()
        assert credentials.refusals == 0


def _noted(credentials: Credentials, monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> threading.Event:
    """Set whenever a token is about to be redeemed; the answer takes a moment."""
    asked, redeem = threading.Event(), credentials.redeem

    def noted(form: dict[str, str]) -> object:
        asked.set()
        answer = redeem(form)
        time.sleep(chance.uniform(0.0, LONGEST_DELAY_SECONDS))
        return answer

    monkeypatch.setattr(credentials, "redeem", noted)
    return asked
