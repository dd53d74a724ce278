"""Days of twelve accounts on a real Airflow: the first, one of changes, one on which all goes wrong, and the next."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest

from tests.e2e.harness import run_tap
from tests.orchestrators.airflow import LIMIT_SECONDS, Airflow, airflow
from tests.orchestrators.alerts import Inbox, inbox
from tests.orchestrators.world import STREAMS, World, wait_for, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif("AIRFLOW_BIN" not in os.environ, reason="make orchestrators installs Airflow")
# Places of the accounts that something happens to.
GONE, GOES, CRAWLS, REFUSES_ALL, BAD_FIELD, REFUSES_ONE, KILLED, NEW = 11, 2, 3, 4, 5, 6, 7, 12
UNHURT = (1, 8, 9, 10)
RUN_BY_HAND = (1, 2, 3)
SETTINGS = {
    "JOBBER_RETRY_SECONDS": "2",
    "JOBBER_TIMEOUT_SECONDS": "45",
    "JOBBER_STOP_SECONDS": "30",
    "JOBBER_SLACK_CONNECTION": "slack",
    "JOBBER_EMAIL": "ops@example.com",
}


class Fleet(NamedTuple):
    """The accounts, the Airflow that runs them, and what it has sent."""

    world: World
    airflow: Airflow
    inbox: Inbox

    def number(self, place: int) -> str:
        """Return the number of an account."""
        return self.world.account(place).number


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Provide eleven connected accounts, one of which has disconnected."""
    home: Path = tmp_path_factory.mktemp("world")
    with world(home) as made, inbox() as sent:
        made.connect(*range(1, 12))
        made.disconnect(GONE)
        env = made.environment() | {"TAP_JOBBER_ACCOUNT_ID": made.account(GONE).id}
        assert run_tap(["--config", "ENV", "--test=credentials"], home, env).status == 77
        with airflow(made, home / "airflow", SETTINGS | _connections(sent)) as started:
            yield Fleet(made, started, sent)


def test_day_after_day(fleet: Fleet) -> None:
    """The days build on each other, and Airflow is slow to start."""
    _first_day(fleet)
    _second_day(fleet)
    _bad_day(fleet)
    _mended_day(fleet)
    _nobody(fleet)


def _first_day(fleet: Fleet) -> None:
    run = fleet.airflow.trigger()
    assert fleet.airflow.finish(run) == "success"
    tasks = fleet.airflow.tasks(run)
    for place in range(1, 11):
        fleet.world.assert_loaded(place)
        task = tasks[fleet.number(place)]
        figures = fleet.airflow.figures(run, task)
        assert figures["rows"] == sum(len(rows) for rows in fleet.world.loaded(place).values())
        assert task["rendered_map_index"] == f"{_label(fleet, place)}: {figures['rows']:,} rows"
        assert task["try_number"] == 1
    gone = tasks[fleet.number(GONE)]
    assert gone["state"] == "skipped"
    assert gone["rendered_map_index"].startswith(f"{_label(fleet, GONE)}: disconnected since ")
    assert gone["rendered_map_index"].count("connect it again") == 1
    assert tasks["not_complete"]["state"] == "success"
    assert fleet.number(NEW) not in tasks


def _second_day(fleet: Fleet) -> None:
    """Load what has changed, and no more, of some accounts; the others have two days of changes in the next run."""
    changes = fleet.world.next_day()
    run = fleet.airflow.trigger(accounts=[fleet.number(place) for place in RUN_BY_HAND])
    assert fleet.airflow.finish(run) == "success"
    tasks = fleet.airflow.tasks(run)
    for place in RUN_BY_HAND:
        fleet.world.assert_loaded(place)
        rows = fleet.airflow.figures(run, tasks[fleet.number(place)])["streams"]["clients"]["rows"]
        assert len(changes[place].edited["Client"]) <= rows < len(fleet.world.loaded(place, ["clients"])["clients"])
    assert not fleet.inbox.slack
    assert not fleet.inbox.mails


