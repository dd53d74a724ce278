"""`--test`: the credential first, then a little of each stream; all that it finds goes to standard error."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import State
from tests.e2e import truth

if TYPE_CHECKING:
    from tests.e2e.harness import Bench

MUTATION = "mutation { appDisconnect { userErrors { message } } }"


def test_credentials_says_who_and_what(tiny: Bench) -> None:
    outcome = tiny.tap("--test=credentials", api_version="2026-04-16").checked()
    account = truth.ask(tiny, "{ account { id name } }")
    user = truth.ask(tiny, "{ user { id name { full } } }")
    said = outcome.texts("INFO")
    assert f"Account: {account['name']} ({account['id']})" in said
    assert f"User: {user['name']['full']} ({user['id']})" in said
    assert "API version: 2026-04-16" in said
    assert [text for text in said if text.startswith("Points: ") and " of 10000 available, 500000000 more" in text]
    assert outcome.stdout == ""
    assert {entry.root for entry in tiny.log} == {"account", "user"}
    assert tiny.sandbox.points < 20


def test_scopes_beside_what_the_streams_need(tiny: Bench) -> None:
    said = tiny.tap("--test=credentials").checked().texts("INFO")
    assert [text for text in said if text.startswith("Scopes: read_clients ")]
    (missing,) = [text for text in said if text.startswith("Scope not listed: read_jobber_payments")]
    assert {"payment_records", "payment_record_refunds"} <= set(missing.replace(",", "").split())


def test_what_a_test_finds_is_noted(tiny: Bench) -> None:
    tiny.tap("--test=credentials").checked()
    (record,) = open_store(tiny.store).records()
    assert (record.state, record.syncs) == (State.CONNECTED, ())
    assert record.api_version is not None
    tiny.arm(kind="disconnected")
    tiny.tap("--test=credentials").assert_refused("disconnected", status=77)
    (record,) = open_store(tiny.store).records()
    assert (record.state, record.syncs) == (State.DISCONNECTED, ())
    tiny.sandbox.faults.clear()
    tiny.tap("--test=credentials").checked()
    (record,) = open_store(tiny.store).records()
    assert (record.state, record.state_reason) == (State.CONNECTED, None)


def test_credentials_passes_on_what_jobber_says_of_the_version(tiny: Bench) -> None:
    tiny.arm(kind="version_warning", message="Support ends soon")
    outcome = tiny.tap("--test=credentials").checked()
    assert len([line for line in outcome.log if "Support ends soon" in line.text]) >= 1


def test_reads_a_little_of_each_stream(shared: Bench) -> None:
    outcome = shared.tap("--test").checked()
    asked = Counter(entry.operation for entry in shared.log)
    tables = set(truth.TABLES) & set(truth.NAMES)
    assert tables <= set(asked)
    assert set(asked) & set(truth.EVERY) == tables
    for name in tables - {"account", "assessments", "events", "online_booking_configuration"}:
        assert asked[name] == 1, name
        assert asked[f"{name}_rest"] <= 1, name
    assert max(entry.first or 0 for entry in shared.log if entry.operation in truth.TABLES) <= 2
    assert shared.sandbox.points < 8_000
    assert all(len(outcome.rows(name)) <= 2 for name in truth.NAMES)
    assert [text for text in outcome.texts("INFO") if text.startswith("Account: ")]


@pytest.mark.parametrize("word", ["--test", "--test=credentials", "--test=all"])
def test_bad_credential_stops_before_any_stream(tiny: Bench, word: str) -> None:
    tiny.refused(word, refresh_token="never-was-one").assert_refused("refused", "authorise", status=77)
    assert tiny.log == []


def test_disconnected_app_stops_before_any_stream(tiny: Bench) -> None:
    tiny.arm(kind="disconnected")
    outcome = tiny.refused("--test", keeps_store=False)
    outcome.assert_refused("disconnected", "refresh_token", status=77)
    assert {entry.root for entry in tiny.log} <= {"account"}
    assert outcome.stdout == ""


def test_stream_that_fails_fails_the_test(tiny: Bench) -> None:
    tiny.arm(kind="error", root="taxRates", times=None)
    tiny.tap("--test").assert_partial("tax_rates", "Visit not found")


def test_unknown_kind_of_test(tiny: Bench) -> None:
    tiny.tap("--test=nonsense").assert_refused("--test=nonsense", "--test=credentials")
    assert tiny.log == []


def test_schema_needs_no_connection(tiny: Bench) -> None:
    outcome = tiny.tap("--test=schema", api_url="http://127.0.0.1:9/api").checked()
    assert {each["stream"] for each in outcome.of_type("SCHEMA")} == set(truth.EVERY)
    assert outcome.streams == set()
    assert tiny.log == []


def test_query_of_ones_own(tiny: Bench) -> None:
    query = "query mine { users(first: 1) { nodes { id } } }"
    outcome = tiny.tap("--test=credentials", credential_test_query=query).checked()
    assert tiny.log[0].operation == "mine"
    assert tiny.log[0].root == "users"
    assert [text for text in outcome.texts("INFO") if text.startswith("User: ")]


def test_query_that_is_answered_with_nothing(tiny: Bench) -> None:
    query = '{ client(id: "Z2lkOi8vSm9iYmVyL0NsaWVudC85OTk5OTk=") { id } }'
    outcome = tiny.tap("--test=credentials", credential_test_query=query)
    outcome.assert_refused("credential_test_query", "nothing")


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("query { account { id", "not GraphQL"),
        (MUTATION, "must be one query"),
        ("query a { account { id } } query b { account { id } }", "must be one query"),
        ("fragment f on Account { id }", "must be one query"),
    ],
)
def test_query_that_is_none_is_not_sent(tiny: Bench, query: str, word: str) -> None:
    tiny.refused("--test=credentials", credential_test_query=query).assert_refused("credential_test_query", word)
    assert tiny.log == []
    assert tiny.sandbox.credentials.refreshes == 0


def test_query_with_an_unknown_field(tiny: Bench) -> None:
    outcome = tiny.tap("--test=credentials", credential_test_query="{ account { nom } }")
    outcome.assert_refused("nom")
    assert {entry.root for entry in tiny.log} == {"account"}


def test_user_that_may_not_be_seen(tiny: Bench) -> None:
    tiny.arm(kind="hidden", root="user")
    outcome = tiny.tap("--test=credentials").checked()
    assert "User: hidden from this app" in outcome.texts("INFO")
