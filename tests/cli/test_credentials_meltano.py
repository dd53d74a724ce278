"""The file of Meltano plugins for each account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from tap_jobber.cli.credentials_meltano import meltano_text
from tap_jobber.credentials.stores.record import Account, Record, State
from tap_jobber.errors import TapError
from tests.cli.test_credentials_json import ACCOUNT, BARE, FULL

CONNECTED = replace(FULL, state=State.CONNECTED)


def loaded(*records: Record) -> Any:  # noqa: ANN401 - YAML
    return YAML(typ="safe").load(meltano_text(records, "target-x"))


def test_a_pair_a_job_and_a_schedule_for_each_connected_account() -> None:
    odd = replace(CONNECTED, account=Account("no:number==", "Elm: \n- # 'x' {"))
    found = loaded(BARE, CONNECTED, replace(FULL, account=Account("gone", "A\nB: [")), odd)
    assert found["plugins"]["extractors"] == [
        {"name": "tap-jobber-17", "inherit_from": "tap-jobber", "config": {"account_id": ACCOUNT.id}},
        {"name": "tap-jobber-no_number", "inherit_from": "tap-jobber", "config": {"account_id": "no:number=="}},
    ]
    assert found["plugins"]["loaders"][0] == {
        "name": "target-x-17",
        "inherit_from": "target-x",
        "config": {"default_target_schema": "jobber_17"},
    }
    assert found["jobs"][0] == {"name": "jobber-17", "tasks": ["tap-jobber-17 target-x-17"]}
    assert [(each["job"], each["interval"]) for each in found["schedules"]] == [
        ("jobber-17", "0 2 * * *"),
        ("jobber-no_number", "1 2 * * *"),
    ]
    assert "# Not connected: A B: [ (gone)" in meltano_text([replace(FULL, account=Account("gone", "A\nB: ["))], "x")


def test_no_account_is_no_plugin() -> None:
    assert loaded() == loaded(FULL, BARE) == {"plugins": {}}


def test_one_account_of_two_clients_is_not_guessed() -> None:
    with pytest.raises(TapError, match=r"several clients \(a, b\): set client_id"):
        loaded(replace(CONNECTED, client_id="a"), replace(CONNECTED, client_id="b"))
