"""A real Dagster: webserver, daemon and code servers on the example's own files, with PostgreSQL, driven by GraphQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.e2e.harness import environment
from tests.orchestrators.world import wait_for
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.orchestrators.world import World

EXAMPLE = Path(__file__).parents[2] / "orchestrate" / "dagster"
TRANSFORM = EXAMPLE.parents[1] / "transform"
MODEL = "fct_invoices"
"""The model that is built, with what it is made of: all of them take half a minute."""
AT_ONCE = 4
"""Accounts at once, in all: the example's own number is too many for a small machine."""
SYNC = "sync_account"
"""The job that syncs an account."""
BUILD = "build_models"
"""The job and the sensor that build an account's models."""
LOCATION, MODELS = "jobber", "jobber_dbt"
"""The code locations: of the accounts and their tables, and of the dbt package."""
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION}

_QUEUE = """
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1}
"""
_UP_SECONDS, _DOWN_SECONDS = 240.0, 10.0
_FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}
_RUNS = """query Runs($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results {
  id jobName status startTime endTime parentRunId tags { key value } } } } }"""
_EVENTS = """query Events($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
  __typename
  ... on MessageEvent { message eventType }
  ... on ExecutionStepFailureEvent { error { message cause { message } } failureMetadata { description } }
  ... on MaterializationEvent { assetKey { path } partition metadataEntries { label
    ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue } ... on TextMetadataEntry { text } } }
  ... on AssetCheckEvaluationEvent { evaluation {
    assetKey { path } checkName success severity description partition } }
} } } }"""


@dataclass(frozen=True)
class Run:
    """A run, as Dagster tells of it.

    Attributes:
        id: Its ID.
        job: Name of its job.
        status: Its status.
        tags: Its tags.
        began: When it began, in seconds since 1970.
        ended: When it ended.
        parent: The run that it tries again.
    """

    id: str
    job: str
    status: str
    tags: Mapping[str, str]
    began: float | None
    ended: float | None
    parent: str | None

    @property
    def account(self) -> str:
        """The number of its account."""
        return self.tags["dagster/partition"]

    @property
    def is_finished(self) -> bool:
        """True if it has ended."""
        return self.status in _FINISHED


