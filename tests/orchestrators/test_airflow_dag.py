"""The DAG as Airflow reads it, in the environment that has Airflow."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.harness import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.skipif("AIRFLOW_BIN" not in os.environ, reason="make examples installs Airflow")
_DAGS = Path(__file__).parents[2] / "orchestrate" / "airflow" / "dags"
_SHOW = """
import json, sys
sys.path.insert(0, sys.argv[1])
import jobber
dag = jobber.dag
sync = dag.get_task("sync_account")
print(json.dumps({
    "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
    "schedule": str(dag.schedule),
    "runs": dag.max_active_runs,
    "documented": [task.task_id for task in dag.tasks if task.doc_md] + [bool(dag.doc_md)],
    "pool": sync.pool,
    "retries": [sync.retries, sync.retry_delay.total_seconds(), sync.retry_exponential_backoff],
    "timeout": sync.execution_timeout.total_seconds(),
    "alerts": [type(each).__name__ for each in dag.get_task("needs_attention").on_failure_callback],
    "retries_of_last": dag.get_task("needs_attention").retries,
}))
"""


def _shown(home: Path, settings: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [Path(os.environ["AIRFLOW_BIN"], "python"), "-c", _SHOW, _DAGS],
        env=environment(home, {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", **settings}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_dag_without_settings(tmp_path: Path) -> None:
    assert _shown(tmp_path, {}) == {
        "tasks": {
            "list_accounts": ["sync_account"],
            "sync_account": ["needs_attention", "not_complete"],
            "not_complete": ["needs_attention"],
            "needs_attention": [],
        },
        "schedule": "15 2 * * *",
        "runs": 1,
        "documented": ["list_accounts", "sync_account", "needs_attention", "not_complete", True],
        "pool": "jobber",
        "retries": [4, 300.0, 2],
        "timeout": 14_400.0,
        "alerts": [],
        "retries_of_last": 0,
    }


def test_the_dag_with_alerts_and_bounds(tmp_path: Path) -> None:
    settings = {"SLACK_CONNECTION": "slack", "EMAIL": "ops@example.com", "RETRIES": "1", "SCHEDULE": "@hourly"}
    shown = _shown(tmp_path, {f"JOBBER_{name}": value for name, value in settings.items()})
    assert shown["alerts"] == ["SlackWebhookNotifier", "SmtpNotifier"]
    assert shown["retries"][0] == 1
    assert shown["schedule"] == "@hourly"
