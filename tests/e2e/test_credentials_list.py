"""`--credentials --format=json`: what a scheduler reads before it starts runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema

from tests.cli.test_credentials_json import SCHEMA
from tests.e2e import truth

if TYPE_CHECKING:
    from tests.e2e.harness import Bench


def test_lists_the_account_and_its_last_sync(tiny: Bench) -> None:
    tiny.tap(streams=["clients", "tax_rates"]).checked()
    tiny.arm(kind="error", root="taxRates", times=None)
    tiny.tap(streams=["clients", "tax_rates"]).assert_partial("tax_rates")
    for words in (["--format=json"], ["--format", "json"]):
        listed = json.loads(tiny.tap("--credentials", *words).stdout)
        jsonschema.Draft202012Validator(SCHEMA).validate(listed)
        (found,) = listed["connections"]
        account = truth.ask(tiny, "{ account { id name } }")
        assert {name: found["account"][name] for name in account} == account
        assert found["account"]["number"].isdigit()
        assert (found["state"], found["last_sync"]["status"], found["last_sync"]["exit_status"]) == (
            "connected",
            "partial",
            4,
        )
        assert list(found["last_sync"]["incomplete"]) == ["tax_rates"]
        assert found["days_since_last_sync"] == 0


def test_an_empty_store_is_an_empty_list(tiny: Bench) -> None:
    outcome = tiny.tap("--credentials", "--format=json")
    assert outcome.status == 0
    assert json.loads(outcome.stdout) == {"version": 1, "connections": []}


def test_a_format_that_it_does_not_have(tiny: Bench) -> None:
    tiny.tap("--credentials", "--format=markdown").assert_refused("no format markdown", "--format=json")