@dataclass(frozen=True)
class Engine:
    """Dagster, as its users see it.

    Attributes:
        url: Address of the webserver.
        home: DAGSTER_HOME.
    """

    url: str
    home: Path

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Return the data that answers a GraphQL query."""
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def syncs(self, account: str | None = None) -> list[Run]:
        """Return the syncs so far, or those of an account, the first ones first."""
        return [run for run in self.runs(account) if run.job != BUILD]

    def runs(self, account: str | None = None) -> list[Run]:
        """Return the runs so far, or those of an account, the first ones first."""
        tags = [] if account is None else [{"key": "dagster/partition", "value": account}]
        results = self.ask(_RUNS, filter={"tags": tags})["runsOrError"]["results"]
        return [
            Run(
                each["id"],
                each["jobName"],
                each["status"],
                {tag["key"]: tag["value"] for tag in each["tags"]},
                each["startTime"],
                each["endTime"],
                each["parentRunId"],
            )
            for each in reversed(results)
        ]

    def events(self, run: Run) -> list[dict[str, Any]]:
        """Return the events of a run."""
        found: list[dict[str, Any]] = self.ask(_EVENTS, id=run.id)["logsForRun"]["events"]
        return found

    def retries(self, run: Run) -> int:
        """Return how often a run has tried again."""
        return sum(each["__typename"] == "ExecutionStepUpForRetryEvent" for each in self.events(run))

    def failure(self, run: Run) -> str:
        """Return the words that a run has failed with."""
        (event,) = (each for each in self.events(run) if each["__typename"] == "ExecutionStepFailureEvent")
        return str(event["failureMetadata"]["description"])

    def failed_checks(self, run: Run) -> dict[tuple[str, str], str | None]:
        """Return the checks that did not pass in a run, by table and check, each with its description."""
        evaluations = [each["evaluation"] for each in self.events(run) if "evaluation" in each]
        assert all(each["partition"] == run.account for each in evaluations)
        return {
            (each["assetKey"]["path"][-1], each["checkName"]): each["description"]
            for each in evaluations
            if not each["success"]
        }

    def materialised(self, run: Run) -> dict[str, dict[str, Any]]:
        """Return the metadata of the tables that a run has materialised."""
        found = {}
        for each in self.events(run):
            if each["__typename"] == "MaterializationEvent":
                entries = {entry.pop("label"): next(iter(entry.values()), None) for entry in each["metadataEntries"]}
                found[each["assetKey"]["path"][-1]] = entries
        return found

    def partitions(self) -> list[str]:
        """Return the accounts that have a partition."""
        query = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) {
          ... on AssetNode { partitionKeys } } }"""
        found: list[str] = self.ask(query, key={"path": ["jobber", "clients"]})["assetNodeOrError"]["partitionKeys"]
        return found

    def fleet_checks(self) -> dict[str, tuple[bool, str | None]]:
        """Return the checks on the accounts: whether each passes, and its description."""
        query = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
          assetChecksOrError { ... on AssetChecks { checks { name executionForLatestMaterialization {
            evaluation { success description } } } } } } } }"""
        node = self.ask(query, key={"path": ["jobber", "accounts"]})["assetNodeOrError"]
        found = {}
        for each in node["assetChecksOrError"]["checks"]:
            evaluation = (each["executionForLatestMaterialization"] or {}).get("evaluation")
            if evaluation is not None:
                found[each["name"]] = (evaluation["success"], evaluation["description"])
        return found

    def schedule(self, name: str, *, is_on: bool) -> None:
        """Switch a schedule on or off."""
        if is_on:
            query = "mutation($s: ScheduleSelector!) { startSchedule(scheduleSelector: $s) { __typename } }"
            self.ask(query, s={**REPOSITORY, "scheduleName": name})
            return
        state = self._state_of_schedule(name)["id"]
        self.ask("mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }", id=state)

    def is_off(self, name: str) -> bool:
        """Return True if a schedule is off; switch it off if it is not."""
        is_off = self._state_of_schedule(name)["status"] == "STOPPED"
        if not is_off:
            self.schedule(name, is_on=False)
        return is_off

    def _state_of_schedule(self, name: str) -> dict[str, str]:
        query = """query($s: ScheduleSelector!) { scheduleOrError(scheduleSelector: $s) { ... on Schedule {
          scheduleState { id status } } } }"""
        found = self.ask(query, s={**REPOSITORY, "scheduleName": name})
        state: dict[str, str] = found["scheduleOrError"]["scheduleState"]
        return state

    def sensor(self, name: str, location: str, *, is_on: bool) -> None:
        """Switch a sensor of a code location on or off."""
        selector = {**REPOSITORY, "repositoryLocationName": location, "sensorName": name}
        if is_on:
            self.ask("mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }", s=selector)
            return
        query = (
            "query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor { sensorState { id } } } }"
        )
        state = self.ask(query, s=selector)["sensorOrError"]["sensorState"]["id"]
        self.ask("mutation($id: String!) { stopSensor(id: $id) { __typename } }", id=state)

    def tick(self, name: str, after: float) -> dict[str, Any] | None:
        """Return the first tick of a schedule or sensor that came to its end after a time."""
        query = """query($s: InstigationSelector!) { instigationStateOrError(instigationSelector: $s) {
          ... on InstigationState { ticks(limit: 20) { timestamp status skipReason runIds error { message } } } } }"""
        state = self.ask(query, s={**REPOSITORY, "name": name})["instigationStateOrError"]
        ticks = [each for each in state["ticks"] if each["timestamp"] > after and each["status"] != "STARTED"]
        return ticks[-1] if ticks else None

    def backfill(self, *accounts: str) -> None:
        """Sync accounts as a person does who chooses partitions in the user interface."""
        query = "mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) { __typename } }"
        answer = self.ask(query, p={"partitionNames": accounts, "assetSelection": self.tables()})
        assert answer["launchPartitionBackfill"]["__typename"] == "LaunchBackfillSuccess", answer

    def launch(self, *accounts: str) -> None:
        """Sync accounts at once, as a person does who launches the job in the user interface."""
        query = """mutation($p: [ExecutionParams!]!) { launchMultipleRuns(executionParamsList: $p) {
          ... on LaunchMultipleRunsResult { launchMultipleRunsResult { __typename } } } }"""
        selector = {**REPOSITORY, "jobName": SYNC}
        tags = [[{"key": "dagster/partition", "value": each}] for each in accounts]
        answer = self.ask(query, p=[{"selector": selector, "executionMetadata": {"tags": each}} for each in tags])
        launched = [each["__typename"] for each in answer["launchMultipleRuns"]["launchMultipleRunsResult"]]
        assert launched == ["LaunchRunSuccess"] * len(accounts)

    def tables(self) -> list[dict[str, Any]]:
        """Return the keys of the tables."""
        nodes = self.ask("{ assetNodes { assetKey { path } isPartitioned } }")["assetNodes"]
        paths = [each["assetKey"]["path"] for each in nodes if each["isPartitioned"]]
        return [{"path": path} for path in paths if path[:-1] == ["jobber"]]

    def terminate(self, run: Run) -> None:
        """Terminate a run, as a person does in the user interface."""
        self.ask("mutation($id: String!) { terminateRun(runId: $id) { __typename } }", id=run.id)

    def wait_for_end(self, limit_seconds: float, *accounts: str) -> None:
        """Wait until no run is under way, or none of some accounts."""

        def has_ended() -> bool:
            return all(each.is_finished for each in self.runs() if not accounts or each.account in accounts)

        wait_for(has_ended, "all runs have ended", limit_seconds, pause_seconds=1.0)


def settings(one: World, **changed: str) -> dict[str, str]:
    """Return the environment of Dagster's processes: what the README tells to set."""
    kept, states = environment(one.home, one.environment()), one.home / "states"
    states.mkdir()
    ours = {
        "DAGSTER_HOME": str(one.home / "dagster"),
        "DAGSTER_POSTGRES_URL": one.engine.server.url("dagster"),
        "JOBBER_BIN": str(one.bin),
        "JOBBER_CATALOG": str(one.catalog),
        "JOBBER_TARGET": f"{one.target} --config=ENV",
        "JOBBER_STATE": str(states),
        "JOBBER_SENSOR_SECONDS": "15",
        "JOBBER_RETRY_SECONDS": "3",
        "JOBBER_SYNC_CRON": "* * * * *",
        "JOBBER_DBT": str(TRANSFORM),
        "JOBBER_DBT_SELECT": f"+{MODEL}",
        "DBT_TARGET_PATH": str(one.home / "dbt"),
    }
    return {**kept, **ours, **changed}


