"""Lists that are unlike the others: without ids, below an object, behind a filter, or of one object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.api.client import DriftError
from tap_jobber.api.decision import Action, Decision
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.graphql.navigation import list_path
from tap_jobber.graphql.text import ListPath
from tests.streams.fake_jobber import FakeJobber, ago, catalog_of, listed, named, opened, synced

if TYPE_CHECKING:
    from tap_jobber.api.client import Answer, Usage
    from tap_jobber.api.transport import Query

Capture = pytest.CaptureFixture[bytes]


def test_a_list_without_ids_is_keyed_by_what_it_has(capsysbinary: Capture) -> None:
    names = [{"name": "Fuel"}, {"name": "Paint"}]
    output = synced(capsysbinary, FakeJobber({"expenseSuggestions": names}), ["expense_suggestions"])
    assert output.rows("expense_suggestions") == names
    assert output.of_type("SCHEMA")[0]["key_properties"] == ["name"]


def test_the_key_may_be_another_row(capsysbinary: Capture) -> None:
    alerts = [{"app": {"id": each}, "count": 2, "updatedAt": ago(1)} for each in ("a", "b")]
    output = synced(capsysbinary, FakeJobber({"appAlerts": alerts}), ["app_alerts"])
    assert [(row["appId"], row["count"]) for row in output.rows("app_alerts")] == [("a", 2), ("b", 2)]
    assert all(set(row) == {"appId", "count", "updatedAt"} for row in output.rows("app_alerts"))


def test_what_a_filter_must_be_given_for_is_given_an_empty_one(capsysbinary: Capture) -> None:
    server = FakeJobber({"marketingItems": []})
    synced(capsysbinary, server, ["marketing_items"])
    assert "marketingItems(first: $first, after: $after, filter: {}, sort: " in server.asked[-1].text


def test_tasks_are_asked_for_with_and_without_dates_and_come_once(capsysbinary: Capture) -> None:
    server = FakeJobber({"marketingTasks": [{"id": "m", "title": "post"}]})
    output = synced(capsysbinary, server, ["marketing_tasks"])
    assert output.ids("marketing_tasks") == ["m"]
    texts = [query.text for query in server.pages("marketing_tasks")]
    assert "filter" not in texts[0]
    assert 'filter: {startOn: "2010-01-01", endOn: "2011-06-25"}' in texts[1]
    assert 'startOn: "2011-06-25"' in texts[2]
    assert max(text[text.index("endOn") :] for text in texts[1:]) > 'endOn: "2032'


def test_an_object_that_an_account_does_not_have_is_no_row_and_no_error(capsysbinary: Capture) -> None:
    server = FakeJobber(objects={"onlineBookingConfiguration": None})
    tap = opened(server, catalog_of(["online_booking_configuration"]))
    assert list(tap.streams["online_booking_configuration"].get_records(None)) == []
    assert named(tap, "online_booking_configuration").outcome.is_complete
    assert b"RECORD" not in capsysbinary.readouterr().out


@pytest.mark.parametrize("schedule", [None, {"assignedTo": listed({"id": "u"}, {"id": "w"})}])
def test_a_list_below_an_object_is_read_and_leaves_no_trace(
    capsysbinary: Capture, schedule: dict[str, Any] | None
) -> None:
    job = {"id": "j", "jobNumber": 1, "createdAt": ago(9), "updatedAt": ago(4), "visitSchedule": schedule}
    server = FakeJobber({"jobs": [job]})
    output = synced(capsysbinary, server, ["job_visit_schedule_users"])
    expected = ["u", "w"] if schedule else []
    assert [row["userId"] for row in output.rows("job_visit_schedule_users")] == expected
    assert "visitSchedule { assignedTo(first: 5) { nodes { id }" in server.pages("jobs")[0].text


def test_a_list_below_an_object_does_not_change_the_object_in_the_row(capsysbinary: Capture) -> None:
    schedule = {"startDate": ago(3), "assignedTo": listed({"id": "u"})}
    job = {"id": "j", "jobNumber": 1, "createdAt": ago(9), "updatedAt": ago(4), "visitSchedule": schedule}
    output = synced(capsysbinary, FakeJobber({"jobs": [job]}), ["jobs", "job_visit_schedule_users"])
    assert output.rows("jobs")[0]["visitSchedule"] == {"startDate": ago(3)}
    assert len(output.rows("job_visit_schedule_users")) == 1


def test_a_list_below_a_union_is_asked_of_each_member_that_has_it(capsysbinary: Capture) -> None:
    path = list_path("MarketingItemType", "content.postImages")
    assert path == ListPath("postImages", "MarketingContent", "content", ("SocialMediaPost", "WebsiteCaseStudy"))
    item = {"id": "m", "updatedAt": ago(2), "content": {"postImages": listed({"id": "i", "url": "https://x"})}}
    server = FakeJobber({"marketingItems": [item]})
    (row,) = synced(capsysbinary, server, ["marketing_item_images"]).rows("marketing_item_images")
    assert (row["marketingItemId"], row["id"], row["marketingItemUpdatedAt"]) == ("m", "i", ago(2))
    assert server.asked[-1].text.count("postImages(first: 5)") == 2


class Hiding(FakeJobber):
    """Hides some values of every answer from the app."""

    hides: tuple[str, ...] = ()

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Return the nodes of the root field, with what is hidden named."""
        return replace(super().execute(query, usage), hidden=self.hides)


@pytest.mark.parametrize("hidden", ["visitSchedule", "visitSchedule.assignedTo"])
def test_a_list_below_an_object_that_is_hidden_is_not_an_empty_one(
    hidden: str, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = {"assignedTo": None} if "." in hidden else None
    job = {"id": "j", "jobNumber": 1, "createdAt": ago(9), "updatedAt": ago(4), "visitSchedule": schedule}
    server = Hiding({"jobs": [job]})
    server.hides = (f"jobs.nodes.0.{hidden}",)
    tap = opened(server, catalog_of(["jobs", "job_visit_schedule_users"]))
    tap.sync_all()
    assert named(tap, "jobs").usage.rows == 1
    assert named(tap, "job_visit_schedule_users").outcome.remark() == "skipped: the app may not read assignedTo"
    assert "replication_key_value" not in tap.state["bookmarks"]["job_visit_schedule_users"]
    assert "the app or its user may not see assignedTo" in caplog.text


@pytest.mark.parametrize("coordinate", [("VisitSchedule", "assignedTo"), ("Job", "visitSchedule")])
def test_a_list_below_an_object_that_the_server_does_not_know_costs_its_own_stream_only(
    coordinate: tuple[str, str],
) -> None:
    server = FakeJobber({"jobs": [{"id": "j", "jobNumber": 1, "createdAt": ago(9), "updatedAt": ago(4)}]})
    answer, strikes = server.execute, [Strike(Unknown.FIELD, *coordinate)]

    def execute(query: Query, usage: Usage) -> Answer:
        if coordinate[1] in query.text:
            raise DriftError(
                Decision(Action.STRIKE, "Field doesn't exist", "check api_version", strikes=tuple(strikes))
            )
        return answer(query, usage)

    server.execute = execute  # type: ignore[method-assign]  # one server, which knows less than others
    tap = opened(server, catalog_of(["jobs", "job_visit_schedule_users"]))
    tap.sync_all()
    assert named(tap, "jobs").usage.rows == 1
    assert named(tap, "job_visit_schedule_users").outcome.is_set_aside
    assert named(tap, "jobs").outcome.is_complete
