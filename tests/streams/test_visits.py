"""Visits, all of them or with a look-back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_jobber.config.schema import SETTINGS
from tap_jobber.tap import TapJobber
from tap_jobber.timestamps import format_timestamp
from tests.streams.fake_jobber import CERTAIN, CONFIG, DAY, NOW, FakeJobber, ago, listed, synced

if TYPE_CHECKING:
    from tap_jobber.api.client import Answer, Usage
    from tap_jobber.api.transport import Query

Capture = pytest.CaptureFixture[bytes]
NAMES = ["visits", "visit_assigned_users"]


def visit(name: str, days: float) -> dict[str, Any]:
    """Return a visit that was created so many days ago, with a user."""
    return {"id": name, "createdAt": ago(days), "assignedUsers": listed({"id": "u"})}


VISITS = [visit("a", 500), visit("b", 3)]


@pytest.mark.parametrize("days", [0, 1, 30, 36_500])
def test_the_look_back_is_a_number_of_days(days: int) -> None:
    assert TapJobber(config={**CONFIG, "visit_lookback_days": days}).config["visit_lookback_days"] == days


@pytest.mark.parametrize("days", [-1, 36_501, 1.5, "7", True])
def test_a_look_back_that_is_none_is_refused(days: object) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapJobber(config={**CONFIG, "visit_lookback_days": days})
    assert any("visit_lookback_days" in error for error in raised.value.errors)


def test_there_is_none_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "default" not in SETTINGS["properties"]["visit_lookback_days"]
    assert TapJobber(config=CONFIG).config.get("visit_lookback_days") is None
    monkeypatch.setenv("TAP_JOBBER_VISIT_LOOKBACK_DAYS", "14")
    assert TapJobber(config=CONFIG, parse_env_config=True).config["visit_lookback_days"] == 14


def test_without_a_look_back_all_visits_are_read_each_time(capsysbinary: Capture) -> None:
    state = None
    for _ in range(2):
        output = synced(capsysbinary, FakeJobber({"visits": VISITS}), NAMES, state)
        assert output.ids("visits") == ["a", "b"]
        assert output.bookmark("visits") == {}
        state = output.state


def test_with_a_look_back_the_first_run_reads_all(capsysbinary: Capture) -> None:
    server = FakeJobber({"visits": VISITS})
    output = synced(capsysbinary, server, NAMES, visit_lookback_days=7)
    assert output.ids("visits") == ["a", "b"]
    assert output.ids("visit_assigned_users", "visitId") == ["a", "b"]
    for name in NAMES:
        assert output.bookmark(name) == {
            "replication_key": "createdAt",
            "replication_key_value": format_timestamp(CERTAIN),
        }


def test_with_a_look_back_the_next_run_reads_what_may_have_changed_each_once(capsysbinary: Capture) -> None:
    state = synced(capsysbinary, FakeJobber({"visits": VISITS}), NAMES, visit_lookback_days=7).state
    server = FakeJobber({"visits": VISITS[1:]}, now=NOW + DAY)
    output = synced(capsysbinary, server, NAMES, state, visit_lookback_days=7, emit_activate_version_messages=True)
    assert output.ids("visits") == ["b"], "three queries find it"
    assert output.ids("visit_assigned_users", "visitId") == ["b"]
    since, last = format_timestamp(CERTAIN - 7 * DAY), format_timestamp(CERTAIN - 1)
    for query, text in zip(
        server.pages("visits"),
        (f'startAt: {{after: "{since}"}}', f'createdAt: {{after: "{last}"}}', f'completedAt: {{after: "{last}"}}'),
        strict=True,
    ):
        assert f"filter: {{{text}}}, sort: {{key: CREATED_AT, direction: ASCENDING}}" in query.text
    assert output.of_type("ACTIVATE_VERSION") == [], "not all visits have been read"
    assert output.bookmark("visits")["replication_key_value"] == format_timestamp(CERTAIN + DAY)


def test_a_list_selected_later_has_all_visits_read_again(capsysbinary: Capture) -> None:
    state = synced(capsysbinary, FakeJobber({"visits": VISITS}), ["visits"], visit_lookback_days=7).state
    output = synced(capsysbinary, FakeJobber({"visits": VISITS}), NAMES, state, visit_lookback_days=7)
    assert output.ids("visit_assigned_users", "visitId") == ["a", "b"]


class Hiding(FakeJobber):
    """Hides who is assigned to visits."""

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Return the visits, without a list of users."""
        answer = super().execute(query, usage)
        nodes = answer.data["visits"]["nodes"] if "visits" in answer.data else []
        for node in nodes:
            node["assignedUsers"] = None
        return replace(answer, hidden=tuple(f"visits.nodes.{at}.assignedUsers" for at in range(len(nodes))))


def test_a_list_that_was_hidden_gets_all_visits_once_it_is_shown(capsysbinary: Capture) -> None:
    state = synced(capsysbinary, Hiding({"visits": VISITS}), NAMES, visit_lookback_days=7).state
    assert state["bookmarks"]["visits"]["replication_key_value"] == format_timestamp(CERTAIN)
    assert "replication_key_value" not in state["bookmarks"]["visit_assigned_users"]
    server = FakeJobber({"visits": VISITS})
    output = synced(capsysbinary, server, NAMES, state, visit_lookback_days=7)
    assert output.ids("visit_assigned_users", "visitId") == ["a", "b"]
    assert "instructions" not in server.pages("visits")[0].text, "visits themselves are read by the look-back only"
    assert "instructions" in server.pages("visits")[1].text


def test_without_its_look_back_all_visits_are_read_again(capsysbinary: Capture) -> None:
    state = synced(capsysbinary, FakeJobber({"visits": VISITS}), NAMES, visit_lookback_days=7).state
    output = synced(capsysbinary, FakeJobber({"visits": VISITS}), NAMES, state)
    assert output.ids("visits") == ["a", "b"]


def test_a_stopped_first_run_is_gone_on_with(capsysbinary: Capture) -> None:
    state = {"bookmarks": {"visits": {"read": {"began": ago(1), "until": ago(100)}}}}
    output = synced(capsysbinary, FakeJobber({"visits": VISITS}), ["visits"], state, visit_lookback_days=7)
    assert output.ids("visits") == ["b"]
    assert "read" not in output.bookmark("visits")
