"""The lists that connect rows, and those that are not plainly the rows of a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from jobber_sandbox.changes import BadChangeError, apply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asking import Asker

    Row = dict[str, Any]

# A list at one end, and the field or list at the other.
BOTH_WAYS = [
    ("jobs", "invoices", "invoices", "jobs"),
    ("quotes", "jobs", "jobs", "quote"),
    ("requests", "jobs", "jobs", "request"),
    ("requests", "quotes", "quotes", "request"),
    ("invoices", "visits", "visits", "invoice"),
    ("invoices", "paymentRecords", "paymentRecords", "invoice"),
    ("vehicles", "assignedUsers", "users", "assignedVehicle"),
]


def nodes(asker: Asker, root: str, fields: str, arguments: str = "") -> list[Row]:
    found: list[Row] = asker.truth(f"{{{root}{arguments}{{nodes{{{fields}}}}}}}")["nodes"]
    return found


def pairs(rows: Iterable[Row], field: str) -> Counter[tuple[str, str]]:
    """Each row's id with the ids of what a field leads to."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        value = row[field]
        if value is not None:
            found.update((row["id"], each["id"]) for each in value.get("nodes", [value]))
    return found


@pytest.mark.parametrize(("root", "field", "other_root", "other_field"), BOTH_WAYS)
def test_both_ends_agree(shared: Asker, root: str, field: str, other_root: str, other_field: str) -> None:
    one = pairs(nodes(shared, root, f"id {field}{{nodes{{id}}}}"), field)
    selection = "{nodes{id}}" if other_field.endswith("s") else "{id}"
    other = pairs(nodes(shared, other_root, f"id {other_field}{selection}"), other_field)
    assert one
    assert Counter((there, here) for here, there in other.elements()) == one


def test_invoices_agree_with_their_jobs(shared: Asker) -> None:
    fields = (
        "id jobs{nodes{id jobStatus property{id}}} archivedJobs{nodes{id}} properties{nodes{id}} propertyIds "
        "visits{nodes{job{id}}} paymentRecords{nodes{id amount}}"
    )
    payments = {one["id"]: one for one in nodes(shared, "paymentRecords", "id amount")}
    invoices = nodes(shared, "invoices", fields)
    for invoice in invoices:
        jobs = invoice["jobs"]["nodes"]
        archived = [{"id": job["id"]} for job in jobs if job["jobStatus"] == "archived"]
        assert invoice["archivedJobs"]["nodes"] == archived
        places = list(dict.fromkeys(job["property"]["id"] for job in jobs))
        assert [place["id"] for place in invoice["properties"]["nodes"]] == places == invoice["propertyIds"]
        assert {visit["job"]["id"] for visit in invoice["visits"]["nodes"]} <= {job["id"] for job in jobs}
        assert all(one == payments[one["id"]] for one in invoice["paymentRecords"]["nodes"])
    assert any(invoice["archivedJobs"]["nodes"] for invoice in invoices)
    assert max(len(invoice["visits"]["nodes"]) for invoice in invoices) > 100


def test_deposits(shared: Asker) -> None:
    deposits = {
        node["id"]: node
        for node in nodes(shared, "paymentRecords", "id client{id} quote{id} allocations{nodes{amount}} adjustmentType")
        if node["adjustmentType"] == "DEPOSIT"
    }
    unallocated = {key for key, node in deposits.items() if not node["allocations"]["nodes"]}
    clients = nodes(shared, "clients", "id unallocatedDepositRecords{nodes{id}}")
    assert {there for _, there in pairs(clients, "unallocatedDepositRecords")} == unallocated
    quotes = nodes(shared, "quotes", "id depositRecords{nodes{id}} unallocatedDepositRecords{nodes{id}}")
    on_quotes = pairs(quotes, "depositRecords")
    assert on_quotes == Counter((node["quote"]["id"], key) for key, node in deposits.items() if node["quote"])
    assert pairs(quotes, "unallocatedDepositRecords") == Counter(pair for pair in on_quotes if pair[1] in unallocated)
    assert on_quotes
    assert unallocated


