"""`--estimate`: compared with what a full sync then spends, and with what the account refuses."""

from __future__ import annotations

import json
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.schemas import schema_file
from jobber_sandbox.server import running
from tap_jobber.extraction.windows import spans
from tap_jobber.timestamps import format_timestamp
from tests.e2e import truth
from tests.e2e.harness import TINY, Bench, bench
from tests.effort import effort

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/estimate.schema.json").read_text(encoding="utf-8"))
LIMIT_POINTS = 500
LARGE_SHARE = 0.25
LONGEST = 8


def estimated(one: Bench, **given: Any) -> dict[str, Any]:
    """Return the document of an estimate, which cost no more than it may, and wrote nothing else."""
    before = one.sandbox.points
    outcome = one.tap("--estimate", "--format=json", **given)
    assert outcome.status == 0, outcome.stderr
    assert not outcome.errors
    assert not [each for each in outcome.warnings if "1.5 years" in each], "no API answers that"
    assert one.sandbox.points - before <= LIMIT_POINTS
    document: dict[str, Any] = json.loads(outcome.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["asked"]["points"] <= one.sandbox.points - before
    return document


def by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in document["streams"]}


def even(one: Bench) -> None:
    """Leave no list much longer than others, of which a sample could miss the longest."""
    with one.sandbox.lock:
        world = one.sandbox.world()
        for table in list(world.tables.values()):
            found: Counter[str] = Counter()
            for row in list(table.rows):
                found[row.parent.id if row.parent is not None else ""] += 1
                if row.parent is not None and found[row.parent.id] > LONGEST:
                    world.delete(row)


def compared(one: Bench, share: float) -> None:
    """Assert that an estimate comes within a share of what a full sync spends, in all and for each large stream."""
    document = estimated(one)
    before = one.sandbox.points
    synced = one.tap().checked()
    spent = one.sandbox.points - before
    assert document["total"]["full_sync"]["points"] == pytest.approx(spent, rel=share)
    for name, each in by_name(document).items():
        if each["read_with"] == name:
            assert each["rows"] == len(synced.rows(name)), name
            if each["points_of_walk"] > LARGE_SHARE * spent:
                assert each["points_of_walk"] == pytest.approx(float(synced.summary()[name][2]), rel=share), name


@pytest.mark.parametrize("options", effort([{"price": "documented"}], [{}, {"seed": 7}]))
def test_comes_near_what_a_full_sync_spends(tmp_path: Path, options: dict[str, Any]) -> None:
    with bench(tmp_path, scale=0.15, **options) as one:
        even(one)
        compared(one, 0.15)


@pytest.mark.long
@pytest.mark.stress
def test_comes_near_where_a_few_lists_make_most_of_the_account(tmp_path: Path) -> None:
    with running(Options(**{**TINY, "scale": 0.1})) as server:
        compared(Bench(server, tmp_path), 0.15)


def test_follows_the_selection_and_the_share_of_the_budget(shared: Bench) -> None:
    whole, half = (estimated(shared, streams=["clients", "client_tags"], budget_share=share) for share in (1, 0.5))
    assert list(by_name(whole)) == ["clients", "client_tags"]
    clients = by_name(whole)["clients"]
    assert clients["rows"] == len(shared.sandbox.world().tables["Client"].rows)
    times = [each["total"]["full_sync"]["seconds"] for each in (whole, half)]
    assert times[1] >= times[0]
    # What has changed is found by a filter: the next run looks once.
    assert whole["total"]["next_run"]["points"] < whole["total"]["next_run_with_resync"]["points"]
    assert whole["total"]["next_run_with_resync"]["points"] < whole["total"]["full_sync"]["points"]
    alone = by_name(estimated(shared, streams=["client_tags"]))
    assert list(alone) == ["client_tags"]
    assert alone["client_tags"]["full_sync"]["points"] < whole["total"]["full_sync"]["points"]


def test_what_lasts_across_two_spans_of_a_calendar_counts_once(shared: Bench) -> None:
    with shared.sandbox.lock:
        world = shared.sandbox.world()
        now = int(world.clock())
        items = {"assessments": world.tables["Assessment"].rows, "events": world.tables["Event"].rows}
        begins = [begin for begin, _end in spans(now) if begin < now][-2:]
        for rows in items.values():
            for row, begin in zip(rows, cycle(begins), strict=False):
                start, end = (format_timestamp(begin + shift) for shift in (-3_600, 3_600))
                world.edit(row, {"startAt": start, "endAt": end})
    found = by_name(estimated(shared, streams=list(items)))
    assert {name: found[name]["rows"] for name in items} == {name: len(rows) for name, rows in items.items()}


