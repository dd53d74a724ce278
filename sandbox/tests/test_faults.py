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
    from pathlib import Path

    from jobber_sandbox.dynamic_types import Value

ACCOUNT = "{account{id}}"


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
def test_whole_answer(faulty: Asker, fault: dict[str, Any], status: int, content_type: str, body: Value) -> None:
    faulty.admin("faults", [{**fault, "times": 1}])
    answer = faulty.post(ACCOUNT)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(content_type)
    if body is not None:
        assert (answer.text if isinstance(body, str) else answer.json()) == body
    assert faulty.post(ACCOUNT).status_code == 200


def test_waiting_room_and_retry_after(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "waiting_room"}])
    answer = faulty.post(ACCOUNT)
    assert answer.status_code == 200
    assert "<title>Jobber | Waiting Room</title>" in answer.text
    faulty.admin("faults", [{"kind": "rate_limited", "retry_after": 7}])
    assert faulty.post(ACCOUNT).headers["retry-after"] == "7"


def test_reset_in_mid_body(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "reset", "bytes": 20}])
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        faulty.post(ACCOUNT)
    assert faulty.post(ACCOUNT).status_code == 200


def test_hang_and_slow(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "hang", "seconds": 20}])
    with pytest.raises(requests.exceptions.ReadTimeout):
        faulty.post(ACCOUNT, timeout=0.3)
    faulty.admin("faults", [{"kind": "hang", "seconds": 0.1}])
    with pytest.raises(requests.exceptions.ConnectionError):
        faulty.post(ACCOUNT)
    faulty.admin("faults", [{"kind": "slow", "seconds": 0.3}])
    began = time.monotonic()
    assert faulty.post(ACCOUNT).status_code == 200
    assert time.monotonic() - began > 0.3


def test_no_data(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "no_data"}])
    assert set(faulty.ask(ACCOUNT)) == {"extensions"}


def test_unauthenticated_and_error(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "unauthenticated"}])
    assert faulty.ask(ACCOUNT)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    faulty.admin("faults", [{"kind": "error", "message": "Visit not found"}])
    body = faulty.ask(ACCOUNT)
    assert (body["data"], body["errors"]) == (None, [{"message": "Visit not found", "path": ["account"]}])


def test_hidden_root(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "hidden", "root": "jobs"}])
    body = faulty.ask("{jobs(first: 1){nodes{id}}}")
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["message"] == "The field jobs on an object of type Query was hidden due to permissions"
    assert error["path"] == ["jobs"]
    assert "extensions" not in error
    assert "errors" not in faulty.ask(ACCOUNT)
    assert "errors" in faulty.ask("{jobs(first: 1){nodes{id}}}")


def test_hidden_nested_field_and_type(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "hidden", "field": "Client.email"}])
    body = faulty.ask("{clients(first: 2){nodes{id email}}}")
    assert [node["email"] for node in body["data"]["clients"]["nodes"]] == [None, None]
    assert [error["path"] for error in body["errors"]] == [["clients", "nodes", index, "email"] for index in (0, 1)]
    faulty.admin("faults", method="DELETE")
    faulty.admin("faults", [{"kind": "hidden", "type": "Client"}])
    body = faulty.ask("{clients(first: 2){nodes{id}}}")
    assert body["data"] is None
    assert body["errors"][0]["message"] == "An object of type Client was hidden due to permissions"
    assert body["errors"][0]["path"] == ["clients", "nodes", 0]
    nullable = faulty.ask("{properties(first: 1){nodes{id client{id}}}}")
    assert nullable["data"]["properties"]["nodes"][0]["client"] is None


def test_throttled_takes_all_points(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "throttled"}])
    body = faulty.ask("{clients(first: 100){nodes{id name firstName lastName createdAt updatedAt}}}")
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] < 10_000


def test_versions(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "removed_version", "version": "2025-04-16"}])
    assert faulty.ask(ACCOUNT)["extensions"]["versioning"] == {"version": "2025-04-16"}
    faulty.admin("faults", method="DELETE")
    faulty.admin("faults", [{"kind": "version_warning", "message": "soon"}])
    assert faulty.ask(ACCOUNT)["extensions"]["versioning"]["warning"] == "soon"


def test_unknown_field_and_argument(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "unknown_field", "field": "Job.title"}])
    for _ in range(2):
        (error,) = faulty.ask("{jobs(first: 1){nodes{id title}}}")["errors"]
        assert error["message"] == "Field 'title' doesn't exist on type 'Job'"
    assert "errors" not in faulty.ask("{jobs(first: 1){nodes{id}} quotes(first: 1){nodes{title}}}")
    faulty.admin("faults", method="DELETE")
    faulty.admin(
        "faults",
        [
            {"kind": "unknown_argument", "argument": "Query.jobs.sort"},
            {"kind": "unknown_argument", "argument": "JobFilterAttributes.createdAt"},
        ],
    )
    query = '{jobs(first: 1, sort: [], filter: {createdAt: {after: "2026-01-01"}}){nodes{id}}}'
    messages = [error["message"] for error in faulty.ask(query)["errors"]]
    assert messages == [
        "Field 'jobs' doesn't accept argument 'sort'",
        "InputObject 'JobFilterAttributes' doesn't accept argument 'createdAt'",
    ]


