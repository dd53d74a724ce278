"""The shape of an account, and what changes to it do."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from asking import Asker, asking
from jobber_sandbox.changes import BadChangeError, apply
from jobber_sandbox.options import Options
from jobber_sandbox.sandbox import Sandbox


def nodes(asker: Asker, root: str, fields: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asker.truth(f"{{{root}{{nodes{{{fields}}}}}}}")["nodes"]
    return found


def test_about_thirteen_thousand_rows(shared: Asker) -> None:
    assert 12_000 < shared.admin("state", method="GET")["accounts"][0]["total"] < 14_000


def test_same_seed_same_account_other_seed_another() -> None:
    def names(seed: int) -> list[str]:
        sandbox = Sandbox(Options(world="hostile", seed=seed, scale=0.1), clock=lambda: 1_790_000_000.0)
        world = sandbox.world()
        return [world.registry.read(row, "name") + row.id for row in world.tables["Client"].rows]

    assert names(4) == names(4)
    assert names(4) != names(5)


def test_children_are_skewed(shared: Asker) -> None:
    counts = sorted(node["lineItems"]["totalCount"] for node in nodes(shared, "jobs", "lineItems{totalCount}"))
    assert counts[-1] >= 300
    assert counts[len(counts) // 2] <= 4
    assert counts[0] == 0
    assert max(node["notes"]["totalCount"] for node in nodes(shared, "clients", "notes{totalCount}")) >= 150


def test_many_rows_were_updated_in_one_second(shared: Asker) -> None:
    stamps = Counter(node["updatedAt"] for node in nodes(shared, "clients", "updatedAt"))
    assert stamps.most_common(1)[0][1] >= 200


def test_variety(shared: Asker) -> None:
    clients = nodes(shared, "clients", "name email isLead isCompany isArchived companyName customFields{__typename}")
    assert {field["__typename"] for client in clients for field in client["customFields"]} == {
        f"CustomField{kind}" for kind in ("Area", "Dropdown", "Link", "Numeric", "Text", "TrueFalse")
    }
    for flag in ("isLead", "isCompany", "isArchived"):
        assert {client[flag] for client in clients} == {True, False}
    assert {client["companyName"] is None for client in clients} == {True, False}
    text = "".join(client["name"] for client in clients)
    assert all(sample in text for sample in ("é", "李", "محمد", "🐶"))
    jobs = nodes(shared, "jobs", "jobType jobStatus startAt completedAt total")
    assert {job["jobType"] for job in jobs} == {"ONE_OFF", "RECURRING"}
    assert {"archived", "unscheduled", "active"} <= {job["jobStatus"] for job in jobs}
    assert {job["completedAt"] is None for job in jobs} == {True, False}
    assert any(round(job["total"] % 1, 2) for job in jobs)
    now = shared.admin("state", method="GET")["now"]
    assert now > 0
    visits = nodes(shared, "visits", "visitStatus")
    assert {"COMPLETED", "UPCOMING", "UNSCHEDULED"} <= {visit["visitStatus"] for visit in visits}


def test_rows_hang_together(shared: Asker) -> None:
    clients = {node["id"] for node in nodes(shared, "clients", "id")}
    for job in nodes(shared, "jobs", "total client{id} property{client{id}} lineItems{nodes{totalPrice}}"):
        assert job["client"]["id"] in clients
        assert job["client"] == job["property"]["client"]
        assert job["total"] == pytest.approx(sum(item["totalPrice"] for item in job["lineItems"]["nodes"]))
    for visit in nodes(shared, "visits", "client{id} job{client{id}}"):
        assert visit["client"] == visit["job"]["client"]


def test_nothing_is_newer_than_now(shared: Asker) -> None:
    now = shared.sandbox.world().now
    for table in shared.sandbox.world().tables.values():
        assert all(row.created <= row.updated <= now for row in table.rows), table.type_name


def test_notes_of_a_client_show_on_its_work(shared: Asker) -> None:
    kinds = Counter(
        note["__typename"]
        for job in nodes(shared, "jobs", "notes{nodes{__typename}}")
        for note in job["notes"]["nodes"]
    )
    assert kinds["JobNote"] > 100
    assert kinds["ClientNote"] > 0


def test_edit_create_and_delete(asker: Asker) -> None:
    before = {node["id"]: node for node in nodes(asker, "jobs", "id title updatedAt jobNumber")}
    chosen = next(iter(before))
    (edited, created, deleted) = asker.admin(
        "changes",
        [
            {"op": "edit", "type": "Job", "id": chosen, "set": {"title": "Renamed"}},
            {"op": "create", "type": "Job", "count": 2, "set": {"title": "New"}},
            {"op": "delete", "type": "Job", "count": 3, "random": 7},
        ],
    )["changed"]
    after = {node["id"]: node for node in nodes(asker, "jobs", "id title updatedAt jobNumber")}
    assert edited["ids"] == [chosen]
    assert after[chosen]["title"] == "Renamed"
    assert after[chosen]["updatedAt"] > before[chosen]["updatedAt"]
    assert [after[one]["title"] for one in created["ids"]] == ["New", "New"]
    assert not set(deleted["ids"]) & set(after)
    assert len(after) == len(before) + 2 - 3


def test_delete_takes_along_what_hangs_from_it(asker: Asker) -> None:
    world = asker.sandbox.world()
    client = world.tables["Property"].rows[0].parent
    assert client is not None
    counts = world.counts()
    gone = world.delete(client)
    assert gone > 1
    assert sum(counts.values()) - sum(world.counts().values()) == gone
    for table in world.tables.values():
        for row in table.rows:
            assert row.parent is None or row.parent.number in row.parent.table.by_number


def test_edit_may_leave_the_stamp(asker: Asker) -> None:
    world = asker.sandbox.world()
    job = world.tables["Job"].rows[0]
    title, stamp = world.registry.read(job, "title"), job.updated
    world.edit(job, touch=False)
    assert job.updated == stamp
    assert title is None or world.registry.read(job, "title") == f"{title} (1)"


def test_before_request_sees_every_request(asker: Asker) -> None:
    asker.sign_in()
    numbers: list[int] = []

    def edit(number: int) -> None:
        numbers.append(number)
        world = asker.sandbox.world()
        world.edit(world.tables["Client"].rows[0])

    first = asker.truth("{clients{nodes{id}}}")["nodes"][0]["id"]
    asker.sandbox.before_request = edit
    top = asker.data("{clients(first: 1){nodes{id}}}")["nodes"][0]["id"]
    assert numbers == [1]
    assert top == asker.sandbox.world().tables["Client"].rows[0].id
    assert first != top


@pytest.mark.parametrize(
    "change",
    [
        {"op": "paint", "type": "Job"},
        {"op": "edit", "type": "Nothing"},
        {"op": "edit", "type": "Job", "id": "x"},
        {"op": "create", "type": "JobLineItem", "parent": "x"},
        {"op": "edit", "type": "Job", "colour": 1},
    ],
)
def test_bad_changes_are_refused(asker: Asker, change: dict[str, Any]) -> None:
    with pytest.raises(BadChangeError):
        apply(asker.sandbox.world(), change)
    assert asker.admin("changes", [change])["changed"] == []


def test_accounts_differ() -> None:
    with asking(Options(world="hostile", scale=0.05, accounts=2)) as asker:
        first = asker.data("{account{id name}}")
        asker.access_token = asker.admin("tokens", {"account": 2})["access_token"]
        assert asker.data("{account{id name}}") != first
        state = asker.admin("state", method="GET")
        assert [one["account"] for one in state["accounts"]] == [1, 2]
