"""The streams of the lists that belong to the rows of another: what their rows look like."""

from __future__ import annotations

from typing import Any, cast

import pytest
from graphql import parse, validate
from jsonschema import Draft202012Validator

from tap_jobber.graphql.sdl import read_schema
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tests import snapshots
from tests.streams.fake_jobber import (
    OFF,
    FakeJobber,
    Metadata,
    ago,
    catalog_of,
    listed,
    named,
    plain_tap,
    selecting,
    synced,
)

Capture = pytest.CaptureFixture[bytes]
STAMP = {
    "type": "string",
    "format": "date-time",
    "description": "The last change of the row it belongs to, when this was read.",
}
KEYS = {
    stream.name: tuple(snapshots.keys(stream.name))
    for stream in STREAMS
    if issubclass(stream, ChildStream) and stream.name != "time_sheet_group_days"
}
WITHOUT_STAMP = ("visit_", "payment_record_", "assessment_", "event_", "task_", "user_", "property_")
WHOLE = ("marketing_", "social_", "supplier_", "vehicle_")


def opened_list(name: str) -> ChildStream:
    """Return a stream of a list."""
    return cast("ChildStream", named(plain_tap(), name))


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a stream."""
    return named(plain_tap(), name).schema


@pytest.mark.parametrize("name", KEYS)
def test_the_key_is_that_of_the_pair_and_never_null(name: str) -> None:
    made = opened_list(name)
    assert tuple(made.primary_keys) == KEYS[name]
    described = made.schema
    assert described["required"] == list(KEYS[name])
    assert next(iter(described["properties"])) == KEYS[name][0]
    for key in KEYS[name]:
        assert described["properties"][key]["type"] == ("integer" if key == "position" else "string")
    nullable = {column for column, each in described["properties"].items() if "null" in each["type"]}
    change = {KEYS[name][0].removesuffix("Id") + "UpdatedAt"}
    assert nullable == set(described["properties"]) - set(KEYS[name]) - change
    Draft202012Validator.check_schema(described)


@pytest.mark.parametrize("name", KEYS)
def test_the_parents_time_of_change_comes_along_where_it_has_one(name: str) -> None:
    made = opened_list(name)
    column = KEYS[name][0].removesuffix("Id") + "UpdatedAt"
    if name.startswith((*WITHOUT_STAMP, *WHOLE)):
        assert made.replication_key is None
        assert made.replication_method == "FULL_TABLE"
    else:
        assert made.replication_key == column
        assert made.replication_method == "INCREMENTAL"
    assert made.schema["properties"].get(column) == (None if name.startswith(WITHOUT_STAMP) else STAMP)


@pytest.mark.parametrize("name", KEYS)
def test_the_sdk_knows_whose_child_it_is(name: str) -> None:
    tap = plain_tap()
    stream = cast("ChildStream", tap.streams[name])
    (parent,) = (each for each in tap.streams.values() if type(each) is stream.parent)
    assert stream.parent_stream_type is stream.parent
    assert stream in parent.child_streams


@pytest.mark.parametrize("name", ["invoice_jobs", "visit_assigned_users"])
def test_of_rows_that_are_a_table_of_their_own_only_the_id_is_read(name: str) -> None:
    described = schema_of(name)
    change = {"invoiceUpdatedAt"} if name == "invoice_jobs" else set()
    assert set(described["properties"]) == set(KEYS[name]) | change
    part = named(plain_tap(), name).part
    assert [field.name for field in part.node.every_field()] == ["id"]


def test_a_column_of_the_parents_name_is_kept_under_another() -> None:
    properties = schema_of("payout_balance_transactions")["properties"]
    assert properties["payoutRecordId"] == {"type": "string", "description": "References payout_records.id."}
    assert properties["ownPayoutRecordId"]["type"] == ["string", "null"]


@pytest.mark.parametrize("own", [{"id": "other"}, None])
def test_both_values_of_a_clash_are_in_the_row(capsysbinary: Capture, own: dict[str, str] | None) -> None:
    item = {"__typename": "ChargeBalanceTransaction", "id": "t", "payoutRecord": own}
    payout = {"id": "p", "updatedAt": ago(5), "arrivalDate": ago(4), "balanceTransactions": listed(item)}
    output = synced(capsysbinary, FakeJobber({"payoutRecords": [payout]}), ["payout_balance_transactions"])
    (row,) = output.rows("payout_balance_transactions")
    assert row["payoutRecordId"] == "p"
    assert row["payoutRecordUpdatedAt"] == ago(5)
    assert "ownPayoutRecordId" in row
    assert row["ownPayoutRecordId"] == (own and own["id"])


def test_rows_without_an_id_are_numbered(capsysbinary: Capture) -> None:
    items: list[dict[str, Any]] = [{"__typename": "InvoiceAllocation", "amount": amount} for amount in (5.0, 7.0)]
    record = {"__typename": "CashPaymentRecord", "id": "p", "entryDate": ago(4), "allocations": listed(*items)}
    output = synced(capsysbinary, FakeJobber({"paymentRecords": [record]}), ["payment_record_allocations"])
    rows = output.rows("payment_record_allocations")
    assert [(row["paymentRecordId"], row["position"], row["amount"]) for row in rows] == [("p", 0, 5.0), ("p", 1, 7.0)]
    assert all("id" not in row for row in rows)


def test_links_carry_both_ids(capsysbinary: Capture) -> None:
    invoice = {"id": "i", "updatedAt": ago(4), "jobs": listed({"id": "j"}, {"id": "k"})}
    output = synced(capsysbinary, FakeJobber({"invoices": [invoice]}), ["invoice_jobs"])
    assert output.rows("invoice_jobs") == [
        {"invoiceId": "i", "invoiceUpdatedAt": ago(4), "jobId": each} for each in ("j", "k")
    ]


def test_a_list_that_is_null_has_no_rows(capsysbinary: Capture) -> None:
    visits: list[dict[str, Any]] = [
        {"id": "v", "createdAt": ago(4), "assignedUsers": None},
        {"id": "w", "createdAt": ago(3)},
    ]
    output = synced(capsysbinary, FakeJobber({"visits": visits}), ["visits", "visit_assigned_users"])
    assert output.ids("visits") == ["v", "w"]
    assert output.rows("visit_assigned_users") == []


def test_contacts_of_properties_are_asked_for_with_those_of_their_client(capsysbinary: Capture) -> None:
    client = {"id": "c", "updatedAt": ago(2), "contacts": listed({"id": "k"})}
    server = FakeJobber({"clients": [client]})
    assert synced(capsysbinary, server, ["client_contacts"]).ids("client_contacts") == ["k"]
    (query,) = server.pages("clients")
    assert "contacts(first: 5, filter: {includePropertyContacts: true}) {" in query.text
    assert validate(read_schema(), parse(query.text)) == []


def test_an_inherited_note_has_a_row_under_each_of_its_parents(capsysbinary: Capture) -> None:
    note = {"__typename": "ClientNote", "id": "n", "message": "mind the dog"}
    requests = [{"id": name, "updatedAt": ago(4), "notes": listed(dict(note))} for name in ("r", "s")]
    output = synced(capsysbinary, FakeJobber({"requests": requests}), ["request_notes"])
    rows = output.rows("request_notes")
    assert [(row["requestId"], row["id"], row["message"]) for row in rows] == [
        ("r", "n", "mind the dog"),
        ("s", "n", "mind the dog"),
    ]


def test_a_deselected_column_of_a_list_is_not_asked_for_and_not_written(capsysbinary: Capture) -> None:
    off: Metadata = {("properties", "label"): OFF}
    part = selecting("client_tags", off).part
    assert [field.name for field in part.node.fields] == ["id"]
    clients = [{"id": "c", "updatedAt": ago(4), "tags": listed({"id": "t", "label": "x"})}]
    catalog = catalog_of(["client_tags"], {"client_tags": off})
    output = synced(capsysbinary, FakeJobber({"clients": clients}), catalog)
    assert output.rows("client_tags") == [{"clientId": "c", "clientUpdatedAt": ago(4), "id": "t"}]


@pytest.mark.parametrize(("column", "is_written"), [("id", True), ("clientUpdatedAt", False)])
def test_of_what_is_always_read_keys_alone_are_written_where_the_catalog_does_not_have_them(
    capsysbinary: Capture, column: str, *, is_written: bool
) -> None:
    clients = [{"id": "c", "updatedAt": ago(4), "tags": listed({"id": "t", "label": "x"})}]
    catalog = catalog_of(["client_tags"])
    del catalog["client_tags"].schema.properties[column]  # type: ignore[union-attr] # there are properties
    (row,) = synced(capsysbinary, FakeJobber({"clients": clients}), catalog).rows("client_tags")
    assert set(row) == {"clientId", "clientUpdatedAt", "id", "label"} - (set() if is_written else {column})


def test_a_list_gives_no_rows_of_its_own_accord() -> None:
    assert list(named(plain_tap(), "client_tags").get_records(None)) == []
