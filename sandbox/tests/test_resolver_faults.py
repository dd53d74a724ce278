"""Faults that leave the rest of an answer as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asking import Asker

CLIENTS = "{clients(first: 4){nodes{id name email}}}"


def clients(asker: Asker) -> list[str]:
    """Return the ids of the first clients."""
    return [node["id"] for node in asker.ask(CLIENTS)["data"]["clients"]["nodes"]]


def test_a_field_fails_in_some_rows(faulty: Asker) -> None:
    ids = clients(faulty)
    faulty.admin("faults", [{"kind": "failing_field", "field": "Client.email", "ids": [ids[2]]}])
    body = faulty.ask(CLIENTS)
    assert [error["path"] for error in body["errors"]] == [["clients", "nodes", 2, "email"]]
    assert body["data"]["clients"]["nodes"][2] == {**body["data"]["clients"]["nodes"][2], "email": None}
    assert [node["id"] for node in body["data"]["clients"]["nodes"]] == ids


def test_a_field_that_may_not_be_null_takes_what_is_around_it_with_it(faulty: Asker) -> None:
    ids = clients(faulty)
    faulty.admin("faults", [{"kind": "failing_field", "field": "Client.name", "ids": [ids[1]], "message": "No"}])
    body = faulty.ask(CLIENTS)
    assert body["data"] is None
    assert [(error["message"], error["path"]) for error in body["errors"]] == [("No", ["clients", "nodes", 1, "name"])]


def test_one_row_is_hidden(faulty: Asker) -> None:
    ids = clients(faulty)
    faulty.admin("faults", [{"kind": "hidden", "type": "Client", "ids": [ids[3]]}])
    body = faulty.ask(CLIENTS)
    assert body["data"] is None
    assert body["errors"][0]["path"] == ["clients", "nodes", 3]
    assert "errors" not in faulty.ask("{clients(first: 3){nodes{id name email}}}")


def test_pages_that_are_too_large_or_hold_a_row_are_not_answered(faulty: Asker) -> None:
    ids = clients(faulty)
    faulty.admin("faults", [{"kind": "unservable", "rows": 3, "type": "Client"}])
    assert faulty.post(CLIENTS).status_code == 504
    assert faulty.post("{clients(first: 3){nodes{id}}}").status_code == 200
    assert faulty.post("{users(first: 4){nodes{id}}}").status_code == 200
    faulty.admin("faults", method="DELETE")
    faulty.admin("faults", [{"kind": "unservable", "ids": [ids[1]], "status": 502}])
    assert faulty.post("{clients(first: 2){nodes{id}}}").status_code == 502
    assert faulty.post("{clients(first: 1){nodes{id}}}").status_code == 200
