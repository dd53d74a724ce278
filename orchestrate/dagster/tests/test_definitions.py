"""The code location as the environment configures it, and its alerts."""

import dagster as dg
import pytest

from conftest import Fleet, ending
from jobber_fleet.alerts import alerts, failure_subject, failure_text
from jobber_fleet.definitions import definitions

_MAIL = {
    "JOBBER_MAIL_TO": "a@example.org,b@example.org",
    "JOBBER_MAIL_FROM": "dagster@example.org",
    "JOBBER_MAIL_PASSWORD": "secret",
    "JOBBER_MAIL_HOST": "mail.example.org",
}


def test_what_is_loaded(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBBER_BIN", str(fleet.home / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(fleet.home / "cache"))
    for _ in range(2):
        repository = definitions().get_repository_def()
        names = {key.path[-1] for key in repository.asset_graph.get_all_asset_keys()}
        assert names == {"accounts", "clients", "jobs", "users"}
        assert {each.name for each in repository.schedule_defs} == {"sync_accounts", "refresh_accounts", "forget_runs"}
        assert {each.name for each in repository.sensor_defs} == {"accounts"}
        (fleet.home / "catalog.json").unlink(missing_ok=True)  # the second time it is not discovered anew
    columns = repository.asset_graph.get(dg.AssetKey(["jobber", "jobs"])).metadata["dagster/column_schema"]
    assert [(each.name, each.type) for each in columns.columns] == [("id", "string"), ("updatedAt", "date-time")]


def test_alerts_only_where_they_are_configured() -> None:
    assert list(alerts({})) == []
    made = {each.name for each in alerts({**_MAIL, "JOBBER_SLACK_TOKEN": "xoxb-1"})}
    assert made == {"tell_slack", "tell_by_mail"}


def test_an_alert_says_who_needs_what(fleet: Fleet) -> None:
    fleet.endings(ending(77, errors=("the app was disconnected: connect it again",)))
    result = fleet.sync()
    assert failure_text(_context(fleet, result)) == (
        "Jobber account Maple Ridge Plumbing needs you: the app was disconnected: connect it again"
    )
    fleet.instance.add_run_tags(result.run_id, {"dagster/will_retry": "true"})
    subject = failure_subject(_context(fleet, result))
    assert subject == "Jobber account Maple Ridge Plumbing: the run was lost, and is tried again"


def _context(fleet: Fleet, result: dg.ExecuteInProcessResult) -> dg.RunFailureSensorContext:
    run = fleet.instance.get_run_by_id(result.run_id)
    assert run is not None
    event = result.get_run_failure_event()
    return dg.build_run_status_sensor_context("tell", event, fleet.instance, run).for_run_failure()
