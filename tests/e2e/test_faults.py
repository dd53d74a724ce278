"""Everything that Jobber can answer in the middle of a run, and what becomes of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import truth
from tests.e2e.harness import STATE, Bench, Outcome, bench

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = ["clients", "tax_rates", "vehicles"]
# Strikes the second page of clients, so that rows were written before and are to be written after.
SECOND_PAGE: dict[str, Any] = {"match": "query clients(", "after": 1, "times": 1}
PAGE_SIZE = 4

PASSING = {
    "waiting room": ({"kind": "waiting_room"}, "web page"),
    "waiting room at 503": ({"kind": "waiting_room", "status": 503}, "web page"),
    "limit of requests": ({"kind": "rate_limited"}, "429"),
    "limit of requests with a delay": ({"kind": "rate_limited", "retry_after": "1"}, "429"),
    "bad gateway": ({"kind": "status", "status": 502}, "502"),
    "reset in mid-body": ({"kind": "reset"}, "connection"),
    "reset before the answer": ({"kind": "reset", "bytes": 0}, "connection"),
    "silence": ({"kind": "hang", "seconds": 3}, "did not answer in time"),
    "JSON without data": ({"kind": "no_data"}, "no data"),
    "JSON cut short": ({"kind": "not_json"}, "without JSON"),
    "service unavailable": ({"kind": "service_unavailable"}, "temporarily unavailable"),
}


# What may not be read: hidden with a reason, or null without one where the API allows that.
NOT_PERMITTED = {"clients": {"kind": "hidden"}, "expenses": {"kind": "null_connection", "times": None}}


def sync(one: Bench, *words: Path | str, **settings: Any) -> Outcome:
    return one.tap(*words, streams=STREAMS, page_size=PAGE_SIZE, **settings)


def warnings_of(outcome: Outcome) -> list[str]:
    """Return the warnings, without that of the default version's age."""
    return [text for text in outcome.warnings if "Jobber warns of the API version" not in text]


@pytest.mark.parametrize(("fault", "said"), PASSING.values(), ids=PASSING)
def test_what_passes_costs_a_warning(tiny: Bench, fault: dict[str, Any], said: str) -> None:
    tiny.arm(**SECOND_PAGE, **fault)
    outcome = sync(tiny, request_timeout=1).checked()
    (warning,) = warnings_of(outcome)
    assert warning.startswith("clients: ")
    assert said in warning
    assert "trying again in" in warning
    truth.assert_complete(tiny, outcome, STREAMS)


@pytest.mark.parametrize("kind", ["expired_token", "token_not_recognized", "unauthenticated"])
def test_a_refused_access_token_is_renewed(tiny: Bench, kind: str) -> None:
    tiny.arm(**SECOND_PAGE, kind=kind)
    outcome = sync(tiny).checked()
    assert [text for text in outcome.texts("INFO") if "renewing it" in text]
    assert tiny.sandbox.credentials.refreshes == 2
    truth.assert_complete(tiny, outcome, STREAMS)


def test_a_throttled_query_is_sent_again(tmp_path: Path) -> None:
    with bench(tmp_path, speed=1) as one:
        one.arm(**SECOND_PAGE, kind="throttled")
        outcome = sync(one).checked()
        assert one.sandbox.refusals == 1
        assert warnings_of(outcome) == []
        truth.assert_complete(one, outcome, STREAMS)


def test_an_empty_page_in_between_is_not_the_end(tiny: Bench) -> None:
    tiny.arm(**SECOND_PAGE, kind="empty_page")
    truth.assert_complete(tiny, sync(tiny).checked(), STREAMS)


