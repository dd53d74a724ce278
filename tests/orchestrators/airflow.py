"""A real Airflow: scheduler, API server, DAG processor and LocalExecutor, its database a PostgreSQL.

Each component is started again when it ends, as systemd or Kubernetes do it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import requests

from tests.e2e.harness import environment
from tests.e2e.processes import MARK, marked
from tests.orchestrators.processes import command_line, members_of, parent_of, pipelines_of
from tests.orchestrators.world import wait_for
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.orchestrators.world import World

DAGS = Path(__file__).parents[2] / "orchestrate" / "airflow" / "dags"
COMPONENTS = ("api-server", "scheduler", "dag-processor")
DAG = "jobber"
LIMIT_SECONDS = 400.0
# Each look costs the API server a good part of what a task does.
_PAUSE_SECONDS = 1.0
_AGAIN = 'while :; do "$@"; echo "ended with status $?: starts again"; sleep 1; done'
_HEARTBEAT_SECONDS = 15


class Airflow:
    """Airflow on the accounts of a world.

    Args:
        world: The accounts.
        home: A directory for its files.
        parallel: Slots of the pool, hence how many accounts are read at once.
        settings: Settings of the DAG.
    """

    def __init__(self, world: World, home: Path, parallel: int, settings: dict[str, str]) -> None:
        self._bin, self._home = Path(os.environ["AIRFLOW_BIN"]), home
        self._mark = uuid4().hex
        self._sessions: set[int] = set()
        self._token: str | None = None
        self._url = f"http://127.0.0.1:{free_port()}"
        (home / "states").mkdir()
        database = world.engine.server.url(world.engine.server.create("airflow"), "postgresql+psycopg2")
        self._env = environment(home, world.environment()) | {
            MARK: self._mark,
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(home),
            **{f"AIRFLOW__{name}": value for name, value in _configuration(self._url, database).items()},
            "JOBBER_PROGRAMS": str(world.bin),
            "JOBBER_TARGET": f"{world.target} --config=ENV",
            "JOBBER_STATES": str(home / "states"),
            "JOBBER_CATALOG": str(world.catalog),
            "JOBBER_SCHEDULE": "none",
            **settings,
        }
        self._command("db", "migrate")
        self._command("pools", "set", "jobber", str(parallel), "accounts that are read at once")
        for name in COMPONENTS:
            self._start(name)
        wait_for(self._is_up, "Airflow answers and knows the DAG", LIMIT_SECONDS, _PAUSE_SECONDS)

    def log(self, component: str) -> str:
        """Return the log of a component."""
        return (self._home / f"{component}.log").read_text(encoding="utf-8", errors="replace")

    def api(self, path: str, method: str = "GET", body: object = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """Return the JSON of an endpoint of the REST API."""
        if self._token is None:
            self._token = requests.get(f"{self._url}/auth/token", timeout=30).json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.request(method, f"{self._url}/api/v2/{path}", json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def trigger(self, **conf: object) -> str:
        """Begin a run of the fleet; its ID."""
        run = self.api(f"dags/{DAG}/dagRuns", "POST", {"logical_date": None, "conf": conf})
        return str(run["dag_run_id"])

    def state(self, run: str) -> str:
        """Return the state of a run."""
        return str(self.api(f"dags/{DAG}/dagRuns/{run}")["state"])

    def finish(self, run: str) -> str:
        """Wait until a run has ended; its state."""
        wait_for(lambda: self.state(run) in ("success", "failed"), f"{run} ends", LIMIT_SECONDS, _PAUSE_SECONDS)
        return self.state(run)

    def tasks(self, run: str) -> dict[str, dict[str, Any]]:
        """Return the task instances of a run: those of accounts by the account's number, all others by their name."""
        found = self.api(f"dags/{DAG}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
        return {_number(each["rendered_map_index"]) or each["task_id"]: each for each in found}

    def figures(self, run: str, task: dict[str, Any]) -> dict[str, Any]:
        """Return the figures of an account."""
        entry = f"xcomEntries/figures?map_index={task['map_index']}&deserialize=true"
        found: dict[str, Any] = self.api(f"dags/{DAG}/dagRuns/{run}/taskInstances/{task['task_id']}/{entry}")["value"]
        return found

    def words(self, run: str, task: dict[str, Any]) -> str:
        """Return the log of the last try of a task."""
        path = f"logs/{task['try_number']}?map_index={max(task['map_index'], -1)}"
        found = self.api(f"dags/{DAG}/dagRuns/{run}/taskInstances/{task['task_id']}/{path}")
        return json.dumps(found, ensure_ascii=False)

    def kill_worker(self, number: str) -> None:
        """Kill whatever runs an account, as a machine that goes away does: the worker, the task, tap and target."""
        chain = pipelines_of(self._home, number)
        while not any("LocalExecutor" in word for word in command_line(chain[-1])):
            chain.append(parent_of(chain[-1]))
        for each in reversed(chain):
            os.kill(each, signal.SIGKILL)

    def is_running(self, number: str) -> bool:
        """Return True if an account is being read."""
        return bool(pipelines_of(self._home, number))

    def stop(self) -> None:
        """End all of it."""
        for _ in range(3):
            # Whoever gives itself a title, as Airflow's processes do, overwrites its environment, and the mark in it.
            for process in {*marked(self._mark), *members_of(self._sessions)}:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.1)

    def _start(self, name: str) -> None:
        with (self._home / f"{name}.log").open("wb") as log:
            started = subprocess.Popen(
                ["/bin/sh", "-c", _AGAIN, "sh", "airflow", name],
                cwd=self._home,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._sessions.add(started.pid)

    def _command(self, *words: str) -> None:
        done = subprocess.run(
            [self._bin / "airflow", *words],
            cwd=self._home,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _is_up(self) -> bool:
        try:
            known = self.api("dags")["dags"]
        except (requests.RequestException, AssertionError):
            return False
        return [each["dag_id"] for each in known] == [DAG]


@contextmanager
def airflow(world: World, home: Path, settings: dict[str, str], parallel: int = 3) -> Iterator[Airflow]:
    """Provide an Airflow that has parsed the DAG."""
    home.mkdir()
    started = Airflow.__new__(Airflow)
    try:
        started.__init__(world, home, parallel, settings)  # type: ignore[misc]  # so that what has been started ends
        yield started
    finally:
        started.stop()


def _configuration(url: str, database: str) -> dict[str, str]:
    return {
        "API__PORT": url.rpartition(":")[2],
        "API__HOST": "127.0.0.1",
        "API__BASE_URL": url,
        "API__SECRET_KEY": secrets.token_hex(),
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": secrets.token_hex(),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": str(DAGS),
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": "4",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        # The DAG does not change, and to parse it takes as long as a good part of a task.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "DATABASE__SQL_ALCHEMY_CONN": database,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "4",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(_HEARTBEAT_SECONDS),
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "4",
    }


def _number(label: str | None) -> str | None:
    """Return the number of the account that a label is about."""
    return label.partition(" (")[2].partition(")")[0] if label else None
