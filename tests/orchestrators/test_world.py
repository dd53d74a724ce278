"""The fleet without an engine: the tap and a target, day after day."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e import truth
from tests.e2e.harness import TAP, environment
from tests.orchestrators.world import World, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """Provide a world with two connected accounts."""
    with world(tmp_path) as made:
        made.connect(1, 2)
        yield made


def _load(one: World, number: int) -> int:
    """Run the tap into the target with what the target has kept; the exit status of the tap."""
    account = one.account(number)
    env = environment(one.home, one.environment()) | {
        "TAP_JOBBER_ACCOUNT_ID": account.id,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": account.schema,
    }
    state = one.home / f"{account.number}.json"
    words = ["--config", "ENV", "--catalog", str(one.catalog), *(["--state", str(state)] if state.is_file() else [])]
    with subprocess.Popen([TAP, *words], env=env, stdout=subprocess.PIPE) as tap:
        done = subprocess.run(
            [one.target, "--config", "ENV"], env=env, stdin=tap.stdout, capture_output=True, text=True, check=True
        )
    if done.stdout:
        state.write_text(done.stdout.splitlines()[-1], encoding="utf-8")
    return tap.returncode


def test_what_is_loaded_is_compared_with_the_truth(small: World) -> None:
    assert [each["account"]["number"] for each in small.connections()] == ["1001", "2001"]
    assert [small.account(number).number for number in (1, 2)] == ["1001", "2001"]
    for number in (1, 2):
        assert _load(small, number) == 0
        small.assert_loaded(number)
    before = len(small.requests(1))
    changes = small.next_day([1])[1]
    with pytest.raises(AssertionError):
        small.assert_loaded(1)
    assert _load(small, 1) == 0
    small.assert_loaded(1)
    assert before < len(small.requests(1))
    assert set(changes.created["Task"]) <= {row["id"] for row in small.loaded(1)["tasks"]}


def test_what_goes_wrong_concerns_one_account(small: World) -> None:
    small.refuse(1, "invoices")
    small.throttle(2)
    assert _load(small, 1) == 0
    small.assert_loaded(1, [name for name in truth.ROOTS if name in ("clients", "users")])
    assert small.loaded(1)["invoices"] == []
    assert small.server.sandbox.bucket(2).status().available_points < 100
    small.restore(1)
    small.restore(2)
    small.disconnect(1)
    assert _load(small, 1) == 77
    assert [each["state"] for each in small.connections()] == ["disconnected", "connected"]
    assert _load(small, 2) == 0
    small.assert_loaded(2)
