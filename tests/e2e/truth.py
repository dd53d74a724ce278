"""Expected rows, asked of the sandbox directly: without token, price, pages or windows."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import requests
from jsonschema import Draft202012Validator, FormatChecker

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.text import ChildList, page_query, selection_set, single_query
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.custom_field_values import CustomFieldValues
from tap_jobber.streams.id_streams import IdStream
from tap_jobber.streams.root_stream import RootStream
from tests import snapshots
from tests.snapshots import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobber_sandbox.sandbox import Sandbox
    from tap_jobber.graphql.tree import Selection
    from tap_jobber.streams.jobber_stream import JobberStream
    from tests.e2e.harness import Bench, Outcome

    Row = dict[str, Any]


class Child(NamedTuple):
    """A stream of lists, as its users see it.

    Attributes:
        parent: The stream whose rows the lists belong to.
        parent_id: The column of the parent's id.
        own_id: The column of the row's own id, or of its place in the list.
        change: The column of the parent's last change.
        renamed: Columns whose names the parent's columns have taken.
    """

    parent: str
    parent_id: str
    own_id: str = "id"
    change: str | None = None
    renamed: Mapping[str, str] = {}


_RENAMED = {"payout_balance_transactions": {"payoutRecordId": "ownPayoutRecordId"}}


def _change_of(parent_id: str) -> str:
    return f"{parent_id.removesuffix('Id')}UpdatedAt"


_ALL: tuple[type[JobberStream], ...] = STREAMS
EVERY = tuple(stream.name for stream in STREAMS)
"""All streams."""
NAMES = tuple(stream.name for stream in STREAMS if stream.selected_by_default)
"""The streams that are selected by default."""
SPARSE = {"client_unallocated_deposits", "quote_note_files", "request_note_files"}
"""Those that a tiny account may have no rows of."""
# What is summed up by user and month has its truth in the entries that are summed up.
SUMS = ("time_sheet_groups", "time_sheet_group_days")
# What exists is asked of the tables whose ids they are.
IDS = tuple(name for name, stream in zip(EVERY, _ALL, strict=True) if issubclass(stream, IdStream))
TABLES = {name: stream for name, stream in zip(EVERY, _ALL, strict=True) if issubclass(stream, RootStream)}
LISTS = {name: stream for name, stream in zip(EVERY, _ALL, strict=True) if issubclass(stream, ChildStream)}
ROOTS = {name: stream.root for name, stream in TABLES.items()}
CHILDREN = {
    name: Child(
        parent=stream.parent.name,
        parent_id=snapshots.keys(name)[0],
        own_id=snapshots.keys(name)[1],
        change=next((each for each in snapshots.columns(name) if each == _change_of(snapshots.keys(name)[0])), None),
        renamed=_RENAMED.get(name, {}),
    )
    for name, stream in LISTS.items()
    if len(snapshots.keys(name)) == 2
}
"""The streams of lists, with the keys that their users rely on."""
INCREMENTAL = ("clients", "requests", "quotes", "jobs", "invoices", "expenses", "time_sheet_entries", "payout_records")
"""The streams of rows that show when they changed, so that a second run brings only what has changed."""

# The calendar is asked for in spans; these hold every moment that the sandbox invents.
_KINDS = {"assessments": "ASSESSMENT", "events": "EVENT"}
_YEARS = range(2015, 2036)
_FILTERS = {"marketing_items": "filter: {}"}
_EVERYTHING = 1_000_000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_formats = FormatChecker()
_known: WeakKeyDictionary[Sandbox, dict[tuple[int, int, str], list[Row]]] = WeakKeyDictionary()


@_formats.checks("date-time")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or _MOMENT.fullmatch(value) is not None


def family(name: str) -> list[str]:
    """Return a stream of rows and those of their lists, as far as they are selected by default."""
    return [name, *(child for child, each in CHILDREN.items() if each.parent == name and child in NAMES)]


def ask(bench: Bench, query: str, **variables: object) -> Any:  # noqa: ANN401 - whatever was asked for
    """Return the value of the first root field."""
    return next(iter(_answered(bench, query, variables).values()))


def ask_all(bench: Bench, query: str) -> dict[str, Any]:
    """Return the values of all root fields, of a query for a page."""
    return _answered(bench, query, {"first": _EVERYTHING, "after": ""})


def _answered(bench: Bench, query: str, variables: dict[str, object]) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    url = f"{bench.server.url}/sandbox/graphql?account={bench.account}"
    answer = requests.post(url, json=body, timeout=30).json()
    assert "errors" not in answer, answer["errors"]
    data: dict[str, Any] = answer["data"]
    return data


def rows(bench: Bench, name: str) -> list[Row]:
    """All rows of a stream as they are now; not to be changed."""
    kept = _known.setdefault(bench.sandbox, {})
    which = (bench.account, bench.sandbox.world(bench.account).version, name)
    if which not in kept:
        read = _values if name == "custom_field_values" else _child_rows if name in CHILDREN else _root_rows
        kept[which] = read(bench, name)
    return kept[which]


def _root_rows(bench: Bench, name: str) -> list[Row]:
    table = TABLES[name]
    selection = table.full_selection()
    if name in {"account", "online_booking_configuration"}:
        nodes = [ask(bench, single_query(name, table.root, selection))]
    elif name in _KINDS:
        nodes = _calendar(bench, _KINDS[name], selection)
    else:
        text = page_query(name, table.root, _FILTERS.get(name, ""), selection)
        nodes = ask(bench, text, first=_EVERYTHING, after=None)["nodes"]
    shape = shaper(selection)
    return [shape(node) for node in nodes]


def _values(bench: Bench, name: str) -> list[Row]:
    """Return the custom fields of all rows that have them."""
    shape = shaper(derive(read_schema(), "CustomFieldUnion"))
    found = []
    for owner in CustomFieldValues.owners:
        selection = owner.full_selection().where(lambda _field, path: path[0] in {"id", "updatedAt", "customFields"})
        text = page_query(name, owner.root, "", selection)
        for node in ask(bench, text, first=_EVERYTHING, after=None)["nodes"]:
            stamp = node.get("updatedAt") if owner.root not in {"properties", "products", "users"} else None
            given = {"ownerId": node["id"], "ownerType": owner.node_type(), "ownerUpdatedAt": stamp}
            found += [given | shape(value) for value in node["customFields"]]
    return found


def _calendar(bench: Bench, kind: str, selection: Selection, lists: Sequence[ChildList] = ()) -> list[dict[str, Any]]:
    asked = " ".join(
        f"in{year}: scheduledItems(first: {_EVERYTHING}, filter: {{scheduleItemType: {kind}, schedulingAspects: [ALL], "
        f"includeUnassigned: true, includeUnscheduled: true, "
        f'occursWithin: {{startAt: "{year}-01-01T00:00:00Z", endAt: "{year + 1}-01-01T00:00:00Z"}}}}) '
        f"{{ nodes {selection_set(selection)[:-1]} "
        + " ".join(each.path.asked(f"first: {each.first}", f"{{ nodes {selection_set(each.node)} }}") for each in lists)
        + " } }"
        for year in _YEARS
    )
    found = _answered(bench, f"{{ {asked} }}", {}).values()
    return list({node["id"]: node for items in found for node in items["nodes"]}.values())


def _child_rows(bench: Bench, name: str) -> list[Row]:
    child, list_ = CHILDREN[name], LISTS[name]
    table, selection = TABLES[child.parent], list_.full_selection()
    bare = table.full_selection().where(lambda _field, path: path[0] in {"id", "updatedAt"})
    lists = [ChildList(list_.path(), _EVERYTHING, selection)]
    if child.parent in _KINDS:
        parents = _calendar(bench, _KINDS[child.parent], bare, lists)
    else:
        text = page_query(name, table.root, _FILTERS.get(child.parent, ""), bare, lists)
        parents = ask(bench, text, first=_EVERYTHING, after=None)["nodes"]
    shape = shaper(selection)
    found = []
    for parent in parents:
        given = {child.parent_id: parent["id"]} | ({child.change: parent["updatedAt"]} if child.change else {})
        for place, node in enumerate((list_.path().found_in(parent) or {"nodes": ()})["nodes"]):
            own = {"id": place, **shape(node)}
            found.append({child.renamed.get(column, column): own[column] for column in own if column != "id"})
            found[-1].update(given, **{child.own_id: own["id"]})
    return found


def key(row: Row, name: str) -> str:
    """Return the key of a stream's row, as one text."""
    return " ".join(str(row[column]) for column in keys(name))