@pytest.mark.parametrize("root", ["clients", "requests", "quotes", "jobs", "invoices"])
def test_files_belong_to_the_notes_listed(shared: Asker, root: str) -> None:
    kind = root.removesuffix("s").capitalize()
    note = "note{id}" if kind == "Client" else f"note{{... on {kind}Note{{id}} ... on ClientNote{{id}}}}"
    fields = (
        f"id notes{{nodes{{... on NoteInterface{{id}}}}}} noteAttachments{{nodes{{__typename id fileName {note}}}}}"
    )
    rows = nodes(shared, root, fields)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        listed = {each["id"] for each in row["notes"]["nodes"]}
        shown = row["noteAttachments"]["nodes"]
        assert {file["note"]["id"] for file in shown} <= listed
        assert {file["__typename"] for file in shown} <= {f"{kind}NoteFile"}
        assert len({file["id"] for file in shown}) == len(shown)
        for file in shown:
            names[file["id"]].add(file["fileName"])
    assert names
    assert all(len(each) == 1 for each in names.values())
    longest = max(len(row["noteAttachments"]["nodes"]) for row in rows)
    assert longest > 100 or root in {"requests", "quotes", "invoices"}


def test_files_by_kind_of_note(shared: Asker) -> None:
    fields = (
        "all: noteAttachments{nodes{id}} own: noteAttachments(filter: {noteType: [JOB]}){nodes{note{__typename}}} "
        "other: noteAttachments(filter: {noteType: [CLIENT]}){nodes{note{__typename}}}"
    )
    kinds: Counter[str] = Counter()
    for job in nodes(shared, "jobs", fields):
        own, other = job["own"]["nodes"], job["other"]["nodes"]
        assert len(own) + len(other) == len(job["all"]["nodes"])
        kinds.update(f"{name} {file['note']['__typename']}" for name in ("own", "other") for file in job[name]["nodes"])
    assert set(kinds) == {"own JobNote", "other ClientNote"}


def test_emails_and_phones_of_clients_and_contacts(shared: Asker) -> None:
    for root, field in (("clientEmails", "emails"), ("clientPhones", "phones")):
        rows = nodes(shared, root, "id primary client{id} contact{id}")
        clients = nodes(shared, "clients", f"id {field}{{id primary contact{{id}}}}")
        own = {one["id"]: {**one, "client": {"id": client["id"]}} for client in clients for one in client[field]}
        assert {row["id"]: row for row in rows if row["contact"] is None} == own
        primaries = Counter(row["client"]["id"] for row in rows if row["contact"] is None and row["primary"])
        assert set(primaries.values()) == {1}
        contacts = nodes(shared, "clients", "id contacts{nodes{id}}")
        of_client = {contact["id"]: client["id"] for client in contacts for contact in client["contacts"]["nodes"]}
        reached = [row for row in rows if row["contact"] is not None]
        assert reached
        assert all(of_client[row["contact"]["id"]] == row["client"]["id"] for row in reached)


def test_a_client_is_reached_by_its_first_email(shared: Asker) -> None:
    clients = nodes(shared, "clients", "email emails{address} phone phones{number}")
    for client in clients:
        assert client["email"] == (client["emails"][0]["address"] if client["emails"] else None)
        assert client["phone"] == (client["phones"][0]["number"] if client["phones"] else None)


def test_contacts_of_properties(shared: Asker) -> None:
    every = "every: contacts(filter: {includeClientContacts: true}){nodes{id}}"
    fields = f"id client{{contacts{{nodes{{id}}}}}} contacts{{nodes{{id}}}} {every}"
    places = nodes(shared, "properties", fields)
    for place in places:
        found = place["every"]["nodes"]
        assert found == place["client"]["contacts"]["nodes"]
        assert all(one in found for one in place["contacts"]["nodes"])
    assert sum(len(place["contacts"]["nodes"]) for place in places) > 0


def test_visits_show_notes_of_their_jobs(shared: Asker) -> None:
    ids = "... on NoteInterface{id}"
    visits = nodes(shared, "visits", f"id job{{id}} notes{{nodes{{{ids}}}}}")
    jobs = {job["id"]: job["notes"]["nodes"] for job in nodes(shared, "jobs", f"id notes{{nodes{{{ids}}}}}")}
    assert all(note in jobs[visit["job"]["id"]] for visit in visits for note in visit["notes"]["nodes"])
    assert max(len(visit["notes"]["nodes"]) for visit in visits) > 100


