"""The sensor, the schedules and the checks on the accounts."""

from datetime import datetime, timedelta, timezone

import dagster as dg
import pytest

from conftest import Fleet, connection, ending, last_sync, table
from jobber_fleet.accounts import accounts_in, file_name, not_fresh
from jobber_fleet.fleet import accounts_checks, accounts_sensor
from jobber_fleet.schedules import accounts_schedule

_RECENTLY = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tick(fleet: Fleet, cursor: str | None = None) -> dg.SensorResult:
    sensor = accounts_sensor("sync_account", 3, 30)
    with dg.build_sensor_context(fleet.instance, cursor=cursor, resources={"jobber": fleet.jobber}) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    for request in result.dynamic_partitions_requests or ():
        fleet.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
    return result


def _keys(result: dg.SensorResult) -> list[str | None]:
    return [each.partition_key for each in result.run_requests or ()]


def _failed(result: dg.SensorResult) -> dict[str, str | None]:
    events = [each for each in result.asset_events if isinstance(each, dg.AssetCheckEvaluation)]
    return {each.check_name: each.description for each in events if not each.passed}


def test_a_new_account_is_synced_at_once_and_one_that_comes_back_too(fleet: Fleet) -> None:
    good = last_sync(_RECENTLY)
    fleet.connections(connection("1001", last_sync=good), connection("2001", state="disconnected", last_sync=good))
    first = _tick(fleet)
    assert _keys(first) == ["1001"]
    assert fleet.instance.get_dynamic_partitions("jobber_accounts") == ["1001", "2001"]
    assert _failed(first) == {
        "connected": "Account 2001 (2001): disconnected since 2026-03-01T00:00:00Z: connect it again"
    }
    again = _tick(fleet, first.cursor)
    assert _keys(again) == []
    assert not again.asset_events
    assert again.skip_reason is not None
    since = "2026-03-02T00:00:00Z"
    fleet.connections(connection("1001", last_sync=good), connection("2001", since=since, last_sync=good))
    back = _tick(fleet, again.cursor)
    assert _keys(back) == ["2001"]
    assert (back.run_requests or [])[0].run_key == "2001:2026-03-02T00:00:00Z:2026-03-01T00:00:00Z"
    assert _failed(back) == {}
    fleet.connections(connection("2001", since=since, last_sync=good))
    assert _failed(_tick(fleet, back.cursor)) == {
        "connected": "1001: no longer in the token store: delete its partition"
    }


def test_who_needs_a_person_is_named(fleet: Fleet) -> None:
    fleet.connections(
        connection("1", state="refused", state_reason="Jobber refuses its tokens"),
        connection("2", last_sync=last_sync(_RECENTLY, "failed", exit_status=75, error="Jobber is down: try later")),
        connection("3", last_sync=last_sync(_RECENTLY, "partial", exit_status=4, incomplete={"jobs": "time-outs"})),
        connection("4", last_sync=last_sync("2026-03-02T00:00:00Z")),
        connection("5", last_sync=last_sync(_RECENTLY)),
        connection("6", since=_RECENTLY),
    )
    result = _tick(fleet)
    failed = _failed(result)
    assert "(1): refused since" in str(failed["connected"])
    assert "(Jobber refuses its tokens)" in str(failed["connected"])
    assert failed["complete"] == (
        f"Account 2 (2): failed at {_RECENTLY}: Jobber is down: try later; "
        f"Account 3 (3): partial at {_RECENTLY}: jobs: time-outs"
    )
    assert "Account 4 (4): last sync" in str(failed["fresh"])
    assert "Account 5" not in str(failed)
    assert "Account 6" not in str(failed)
    (event,) = (each for each in result.asset_events if isinstance(each, dg.AssetMaterialization))
    assert [event.metadata[name].value for name in ("accounts", "connected", "need a person")] == [6, 5, 4]
    severities = {
        each.check_name: each.severity for each in result.asset_events if isinstance(each, dg.AssetCheckEvaluation)
    }
    assert severities["connected"] is dg.AssetCheckSeverity.ERROR
    assert severities["complete"] is dg.AssetCheckSeverity.WARN
    done = (
        dg.Definitions(
            assets=[dg.AssetSpec(["jobber", "accounts"])],
            asset_checks=[accounts_checks(3)],
            resources={"jobber": fleet.jobber},
            jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.all_asset_checks())],
        )
        .resolve_job_def("look")
        .execute_in_process(instance=fleet.instance)
    )
    assert {
        each.check_name: each.description for each in done.get_asset_check_evaluations() if not each.passed
    } == failed


