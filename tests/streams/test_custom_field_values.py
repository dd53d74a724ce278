"""Custom fields as a table of their own, read with the rows that have them."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tap_jobber.api.client import NotPermittedError
from tap_jobber.cli.summary import finish
from tap_jobber.errors import PartialRunError, RenewalError
from tap_jobber.streams.custom_field_values import CustomFieldValues
from tests.streams.fake_jobber import FakeJobber, ago, catalog_of, named, opened, synced

Capture = pytest.CaptureFixture[bytes]
NAME = "custom_field_values"
ROOTS = ("clients", "properties", "quotes", "jobs", "invoices", "products", "users")


def text(number: int, value: str) -> dict[str, Any]:
    """Return a custom field of the kind Text."""
    return {
        "__typename": "CustomFieldText",
        "id": None,
        "label": "Gate code",
        "customFieldConfiguration": {"id": f"f{number}"},
        "valueText": value,
    }


def area() -> dict[str, Any]:
    """Return a custom field of a kind with a unit."""
    return {
        "__typename": "CustomFieldArea",
        "id": "v",
        "label": "Lawn",
        "customFieldConfiguration": {"id": "f9"},
        "unit": "m",
        "valueArea": {"length": 3.5, "width": 2},
    }


def node(number: str, *values: dict[str, Any]) -> dict[str, Any]:
    """Return a node that any of the seven tables may hold."""
    return {
        "id": number,
        "updatedAt": ago(5),
        "createdAt": ago(6),
        "jobNumber": 1,
        "name": {"full": "n"},
        "customFields": list(values),
    }


def every_table() -> FakeJobber:
    """Return an account where each of the seven tables has a row with a custom field."""
    return FakeJobber({root: [node(f"{root} 1", text(1, root))] for root in ROOTS})


def test_each_of_the_seven_tables_gives_its_values(capsysbinary: Capture) -> None:
    assert tuple(str(owner.root) for owner in CustomFieldValues.owners) == ROOTS
    output = synced(capsysbinary, every_table(), [NAME])
    rows = output.rows(NAME)
    assert {row["valueText"] for row in rows} == set(ROOTS)
    assert {row["ownerId"] for row in rows} == {f"{root} 1" for root in ROOTS}
    kinds = {"Client", "Property", "Quote", "Job", "Invoice", "ProductOrService", "User"}
    assert {row["ownerType"] for row in rows} == kinds
    assert {row["customFieldConfigurationId"] for row in rows} == {"f1"}
    with_stamp = {row["ownerType"] for row in rows if row["ownerUpdatedAt"] == ago(5)}
    assert with_stamp == {"Client", "Quote", "Job", "Invoice"}
    assert [each["stream"] for each in output.of_type("SCHEMA")] == [NAME]
    validator = Draft202012Validator(output.of_type("SCHEMA")[0]["schema"])
    assert all(validator.is_valid(row) for row in rows)


def test_values_of_all_kinds_are_in_one_shape(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [node("c", text(1, "1234"), area())]})
    first, second = synced(capsysbinary, server, [NAME]).rows(NAME)
    assert set(first) == set(second)
    assert (first["valueText"], first["valueArea"], first["unit"]) == ("1234", None, None)
    assert (second["valueText"], second["valueArea"], second["unit"]) == (None, {"length": 3.5, "width": 2}, "m")


def test_the_row_of_the_table_is_as_it_would_be_alone(capsysbinary: Capture) -> None:
    server = FakeJobber({"clients": [node("c", text(1, "1234"), area())]})
    alone = synced(capsysbinary, server, ["clients"])
    both = synced(capsysbinary, server, ["clients", NAME])
    assert both.rows("clients") == alone.rows("clients")
    assert len(both.rows(NAME)) == 2
    # Its custom fields are asked for once.
    (query,) = server.pages("clients")[-1:]
    assert query.text.count("customFields {") == 1


def test_without_the_table_only_its_key_its_stamp_and_its_custom_fields_are_asked_for(capsysbinary: Capture) -> None:
    server = every_table()
    synced(capsysbinary, server, [NAME])
    (query,) = server.pages("clients")
    before, _, after = query.text.partition("customFields {")
    assert before.endswith("nodes { id updatedAt ")
    assert after.endswith("} } pageInfo { hasNextPage endCursor } } }")


def test_each_table_has_a_bookmark_of_its_own(capsysbinary: Capture) -> None:
    output = synced(capsysbinary, every_table(), [NAME])
    partitions = output.bookmark(NAME)["partitions"]
    marked = {each["context"]["owner"] for each in partitions if each.get("replication_key_value")}
    assert marked == {"clients", "quotes", "jobs", "invoices"}
    later = FakeJobber({"clients": [node("new", text(1, "x"))]})
    again = synced(capsysbinary, later, ["clients", NAME], output.state)
    assert "updatedAt: {after:" in later.pages("clients")[-1].text
    assert again.bookmark(NAME)["partitions"][0]["replication_key"] == "ownerUpdatedAt"


def test_a_table_that_may_not_be_read_does_not_skip_the_others(caplog: pytest.LogCaptureFixture) -> None:
    server = every_table()
    server.errors["invoices"] = NotPermittedError("invoices was hidden", "give the scope")
    tap = opened(server, catalog_of([NAME]))
    tap.sync_all()
    assert named(tap, NAME).usage.rows == len(ROOTS) - 1
    assert named(tap, NAME).outcome.is_complete
    assert "Skipping custom_field_values: invoices was hidden" in caplog.text


def test_where_no_table_may_be_read_the_stream_is_skipped() -> None:
    server = FakeJobber(errors={root: NotPermittedError("hidden", "give the scope") for root in ROOTS})
    tap = opened(server, catalog_of([NAME]))
    tap.sync_all()
    with pytest.raises(RenewalError, match="none of the selected streams could be read"):
        finish(tap)


def test_a_value_without_its_definition_cannot_be_told_apart() -> None:
    value = {**text(1, "x"), "customFieldConfiguration": None}
    tap = opened(FakeJobber({"clients": [node("c", value)]}), catalog_of([NAME]))
    tap.sync_all()
    with pytest.raises(PartialRunError) as caught:
        finish(tap)
    (line,) = caught.value.lines
    assert line.startswith(f"{NAME} was set aside, those of clients: the app may not see which custom field")
    assert "replication_key_value" not in str(tap.state["bookmarks"][NAME]["partitions"][0])