def test_pages(faulty: Asker) -> None:
    query = "query($after: String){clients(first: 3, after: $after){nodes{id} pageInfo{endCursor hasNextPage}}}"
    whole = faulty.data(query)
    faulty.admin("faults", [{"kind": "stuck_cursor"}])
    assert faulty.data(query)["pageInfo"] == {"endCursor": None, "hasNextPage": True}
    faulty.admin("faults", [{"kind": "stuck_cursor", "cursor": "same"}])
    assert faulty.data(query, {"after": "Mw"})["pageInfo"] == {"endCursor": "Mw", "hasNextPage": True}
    for after in (None, "Mw"):
        faulty.admin("faults", [{"kind": "empty_page"}])
        empty = faulty.data(query, {"after": after})
        cursor = empty["pageInfo"]["endCursor"]
        assert (empty["nodes"], empty["pageInfo"]["hasNextPage"]) == ([], True)
        assert cursor not in {after, None}
        assert faulty.data(query, {"after": cursor}) == faulty.data(query, {"after": after})
    faulty.admin("faults", [{"kind": "null_connection"}])
    assert faulty.ask("{expenses(first: 3){nodes{id}}}")["data"] == {"expenses": None}
    assert faulty.data(query) == whole


def test_after_times_match_and_root(faulty: Asker) -> None:
    faulty.admin("faults", [{"kind": "status", "after": 1, "times": 2, "match": "name"}])
    query = "{account{name}}"
    assert [faulty.post(query).status_code for _ in range(4)] == [200, 503, 503, 200]
    faulty.admin("faults", [{"kind": "status", "root": "users", "times": None}])
    assert faulty.post(ACCOUNT).status_code == 200
    assert faulty.post("{users(first: 1){nodes{id}}}").status_code == 503
    assert faulty.post("query{...F} fragment F on Query{users(first: 1){nodes{id}}}").status_code == 503


def test_token_faults(faulty: Asker) -> None:
    faulty.sign_in()
    faulty.admin("faults", [{"kind": "token_status", "html": True}])
    answer = faulty.token()
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    faulty.admin(
        "faults", [{"kind": "token_refused", "status": 400, "body": "The provided refresh token is not valid."}]
    )
    answer = faulty.token()
    assert (answer.status_code, answer.text) == (400, "The provided refresh token is not valid.")
    faulty.admin("faults", [{"kind": "token_refused", "body": {"message": "no"}}])
    assert (faulty.token().status_code, faulty.admin("state", method="GET")["totals"]["tokenRefreshes"]) == (401, 0)
    faulty.admin("faults", [{"kind": "token_slow", "seconds": 0.05}, {"kind": "token_lost_reply"}])
    with pytest.raises(requests.exceptions.ConnectionError):
        faulty.token()
    assert faulty.token().status_code == 401
    assert faulty.admin("state", method="GET")["totals"]["tokenRefreshes"] == 1
    faulty.sign_in()
    faulty.admin("faults", [{"kind": "token_hang", "seconds": 0.05}])
    with pytest.raises(requests.exceptions.ConnectionError):
        faulty.token()
    assert faulty.token().status_code == 200


def test_bad_faults_are_refused(faulty: Asker) -> None:
    assert "there is no fault 'none'" in faulty.admin("faults", [{"kind": "none"}])["message"]
    assert "a fault has no color" in faulty.admin("faults", [{"kind": "reset", "color": 1}])["message"]
    assert faulty.admin("faults", method="GET") == {"faults": []}
    with pytest.raises(BadFaultError):
        FaultBox().arm([{"kind": "reset"}, {}])
    assert len(GRAPHQL_KINDS) == 28
    assert len(TOKEN_KINDS) == 5


def test_faults_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(json.dumps([{"kind": "waiting_room"}]))
    with asking(Options(world="hostile", scale=0.05, faults=path)) as asker:
        assert "Waiting Room" in asker.post(ACCOUNT).text
        assert asker.post(ACCOUNT).json()["data"]["account"]


def test_log_tells_what_happened(faulty: Asker) -> None:
    faulty.admin("log", method="DELETE")
    faulty.admin("faults", [{"kind": "status"}])
    faulty.post("query Some {jobs(first: 7){nodes{id}}}")
    faulty.post("query Some {jobs(first: 7){nodes{id}}}")
    first, second = faulty.admin("log", method="GET")["requests"]
    assert (first["status"], first["faults"], first["actual"]) == (503, ["status"], 0)
    assert (second["root"], second["operation"], second["first"]) == ("jobs", "Some", 7)
    assert (second["requested"], second["actual"], second["throttled"]) == (9, 9, False)


def test_a_fault_of_one_account() -> None:
    with asking(Options(scale=0.02, accounts=3)) as asker:
        first, second, third = (asker.admin("tokens", {"account": number}) for number in (1, 2, 3))
        asker.admin("faults", [{"kind": "disconnected", "account": 2}, {"kind": "token_refused", "account": 3}])

        def statuses() -> list[int]:
            found = []
            for tokens in (first, second, third):
                asker.access_token = tokens["access_token"]
                found.append(asker.post(ACCOUNT).status_code)
            return found

        assert statuses() == [200, 401, 200]
        assert asker.token(refresh_token=third["refresh_token"]).status_code == 401
        assert asker.token(refresh_token=first["refresh_token"]).status_code == 200
        assert asker.admin("faults?account=2", method="DELETE") == {"armed": 1}
        assert statuses() == [200, 200, 200]
        assert asker.admin("faults", method="DELETE") == {"armed": 0}
