"""`--credentials --format=json`: what a scheduler reads before it starts runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from tap_jobber.timestamps import parse_timestamp
from tests.cli.test_credentials_json import SCHEMA
from tests.e2e import truth

if TYPE_CHECKING:
    from tests.e2e.harness import Bench

BEGIN_SECONDS = 10
"""Seconds that starting may take, from the beginning of a run to that of its sync."""


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


def test_tells_the_same_of_runs_as_their_reports(tiny: Bench) -> None:
    """The connect page shows the same records, so that nobody is told two stories of one run."""
    path, endings = tiny.home / "report.json", []
    faults: list[tuple[dict[str, object] | None, dict[str, Any]]] = [
        (None, {}),
        ({"kind": "error", "root": "taxRates", "times": None}, {}),
        ({"kind": "hidden", "root": "taxRates"}, {"on_missing_permission": "fail"}),
    ]
    for fault, settings in faults:
        tiny.sandbox.faults.clear()
        if fault is not None:
            tiny.arm(**fault)
        outcome = tiny.tap("--report", path, streams=["clients", "tax_rates"], **settings)
        report = json.loads(path.read_text(encoding="utf-8"))
        (found,) = json.loads(tiny.tap("--credentials", "--format=json").stdout)["connections"]
        last = found["last_sync"]
        assert last["exit_status"] == report["exit_status"] == outcome.status
        assert last["status"] == report["status"]
        assert last["rows"] == report["totals"]["rows"]
        assert abs(parse_timestamp(last["began"]) - parse_timestamp(report["run"]["began"])) <= BEGIN_SECONDS
        lacking = {each["name"] for each in report["streams"] if each["status"] in {"partial", "set_aside"}}
        assert set(last["incomplete"]) == (lacking if last["status"] == "partial" else set())
        endings.append(last["status"])
    assert endings == ["complete", "partial", "failed"]


def test_an_empty_store_is_an_empty_list(tiny: Bench) -> None:
    outcome = tiny.tap("--credentials", "--format=json")
    assert outcome.status == 0
    assert json.loads(outcome.stdout) == {"version": 1, "connections": []}


def test_a_format_that_it_does_not_have(tiny: Bench) -> None:
    tiny.tap("--credentials", "--format=markdown").assert_refused("no format markdown", "--format=json")