def test_tasks_of_quotes_and_requests(shared: Asker) -> None:
    tasks = nodes(shared, "tasks", "id isComplete workObject{__typename}")
    of_work = nodes(shared, "workObjectTasks", "id")
    assert {task["id"] for task in of_work} == {task["id"] for task in tasks if task["workObject"]}
    done = nodes(shared, "workObjectTasks", "id isComplete", "(completed: true)")
    assert {task["isComplete"] for task in done} == {True}
    assert 0 < len(done) < len(of_work)


def test_groups_of_time_sheet_entries_add_up(shared: Asker) -> None:
    entries = [
        entry
        for entry in nodes(shared, "timeSheetEntries", "id user{id} job{id} startAt finalDuration payable")
        if entry["user"]
    ]
    busiest = Counter(entry["user"]["id"] for entry in entries).most_common(1)[0][0]
    own = sorted((entry for entry in entries if entry["user"]["id"] == busiest), key=lambda entry: entry["startAt"])
    first, last = own[1]["startAt"][:10], own[-2]["startAt"][:10]
    asked = f'userId: "{busiest}", startDate: "{first}", endDate: "{last}"'
    fields = "id byJob{id} totalDuration timeSheetsByDay{nodes{id date totalDuration totalUnpaidDuration}}"
    groups = nodes(shared, "timeSheetEntriesByGroup", fields, f"(filter: {{{asked}}})")
    expected: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in own:
        if first <= entry["startAt"][:10] <= last:
            sums = expected[entry["job"]["id"], entry["startAt"][:10]]
            sums[0] += entry["finalDuration"]
            sums[1] += 0 if entry["payable"] else entry["finalDuration"]
    found = {
        (group["byJob"]["id"], day["date"]): [day["totalDuration"], day["totalUnpaidDuration"]]
        for group in groups
        for day in group["timeSheetsByDay"]["nodes"]
    }
    assert found == expected
    assert len(groups) > 1
    for group in groups:
        assert group["totalDuration"] == sum(day["totalDuration"] for day in group["timeSheetsByDay"]["nodes"])
    job = groups[0]["byJob"]["id"]
    assert nodes(shared, "timeSheetEntriesByGroup", fields, f'(filter: {{{asked}, jobIds: ["{job}"]}})') == groups[:1]


def test_batches_of_suppliers(shared: Asker) -> None:
    fields = "id supplierInvoiceDocuments{nodes{id expenseId expense{id}}}"
    batches = nodes(shared, "supplierInvoiceBatches", fields)
    documents = [one for batch in batches for one in batch["supplierInvoiceDocuments"]["nodes"]]
    assert max(len(batch["supplierInvoiceDocuments"]["nodes"]) for batch in batches) > 100
    assert all(one["expenseId"] == (one["expense"] or {"id": None})["id"] for one in documents)
    assert len({one["id"] for one in documents}) == len(documents)


def test_documents_of_uploads(shared: Asker) -> None:
    fields = "id closed totalDocumentCount documents{id} ready: documents(filter: {status: [READY]}){status}"
    uploads = nodes(shared, "expenseUploads", fields)
    documents = nodes(shared, "expenseUploadDocuments", "id status expenseUpload{id closed}")
    nested = [(upload["id"], one["id"]) for upload in uploads for one in upload["documents"]]
    assert nested == [(one["expenseUpload"]["id"], one["id"]) for one in documents]
    assert all(upload["totalDocumentCount"] == len(upload["documents"]) for upload in uploads)
    assert {one["status"] for upload in uploads for one in upload["ready"]} == {"READY"}
    still_open = nodes(shared, "expenseUploadDocuments", "id", "(filter: {inOpenExpenseUpload: true})")
    assert [one["id"] for one in still_open] == [one["id"] for one in documents if not one["expenseUpload"]["closed"]]