@pytest.mark.parametrize("suggestions", [False, True])
def test_an_unknown_field_costs_a_column(tiny: Bench, monkeypatch: pytest.MonkeyPatch, *, suggestions: bool) -> None:
    monkeypatch.setattr(tiny.sandbox.engine, "_suggestions", suggestions)
    tiny.arm(kind="unknown_field", field="Client.companyName")
    outcome = sync(tiny).checked()
    (warning,) = warnings_of(outcome)
    assert "clients" in warning
    assert "(companyName)" in warning
    rows, expected = outcome.last_rows("clients"), truth.rows(tiny, "clients")
    assert len(outcome.rows("clients")) == len(expected)
    for row in expected:
        assert row["id"] in rows
        assert rows[row["id"]].get("companyName") is None
        assert rows[row["id"]] == {name: value for name, value in row.items() if name in rows[row["id"]]}
        assert set(row) - set(rows[row["id"]]) <= {"companyName"}
    truth.assert_valid(outcome)
    truth.assert_complete(tiny, outcome, ["tax_rates", "vehicles"])


def test_an_unknown_field_in_mid_run_costs_a_column(tiny: Bench) -> None:
    tiny.arm(**{**SECOND_PAGE, "times": None}, kind="unknown_field", field="Client.companyName")
    outcome = sync(tiny).checked()
    assert set(outcome.ids("clients")) == truth.ids(tiny, "clients")
    assert len([text for text in outcome.warnings if "(companyName)" in text]) == 1


def test_an_unknown_field_below_costs_that_field(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="ClientAddress.street2")
    outcome = sync(tiny).checked()
    assert [text for text in outcome.warnings if "(billingAddress.street2)" in text]
    addresses = [row["billingAddress"] for row in outcome.rows("clients") if row["billingAddress"]]
    assert addresses
    assert all("street2" not in each and "street1" in each for each in addresses)


def test_an_unknown_key_costs_the_stream(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="Client.id")
    outcome = sync(tiny)
    outcome.assert_partial("clients", "Client.id", "api_version")
    truth.assert_complete(tiny, outcome, ["tax_rates", "vehicles"])


def test_without_a_time_of_change_all_is_read_and_no_bookmark_moves(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="Client.updatedAt")
    bookmark = STATE["bookmarks"]["clients"]
    outcome = sync(tiny, "--state", tiny.write("state.json", STATE)).checked()
    (warning,) = warnings_of(outcome)
    assert "(updatedAt)" in warning
    assert "so its bookmark stays" in warning
    expected = [{name: row[name] for name in row if name != "updatedAt"} for row in truth.rows(tiny, "clients")]
    assert truth.lines(outcome.last_rows("clients").values()) == truth.lines(expected)
    assert outcome.states[-1]["bookmarks"]["clients"] == bookmark


def test_an_unknown_order_is_done_without(tiny: Bench) -> None:
    tiny.arm(kind="unknown_argument", argument="Query.clients.sort")
    outcome = sync(tiny).checked()
    (warning,) = warnings_of(outcome)
    assert warning.endswith("does not know all that is asked for: it is read in another order")
    truth.assert_complete(tiny, outcome, STREAMS)


