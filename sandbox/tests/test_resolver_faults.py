"""Faults that leave the rest of an answer as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asking import Asker, asking
from jobber_sandbox.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = "{clients(first: 4){nodes{id name email}}}"


@pytest.fixture(scope="module")
def one() -> Iterator[Asker]:
    """One sandbox for all faults, which every test clears."""
    with asking(Options(scale=0.1, speed=1_000, max_requests=0)) as asker:
        asker.sign_in()
        yield asker


@pytest.fixture
def asker(one: Asker) -> Iterator[Asker]:
    """Provide the sandbox without faults."""
    yield one
    one.admin("faults", method="DELETE")


def clients(asker: Asker) -> list[str]:
    """Return the ids of the first clients."""
    return [node["id"] for node in asker.ask(CLIENTS)["data"]["clients"]["nodes"]]


def test_a_field_fails_in_some_rows(asker: Asker) -> None:
    ids = clients(asker)
    asker.admin("faults", [{"kind": "failing_field", "field": "Client.email", "ids": [ids[2]]}])
    body = asker.ask(CLIENTS)
    assert [error["path"] for error in body["errors"]] == [["clients", "nodes", 2, "email"]]
    assert body["data"]["clients"]["nodes"][2] == {**body["data"]["clients"]["nodes"][2], "email": None}
    assert [node["id"] for node in body["data"]["clients"]["nodes"]] == ids


def test_a_field_that_may_not_be_null_takes_what_is_around_it_with_it(asker: Asker) -> None:
    ids = clients(asker)
    asker.admin("faults", [{"kind": "failing_field", "field": "Client.name", "ids": [ids[1]], "message": "No"}])
    body = asker.ask(CLIENTS)
    assert body["data"] is None
    assert [(error["message"], error["path"]) for error in body["errors"]] == [("No", ["clients", "nodes", 1, "name"])]


def test_one_row_is_hidden(asker: Asker) -> None:
    ids = clients(asker)
    asker.admin("faults", [{"kind": "hidden", "type": "Client", "ids": [ids[3]]}])
    body = asker.ask(CLIENTS)
    assert body["data"] is None
    assert body["errors"][0]["path"] == ["clients", "nodes", 3]
    assert "errors" not in asker.ask("{clients(first: 3){nodes{id name email}}}")


def test_pages_that_are_too_large_or_hold_a_row_are_not_answered(asker: Asker) -> None:
    ids = clients(asker)
    asker.admin("faults", [{"kind": "unservable", "rows": 3, "type": "Client"}])
    assert asker.post(CLIENTS).status_code == 504
    assert asker.post("{clients(first: 3){nodes{id}}}").status_code == 200
    assert asker.post("{users(first: 4){nodes{id}}}").status_code == 200
    asker.admin("faults", method="DELETE")
    asker.admin("faults", [{"kind": "unservable", "ids": [ids[1]], "status": 502}])
    assert asker.post("{clients(first: 2){nodes{id}}}").status_code == 502
    assert asker.post("{clients(first: 1){nodes{id}}}").status_code == 200
