"""Pages, cursors, orders and filters, as lists of a running sandbox show them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from asking import Asker, asking
from jobber_sandbox.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobber_sandbox.options import Bounds

CLIENT_PAGE = """
query($after: String, $first: Int) {
  clients(first: $first, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } }
}
"""


def walk(asker: Asker, first: int = 100, query: str = CLIENT_PAGE) -> list[str]:
    seen: list[str] = []
    after = None
    while True:
        page = asker.data(query, {"after": after, "first": first})
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return seen


def test_cursor_is_the_unpadded_offset(shared: Asker) -> None:
    page = shared.data("{clients(first: 5){edges{cursor node{id}} pageInfo{startCursor endCursor hasPreviousPage}}}")
    assert page["pageInfo"] == {"startCursor": "MQ", "endCursor": "NQ", "hasPreviousPage": False}
    assert [base64.b64decode(edge["cursor"] + "==") for edge in page["edges"]] == [b"1", b"2", b"3", b"4", b"5"]


def test_pages_are_at_most_and_by_default_100(shared: Asker) -> None:
    for arguments in ("", "(first: 200)", "(last: 500)"):
        assert len(shared.data(f"{{clients{arguments}{{nodes{{id}}}}}}")["nodes"]) == 100


def test_walk_meets_every_row_once(shared: Asker) -> None:
    truth = [node["id"] for node in shared.truth("{clients{nodes{id}}}")["nodes"]]
    assert len(truth) == 450
    assert walk(shared, 37) == truth


def test_backwards(shared: Asker) -> None:
    page = shared.data('{clients(last: 2, before: "NQ"){edges{cursor} pageInfo{hasNextPage hasPreviousPage}}}')
    assert [edge["cursor"] for edge in page["edges"]] == ["Mw", "NA"]
    assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}


def test_beyond_the_end_is_empty_without_cursors(shared: Asker) -> None:
    cursor = base64.b64encode(b"100000").decode()
    page = shared.data(f'{{clients(after: "{cursor}"){{nodes{{id}} pageInfo{{endCursor startCursor hasNextPage}}}}}}')
    assert page == {"nodes": [], "pageInfo": {"endCursor": None, "startCursor": None, "hasNextPage": False}}


def test_total_count(shared: Asker) -> None:
    assert shared.data("{clients(first: 1){totalCount}}")["totalCount"] == 450


def test_edit_repeats_rows_and_delete_skips_them(asker: Asker) -> None:
    before = walk(asker)
    first = [node["id"] for node in asker.data("{clients(first: 10){nodes{id}}}")["nodes"]]
    assert first == before[:10]
    asker.admin("changes", [{"op": "edit", "type": "Client", "id": before[30]}])
    second = asker.data('{clients(first: 10, after: "MTA"){nodes{id}}}')["nodes"]
    assert second[0]["id"] == before[9]
    asker.admin("changes", [{"op": "delete", "type": "Client", "id": before[2]}])
    third = asker.data('{clients(first: 10, after: "MjA"){nodes{id}}}')["nodes"]
    assert third[0]["id"] == before[20]


def test_opaque_cursors_do_not_shift() -> None:
    with asking(Options(world="hostile", scale=0.2, cursor="opaque", speed=1_000)) as asker:
        query = "query($after: String){products(first: 10, after: $after){nodes{id} pageInfo{endCursor hasNextPage}}}"
        whole = [node["id"] for node in asker.truth("{products{nodes{id}}}")["nodes"]]
        page = asker.data(query)
        asker.admin("changes", [{"op": "delete", "type": "ProductOrService", "ids": [whole[3], whole[9]]}])
        rest = asker.data(query, {"after": page["pageInfo"]["endCursor"]})
        assert [node["id"] for node in rest["nodes"]] == whole[10:20]
        assert walk(asker, 7) == [node["id"] for node in asker.truth("{clients{nodes{id}}}")["nodes"]]


def test_bad_cursor_is_an_error(shared: Asker) -> None:
    assert "Invalid cursor" in shared.ask('{clients(after: "@"){nodes{id}}}')["errors"][0]["message"]


@pytest.mark.parametrize("root", ["clients", "invoices", "jobs", "quotes", "requests"])
def test_recently_updated_come_first(shared: Asker, root: str) -> None:
    stamps = [node["updatedAt"] for node in shared.truth(f"{{{root}{{nodes{{updatedAt}}}}}}")["nodes"]]
    assert stamps == sorted(stamps, reverse=True)


def test_visits_by_start_and_users_admins_first(shared: Asker) -> None:
    starts = [node["startAt"] for node in shared.truth("{visits{nodes{startAt}}}")["nodes"]]
    scheduled = [start for start in starts if start is not None]
    assert starts == sorted(scheduled) + [None] * (len(starts) - len(scheduled))
    admins = [node["isAccountAdmin"] for node in shared.truth("{users{nodes{isAccountAdmin}}}")["nodes"]]
    assert admins == sorted(admins, reverse=True)
    assert sum(admins) == 3


@pytest.mark.parametrize(
    ("root", "sort", "path", "descending"),
    [
        ("jobs", "[{key: JOB_NUMBER, direction: ASCENDING}]", "jobNumber", False),
        ("jobs", "{key: UPDATED_AT, direction: DESCENDING}", "updatedAt", True),
        ("clients", "{key: UPDATED_AT, direction: ASCENDING}", "updatedAt", False),
        ("clients", "{key: LAST_NAME, direction: DESCENDING}", "lastName", True),
        ("timeSheetEntries", "[{field: START_AT, direction: DESCENDING}]", "startAt", True),
        ("invoices", "[{key: CREATED_AT, direction: ASCENDING}]", "createdAt", False),
    ],
)
def test_sorts(shared: Asker, root: str, sort: str, path: str, *, descending: bool) -> None:
    found = [node[path] for node in shared.truth(f"{{{root}(sort: {sort}){{nodes{{{path}}}}}}}")["nodes"]]
    assert found == sorted(found, reverse=descending)


def test_products_sort_inside_the_filter(shared: Asker) -> None:
    query = "{products(filter: {sort: {key: NAME, direction: DESCENDING}, category: [Product]}){nodes{name category}}}"
    nodes = shared.truth(query)["nodes"]
    names = [node["name"] for node in nodes]
    assert names == sorted(names, reverse=True)
    assert {node["category"] for node in nodes} == {"PRODUCT"}


def counted(asker: Asker, root: str, filters: str) -> int:
    count: int = asker.truth(f"{{{root}(filter: {filters}){{totalCount}}}}")["totalCount"]
    return count


@pytest.mark.parametrize(("bounds", "inclusive"), [("inclusive", True), ("exclusive", False)])
def test_range_bounds(bounds: Bounds, *, inclusive: bool) -> None:
    with asking(Options(world="hostile", scale=0.3, bounds=bounds)) as asker:
        stamps = [node["updatedAt"] for node in asker.truth("{clients{nodes{updatedAt}}}")["nodes"]]
        stamp = max(set(stamps), key=stamps.count)
        equal, later = stamps.count(stamp), sum(one > stamp for one in stamps)
        edge = equal if inclusive else 0
        assert equal > 50
        assert counted(asker, "clients", f'{{updatedAt: {{after: "{stamp}"}}}}') == later + edge
        assert counted(asker, "clients", f'{{updatedAt: {{before: "{stamp}"}}}}') == len(stamps) - later - equal + edge
        assert counted(asker, "clients", f'{{updatedAt: {{eq: "{stamp}"}}}}') == equal
        half = stamp.replace("Z", ".500Z")
        assert counted(asker, "clients", f'{{updatedAt: {{after: "{half}"}}}}') == later
        assert counted(asker, "clients", f'{{updatedAt: {{before: "{half}"}}}}') == len(stamps) - later


@pytest.mark.parametrize(
    ("root", "filters", "fields", "holds"),
    [
        ("jobs", "{status: archived}", "jobStatus", lambda node: node["jobStatus"] == "archived"),
        ("jobs", "{jobType: RECURRING}", "jobType", lambda node: node["jobType"] == "RECURRING"),
        ("clients", "{isLead: true}", "isLead", lambda node: node["isLead"]),
        ("users", "{status: ACTIVATED}", "status", lambda node: node["status"] == "ACTIVATED"),
        ("visits", "{status: UPCOMING}", "visitStatus", lambda node: node["visitStatus"] == "UPCOMING"),
        ("paymentRecords", "{paymentType: CASH}", "paymentType", lambda node: node["paymentType"] == "CASH"),
        ("quotes", "{cost: {min: 500}}", "amounts{total}", lambda node: node["amounts"]["total"] >= 500),
        ("payoutRecords", "{statuses: [PAID, PENDING]}", "status", lambda node: node["status"] in {"PAID", "PENDING"}),
        ("visits", '{startAt: {after: "2025-06-01"}}', "startAt", lambda node: (node["startAt"] or "") >= "2025-06"),
        ("expenses", '{date: {before: "2026-01-01"}}', "date", lambda node: node["date"] <= "2026-01-01T00:00:00Z"),
    ],
)
def test_filters(shared: Asker, root: str, filters: str, fields: str, holds: Callable[[dict[str, Any]], bool]) -> None:
    everything = shared.truth(f"{{{root}{{nodes{{id {fields}}}}}}}")["nodes"]
    wanted = {node["id"] for node in everything if holds(node)}
    found = {node["id"] for node in shared.truth(f"{{{root}(filter: {filters}){{nodes{{id}}}}}}")["nodes"]}
    assert found == wanted
    assert 0 < len(found) < len(everything)


def test_filters_by_id(shared: Asker) -> None:
    client = shared.truth("{properties{nodes{id client{id}}}}")["nodes"][0]["client"]["id"]
    nodes = shared.truth(f'{{properties(filter: {{clientId: "{client}"}}){{nodes{{client{{id}}}}}}}}')["nodes"]
    assert {node["client"]["id"] for node in nodes} == {client}
    ids = [node["id"] for node in shared.truth("{jobs{nodes{id}}}")["nodes"]][:3]
    found = shared.data("query($ids: [EncodedId!]){jobs(filter: {ids: $ids}){nodes{id}}}", {"ids": ids})["nodes"]
    assert {node["id"] for node in found} == set(ids)


def test_singular_queries(shared: Asker) -> None:
    some = shared.truth("{jobs{nodes{id jobNumber}}}")["nodes"][0]
    assert shared.data(f'{{job(id: "{some["id"]}"){{jobNumber}}}}') == {"jobNumber": some["jobNumber"]}
    absent = base64.b64encode(b"gid://Jobber/Job/99999999").decode()
    assert shared.data(f'{{job(id: "{absent}"){{id}}}}') is None


def test_scheduled_items(shared: Asker) -> None:
    within = 'occursWithin: {startAt: "2025-09-01", endAt: "2026-12-01"}'
    query = "{{scheduledItems(filter: {{{}}}){{nodes{{__typename id startAt}} totalCount}}}}"
    everything = shared.truth(query.format(f"{within}, schedulingAspects: [ALL]"))
    mine = shared.truth(query.format(within))
    assert {node["__typename"] for node in everything["nodes"]} == {"Visit", "Assessment", "Task", "Event"}
    assert 0 < mine["totalCount"] < everything["totalCount"]
    only = shared.truth(query.format(f"{within}, schedulingAspects: [ALL], scheduleItemType: EVENT"))
    assert {node["__typename"] for node in only["nodes"]} == {"Event"}
    wide = shared.ask(
        query.format('occursWithin: {startAt: "2020-01-01", endAt: "2026-12-01"}').replace("totalCount", "")
    )
    assert "1.5 years" in wide["errors"][0]["message"]


@pytest.mark.parametrize(
    ("aspects", "has_others", "has_unassigned", "has_unscheduled"),
    [
        ("", False, False, False),
        ("schedulingAspects: [UNASSIGNED]", False, True, False),
        ("includeUnassigned: true", False, True, False),
        ("schedulingAspects: [ASSIGNMENTS]", True, True, False),
        ("schedulingAspects: [ASSIGNMENTS, UNSCHEDULED]", True, True, True),
        ("schedulingAspects: [ASSIGNMENTS], includeUnscheduled: true", True, True, True),
        ("schedulingAspects: [ALL]", True, True, True),
    ],
)
def test_what_scheduling_aspects_add(
    shared: Asker, aspects: str, *, has_others: bool, has_unassigned: bool, has_unscheduled: bool
) -> None:
    within = 'scheduleItemType: ASSESSMENT, occursWithin: {startAt: "2025-09-01", endAt: "2026-12-01"}'
    item = "startAt ... on Assessment{assignedUsers{nodes{isCurrentUser}}}"
    found = shared.truth(f"{{scheduledItems(filter: {{{within}, {aspects}}}){{nodes{{{item}}}}}}}")["nodes"]
    teams = [[user["isCurrentUser"] for user in node["assignedUsers"]["nodes"]] for node in found]
    assert any(team and not any(team) for team in teams) is has_others
    assert any(not team for team in teams) is has_unassigned
    assert any(node["startAt"] is None for node in found) is has_unscheduled


def test_unscheduled_items_come_with_every_window_that_asks_for_all(shared: Asker) -> None:
    span = "occursWithin: {{startAt: {0}, endAt: {1}}}"
    ask = f"{{{{scheduledItems(filter: {{{{{span}, schedulingAspects: [ALL]}}}}){{{{nodes{{{{id startAt}}}}}}}}}}}}"
    years = [('"1999-01-01"', '"1999-02-01"'), ('"2040-01-01"', '"2040-02-01"')]
    first, second = ([node["id"] for node in shared.truth(ask.format(*span))["nodes"]] for span in years)
    assert first == second
    assert first