def test_marketing(shared: Asker) -> None:
    image = "postImages{nodes{id}}"
    post = f"... on SocialMediaPost{{marketingItem{{id status}} {image}}}"
    content = f"content{{__typename {post} ... on WebsiteCaseStudy{{{image}}}}}"
    fields = f"id status channel updatedAt {content}"
    items = nodes(shared, "marketingItems", fields, "(filter: {}, sort: {key: UPDATED_AT, direction: ASCENDING})")
    assert [item["updatedAt"] for item in items] == sorted(item["updatedAt"] for item in items)
    social = nodes(shared, "socialMarketingItems", fields)
    posts = {item["id"]: item for item in items if (item["content"] or {}).get("marketingItem")}
    assert {item["id"]: item for item in social} == posts
    assert all(item["content"]["marketingItem"] == {"id": key, "status": item["status"]} for key, item in posts.items())
    assert {bool(item["content"]) for item in items} == {True, False}
    one = items[0]
    assert shared.truth(f'{{marketingItem(id: "{one["id"]}"){{{fields}}}}}') == one
    drafts = nodes(shared, "socialMarketingItems", "status", "(filter: {displayStatuses: [DRAFT]})")
    assert {item["status"] for item in drafts} <= {"UNSCHEDULED", "GENERATED"}


def test_marketing_tasks_by_date(shared: Asker) -> None:
    tasks = nodes(shared, "marketingTasks", "id calendarDate")
    dates = sorted(task["calendarDate"] for task in tasks if task["calendarDate"])
    assert 0 < len(dates) < len(tasks)
    first, last = dates[2], dates[-3]
    within = nodes(shared, "marketingTasks", "calendarDate", f'(filter: {{startOn: "{first}", endOn: "{last}"}})')
    assert sorted(task["calendarDate"] for task in within) == [date for date in dates if first <= date <= last]


def test_what_an_account_has_of_its_own(shared: Asker) -> None:
    alerts = nodes(shared, "appAlerts", "app{id} count updatedAt")
    assert len({alert["app"]["id"] for alert in alerts}) == len(alerts) > 0
    settings = nodes(shared, "requestSettingsCollection", "id default bookingType")
    assert [one["default"] for one in settings].count(True) == 1
    assert shared.truth("{requestSettings{id default}}") == {"id": settings[0]["id"], "default": True}
    booked = nodes(shared, "requestSettingsCollection", "id bookingType", "(filter: {bookingEnabled: true})")
    assert [one["id"] for one in booked] == [one["id"] for one in settings if one["bookingType"] != "NONE"]
    reminders = nodes(shared, "externalReminders", "sourceType", '(sourceType: "quote")')
    assert {one["sourceType"] for one in reminders} == {"quote"}
    names = [one["name"] for one in nodes(shared, "expenseSuggestions", "name")]
    assert len(set(names)) == len(names)


def test_new_tables_can_be_changed(asker: Asker) -> None:
    world = asker.sandbox.world()
    contact = world.tables["ContactModel"].rows[0].id
    before = nodes(asker, "clientEmails", "id address contact{id}")
    creation = {"op": "create", "type": "Email", "parent": contact, "set": {"address": "a@b.c"}}
    (made,) = asker.admin("changes", [creation])["changed"]
    after = nodes(asker, "clientEmails", "id address contact{id}")
    assert [one for one in after if one not in before] == [
        {"id": made["ids"][0], "address": "a@b.c", "contact": {"id": contact}}
    ]
    asker.admin("changes", [{"op": "delete", "type": "ContactModel", "id": contact}])
    assert all((one["contact"] or {}).get("id") != contact for one in nodes(asker, "clientEmails", "contact{id}"))
    (edited,) = asker.admin("changes", [{"op": "edit", "type": "MarketingItemType", "set": {"author": "Ana"}}])[
        "changed"
    ]
    item = asker.truth(f'{{marketingItem(id: "{edited["ids"][0]}"){{author updatedAt}}}}')
    assert item["author"] == "Ana"
    asker.admin("changes", [{"op": "delete", "type": "OnlineBookingConfiguration"}])
    assert asker.truth("{onlineBookingConfiguration{id}}") is None
    note = world.tables["JobNoteFile"].rows[0].parent
    assert note is not None
    files = len(world.tables["JobNoteFile"].rows)
    asker.admin("changes", [{"op": "delete", "type": "JobNote", "id": note.id}])
    assert len(world.tables["JobNoteFile"].rows) < files
    with pytest.raises(BadChangeError, match="no Client or ContactModel"):
        apply(world, {"op": "create", "type": "Email", "parent": contact})