def ids(bench: Bench, name: str) -> set[str]:
    """Return the keys of all rows of a stream."""
    return {key(row, name) for row in rows(bench, name)}


def assert_complete(bench: Bench, outcome: Outcome, names: Iterable[str] = NAMES) -> None:
    """Assert that the run brought exactly the existing rows, each once."""
    for name in names:
        expected, brought = lines(rows(bench, name)), lines(outcome.rows(name))
        assert expected or name in SPARSE, name
        assert brought == expected, f"{name}: missing {expected - brought}, too many {brought - expected}"


def assert_valid(outcome: Outcome) -> None:
    """Each stream has one SCHEMA before its rows, and the rows are as it says."""
    validators: dict[str, Draft202012Validator] = {}
    for message in outcome.messages:
        if message["type"] == "SCHEMA":
            assert message["stream"] not in validators, f"two schemas of {message['stream']}"
            Draft202012Validator.check_schema(message["schema"])
            assert message["key_properties"] == keys(message["stream"])
            validators[message["stream"]] = Draft202012Validator(message["schema"], format_checker=_formats)
        elif message["type"] == "RECORD":
            validator = validators[message["stream"]]
            assert set(message["record"]) <= set(validator.schema["properties"])  # type: ignore[index]  # not a bool
            problem = next(validator.iter_errors(message["record"]), None)
            assert problem is None, f"{message['stream']}: {problem}"


def lines(rows: Iterable[Row]) -> Counter[str]:
    """Count the occurrences of each row."""
    return Counter(json.dumps(row, sort_keys=True) for row in rows)
