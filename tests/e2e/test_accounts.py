"""A state belongs to one account: another account never reads by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.oauth import Person
from tests.e2e.harness import STATE, Bench, Outcome, bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STREAMS = ("clients", "client_tags", "users", "custom_field_values", "client_ids")


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Bench]:
    """Provide a sandbox of two accounts."""
    with bench(tmp_path, accounts=2) as one:
        yield one


def _id(one: Bench, number: int) -> str:
    return str(one.sandbox.world(number).tables["Account"].rows[0].id)


def _read(one: Bench, number: int, state: object = None) -> Outcome:
    """Read one of the accounts, which all have a place in one token store."""
    token = one.sandbox.credentials.connect(Person(number, 1))["refresh_token"]
    words = () if state is None else ("--state", one.write("state.json", state))
    return one.tap(*words, streams=STREAMS, refresh_token=token, account_id=_id(one, number))


def test_the_state_of_one_account_is_not_the_others(two: Bench) -> None:
    first = _read(two, 1).checked()
    requests = len(two.log)
    refused = _read(two, 2, first.states[-1])
    refused.assert_refused(_id(two, 1), _id(two, 2), "--state-id-suffix")
    assert refused.messages == []
    assert [entry.operation for entry in two.log[requests:]] == ["whose"]
    second = _read(two, 2).checked()
    assert second.ids("clients")
    assert second.rows("clients") != first.rows("clients")
    for number, outcome in ((1, first), (2, second)):
        assert {tuple(state["accounts"]) for state in outcome.states} == {(_id(two, number),)}
        assert outcome.messages[0] == {"type": "STATE", "value": {**outcome.states[0], "bookmarks": {}}}
        again = _read(two, number, outcome.states[-1]).checked()
        assert again.ids("clients") == []
        assert {tuple(state["accounts"]) for state in again.states} == {(_id(two, number),)}


def test_the_state_of_an_older_version_is_taken_and_named(tiny: Bench) -> None:
    whole = tiny.tap(streams=["clients"]).checked()
    before = {"bookmarks": whole.states[-1]["bookmarks"]}
    outcome = tiny.tap("--state", tiny.write("state.json", before), streams=["clients"]).checked()
    assert outcome.ids("clients") == []
    assert outcome.states[0] == {**before, "accounts": whole.states[-1]["accounts"]}


def test_a_run_that_does_not_reach_jobber_leaves_the_state_alone(two: Bench) -> None:
    named = {**STATE, "accounts": {"other": None}}
    two.arm(kind="status", status=400, times=None, body={"message": "no"})
    outcome = two.tap("--state", two.write("state.json", named), streams=["clients"])
    assert outcome.status != 0
    assert outcome.messages == []
    two.sandbox.faults.clear()
    # Nothing that is selected has a bookmark, so nothing has to be found out.
    assert two.tap("--state", two.write("state.json", named), streams=[]).checked().states == [named]
