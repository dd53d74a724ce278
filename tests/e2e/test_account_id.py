"""`add_account_id`: rows that say whose they are, so that several accounts fit one table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.e2e.harness import catalog

if TYPE_CHECKING:
    from tests.e2e.harness import Bench

# A table, a list of it, a list without ids, fields of several tables, ids, one's own query.
_STREAMS = ["account", "clients", "client_notes", "client_tags", "custom_field_values", "client_ids"]
_OWN: dict[str, Any] = {
    "name": "own_clients",
    "query": "query ($first: Int, $after: String) { clients(first: $first, after: $after) "
    "{ nodes { id } pageInfo { hasNextPage endCursor } } }",
    "primary_keys": ["id"],
}


def test_every_row_and_key_names_the_account(tiny: Bench) -> None:
    settings: dict[str, Any] = {"add_account_id": True, "custom_streams": [_OWN]}
    discovered = json.loads(tiny.tap("--discover", **settings).stdout)
    for stream in discovered["streams"]:
        assert stream["key_properties"][0] == "accountId"
        assert len(stream["key_properties"]) > 1
        selected = stream["tap_stream_id"] in {*_STREAMS, "own_clients"}
        next(each for each in stream["metadata"] if not each["breadcrumb"])["metadata"]["selected"] = selected
    outcome = tiny.tap("--catalog", tiny.write("catalog.json", discovered), **settings).checked()
    account_id = outcome.rows("account")[0]["id"]
    assert outcome.streams == {*_STREAMS, "own_clients"}
    assert {message["record"]["accountId"] for message in outcome.of_type("RECORD")} == {account_id}
    for message in outcome.of_type("SCHEMA"):
        assert "accountId" in message["schema"]["properties"]
        assert message["key_properties"][0] == "accountId"


def test_a_catalog_of_before_the_setting_serves_too(tiny: Bench) -> None:
    before = tiny.write("catalog.json", catalog(["clients"]))
    outcome = tiny.tap("--catalog", before, add_account_id=True).checked()
    (schema,) = outcome.of_type("SCHEMA")
    assert schema["key_properties"] == ["accountId", "id"]
    assert all(row["accountId"] for row in outcome.rows("clients"))


def test_it_is_a_column_like_any_other_for_stream_maps_and_flattening(tiny: Bench) -> None:
    maps = {"clients": {"account": "accountId", "__else__": None, "id": "id", "__key_properties__": ["account", "id"]}}
    outcome = tiny.tap(
        streams=["clients"], add_account_id=True, stream_maps=maps, flattening_enabled=True, flattening_max_depth=2
    ).checked()
    assert {frozenset(row) for row in outcome.rows("clients")} == {frozenset({"account", "id"})}


def test_without_the_setting_no_stream_has_the_column() -> None:
    assert "accountId" not in json.dumps(catalog([]))


def test_a_column_of_ones_own_by_that_name_is_refused(tiny: Bench) -> None:
    own = {**_OWN, "query": _OWN["query"].replace("{ id }", "{ id accountId: firstName }")}
    outcome = tiny.tap(add_account_id=True, custom_streams=[own])
    outcome.assert_refused("own_clients", "accountId", "alias")