def _bad_day(fleet: Fleet) -> None:
    """Load all but those that a person has to look after, who are named."""
    one, engine = fleet.world, fleet.airflow
    one.connect(NEW)
    one.next_day()
    one.disconnect(GOES)
    one.throttle(CRAWLS)
    one.refuse(REFUSES_ALL)
    one.refuse(REFUSES_ONE, "quotes")
    one.arm(BAD_FIELD, {"kind": "failing_field", "field": "Client.companyName"})
    one.arm(KILLED, {"kind": "slow", "root": "users", "seconds": 25.0})
    run = engine.trigger()
    wait_for(lambda: _asked_for_users(one, KILLED), "the account to kill is read", LIMIT_SECONDS)
    engine.kill_worker(fleet.number(KILLED))
    one.data.stop()
    time.sleep(2)
    assert one.data.start()
    wait_for(lambda: _tries(fleet, run, CRAWLS) > 1, "the crawl is cut off", LIMIT_SECONDS, 1.0)
    one.restore(CRAWLS)
    assert engine.finish(run) == "failed"
    tasks = engine.tasks(run)
    states = {place: tasks[fleet.number(place)]["state"] for place in range(1, 13)}
    expected = dict.fromkeys(range(1, 13), "success") | {GOES: "failed", REFUSES_ALL: "failed", GONE: "skipped"}
    assert states == expected, {name: each["rendered_map_index"] for name, each in tasks.items()}
    for place in (CRAWLS, KILLED):
        assert tasks[fleet.number(place)]["try_number"] > 1
    labels = {place: str(tasks[fleet.number(place)]["rendered_map_index"]) for place in range(1, 13)}
    for place, name in ((BAD_FIELD, "clients"), (REFUSES_ONE, "quotes")):
        assert labels[place].startswith(f"⚠ {_label(fleet, place)}: ")
        assert labels[place].endswith(f"not complete: {name}")
    assert "connect" in labels[GOES]
    assert "None of the selected streams" in labels[REFUSES_ALL]
    said = engine.words(run, tasks["needs_attention"])
    assert labels[GOES] in said
    assert labels[REFUSES_ALL] in said
    assert tasks["needs_attention"]["state"] == "failed"
    assert tasks["not_complete"]["state"] == "failed"
    said = engine.words(run, tasks["not_complete"])
    for place in (BAD_FIELD, REFUSES_ONE):
        assert labels[place].removeprefix("⚠ ") in said
    (message,), (mail,) = fleet.inbox.slack, fleet.inbox.mails
    assert mail["To"] == "ops@example.com"
    body = mail.get_body()
    assert body is not None
    for text in (message["text"], body.get_content()):
        assert labels[GOES] in text
        assert labels[REFUSES_ALL] in text
        assert f"/dags/jobber/runs/{quote(run)}" in text
    for place in (*UNHURT, CRAWLS, KILLED, NEW):
        one.assert_loaded(place)
    one.assert_loaded(BAD_FIELD, [name for name in STREAMS if name != "clients"])
    one.assert_loaded(REFUSES_ONE, [name for name in STREAMS if name != "quotes"])


def _mended_day(fleet: Fleet) -> None:
    """Those who were missing are run alone, while Airflow loses its own database for a moment."""
    one, mended = fleet.world, (GOES, REFUSES_ALL, BAD_FIELD, REFUSES_ONE)
    one.connect(GOES)
    for place in mended:
        one.restore(place)
    run = fleet.airflow.trigger(accounts=[fleet.number(place) for place in mended])
    wait_for(lambda: fleet.airflow.is_running(fleet.number(GOES)), "an account is read", LIMIT_SECONDS)
    one.engine.stop()
    time.sleep(2)
    assert one.engine.start()
    wait_for(lambda: _answers(fleet.airflow), "Airflow answers again", LIMIT_SECONDS, 1.0)
    assert fleet.airflow.finish(run) == "success"
    assert len(fleet.airflow.tasks(run)) == len(mended) + 3
    for place in mended:
        one.assert_loaded(place)


def _nobody(fleet: Fleet) -> None:
    """Say why a run has nobody to run for."""
    run = fleet.airflow.trigger(accounts=["7"])
    assert fleet.airflow.finish(run) == "failed"
    tasks = fleet.airflow.tasks(run)
    assert tasks["list_accounts"]["try_number"] == 1
    assert "no account 7 is connected" in fleet.airflow.words(run, tasks["needs_attention"])
    assert "no account 7 is connected" in fleet.inbox.slack[-1]["text"]


def _connections(sent: Inbox) -> dict[str, str]:
    """Return Airflow's connections to where alerts go."""
    slack = {"conn_type": "slackwebhook", "password": sent.slack_url}
    extra = {"from_email": "airflow@example.com", "disable_ssl": True, "disable_tls": True}
    mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": sent.mail_port, "extra": extra}
    return {"AIRFLOW_CONN_SLACK": json.dumps(slack), "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(mail)}


def _tries(fleet: Fleet, run: str, place: int) -> int:
    """Return the tries of an account so far; one that has not begun has no label yet."""
    task = fleet.airflow.tasks(run).get(fleet.number(place))
    return 0 if task is None else int(task["try_number"])


def _label(fleet: Fleet, place: int) -> str:
    account = fleet.world.account(place)
    return f"{account.name} ({account.number})"


def _asked_for_users(one: World, place: int) -> bool:
    return any(fault.fired for fault in one.server.sandbox.faults.armed if fault.account == place)


def _answers(engine: Airflow) -> bool:
    try:
        return bool(engine.api("dags"))
    except (OSError, AssertionError):
        return False
