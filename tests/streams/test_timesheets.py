"""Hours by user, month and job, which the API sums up one user and one span at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.api.client import Answer
from tests.streams.fake_jobber import NOW, FakeJobber, listed, synced

if TYPE_CHECKING:
    from tap_jobber.api.client import Usage
    from tap_jobber.api.transport import Query

Capture = pytest.CaptureFixture[bytes]
STREAMS = ["time_sheet_groups", "time_sheet_group_days"]
ENTRIES: dict[str, tuple[str, ...]] = {
    "ann": ("2025-12-31T23:30:00Z", "2026-03-01T02:00:00Z"),
    "bob": ("2026-05-04T08:00:00Z", "2026-05-04T08:00:00Z"),
    "eve": (),
}


class Payroll(FakeJobber):
    """Sums up a job and two days of each month."""

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Users, their first and last entries, or the groups of one user and month."""
        usage.requests += 1
        self.asked.append(query)
        return Answer(self._data(query.text), server_seconds=NOW)

    def _data(self, text: str) -> dict[str, Any]:
        if " users(" in text:
            return {"users": listed(*({"id": name, "name": {"full": name}} for name in ENTRIES))}
        if "timeSheetEntries(" in text:
            asked = re.findall(r"(\w)(\d+): timeSheetEntries\(first: 1, filter: {assignedTo: \"(\w+)\"}", text)
            return {
                alias + index: {"nodes": [{"startAt": ENTRIES[user]["fl".index(alias)]}] if ENTRIES[user] else []}
                for alias, index, user in asked
            }
        user, start, end = re.findall(r'(?:userId|startDate|endDate): "([^"]+)"', text)
        days = listed({"id": "d", "date": start, "hoursStatus": "APPROVED"}, {"id": "e", "date": end})
        group: dict[str, Any] = {"id": "g", "name": f"{user} at j", "byJob": {"id": "j"}, "totalDuration": 60}
        return {"timeSheetEntriesByGroup": listed(group | ({"timeSheetsByDay": days} if "ByDay" in text else {}))}


def test_each_user_has_a_row_for_each_job_of_each_month_with_entries(capsysbinary: Capture) -> None:
    output = synced(capsysbinary, Payroll(), STREAMS)
    months = [(row["userId"], row["startDate"]) for row in output.rows("time_sheet_groups")]
    # What begins on the last day of a year may be of the next by the account's own clock, and the other way round.
    ann = [("ann", f"{month}-01") for month in ("2025-12", "2026-01", "2026-02", "2026-03")]
    assert months == [*ann, ("bob", "2026-05-01")]
    assert output.rows("time_sheet_groups")[0] == {
        "userId": "ann",
        "startDate": "2025-12-01",
        "id": "g",
        "name": "ann at j",
        "byJobId": "j",
        "totalDuration": 60,
    }


def test_days_carry_the_key_of_their_group(capsysbinary: Capture) -> None:
    output = synced(capsysbinary, Payroll(), ["time_sheet_group_days"])
    rows = output.rows("time_sheet_group_days")
    assert [(row["userId"], row["startDate"], row["date"]) for row in rows[-2:]] == [
        ("bob", "2026-05-01", "2026-05-01"),
        ("bob", "2026-05-01", "2026-05-31"),
    ]
    assert rows[0]["timeSheetEntryGroupId"] == "g"
    (schema,) = output.of_type("SCHEMA")
    assert schema["key_properties"] == ["userId", "startDate", "timeSheetEntryGroupId", "id"]
    assert set(schema["key_properties"]) == set(schema["schema"]["required"])
    keys = [tuple(row[key] for key in schema["key_properties"]) for row in rows]
    assert len(set(keys)) == len(keys) == 10


def test_months_before_the_start_date_are_left_out(capsysbinary: Capture) -> None:
    output = synced(capsysbinary, Payroll(), STREAMS, start_date="2026-02-10T00:00:00Z")
    assert {row["startDate"] for row in output.rows("time_sheet_groups")} == {"2026-02-01", "2026-03-01", "2026-05-01"}


def test_users_are_looked_up_together(capsysbinary: Capture) -> None:
    server = Payroll()
    synced(capsysbinary, server, STREAMS)
    assert [query.name for query in server.asked] == ["users", "time_sheet_groups_spans", *["time_sheet_groups"] * 5]


def test_a_user_whose_entries_are_hidden_has_no_months(
    capsysbinary: Capture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = Payroll()
    execute = server.execute

    def hiding(query: Query, usage: Usage) -> Answer:
        answer = execute(query, usage)
        if "timeSheetEntries(" not in query.text:
            return answer
        return Answer({**answer.data, "f0": None, "l0": None}, server_seconds=NOW, hidden=("f0", "l0"))

    monkeypatch.setattr(server, "execute", hiding)
    output = synced(capsysbinary, server, STREAMS)
    assert {row["userId"] for row in output.rows("time_sheet_groups")} == {"bob"}
    assert "may not see" in caplog.text