def test_what_is_refused_costs_its_own_figure_only(shared: Bench) -> None:
    shared.arm(kind="hidden", root="invoices")
    shared.arm(kind="error", root="quotes", message="Something went wrong", times=1_000)
    shared.arm(kind="unknown_field", field="JobConnection.totalCount")
    shared.arm(kind="unknown_field", field="VisitConnection.totalCount")
    shared.arm(kind="unknown_field", field="Client.tags")
    outcome = shared.tap("--estimate", env={"COLUMNS": "80"})
    found = by_name(estimated(shared))
    assert {name for name, each in found.items() if each["status"] == "not_permitted"} == {
        "invoices",
        "invoice_jobs",
        "invoice_line_items",
        "invoice_note_files",
        "invoice_notes",
    }
    unknown = {name for name, each in found.items() if each["status"] == "unknown"}
    assert unknown == {"quotes", "quote_line_items", "quote_note_files", "quote_notes", "client_tags"}
    jobs = shared.sandbox.world().tables["Job"].rows
    assert found["jobs"]["rows"] == pytest.approx(len(jobs), rel=0.25)
    assert outcome.status == 0
    assert all(len(line) <= 80 for line in outcome.stdout.splitlines())
    assert "Not permitted: invoices, " in outcome.stdout
    assert "Unknown: quotes, " in outcome.stdout
    assert "Client.tags" in outcome.stdout


def query(root: str, rows: str) -> str:
    start = ", $updatedAfter: ISO8601DateTime" if "$updatedAfter" in root else ""
    return f"query ($first: Int!, $after: String{start}) {{ {root} {{ {rows} }} }}"


def test_queries_of_the_users_own(tmp_path: Path) -> None:
    paged = "first: $first, after: $after"
    changed = f"quotes({paged}, filter: {{updatedAt: {{after: $updatedAfter}}}})"
    lists = "nodes { id updatedAt client { name } lineItems(first: 20) { nodes { name quantity } } }"
    with bench(tmp_path, scale=0.15) as one:
        world = one.sandbox.world()
        known = max(world.tables["Client"].rows, key=lambda client: len(world.children(client, "Property"))).id
        below = f'client(id: "{known}") {{ clientProperties({paged})'
        mine = [
            {"name": "lately", "query": query(changed, lists), "replication_key": "updatedAt"},
            {"name": "aliased", "query": query(f"all: clients({paged})", "edges { node { id name } }")},
            {"name": "below", "query": query(below, "nodes { id } } ")},
            {"name": "refused", "query": query(f'quotes({paged}, filter: {{title: "x"}})', "nodes { id }")},
        ]
        given: dict[str, Any] = {"custom_streams": [{"primary_keys": ["id"], **each} for each in mine]}
        names = [str(each["name"]) for each in mine]
        whole = json.loads(one.tap("--discover", **given).stdout)
        for stream in whole["streams"]:
            root = next(each["metadata"] for each in stream["metadata"] if not each["breadcrumb"])
            root["selected"] = stream["tap_stream_id"] in names
        words = ("--catalog", one.write("mine.json", whole))
        before = one.sandbox.points
        said = by_name(json.loads(one.tap("--estimate", "--format=json", *words, **given).stdout))
        assert one.sandbox.points - before <= LIMIT_POINTS
        first = one.tap(*words, **given)
        again = one.tap(*words, "--state", one.write("state.json", first.states[-1]), **given)
    assert sorted(said) == sorted(names)
    assert said["refused"]["status"] == "unknown"
    for name in names[:-1]:
        rows, _requests, points, *_ = first.summary()[name]
        assert said[name]["rows"] == int(rows)
        assert said[name]["full_sync"]["points"] == pytest.approx(int(points), rel=0.15)
        for kind in ("next_run", "next_run_with_resync"):
            assert said[name][kind]["points"] == pytest.approx(int(again.summary()[name][2]), rel=0.15, abs=3)


@pytest.mark.parametrize("options", [{"schema": schema_file("2022-06")}, {"cursor": "opaque"}])
def test_other_servers(tmp_path: Path, options: dict[str, Any]) -> None:
    with bench(tmp_path, **options) as one:
        found = by_name(estimated(one))
        count = len(one.sandbox.world().tables["Client"].rows)
    assert found["clients"]["rows"] == count
    assert found["visits"]["full_sync"]["points"] > 0


def test_every_stream_within_the_limit(tiny: Bench) -> None:
    found = by_name(estimated(tiny, streams=truth.EVERY))
    assert set(found) == set(truth.EVERY)
    assert len([each for each in found.values() if each["status"] == "estimated"]) > 80


def test_is_one_thing_of_its_own(tiny: Bench) -> None:
    tiny.tap("--estimate", "--credentials").assert_refused("one after the other")
    tiny.tap("--estimate", "--format=markdown").assert_refused("--format=json")