def test_who_lacks_a_table_that_the_app_may_not_read_is_named_until_it_comes(fleet: Fleet) -> None:
    fleet.endings(ending(0, table("clients"), table("jobs", 0, "not_permitted"), table("users")), ending())
    for key in ("1001", "2001"):
        assert fleet.sync(key).success
    good = last_sync(_RECENTLY)
    fleet.connections(connection("1001", last_sync=good), connection("2001", last_sync=good))
    assert _failed(_tick(fleet)) == {
        "complete": "Account 1001 (1001): complete but for: jobs: see the checks of these tables"
    }
    (run,) = fleet.instance.get_runs(dg.RunsFilter(tags={"complete": "no"}))
    assert run.tags["outcome"] == "complete but for: jobs"
    later = (datetime.now(timezone.utc) + timedelta(minutes=1)).isoformat()
    fleet.connections(connection("1001", last_sync=last_sync(later)), connection("2001", last_sync=good))
    assert _failed(_tick(fleet)) == {}


def test_a_store_that_cannot_be_read_says_why(fleet: Fleet) -> None:
    (fleet.home / "bin" / "tap-jobber").write_text(
        "#!/bin/sh\necho '2026-03-02 02:04:10,118 | CRITICAL | tap | The store is busy: run again' >&2\nexit 75\n"
    )
    with pytest.raises(dg.Failure) as caught:
        _tick(fleet)
    assert caught.value.description == "tap-jobber ended with status 75: The store is busy: run again"


def test_a_schedule_leaves_out_who_is_away_or_under_way(fleet: Fleet) -> None:
    away = connection("3001", state="disconnected")
    fleet.connections(connection("1001"), connection("2001"), away, connection("4001"))
    at = datetime(2026, 3, 2, 2, tzinfo=timezone.utc)
    with dg.instance_for_test() as instance:
        started, tags = dg.DagsterRunStatus.STARTED, {"dagster/partition": "2001"}
        instance.create_run_for_job(dg.job(name="other")(lambda: None), status=started, tags=tags)
        for full_refresh in (False, True):
            schedule = accounts_schedule("sync", "sync_account", "0 * * * *", "UTC", full_refresh=full_refresh)
            with dg.build_schedule_context(instance, at, resources={"jobber": fleet.jobber}) as context:
                first, second = schedule(context)
            assert [first.partition_key, second.partition_key] == ["1001", "4001"]
            assert first.run_key == "1001:2026-03-02T02:00:00+00:00"
            assert first.tags["account"] == "Account 1001"
            expected = {"sync": {"config": {"full_refresh": True}}} if full_refresh else {}
            assert first.run_config.get("ops", {}) == expected
        assert instance.get_dynamic_partitions("jobber_accounts") == ["1001", "2001", "3001", "4001"]
        fleet.connections(connection("2001"), away)
        with dg.build_schedule_context(instance, at, resources={"jobber": fleet.jobber}) as context:
            skipped = schedule(context)
    assert isinstance(skipped, dg.SkipReason)
    assert skipped.skip_message == "2 accounts: 1 not connected, the others under way"


def test_accounts_without_a_number_and_twice() -> None:
    odd = connection("x", name="Odd")
    odd["account"].update(id="Z2lk/+A==", number=None)
    unknown = {**connection("y"), "account": None}
    document = {"connections": [connection("12"), connection("3", state="refused"), connection("3"), odd, unknown]}
    accounts = accounts_in(document)
    assert [each.key for each in accounts] == ["3", "12", "Z2lk/+A=="]
    assert accounts[0].is_connected
    assert file_name("Z2lk/+A==") == "Z2lk_A"
    late = datetime(2026, 3, 1, 3, tzinfo=timezone.utc) + timedelta(minutes=6)
    assert [each.words for each in not_fresh(accounts[:1], late, 3)] == ["connected, and never synced 3.1 hours ago"]
