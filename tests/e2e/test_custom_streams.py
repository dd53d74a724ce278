"""Streams of the users' own queries, as their users run them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from singer_sdk.singerlib import MetadataMapping

from tap_jobber.streams.custom import declare
from tap_jobber.timestamps import parse_timestamp
from tap_jobber.wording import are, counted
from tests.e2e import truth
from tests.e2e.harness import Bench, bench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Outcome

NODES = "query ($first: Int!, $after: String) { clients(first: $first, after: $after) { nodes { id name } } }"
CHANGED = """
query Changed($first: Int, $after: String, $updatedAfter: ISO8601DateTime) {
  clients(first: $first, after: $after, filter: {updatedAt: {after: $updatedAfter}}) { nodes { id name updatedAt } }
}
"""
ALL_THEN_NEWER = """
query ($first: Int, $after: String) { clients(first: $first, after: $after) { nodes { id name changed: updatedAt } } }
"""
NEWEST_FIRST = ALL_THEN_NEWER.replace(
    "after: $after)", "after: $after, sort: {key: UPDATED_AT, direction: DESCENDING})"
)
CLOSED = ALL_THEN_NEWER.replace("$after)", '$after, filter: {updatedAt: {after: "2000-01-01T00:00:00Z"}})')
PAGE_SIZE = 4


def custom(query: str, *keys: str, name: str = "mine", **also: str) -> dict[str, Any]:
    return {"name": name, "query": query, "primary_keys": list(keys or ("id",)), **also}


def chosen(one: Bench, *streams: dict[str, Any], deselected: tuple[str, ...] = ()) -> Path:
    """Write a catalog of just these streams, without some of their columns."""
    whole: dict[str, Any] = {"streams": []}
    declared, lines = declare(list(streams), [])
    assert lines == []
    for given, stream in zip(streams, declared, strict=True):
        schema = stream.derived_schema()
        metadata = MetadataMapping.get_standard_metadata(schema=schema, key_properties=given["primary_keys"])
        metadata.root.selected = True
        for column in deselected:
            metadata["properties", column].selected = False
        entry = {"tap_stream_id": given["name"], "stream": given["name"], "schema": schema}
        entry |= {"key_properties": given["primary_keys"], "metadata": metadata.to_list()}
        if "replication_key" in given:
            entry |= {"replication_key": given["replication_key"], "replication_method": "INCREMENTAL"}
        whole["streams"].append(entry)
    return one.write("catalog.json", whole)


def sync(one: Bench, *streams: dict[str, Any], words: tuple[Any, ...] = (), **settings: Any) -> Outcome:
    """Run the tap with just these streams."""
    path = chosen(one, *streams, deselected=settings.pop("deselected", ()))
    return one.tap("--catalog", path, *words, custom_streams=list(streams), **settings)


def warnings_of(outcome: Outcome) -> list[str]:
    return [text for text in outcome.warnings if "Jobber warns of the API version" not in text]


def assert_valid(outcome: Outcome) -> None:
    """Assert that there is one SCHEMA and that all rows fit it."""
    (schema,) = outcome.of_type("SCHEMA")
    validator = Draft202012Validator(schema["schema"])
    validator.check_schema(schema["schema"])
    for row in outcome.rows("mine"):
        validator.validate(row)
        assert set(row) == set(schema["schema"]["properties"])


def expected(one: Bench, query: str, *way: str) -> list[dict[str, Any]]:
    """Return the rows of a query, asked for all at once."""
    found = truth.ask(one, query, first=1_000_000, after=None)
    for key in way or ("nodes",):
        found = found[key]
    rows: list[dict[str, Any]] = found
    return rows


def test_nodes(tiny: Bench) -> None:
    found = tiny.tap("--discover", custom_streams=[custom(NODES)])
    assert "mine" in [each["tap_stream_id"] for each in json.loads(found.stdout)["streams"]]
    outcome = sync(tiny, custom(NODES), page_size=PAGE_SIZE).checked()
    assert truth.lines(outcome.rows("mine")) == truth.lines(expected(tiny, NODES))
    # The first run of a connection asks whose it is.
    asked = [entry for entry in tiny.log if entry.operation != "whose"]
    assert len(asked) > 2
    assert {entry.operation for entry in asked} == {"mine"}
    assert_valid(outcome)
    (schema,) = outcome.of_type("SCHEMA")
    assert schema["key_properties"] == ["id"]
    assert schema["schema"]["properties"] == {"id": {"type": "string"}, "name": {"type": ["string", "null"]}}
    assert outcome.summary()["mine"][:2] == [str(len(outcome.rows("mine"))), str(len(asked))]
    assert outcome.states[-1]["bookmarks"] == {"mine": {}}
    assert warnings_of(outcome) == []


def test_edges_fragments_aliases_and_a_list_below_an_object(tiny: Bench) -> None:
    world = tiny.sandbox.world()
    job = next(row for row in world.tables["Job"].rows if 5 < len(world.children(row, "JobLineItem")) < 50)
    query = """
    query Lines($first: Int, $after: String!, $size: Int = 2, $with: Boolean = true) {
      account { name }
      work: job(id: "JOB") { ...LinesOf id }
    }
    fragment LinesOf on Job {
      lines: lineItems(after: $after, first: $first) { totalCount rows: edges { cursor line: node { ...Line } } }
    }
    fragment Line on JobLineItem {
      key: id name item: linkedProductOrService { label: name category } name @include(if: $with)
      linkedProductOrService { id } ... @skip(if: $with) { description }
    }
    """.replace("JOB", job.id).replace(", $size: Int = 2", "")
    outcome = sync(tiny, custom(query, "key"), page_size=2).checked()
    rows = [edge["line"] | {"description": None} for edge in truth.ask_all(tiny, query)["work"]["lines"]["rows"]]
    assert len(rows) > 2
    assert truth.lines(outcome.rows("mine")) == truth.lines(rows)
    assert_valid(outcome)


UNIONS = """
query ($first: Int!, $after: String) {
  scheduledItems(first: $first, after: $after, filter: {
    occursWithin: {startAt: "2026-01-01T00:00:00Z", endAt: "2027-06-01T00:00:00Z"}, schedulingAspects: [ALL]
  }) {
    nodes { __typename id ... on Visit { visitStatus job { jobNumber } } ... on Task { instructions } }
  }
}
"""
CONFIGURATIONS = """
query ($first: Int!, $after: String) {
  customFieldConfigurations(first: $first, after: $after) {
    nodes {
      kind: __typename
      ... on CustomFieldConfigurationText { id textDefault: defaultValue }
      ... on CustomFieldConfigurationNumeric { id unit numberDefault: defaultValue }
      ... on CustomFieldConfigurationTrueFalse { id }
      ... on CustomFieldConfigurationArea { id }
      ... on CustomFieldConfigurationDropdown { id dropdownOptions }
      ... on CustomFieldConfigurationLink { id }
    }
  }
}
"""


@pytest.mark.parametrize("query", [UNIONS, CONFIGURATIONS], ids=["interface", "union"])
def test_a_row_of_several_types_has_all_columns(tiny: Bench, query: str) -> None:
    outcome = sync(tiny, custom(query), page_size=PAGE_SIZE).checked()
    (schema,) = outcome.of_type("SCHEMA")
    blank = dict.fromkeys(schema["schema"]["properties"])
    rows = [blank | row for row in expected(tiny, query)]
    assert len({row.get("__typename") or row["kind"] for row in rows}) > 1
    assert truth.lines(outcome.rows("mine")) == truth.lines(rows)
    assert_valid(outcome)


@pytest.mark.parametrize(
    ("arguments", "keys", "cursor"),
    [("", "name", "offset"), (", sort: {key: UPDATED_AT, direction: DESCENDING}", "id", "opaque")],
)
def test_deletions_and_edits_in_mid_read_hide_no_row(tmp_path: Path, arguments: str, keys: str, cursor: str) -> None:
    query = NODES.replace("after: $after", f"after: $after{arguments}").replace("id name", f"{keys} companyName")
    with bench(tmp_path, scale=0.1, cursor=cursor) as one:
        before = {row["id"] for row in truth.rows(one, "clients")}

        def change(number: int) -> None:
            if number in {3, 5, 6}:
                by_recency = sorted(one.sandbox.world().tables["Client"].rows, key=lambda row: -row.updated)
                one.change(op="delete", type="Client", ids=[row.id for row in by_recency[:3]])
                one.change(op="edit", type="Client", ids=[row.id for row in by_recency[-2:]])

        one.sandbox.before_request = change
        outcome = sync(one, custom(query, keys), page_size=PAGE_SIZE).checked()
        left = truth.rows(one, "clients")
    assert len(left) < len(before)
    brought = {row[keys] for row in outcome.rows("mine")}
    assert {row[keys] for row in left} <= brought
    assert set(outcome.rows("mine")[0]) == {keys, "companyName"}


def test_the_bucket_is_waited_for(tmp_path: Path) -> None:
    with bench(tmp_path, scale=0.3, speed=16, expensive={"Client.name": 90}) as one:
        outcome = sync(one, custom(NODES)).checked()
        assert one.sandbox.refusals == 0
        points = sum(entry.actual for entry in one.log)
        assert truth.lines(outcome.rows("mine")) == truth.lines(expected(one, NODES))
    least_seconds = (points - 10_000) / (16 * 500)
    assert 0.1 < least_seconds < float(outcome.summary()["mine"][4]) < 5


def test_a_list_in_a_row_that_goes_on_is_told(tiny: Bench) -> None:
    query = NODES.replace("id name", "id notes(first: 1) { nodes { id } } tags { nodes { id } }")
    outcome = sync(tiny, custom(query)).checked()
    rows = expected(tiny, query)
    longer = len(
        [
            row
            for row in truth.ask(tiny, NODES.replace("id name", "notes { nodes { id } }"), first=99)["nodes"]
            if len(row["notes"]["nodes"]) > 1
        ]
    )
    assert longer
    assert truth.lines(outcome.rows("mine")) == truth.lines(rows)
    (warning,) = warnings_of(outcome)
    said = f"{counted(longer, 'list')} of notes {are(longer)} longer than the query asks for"
    assert warning.startswith(f"mine: {said}")


def test_a_field_that_nobody_knows_costs_a_column(tiny: Bench) -> None:
    query = NODES.replace("id name", "id name brandNew ... on Klient { older }")
    outcome = sync(tiny, custom(query)).checked()
    rows = [{**row, "brandNew": None, "older": None} for row in expected(tiny, NODES)]
    assert truth.lines(outcome.rows("mine")) == truth.lines(rows)
    schema_warnings = [text for text in warnings_of(outcome) if "can be any JSON" in text]
    assert [text.split(" know ")[1].split(",")[0] for text in schema_warnings] == ["Client.brandNew", "Klient"]
    (left_out,) = [text for text in warnings_of(outcome) if "left out" in text]
    assert set(left_out.split(" know ")[1].split(";")[0].split(", ")) == {"Client.brandNew", "Klient"}
    (schema,) = outcome.of_type("SCHEMA")
    assert "object" in schema["schema"]["properties"]["brandNew"]["type"]


@pytest.mark.parametrize("field", ["Client.name", "Client.updatedAt"])
def test_a_field_that_the_server_does_not_know_costs_at_most_a_column(tiny: Bench, field: str) -> None:
    """Also where the tap has added it."""
    tiny.arm(kind="unknown_field", field=field)
    outcome = sync(tiny, custom(NODES), page_size=PAGE_SIZE).checked()
    rows = [{**row, "name": None} if field == "Client.name" else row for row in expected(tiny, NODES)]
    assert truth.lines(outcome.rows("mine")) == truth.lines(rows)
    (warning,) = warnings_of(outcome)
    assert field in warning


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "unknown_argument", "argument": "Query.clients.first"}, ["mine", "clients.first", "correct"]),
        ({"kind": "stuck_cursor", "cursor": "same", "after": 1}, ["mine", "cursor does not advance"]),
        ({"kind": "error", "message": "No luck"}, ["mine", "No luck"]),
    ],
    ids=lambda each: each.get("field") or each.get("argument") or each["kind"] if isinstance(each, dict) else None,
)
def test_what_cannot_be_done_without_costs_the_stream(tiny: Bench, fault: dict[str, Any], words: list[str]) -> None:
    tiny.arm(match="query mine(", times=None, **fault)
    other = custom(NODES.replace("clients", "vehicles"), name="other")
    outcome = sync(tiny, custom(NODES), other, page_size=PAGE_SIZE)
    outcome.assert_partial(*words)
    assert "other" in outcome.streams


def test_what_passes_loses_no_row(tiny: Bench) -> None:
    tiny.arm(match="query mine(", kind="empty_page", after=1)
    tiny.arm(match="query mine(", kind="throttled", after=2)
    outcome = sync(tiny, custom(NODES), page_size=PAGE_SIZE).checked()
    assert truth.lines(outcome.rows("mine")) == truth.lines(expected(tiny, NODES))


@pytest.mark.parametrize(
    ("fault", "does"),
    [
        ({"kind": "hidden", "root": "clients"}, "fail"),
        ({"kind": "hidden", "root": "clients"}, "skip"),
    ],
    ids=["list, to fail", "list"],
)
def test_what_may_not_be_read(tiny: Bench, fault: dict[str, Any], does: str) -> None:
    tiny.arm(**fault)
    other = custom(NODES.replace("clients", "vehicles"), name="other")
    outcome = sync(tiny, custom(NODES), other, on_missing_permission=does)
    if does == "fail":
        outcome.assert_refused("clients", "permission", status=77)
        return
    (warning,) = warnings_of(outcome.checked())
    assert warning.startswith("Skipping mine: ")
    assert outcome.streams == {"other"}
    assert "skipped:" in outcome.summary()["mine"]


def test_a_root_that_the_version_does_not_have_costs_the_stream(tiny: Bench) -> None:
    tiny.arm(kind="unknown_field", field="Query.clients")
    other = custom(NODES.replace("clients", "vehicles"), name="other")
    outcome = sync(tiny, custom(NODES), other)
    outcome.assert_partial("mine", "Query.clients", "api_version")
    assert outcome.streams == {"other"}


def test_hidden_values_are_null_and_counted(tiny: Bench) -> None:
    tiny.arm(kind="hidden", field="Client.companyName")
    query = NODES.replace("id name", "id firm: companyName")
    outcome = sync(tiny, custom(query)).checked()
    (warning,) = warnings_of(outcome)
    count = len(outcome.rows("mine"))
    assert warning == f"mine: {count} values of firm are null because the app or its user may not see them"
    assert {row["firm"] for row in outcome.rows("mine")} == {None}


def test_a_key_that_is_null_ends_the_stream_before_its_row(tiny: Bench) -> None:
    query = NODES.replace("id name", "id companyName")
    outcome = sync(tiny, custom(query, "id", "companyName"), page_size=100)
    outcome.assert_partial("mine", "without its key (companyName is null)", "primary_keys")
    assert outcome.rows("mine") == []


@pytest.mark.parametrize(
    ("query", "key"),
    [(CHANGED, "updatedAt"), (ALL_THEN_NEWER, "changed"), (CLOSED, "changed"), (NEWEST_FIRST, "changed")],
    ids=["with $updatedAfter", "without", "with a filter of its own", "newest first"],
)
def test_a_second_run_brings_what_has_changed(tmp_path: Path, query: str, key: str) -> None:
    with bench(tmp_path, scale=0.04) as one:
        mine = custom(query, replication_key=key)
        every = truth.rows(one, "clients")
        first = sync(one, mine, page_size=PAGE_SIZE).checked()
        assert set(first.ids("mine")) == {row["id"] for row in every}
        bookmark = first.states[-1]["bookmarks"]["mine"]
        assert bookmark["replication_key"] == key
        asked = len(one.log)
        chosen_rows = [row["id"] for row in every[:2]]
        for row in one.sandbox.world().tables["Client"].rows:
            # The others have been left alone for longer than the margin.
            row.updated -= 600
        one.change(op="edit", type="Client", ids=chosen_rows, set={"companyName": "Changed"})
        words = ("--state", one.write("state.json", first.states[-1]))
        second = sync(one, mine, page_size=PAGE_SIZE, words=words).checked()
        assert set(second.ids("mine")) == set(chosen_rows)
        assert second.states[-1]["bookmarks"]["mine"]["replication_key_value"] >= bookmark["replication_key_value"]
        # Only where no filter can be added, and without an order, is everything read again.
        assert (len(one.log) - asked > 3) == (query == CLOSED)


@pytest.mark.parametrize("query", [CHANGED, NEWEST_FIRST], ids=["filtered", "newest first"])
def test_what_is_edited_while_it_is_read_comes_then_or_with_the_next_run(tmp_path: Path, query: str) -> None:
    mine = custom(query, replication_key="updatedAt" if query == CHANGED else "changed")
    chance = random.Random(7)  # noqa: S311 - it has to be repeatable, not secret
    with bench(tmp_path, scale=0.06) as one:

        def meddle(number: int) -> None:
            rows = one.sandbox.world().tables["Client"].rows
            if 1 < number < 9:
                one.change(op="edit", type="Client", ids=[row.id for row in chance.sample(rows, 2)])

        one.sandbox.before_request = meddle
        first = sync(one, mine, page_size=PAGE_SIZE).checked()
        one.sandbox.before_request = None
        words = ("--state", one.write("state.json", first.states[-1]))
        second = sync(one, mine, page_size=PAGE_SIZE, words=words).checked()
        now = expected(one, NODES.replace("id name", "id name " + query.split("id name ")[1].split("}", maxsplit=1)[0]))
    ended_up = first.last_rows("mine") | second.last_rows("mine")
    assert truth.lines(list(ended_up.values())) == truth.lines(now)


def test_a_bookmark_is_where_the_server_was_when_the_read_began(tmp_path: Path) -> None:
    with bench(tmp_path, clock_offset=-7_200) as one:
        now = one.sandbox.clock()
        first = sync(one, custom(CHANGED, replication_key="updatedAt")).checked()
    value = first.states[-1]["bookmarks"]["mine"]["replication_key_value"]
    assert -305 <= parse_timestamp(value) - now <= -290
    assert all(state["bookmarks"].get("mine", {}) == {} for state in first.states[:-1])


def test_a_stream_that_fails_moves_no_bookmark(tiny: Bench) -> None:
    mine = custom(CHANGED, replication_key="updatedAt")
    tiny.arm(match="query mine(", kind="error", after=1)
    outcome = sync(tiny, mine, page_size=PAGE_SIZE)
    outcome.assert_partial("mine")
    assert all(state["bookmarks"].get("mine", {}) == {} for state in outcome.states)


@pytest.mark.parametrize("query", [CHANGED, ALL_THEN_NEWER], ids=["asked for", "kept"])
def test_the_start_date_bounds_the_first_run(tiny: Bench, query: str) -> None:
    every = truth.rows(tiny, "clients")
    since = sorted(row["updatedAt"] for row in every)[len(every) // 2]
    key = "changed" if "changed" in query else "updatedAt"
    outcome = sync(tiny, custom(query, replication_key=key), start_date=since).checked()
    assert set(outcome.ids("mine")) == {row["id"] for row in every if row["updatedAt"] >= since}


def test_columns_that_are_not_selected_are_not_asked_for(tiny: Bench) -> None:
    query = NODES.replace("id name", "id name notes(first: 20) { nodes { id } } ... on Client { companyName }")
    outcome = sync(tiny, custom(query), deselected=("notes", "companyName")).checked()
    assert truth.lines(outcome.rows("mine")) == truth.lines(expected(tiny, NODES))
    assert tiny.log[-1].requested <= 100 * 3 + 5


def test_a_query_from_a_file_and_a_setting_from_the_environment(tiny: Bench) -> None:
    tiny.write("clients.graphql", NODES)
    mine = custom("clients.graphql")
    path = chosen(tiny, custom(NODES))
    names = {f"TAP_JOBBER_{name.upper()}": str(value) for name, value in tiny.settings.items()}
    env = {**names, "TAP_JOBBER_CUSTOM_STREAMS": json.dumps([mine])}
    outcome = tiny.tap_with(["--config", "ENV", "--catalog", path], env).checked()
    assert truth.lines(outcome.rows("mine")) == truth.lines(expected(tiny, NODES))


def test_activate_version_comes_after_a_whole_read(tiny: Bench) -> None:
    outcome = sync(tiny, custom(NODES), emit_activate_version_messages=True).checked()
    kinds = [each["type"] for each in outcome.messages if each["type"] != "STATE"]
    assert kinds[-1] == "ACTIVATE_VERSION"
    assert {each["version"] for each in outcome.of_type("RECORD")} == {outcome.messages[-2]["version"]}


def test_activate_version_waits_where_a_row_has_moved_out_of_sight(own: Bench) -> None:
    query = NODES.replace("clients(", "products(filter: {sort: {key: NAME, direction: ASCENDING}}, ")
    last = expected(own, query)[-1]["id"]

    def to_the_front(number: int) -> None:
        # Before it are the question whose the credential is, and one page.
        if number == 3:
            own.change(op="edit", type="ProductOrService", ids=[last], set={"name": "A"})

    own.sandbox.before_request = to_the_front
    first = sync(own, custom(query), page_size=PAGE_SIZE, emit_activate_version_messages=True).checked()
    assert last not in first.ids("mine")
    assert first.of_type("ACTIVATE_VERSION") == []
    second = sync(own, custom(query), page_size=PAGE_SIZE, emit_activate_version_messages=True).checked()
    assert last in second.ids("mine")
    assert len(second.of_type("ACTIVATE_VERSION")) == 1


def test_one_record_is_tried(tiny: Bench) -> None:
    outcome = tiny.tap("--test", custom_streams=[custom(NODES)]).checked()
    assert len(outcome.rows("mine")) == 1
    assert "mine" in outcome.summary()


def test_an_unusable_query_is_refused_before_any_request(tiny: Bench) -> None:
    bad = [custom("query {", name="one"), custom("{ clients { nodes { id } } }", name="two"), custom(NODES)]
    outcome = tiny.refused(custom_streams=bad)
    outcome.assert_refused("custom stream one is not GraphQL", "custom stream two declares no $first", lines=2)
    assert tiny.log == []
    found = tiny.tap("--discover", custom_streams=bad)
    found.assert_refused("custom stream one", "custom stream two", lines=2)
    assert found.stdout == ""


def test_a_catalog_of_a_stream_that_is_gone(tiny: Bench) -> None:
    path = chosen(tiny, custom(NODES))
    tiny.tap("--catalog", path).assert_refused("unknown streams (mine)", "--discover")
