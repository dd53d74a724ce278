"""The messages of a stream under a catalog, stream maps and flattening."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError, StreamMapConfigError
from singer_sdk.helpers._flattening import FlatteningOptions, flatten_record, flatten_schema
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Catalog

from tap_jobber.cli.inputs import check_catalog
from tap_jobber.errors import TapError
from tap_jobber.streams.output import outputs
from tap_jobber.tap import TapJobber
from tests.consumer import Consumer
from tests.effort import effort
from tests.streams.fake_jobber import CONFIG, OFF, FakeJobber, Metadata, Output, ago, catalog_of, listed, synced

Capture = pytest.CaptureFixture[bytes]

CLIENT = {
    "id": "a",
    "firstName": "Ada",
    "updatedAt": ago(5),
    "billingAddress": {"city": "Paris", "street": "Rue A", "coordinates": None},
    "tags": listed({"id": "t", "label": "x"}, {"id": "u", "label": "y"}),
}
WITHOUT_ADDRESS = {**CLIENT, "id": "b", "firstName": None, "billingAddress": None}
FLAT: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 3}


def server() -> FakeJobber:
    """Two clients, one with an address."""
    return FakeJobber({"clients": [CLIENT, WITHOUT_ADDRESS]})


def read(capture: Capture, catalog: Catalog | list[str], **settings: object) -> Output:
    """Return the output of a run, once a strict target has taken it."""
    output = synced(capture, server(), catalog, None, **settings)
    Consumer().take(output.messages)
    return output


def made(**settings: object) -> TapJobber:
    """Return a tap with stream maps."""
    return TapJobber(config={**CONFIG, **settings})


# Flattening

LONGEST = 255
_LEAVES = st.sampled_from([{"type": ["string", "null"]}, {"type": ["integer", "null"]}, {}])
_LISTS = st.just({"type": ["array", "null"], "items": {"type": "object"}})
_NAMES = st.text("abcXYZ", min_size=1, max_size=6)


def _object(below: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    # Of an object that can hold nothing the SDK leaves a column that its own schema has not.
    properties = st.dictionaries(_NAMES, below, min_size=1, max_size=4)
    return properties.map(lambda found: {"type": ["object", "null"], "properties": found})


_SCHEMAS = st.recursive(_LEAVES | _LISTS, _object, max_leaves=10)


def _row(draw: st.DrawFn, described: dict[str, Any], *, is_whole: bool) -> Any:  # noqa: ANN401 - JSON
    if not is_whole and draw(st.integers(0, 3)) == 0:
        return None
    if "properties" in described:
        return {name: _row(draw, each, is_whole=is_whole) for name, each in described["properties"].items()}
    if "items" in described:
        return draw(st.lists(st.just({"n": 1}), max_size=2))
    return draw(st.integers(0, 9) if "integer" in described.get("type", ()) else st.text(max_size=3))


@st.composite
def _tables(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return a schema, a row without nulls and another with some."""
    schema = {"type": "object", "properties": {"id": {"type": "string"}, **draw(st.dictionaries(_NAMES, _SCHEMAS))}}
    return schema, _row(draw, schema, is_whole=True), _row(draw, schema, is_whole=False) or {}


@settings(max_examples=effort(50, 500), deadline=None)
@given(_tables(), st.integers(1, 5), st.sampled_from(["__", "."]), st.sampled_from([LONGEST, 12, 4]))
def test_a_flat_row_has_the_columns_of_its_schema_and_the_values_that_the_sdk_gives_them(
    table: tuple[dict[str, Any], dict[str, Any], dict[str, Any]], depth: int, separator: str, length: int
) -> None:
    schema, whole, partial = table
    options = FlatteningOptions(enabled=True, max_level=depth, separator=separator, max_key_length=length)
    stream_map = SameRecordTransform("rows", schema, ["id"], None)
    try:
        (output,) = outputs([stream_map], schema["properties"], None, options)
    except TapError:
        # Two columns have come to the same name.
        with pytest.raises(ValueError, match="Duplicate column name"):
            flatten_schema(schema, depth, separator, max_key_length=length)
        return
    assert output.transform is not None
    assert output.schema["properties"] == flatten_schema(schema, depth, separator, max_key_length=length)["properties"]
    if length == LONGEST:
        # With shorter names the SDK takes an object for a column that comes to the same name.
        assert output.transform(whole) == flatten_record(whole, output.schema, depth, separator)
    for row in (partial, {}, whole):
        assert list(output.transform(row) or {}) == list(output.schema["properties"])
    assert set(output.keys) <= set(output.schema["properties"])