@contextmanager
def engine(one: World, **changed: str) -> Iterator[Engine]:
    """Provide a Dagster that runs the example.

    Args:
        one: The fleet.
        changed: Variables that differ.
    """
    one.engine.server.create("dagster")
    home = one.home / "dagster"
    home.mkdir()
    configured = (EXAMPLE / "dagster.yaml").read_text(encoding="utf-8").replace("limit: 8", f"limit: {AT_ONCE}")
    assert f"default_limit: {AT_ONCE}" in configured
    (home / "dagster.yaml").write_text(configured + _QUEUE, encoding="utf-8")
    made, port = settings(one, **changed), free_port()
    workspace, serve = (EXAMPLE / "workspace.yaml").read_text(encoding="utf-8"), []
    for usual, module in (("4266", "definitions"), ("4267", "dbt_models")):
        free = str(free_port())
        workspace = workspace.replace(usual, free)
        serve.append(("code-server", "start", "--module-name", f"jobber_fleet.{module}", "--port", free))
    (home / "workspace.yaml").write_text(workspace, encoding="utf-8")
    look, found = ("--workspace", str(home / "workspace.yaml")), Engine(f"http://127.0.0.1:{port}", home)
    with (
        _started("dagster", made, *serve[0], log="tables"),
        _started("dagster", made, *serve[1], log="models"),
        _served(home, "tables"),
        _served(home, "models"),
        _started("dagster-webserver", made, "--host", "127.0.0.1", "--port", str(port), *look),
    ):
        wait_for(lambda: _answers(found), "the webserver answers", _UP_SECONDS)
        # Ticks come when the test wants them.
        for name in ("sync_accounts", "refresh_accounts"):
            found.schedule(name, is_on=False)
        found.sensor(BUILD, MODELS, is_on=False)
        with _started("dagster-daemon", made, "run", *look):
            yield found


@contextmanager
def _served(home: Path, log: str) -> Iterator[None]:
    """Begin once a code server is ready: to reload its location later has it start again."""
    path = home / f"{log}.log"
    wait_for(lambda: "Started Dagster code proxy server" in path.read_text(encoding="utf-8"), log, _UP_SECONDS)
    yield


@contextmanager
def _started(name: str, made: Mapping[str, str], *words: str, log: str = "") -> Iterator[None]:
    """Run one of Dagster's programs; what it says is in a file of its name, or of another."""
    program = Path(os.environ["DAGSTER_BIN"]) / name
    with (Path(made["DAGSTER_HOME"]) / f"{log or name}.log").open("wb") as file:
        process = subprocess.Popen(
            [program, *words],
            cwd=EXAMPLE,
            env={**made, "PATH": f"{program.parent}{os.pathsep}{made['PATH']}"},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):  # as of a code server that waits for a run
            process.wait(_DOWN_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(found: Engine) -> bool:
    try:
        data = found.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
    except (requests.ConnectionError, json.JSONDecodeError):
        return False
    return len(data["repositoriesOrError"]["nodes"]) == len((LOCATION, MODELS))
