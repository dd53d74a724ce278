"""Each fault over real HTTP."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from asking import Asker, asking
from jobber_sandbox.faults import GRAPHQL_KINDS, TOKEN_KINDS, BadFaultError, FaultBox
from jobber_sandbox.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobber_sandbox.dynamic_types import Value

ACCOUNT = "{account{id}}"


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
    one.session.close()


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "body"),
    [
        ({"kind": "expired_token"}, 401, "application/json", {"message": "Access token expired"}),
        ({"kind": "token_not_recognized"}, 401, "application/json", {"message": "Token not recognized"}),
        (
            {"kind": "disconnected"},
            401,
            "application/json",
            {"message": "User has disconnected this app from their account. Please delete this token"},
        ),
        ({"kind": "disconnected", "status": 200, "body": {"message": "x"}}, 200, "application/json", {"message": "x"}),
        ({"kind": "account_inactive"}, 403, "application/json", {"error": {"message": "This account is not active"}}),
        ({"kind": "service_unavailable"}, 503, "application/json", {"message": "Service temporarily unavailable"}),
        ({"kind": "invalid_query"}, 400, "application/json", {"message": "Invalid query"}),
        ({"kind": "rate_limited"}, 429, "text/plain", "Retry later\n"),
        ({"kind": "status", "status": 500}, 500, "application/json", {"status": 500, "error": "Internal Server Error"}),
        ({"kind": "status", "status": 502, "html": True}, 502, "text/html", None),
        ({"kind": "status", "html": True}, 503, "text/html", None),
        ({"kind": "status", "status": 504, "body": "late"}, 504, "text/plain", "late"),
        ({"kind": "not_json"}, 200, "application/json", '{"data": {'),
        ({"kind": "unknown_version"}, 404, "application/json", None),
    ],
)
def test_whole_answer(asker: Asker, fault: dict[str, Any], status: int, content_type: str, body: Value) -> None:
    asker.admin("faults", [{**fault, "times": 1}])
    answer = asker.post(ACCOUNT)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(content_type)
    if body is not None:
        assert (answer.text if isinstance(body, str) else answer.json()) == body
    assert asker.post(ACCOUNT).status_code == 200


def test_waiting_room_and_retry_after(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "waiting_room"}])
    answer = asker.post(ACCOUNT)
    assert answer.status_code == 200
    assert "<title>Jobber | Waiting Room</title>" in answer.text
    asker.admin("faults", [{"kind": "rate_limited", "retry_after": "7"}])
    assert asker.post(ACCOUNT).headers["retry-after"] == "7"


def test_reset_in_mid_body(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "reset", "bytes": 20}])
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        asker.post(ACCOUNT)
    assert asker.post(ACCOUNT).status_code == 200


def test_hang_and_slow(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "hang", "seconds": 20}])
    with pytest.raises(requests.exceptions.ReadTimeout):
        asker.post(ACCOUNT, timeout=0.3)
    asker.admin("faults", [{"kind": "hang", "seconds": 0.1}])
    with pytest.raises(requests.exceptions.ConnectionError):
        asker.post(ACCOUNT)
    asker.admin("faults", [{"kind": "slow", "seconds": 0.3}])
    began = time.monotonic()
    assert asker.post(ACCOUNT).status_code == 200
    assert time.monotonic() - began > 0.3


def test_no_data(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "no_data"}])
    assert set(asker.ask(ACCOUNT)) == {"extensions"}


def test_unauthenticated_and_error(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "unauthenticated"}])
    assert asker.ask(ACCOUNT)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    asker.admin("faults", [{"kind": "error", "message": "Visit not found"}])
    body = asker.ask(ACCOUNT)
    assert (body["data"], body["errors"]) == (None, [{"message": "Visit not found", "path": ["account"]}])


def test_hidden_root(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "hidden", "root": "jobs"}])
    body = asker.ask("{jobs(first: 1){nodes{id}}}")
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["message"] == "The field jobs on an object of type Query was hidden due to permissions"
    assert error["path"] == ["jobs"]
    assert "extensions" not in error
    assert "errors" not in asker.ask(ACCOUNT)
    assert "errors" in asker.ask("{jobs(first: 1){nodes{id}}}")


def test_hidden_nested_field_and_type(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "hidden", "field": "Client.email"}])
    body = asker.ask("{clients(first: 2){nodes{id email}}}")
    assert [node["email"] for node in body["data"]["clients"]["nodes"]] == [None, None]
    assert [error["path"] for error in body["errors"]] == [["clients", "nodes", index, "email"] for index in (0, 1)]
    asker.admin("faults", method="DELETE")
    asker.admin("faults", [{"kind": "hidden", "type": "Client"}])
    body = asker.ask("{clients(first: 2){nodes{id}}}")
    assert body["data"] is None
    assert body["errors"][0]["message"] == "An object of type Client was hidden due to permissions"
    assert body["errors"][0]["path"] == ["clients", "nodes", 0]
    nullable = asker.ask("{properties(first: 1){nodes{id client{id}}}}")
    assert nullable["data"]["properties"]["nodes"][0]["client"] is None


def test_throttled_takes_all_points(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "throttled"}])
    body = asker.ask("{clients(first: 100){nodes{id name firstName lastName createdAt updatedAt}}}")
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] < 10_000


def test_versions(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "removed_version", "version": "2025-04-16"}])
    assert asker.ask(ACCOUNT)["extensions"]["versioning"] == {"version": "2025-04-16"}
    asker.admin("faults", method="DELETE")
    asker.admin("faults", [{"kind": "version_warning", "message": "soon"}])
    assert asker.ask(ACCOUNT)["extensions"]["versioning"]["warning"] == "soon"


def test_unknown_field_and_argument(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "unknown_field", "field": "Job.title"}])
    for _ in range(2):
        (error,) = asker.ask("{jobs(first: 1){nodes{id title}}}")["errors"]
        assert error["message"] == "Field 'title' doesn't exist on type 'Job'"
    assert "errors" not in asker.ask("{jobs(first: 1){nodes{id}} quotes(first: 1){nodes{title}}}")
    asker.admin("faults", method="DELETE")
    asker.admin(
        "faults",
        [
            {"kind": "unknown_argument", "argument": "Query.jobs.sort"},
            {"kind": "unknown_argument", "argument": "JobFilterAttributes.createdAt"},
        ],
    )
    query = '{jobs(first: 1, sort: [], filter: {createdAt: {after: "2026-01-01"}}){nodes{id}}}'
    messages = [error["message"] for error in asker.ask(query)["errors"]]
    assert messages == [
        "Field 'jobs' doesn't accept argument 'sort'",
        "InputObject 'JobFilterAttributes' doesn't accept argument 'createdAt'",
    ]


def test_pages(asker: Asker) -> None:
    query = "query($after: String){clients(first: 3, after: $after){nodes{id} pageInfo{endCursor hasNextPage}}}"
    whole = asker.data(query)
    asker.admin("faults", [{"kind": "stuck_cursor"}])
    assert asker.data(query)["pageInfo"] == {"endCursor": None, "hasNextPage": True}
    asker.admin("faults", [{"kind": "stuck_cursor", "cursor": "same"}])
    assert asker.data(query, {"after": "Mw"})["pageInfo"] == {"endCursor": "Mw", "hasNextPage": True}
    for after in (None, "Mw"):
        asker.admin("faults", [{"kind": "empty_page"}])
        empty = asker.data(query, {"after": after})
        cursor = empty["pageInfo"]["endCursor"]
        assert (empty["nodes"], empty["pageInfo"]["hasNextPage"]) == ([], True)
        assert cursor not in {after, None}
        assert asker.data(query, {"after": cursor}) == asker.data(query, {"after": after})
    asker.admin("faults", [{"kind": "null_connection"}])
    assert asker.ask("{expenses(first: 3){nodes{id}}}")["data"] == {"expenses": None}
    assert asker.data(query) == whole


def test_after_times_match_and_root(asker: Asker) -> None:
    asker.admin("faults", [{"kind": "status", "after": 1, "times": 2, "match": "name"}])
    query = "{account{name}}"
    assert [asker.post(query).status_code for _ in range(4)] == [200, 503, 503, 200]
    asker.admin("faults", [{"kind": "status", "root": "users", "times": None}])
    assert asker.post(ACCOUNT).status_code == 200
    assert asker.post("{users(first: 1){nodes{id}}}").status_code == 503
    assert asker.post("query{...F} fragment F on Query{users(first: 1){nodes{id}}}").status_code == 503


def test_token_faults(asker: Asker) -> None:
    asker.sign_in()
    asker.admin("faults", [{"kind": "token_status", "html": True}])
    answer = asker.token()
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    asker.admin(
        "faults", [{"kind": "token_refused", "status": 400, "body": "The provided refresh token is not valid."}]
    )
    answer = asker.token()
    assert (answer.status_code, answer.text) == (400, "The provided refresh token is not valid.")
    asker.admin("faults", [{"kind": "token_refused", "body": {"message": "no"}}])
    assert (asker.token().status_code, asker.admin("state", method="GET")["totals"]["tokenRefreshes"]) == (401, 0)
    asker.admin("faults", [{"kind": "token_slow", "seconds": 0.05}, {"kind": "token_lost_reply"}])
    with pytest.raises(requests.exceptions.ConnectionError):
        asker.token()
    assert asker.token().status_code == 401
    assert asker.admin("state", method="GET")["totals"]["tokenRefreshes"] == 1
    asker.sign_in()
    asker.admin("faults", [{"kind": "token_hang", "seconds": 0.05}])
    with pytest.raises(requests.exceptions.ConnectionError):
        asker.token()
    assert asker.token().status_code == 200


def test_bad_faults_are_refused(asker: Asker) -> None:
    assert "there is no fault 'none'" in asker.admin("faults", [{"kind": "none"}])["message"]
    assert "a fault has no color" in asker.admin("faults", [{"kind": "reset", "color": 1}])["message"]
    assert asker.admin("faults", method="GET") == {"faults": []}
    with pytest.raises(BadFaultError):
        FaultBox().arm([{"kind": "reset"}, {}])
    assert len(GRAPHQL_KINDS) == 28
    assert len(TOKEN_KINDS) == 5


def test_faults_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(json.dumps([{"kind": "waiting_room"}]))
    with asking(Options(scale=0.05, faults=path)) as asker:
        assert "Waiting Room" in asker.post(ACCOUNT).text
        assert asker.post(ACCOUNT).json()["data"]["account"]


def test_log_tells_what_happened(asker: Asker) -> None:
    asker.admin("log", method="DELETE")
    asker.admin("faults", [{"kind": "status"}])
    asker.post("query Some {jobs(first: 7){nodes{id}}}")
    asker.post("query Some {jobs(first: 7){nodes{id}}}")
    first, second = asker.admin("log", method="GET")["requests"]
    assert (first["status"], first["faults"], first["actual"]) == (503, ["status"], 0)
    assert (second["root"], second["operation"], second["first"]) == ("jobs", "Some", 7)
    assert (second["requested"], second["actual"], second["throttled"]) == (9, 9, False)