def test_a_flat_value_of_a_column_that_can_be_anything_is_text() -> None:
    schema = {"type": "object", "properties": {"any": {}, "list": {"type": ["array", "null"]}}}
    options = FlatteningOptions(enabled=True, max_level=1)
    (output,) = outputs([SameRecordTransform("rows", schema, [], None)], schema["properties"], None, options)
    assert output.transform is not None
    assert output.transform({"any": 5, "list": [1, None]}) == {"any": "5", "list": "[1,null]"}
    assert output.transform({"any": "5", "list": None}) == {"any": "5", "list": None}


def test_an_object_that_is_null_leaves_its_columns(capsysbinary: Capture) -> None:
    output = read(capsysbinary, ["clients"], **FLAT)
    first, second = output.rows("clients")
    (schema,) = output.of_type("SCHEMA")
    assert list(first) == list(second) == list(schema["schema"]["properties"])
    assert (first["billingAddress__city"], second["billingAddress__city"]) == ("Paris", None)
    assert not {"billingAddress", "tags"} & set(first)


def test_names_that_are_made_shorter_are_so_in_keys_too(capsysbinary: Capture) -> None:
    output = read(capsysbinary, ["client_tags"], **FLAT, flattening_max_key_length=8)
    (schema,) = output.of_type("SCHEMA")
    assert schema["key_properties"] == ["ci", "id"]
    assert schema["bookmark_properties"] == ["cua"]
    assert set(schema["schema"]["required"]) == {"ci", "id"}
    assert output.rows("client_tags")[0] == {"ci": "a", "cua": ago(5), "id": "t", "label": "x"}


@pytest.mark.parametrize("settings", [{"flattening_max_key_length": 5}, {"flattening_max_key_length": 12}])
def test_names_that_are_made_the_same_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(TapError, match=r"cannot be flattened.*Duplicate column.*greater flattening_max_key_length"):
        made(**FLAT, **settings)


# Catalogs


def test_keys_are_written_whatever_the_catalog_says_of_them(capsysbinary: Capture) -> None:
    whole = json.loads(json.dumps(catalog_of(["clients", "client_tags"]).to_dict()))
    for entry in whole["streams"]:
        entry["metadata"] = [each for each in entry["metadata"] if not each["breadcrumb"]]
        entry["metadata"] += [{"breadcrumb": ["properties", key], "metadata": OFF} for key in entry["key_properties"]]
        del entry["schema"]["properties"][entry["key_properties"][-1]]
    output = read(capsysbinary, Catalog.from_dict(whole))
    for schema in output.of_type("SCHEMA"):
        assert set(schema["key_properties"]) <= set(schema["schema"]["properties"])
    assert output.ids("clients") == ["a", "b"]
    assert {(row["clientId"], row["id"]) for row in output.rows("client_tags")} == {
        (client, tag) for client in "ab" for tag in "tu"
    }


def test_a_catalog_without_any_metadata_selects_what_it_has(capsysbinary: Capture) -> None:
    whole = json.loads(json.dumps(catalog_of(["clients"]).to_dict()))
    (entry,) = (each for each in whole["streams"] if each["tap_stream_id"] == "clients")
    entry["metadata"] = []
    output = read(capsysbinary, Catalog.from_dict({"streams": [entry]}))
    assert output.ids("clients") == ["a", "b"]


@pytest.mark.parametrize("settings", [{}, FLAT], ids=["nested", "flat"])
def test_what_is_deselected_in_an_object_is_not_written(capsysbinary: Capture, settings: dict[str, Any]) -> None:
    off: Metadata = {("properties", "billingAddress", "properties", "street"): OFF, ("properties", "updatedAt"): OFF}
    output = read(capsysbinary, catalog_of(["clients"], {"clients": off}), **settings)
    row = output.rows("clients")[0]
    city = row["billingAddress__city"] if settings else row["billingAddress"]["city"]
    assert city == "Paris"
    assert "Rue A" not in json.dumps(row)


def test_a_replication_method_that_jobber_has_not_is_refused() -> None:
    catalog = catalog_of(["clients"])
    entry = catalog.get_stream("clients")
    assert entry is not None
    entry.replication_method = "LOG_BASED"
    tap = TapJobber(config=CONFIG, catalog=catalog)
    with pytest.raises(TapError, match=r"clients read by LOG_BASED.*INCREMENTAL or FULL_TABLE"):
        check_catalog("c.json", tap.catalog, tap.streams)


def test_another_replication_key_than_the_streams_own_is_of_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    catalog = catalog_of(["clients", "users"])
    for entry in catalog.streams:
        entry.replication_key = "createdAt"
    caplog.set_level(logging.WARNING, "tap-jobber")
    tap = TapJobber(config=CONFIG, catalog=catalog)
    assert (tap.streams["clients"].replication_key, tap.streams["users"].replication_key) == ("updatedAt", None)
    assert len(caplog.messages) == 2
    assert "createdAt as the replication key of clients, which is read by updatedAt" in caplog.messages[0]