@pytest.mark.parametrize("argument", ["ClientFilterAttributes.updatedAt", "Query.clients.filter"])
def test_an_unknown_filter_is_done_without(tiny: Bench, argument: str) -> None:
    """Then everything is read, and only what is newer than the bookmark handed on."""
    tiny.arm(kind="unknown_argument", argument=argument)
    everything = truth.rows(tiny, "clients")
    since = sorted(row["updatedAt"] for row in everything)[len(everything) // 2]
    bookmark = {"replication_key": "updatedAt", "replication_key_value": since}
    outcome = sync(tiny, "--state", tiny.write("state.json", {"bookmarks": {"clients": bookmark}})).checked()
    (warning,) = warnings_of(outcome)
    assert warning.startswith("clients: the served version of Jobber's API does not know all that is asked for")
    assert "filter" in warning
    newer = [row for row in everything if row["updatedAt"] >= since]
    assert 0 < len(newer) < len(everything)
    assert truth.lines(outcome.rows("clients")) == truth.lines(newer)
    assert outcome.states[-1]["bookmarks"]["clients"]["replication_key_value"] > since


def test_without_an_order_by_time_of_change_all_is_looked_at_and_what_has_changed_handed_on(tiny: Bench) -> None:
    tiny.arm(kind="unknown_argument", argument="Query.jobs.sort")
    everything = truth.rows(tiny, "jobs")
    since = sorted(row["updatedAt"] for row in everything)[len(everything) // 2]
    bookmark = {"replication_key": "updatedAt", "replication_key_value": since}
    state = tiny.write("state.json", {"bookmarks": {"jobs": bookmark}})
    outcome = tiny.tap("--state", state, streams=["jobs"], page_size=PAGE_SIZE).checked()
    newer = [row for row in everything if row["updatedAt"] >= since]
    assert 0 < len(newer) < len(everything)
    assert truth.lines(outcome.rows("jobs")) == truth.lines(newer)
    assert outcome.states[-1]["bookmarks"]["jobs"]["replication_key_value"] > since


def test_an_unknown_root_costs_the_stream(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="Query.vehicles")
    outcome = sync(tiny)
    outcome.assert_partial("vehicles", "has no vehicles", "api_version")
    truth.assert_complete(tiny, outcome, ["clients", "tax_rates"])


@pytest.mark.parametrize(("stream", "fault"), NOT_PERMITTED.items())
def test_a_stream_that_may_not_be_read_is_skipped(tiny: Bench, stream: str, fault: dict[str, Any]) -> None:
    tiny.arm(root=stream, **fault)
    outcome = tiny.tap(streams=[stream, "tax_rates", "vehicles"]).checked()
    (warning,) = warnings_of(outcome)
    assert warning.startswith(f"Skipping {stream}")
    assert "scope" in warning
    assert outcome.rows(stream) == []
    assert "skipped:" in outcome.summary()[stream]
    truth.assert_complete(tiny, outcome, ["tax_rates", "vehicles"])


@pytest.mark.parametrize(("stream", "fault"), NOT_PERMITTED.items())
def test_a_stream_that_may_not_be_read_fails_on_request(tiny: Bench, stream: str, fault: dict[str, Any]) -> None:
    tiny.arm(root=stream, **fault)
    outcome = tiny.tap(streams=[stream, "tax_rates"], on_missing_permission="fail")
    outcome.assert_refused(stream, "scope", status=77)
    assert outcome.streams == set()


@pytest.mark.parametrize(("stream", "fault"), NOT_PERMITTED.items())
def test_a_permission_lost_in_mid_stream_is_not_the_end_of_the_list(
    tiny: Bench, stream: str, fault: dict[str, Any]
) -> None:
    tiny.arm(**{**fault, "after": 1}, root=stream, match=f"query {stream}(")
    outcome = tiny.tap(streams=[stream, "vehicles"], page_size=2)
    outcome.assert_partial(stream, "scope")
    assert len(outcome.rows(stream)) == 2
    truth.assert_complete(tiny, outcome, ["vehicles"])


def test_hidden_values_are_null_and_counted(tiny: Bench) -> None:
    tiny.arm(kind="hidden", field="Client.companyName")
    outcome = sync(tiny).checked()
    (warning,) = warnings_of(outcome)
    rows, expected = outcome.rows("clients"), truth.rows(tiny, "clients")
    assert "companyName" in warning
    assert int(warning.split()[1]) >= len(rows)
    assert {row["companyName"] for row in rows} == {None}
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in expected)


def test_a_hidden_value_that_cannot_be_null_costs_a_column(tiny: Bench) -> None:
    tiny.arm(kind="hidden", field="Client.name")
    outcome = sync(tiny).checked()
    assert warnings_of(outcome) == ["clients: the app or its user may not see Client.name; it is left out"]
    rows, expected = outcome.last_rows("clients"), truth.rows(tiny, "clients")
    assert len(outcome.rows("clients")) == len(expected)
    for row in expected:
        assert rows[row["id"]] == {name: value for name, value in row.items() if name != "name"}
    truth.assert_complete(tiny, outcome, ["tax_rates", "vehicles"])


@pytest.mark.parametrize(
    ("fault", "column"),
    [
        ({"kind": "unknown_field", "field": "ClientNote.message"}, "message"),
        ({"kind": "hidden", "field": "ClientNote.createdAt"}, "createdAt"),
    ],
    ids=["unknown", "hidden"],
)
def test_a_field_of_a_list_costs_a_column_of_the_list(tiny: Bench, fault: dict[str, Any], column: str) -> None:
    """It is left out of the lists that are read to their ends as well."""
    tiny.arm(**fault)
    outcome = tiny.tap(streams=["clients", "client_notes"], page_size=PAGE_SIZE).checked()
    (warning,) = warnings_of(outcome)
    assert column in warning
    truth.assert_complete(tiny, outcome, ["clients"])
    assert [entry for entry in tiny.log if entry.operation == "clients_rest"], "no list was long enough"
    expected = [{**row} for row in truth.rows(tiny, "client_notes")]
    for row in expected:
        del row[column]
    assert truth.lines(outcome.rows("client_notes")) == truth.lines(expected)


@pytest.mark.parametrize(
    ("fault", "child", "parent"),
    [
        ({"kind": "hidden", "field": "Client.notes"}, "client_notes", "clients"),
        ({"kind": "hidden", "field": "Visit.assignedUsers"}, "visit_assigned_users", "visits"),
        ({"kind": "hidden", "field": "Request.lineItems"}, "request_line_items", "requests"),
    ],
    ids=["hidden", "null without a bookmark", "null with a bookmark"],
)
def test_a_list_that_may_not_be_read_skips_only_its_stream(
    tiny: Bench, fault: dict[str, Any], child: str, parent: str
) -> None:
    tiny.arm(**fault)
    family = [name for name in truth.family(parent) if name != "visit_line_items"]
    outcome = tiny.tap(streams=family, emit_activate_version_messages=True).checked()
    assert [text for text in warnings_of(outcome) if text.startswith(f"Skipping {child}: ")]
    assert "skipped:" in outcome.summary()[child]
    assert outcome.rows(child) == []
    assert outcome.states[-1]["bookmarks"].get(child, {}) == {}
    assert child not in {each["stream"] for each in outcome.of_type("ACTIVATE_VERSION")}
    truth.assert_complete(tiny, outcome, [name for name in family if name != child])


def test_a_list_that_the_version_does_not_have_costs_its_stream(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="Client.notes")
    family = truth.family("clients")
    outcome = tiny.tap(streams=family, emit_activate_version_messages=True)
    outcome.assert_partial("client_notes", "does not know Client.notes", "api_version")
    assert outcome.states[-1]["bookmarks"].get("client_notes", {}) == {}
    truth.assert_complete(tiny, outcome, [name for name in family if name != "client_notes"])


def test_a_root_that_may_not_be_read_skips_its_lists_too(tiny: Bench) -> None:
    tiny.arm(kind="hidden", root="clients")
    outcome = tiny.tap(streams=[*truth.family("clients"), "vehicles"], emit_activate_version_messages=True).checked()
    (warning,) = warnings_of(outcome)
    assert warning.startswith(f"Skipping {', '.join(truth.family('clients'))}: ")
    for name in truth.family("clients"):
        assert "skipped:" in outcome.summary()[name]
        assert outcome.states[-1]["bookmarks"].get(name, {}) == {}
    assert outcome.streams == {"vehicles"}
    assert [each["stream"] for each in outcome.of_type("ACTIVATE_VERSION")] == ["vehicles"]


def test_no_stream_may_be_read(tiny: Bench) -> None:
    for root in ("clients", "taxRates", "vehicles"):
        tiny.arm(kind="hidden", root=root)
    outcome = sync(tiny)
    outcome.assert_refused("none of the selected streams", "scope", status=77)
    assert outcome.streams == set()


@pytest.mark.parametrize("cursor", ["null", "same"])
def test_a_cursor_that_does_not_advance_costs_the_stream(tiny: Bench, cursor: str) -> None:
    tiny.arm(**SECOND_PAGE, kind="stuck_cursor", cursor=cursor)
    outcome = sync(tiny)
    outcome.assert_partial("clients", "cursor does not advance", "run again")
    truth.assert_complete(tiny, outcome, ["tax_rates", "vehicles"])


def test_an_upgraded_version_is_warned_of_once(tiny: Bench) -> None:
    tiny.arm(kind="removed_version", version="2026-04-16")
    outcome = sync(tiny, api_version="2026-07-27").checked()
    (warning,) = outcome.warnings
    assert "2026-04-16" in warning
    assert "2026-07-27" in warning
    assert "set api_version" in warning
    truth.assert_complete(tiny, outcome, STREAMS)


def test_a_warning_of_the_version_is_passed_on_once(tiny: Bench) -> None:
    tiny.arm(kind="version_warning", message="Support ends soon.\nUpgrade.")
    outcome = sync(tiny, api_version="2026-07-27").checked()
    (warning,) = outcome.warnings
    assert warning == (
        "Jobber warns of the API version: Support ends soon. Upgrade. "
        "Set api_version to a newer one from Jobber's API changelog"
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "status", "status": 302}, ["redirect", "api_url"]),
        ({"kind": "status", "status": 404, "html": True}, ["404", "api_url"]),
        ({"kind": "unknown_version"}, ["does not exist", "api_version"]),
    ],
    ids=["redirect", "page not found", "version gone"],
)
def test_what_only_a_person_can_mend_stops_the_run(tiny: Bench, fault: dict[str, Any], words: list[str]) -> None:
    # One stray answer is asked about again.
    tiny.arm(**{**SECOND_PAGE, "times": None}, **fault)
    # The first asks for the time; the second whether Jobber answers at all.
    tiny.arm(**fault, match="query clock", after=1, times=None)
    outcome = sync(tiny)
    outcome.assert_refused(*words)
    assert len(outcome.rows("clients")) == PAGE_SIZE


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "no_data", "body": {"errors": [{"message": "Field of doom\nis doomed"}]}}, ["of doom is doomed"]),
        ({"kind": "invalid_query"}, ["could not parse the query"]),
        ({"kind": "status", "status": 404, "html": True}, ["404", "answers other queries"]),
    ],
    ids=["refused", "unparsable", "page not found"],
)
def test_what_is_the_matter_of_one_query_costs_its_stream(tiny: Bench, fault: dict[str, Any], words: list[str]) -> None:
    tiny.arm(**{**SECOND_PAGE, "times": None}, **fault)
    outcome = sync(tiny)
    outcome.assert_partial("clients", *words)
    assert len(outcome.rows("clients")) == PAGE_SIZE
    assert "replication_key_value" not in outcome.states[-1]["bookmarks"]["clients"]
    truth.assert_complete(tiny, outcome, ["tax_rates", "vehicles"])


def test_a_token_endpoint_that_is_down_for_a_moment(tiny: Bench) -> None:
    tiny.arm(kind="token_status", status=503)
    outcome = sync(tiny).checked()
    assert [text for text in outcome.warnings if "trying again in" in text]
    truth.assert_complete(tiny, outcome, STREAMS)


def test_a_lost_answer_of_the_token_endpoint_is_not_asked_for_again(tiny: Bench) -> None:
    tiny.arm(kind="token_lost_reply")
    sync(tiny).assert_refused("answer was lost", "authorise", status=75)
    assert tiny.sandbox.credentials.refreshes == 1
    assert tiny.sandbox.credentials.refusals == 0
