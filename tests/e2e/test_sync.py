"""A whole sync: every row there is, as its schema says, and only what the catalog selects."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import truth
from tests.e2e.harness import Bench, Outcome, bench, catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LENGTHS = {0, 1, 99, 100, 101, 1_000}


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Outcome]]:
    with bench(tmp_path_factory.mktemp("home"), scale=0.15) as one:
        yield one, one.tap().checked()


@pytest.fixture
def tiny_lists(tmp_path: Path) -> Iterator[Bench]:
    """Provide an account whose jobs have line items in the numbers where pages end, and many more."""
    with bench(tmp_path) as one:
        world = one.sandbox.world()
        for length, job in zip(sorted(LENGTHS), world.tables["Job"].rows, strict=False):
            items = world.children(job, "JobLineItem")
            for item in items[length:]:
                world.delete(item)
            one.change(op="create", type="JobLineItem", parent=job.id, count=length - min(length, len(items)))
        yield one


def test_brings_exactly_the_rows_there_are(synced: tuple[Bench, Outcome]) -> None:
    truth.assert_complete(*synced)


def test_rows_are_as_their_schema_says(synced: tuple[Bench, Outcome]) -> None:
    truth.assert_valid(synced[1])
    assert synced[1].streams == set(truth.NAMES)


def test_final_state_names_every_stream(synced: tuple[Bench, Outcome]) -> None:
    last = synced[1].messages[-1]
    assert last["type"] == "STATE"
    assert set(last["value"]["bookmarks"]) == set(truth.NAMES)


def test_summary_is_what_the_sandbox_counted(synced: tuple[Bench, Outcome]) -> None:
    one, outcome = synced
    summary = outcome.summary()
    assert set(summary) == {*truth.NAMES, "all"}
    for name in truth.NAMES:
        # What is asked for with a row, and afterwards for its lists, is its stream's.
        operations = {f"{name}{what}" for what in ("", "_rest", "_beyond")}
        entries = [entry for entry in one.log if entry.operation in operations]
        assert bool(entries) == (name in truth.TABLES)
        points = sum(entry.actual for entry in entries)
        count = len(outcome.rows(name))
        per_row = f"{points / count:.1f}" if count else "-"
        assert summary[name] == [str(count), str(len(entries)), str(points), per_row, "0.0"]
    requests = [entry for entry in one.log if entry.operation != "whose"]
    assert summary["all"][:2] == [str(len(outcome.of_type("RECORD"))), str(len(requests))]
    texts = outcome.texts("INFO")
    assert not [text for text in texts if "deselected" in text]
    for name in set(truth.TABLES) & set(truth.NAMES):
        assert len([text for text in texts if text.startswith(f"Beginning sync of '{name}'")]) == 1
        assert len([text for text in texts if text.startswith(f"Finished {name}: ")]) == 1


def test_nothing_to_warn_of(synced: tuple[Bench, Outcome]) -> None:
    assert [text for text in synced[1].warnings if "API version" not in text] == []


def test_asks_only_for_what_is_selected(tiny: Bench) -> None:
    everything = tiny.tap(streams=["clients", "jobs"]).checked()
    whole = {entry.root: entry for entry in tiny.log}
    tiny.log.clear()
    some = tiny.write(
        "some.json",
        catalog(["clients"], {"clients": ["companyName", "balance", "customFields", "billingAddress.street1"]}),
    )
    outcome = tiny.tap("--catalog", some).checked()
    assert everything.streams == {"clients", "jobs"}
    assert outcome.streams == {"clients"}
    clock, entry = tiny.log
    assert (clock.operation, clock.actual, entry.operation) == ("clock", 2, "clients")
    assert entry.requested / (entry.first or 1) < whole["clients"].requested / (whole["clients"].first or 1)
    assert entry.actual < whole["clients"].actual
    before, after = everything.rows("clients")[0], outcome.rows("clients")[0]
    assert set(before) - set(after) == {"companyName", "balance", "customFields"}
    assert after == _without(before, "companyName", "balance", "customFields", "billingAddress.street1")
    truth.assert_valid(outcome)
    assert "companyName" not in outcome.of_type("SCHEMA")[0]["schema"]["properties"]


def test_deselecting_the_key_changes_nothing(tiny: Bench) -> None:
    chosen = tiny.write("some.json", catalog(["jobs"], {"jobs": ["id", "jobNumber"]}))
    outcome = tiny.tap("--catalog", chosen).checked()
    assert set(outcome.ids("jobs")) == truth.ids(tiny, "jobs")
    assert all("jobNumber" not in row for row in outcome.rows("jobs"))


def test_a_list_without_its_parent(tiny: Bench) -> None:
    """Of the parent only key and time of change are asked for, and no row of it comes."""
    outcome = tiny.tap(streams=["client_tags", "payment_record_allocations"]).checked()
    assert outcome.streams == {"client_tags", "payment_record_allocations"}
    assert {each["stream"] for each in outcome.of_type("SCHEMA")} == outcome.streams
    truth.assert_complete(tiny, outcome, outcome.streams)
    truth.assert_valid(outcome)
    columns = len(outcome.rows("client_tags")[0])
    points = sum(entry.actual for entry in tiny.log if entry.root == "clients")
    parents = truth.rows(tiny, "clients")
    assert points <= columns * len(outcome.rows("client_tags")) + 8 * len(parents)


def test_lists_of_every_length_are_complete(tiny_lists: Bench) -> None:
    outcome = tiny_lists.tap(streams=["jobs", "job_line_items"]).checked()
    counts = Counter(row["jobId"] for row in outcome.rows("job_line_items"))
    assert {counts[row["id"]] for row in outcome.rows("jobs")} >= LENGTHS
    truth.assert_complete(tiny_lists, outcome, ["jobs", "job_line_items"])


def test_no_stream_selected(tiny: Bench) -> None:
    outcome = tiny.tap(streams=[]).checked()
    assert outcome.streams == set()
    assert tiny.log == []


@pytest.mark.parametrize(("page_size", "first"), [(100, 100), (7, 7), (1, 2)])
def test_page_size_is_an_upper_bound(shared: Bench, page_size: int, first: int) -> None:
    outcome = shared.tap(streams=["expenses", "tax_rates", "time_sheet_entries"], page_size=page_size).checked()
    assert max(entry.first or 0 for entry in shared.log) <= first
    truth.assert_complete(shared, outcome, ["expenses", "tax_rates", "time_sheet_entries"])


def test_rows_agree_with_a_query_written_by_hand(shared: Bench) -> None:
    """The other comparisons take the query from the tap; this one does not."""
    nodes = truth.ask(
        shared,
        "{ clients(first: 100000) { nodes { id name createdAt updatedAt isArchived billingAddress { city }"
        " customFields { __typename ... on CustomFieldText { label valueText } }"
        " tags(first: 100000) { nodes { id label } } } } }",
    )["nodes"]
    outcome = shared.tap(streams=["clients", "client_tags"]).checked()
    rows = outcome.last_rows("clients")
    assert len(rows) == len(nodes)
    for node in nodes:
        row = rows[node["id"]]
        for name in ("name", "createdAt", "isArchived"):
            assert row[name] == node[name]
        assert (row["billingAddress"] or {}).get("city") == (node["billingAddress"] or {}).get("city")
        assert [each["__typename"] for each in row["customFields"]] == [
            each["__typename"] for each in node["customFields"]
        ]
    tags = {(node["id"], node["updatedAt"], tag["id"], tag["label"]) for node in nodes for tag in node["tags"]["nodes"]}
    brought = [
        (row["clientId"], row["clientUpdatedAt"], row["id"], row["label"]) for row in outcome.rows("client_tags")
    ]
    assert len(brought) == len(tags)
    assert set(brought) == tags


def test_settings_from_the_environment_and_from_dotenv(tiny: Bench) -> None:
    names = {f"TAP_JOBBER_{name.upper()}": str(value) for name, value in tiny.settings.items()}
    secret = names.pop("TAP_JOBBER_CLIENT_SECRET")
    tiny.write(".env", f"TAP_JOBBER_CLIENT_SECRET={secret}\nTAP_JOBBER_PAGE_SIZE=2\n")
    chosen = tiny.write("some.json", catalog(["vehicles"]))
    empty = tiny.write("empty.json", {})
    outcome = tiny.tap_with(["--config", "ENV", "--config", empty, "--catalog", chosen], names).checked()
    assert len(outcome.rows("vehicles")) == 6
    assert max(entry.first or 0 for entry in tiny.log) == 2


def test_activate_version_on_request(tiny: Bench) -> None:
    outcome = tiny.tap(streams=["vehicles"], emit_activate_version_messages=True).checked()
    (activation,) = outcome.of_type("ACTIVATE_VERSION")
    assert activation["stream"] == "vehicles"
    assert {each["version"] for each in outcome.of_type("RECORD")} == {activation["version"]}
    assert outcome.messages.index(activation) > max(map(outcome.messages.index, outcome.of_type("RECORD")))


def test_no_activate_version_for_a_stream_that_is_skipped(tiny: Bench) -> None:
    tiny.arm(kind="hidden", root="clients")
    outcome = tiny.tap(streams=["clients", "vehicles"], emit_activate_version_messages=True).checked()
    assert [each["stream"] for each in outcome.of_type("ACTIVATE_VERSION")] == ["vehicles"]


def test_activate_version_after_a_run_that_was_let_see_nothing(tiny: Bench) -> None:
    tiny.arm(kind="hidden", root="tasks")
    state = tiny.write(
        "state.json", tiny.tap(streams=["tasks", "vehicles"], emit_activate_version_messages=True).checked().states[-1]
    )
    tiny.sandbox.faults.clear()
    outcome = tiny.tap("--state", state, streams=["tasks"], emit_activate_version_messages=True).checked()
    assert [each["stream"] for each in outcome.of_type("ACTIVATE_VERSION")] == ["tasks"]


def test_an_account_with_nothing_in_it_is_no_failure(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        one.change(op="delete", type="Vehicle", count=100)
        outcome = one.tap(streams=["vehicles"]).checked()
    assert outcome.rows("vehicles") == []
    assert len(outcome.of_type("SCHEMA")) == 1


def _without(row: dict[str, Any], *paths: str) -> dict[str, Any]:
    result = {**row}
    for path in paths:
        name, _, below = path.partition(".")
        if not below:
            del result[name]
        elif result[name] is not None:
            result[name] = _without(result[name], below)
    return result