# Stream maps


def test_a_pattern_matches_only_streams_that_are_read(capsysbinary: Capture) -> None:
    # Not all streams that are opt-in have an id.
    maps = {"*": {"own": "id", "__key_properties__": ["own"]}}
    output = read(capsysbinary, ["clients", "client_tags"], stream_maps=maps)
    assert {row["own"] for row in output.rows("clients")} == {"a", "b"}
    assert {each["stream"] for each in output.of_type("SCHEMA")} == {"clients", "client_tags"}


def test_a_stream_of_which_a_map_leaves_nothing_is_not_read(capsysbinary: Capture) -> None:
    fake = server()
    maps: dict[str, Any] = {"__else__": None, "clients": {}}
    output = synced(capsysbinary, fake, ["clients", "client_tags", "users"], stream_maps=maps)
    assert {each["stream"] for each in output.of_type("RECORD")} == {"clients"}
    assert output.state["bookmarks"].keys() == {"clients"}, "what has not been written counts as read"
    assert fake.pages("users") == []
    assert maps == {"__else__": None, "clients": {}}


def test_rows_under_another_name_have_their_messages_under_it_too(capsysbinary: Capture) -> None:
    maps = {"users": {"__alias__": "people"}, "copy": {"__source__": "users", "__filter__": "id == 'u'"}}
    fake = FakeJobber({"users": [{"id": "u"}, {"id": "v"}]})
    output = synced(capsysbinary, fake, ["users"], stream_maps=maps, emit_activate_version_messages=True)
    consumer = Consumer().take(output.messages)
    assert consumer.activated == set(consumer.schemas) == {"people", "copy"}
    assert (output.ids("people"), output.ids("copy")) == (["u", "v"], ["u"])


def test_a_column_that_jobber_does_not_have_is_null_to_a_map(capsysbinary: Capture) -> None:
    output = read(capsysbinary, ["clients"], stream_maps={"clients": {"same": "companyName"}})
    assert {row["same"] for row in output.rows("clients")} == {None}


@pytest.mark.parametrize(
    ("expression", "why"),
    [("firstName.upper()", "firstName.upper"), ("1 / (len_of or 0)", "len_of"), ("'Hi ' + firstName", "TypeError")],
)
def test_an_expression_that_fails_for_a_row_is_named_with_its_stream(
    capsysbinary: Capture, expression: str, why: str
) -> None:
    with pytest.raises(MapExpressionError, match=f"clients: .*{why}"):
        read(capsysbinary, ["clients"], stream_maps={"clients": {"text": expression}})


@pytest.mark.parametrize(
    ("maps", "why"),
    [
        ({"clients": {"__alias__": "jobs"}}, "several streams come out as jobs"),
        ({"*": {"__alias__": "all"}}, "several streams come out as all"),
        ({"*": None}, "they leave no stream"),
        ({"clients": {"__alias__": "1"}}, "1 is no name for a stream"),
        ({"clients": {"more": ""}}, "clients: IndexError"),
        ({"clients": {"__key_properties__": ["nope"]}}, "nope"),
    ],
)
def test_maps_that_cannot_be_used(maps: dict[str, Any], why: str) -> None:
    with pytest.raises(StreamMapConfigError, match=why):
        made(stream_maps=maps)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"stream_maps": {"__else__": "drop"}}, "stream_maps.__else__ is 'drop'"),
        ({"stream_maps": {"clients": "drop"}}, "stream_maps.clients is 'drop'"),
        ({"flattening_enabled": True}, "flattening_max_depth is required"),
        ({"flattening_enabled": True, "flattening_max_depth": -1}, "flattening_max_depth is -1"),
        ({"faker_config": {"seed": 1}}, "pip install faker"),
    ],
)
def test_settings_of_the_sdk_that_cannot_be_used(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        made(**settings)
    assert [line for line in caught.value.errors if line.startswith(why) or why in line]
    assert len(caught.value.errors) == 1


def test_a_map_of_no_stream_is_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "tap-jobber")
    made(stream_maps={"client": {}, "copy": {"__source__": "job"}, "job*": {}})
    assert [message.split()[2] for message in caplog.messages] == ["client,", "job,"]


def test_every_schema_can_be_asked_for(capsysbinary: Capture) -> None:
    tap = made()
    tap.write_schemas()
    consumer = Consumer().take(map(json.loads, capsysbinary.readouterr().out.splitlines()))
    assert set(consumer.schemas) == set(tap.streams)
