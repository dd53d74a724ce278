"""Copy every connected Jobber account, each into its own schema, with its own state.

Each account is an instance of `sync_account`, whose label says how it ended. **Red** needs a person; **yellow** is
tried again by itself; **pink** has disconnected the app; **green with ⚠** was read but for what it names, and then
`not_complete` is red, for which the run does not fail. `needs_attention` lists them all and is red if somebody is
needed; its message is what the alert says. The figures of an account are its XCom `figures`, and those of all that were
loaded the events of the asset `jobber`.

Trigger it with `accounts: ["1001"]` to run some accounts now, and with `full_refresh: true` to read them from their
beginning.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Asset, BaseOperator, Context, Param, Variable, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, AirflowTaskTimeout

import jobber_runs as fleet

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

SETTINGS = fleet.Settings.read(os.environ)
LOADED = Asset("jobber", uri="jobber://accounts")
"""Has an event for each account that was loaded; a DAG that is scheduled on it begins with what has come."""
ALERT = "Jobber accounts need a person: {{ exception }} {{ ti.log_url }}"


class JobberOperator(BaseOperator):
    """Runs one of the tap's programs, and takes it along when it is killed itself."""

    process: fleet.Process | None = None

    def run_program(self, words: list[str], number: str = "", report: Path | None = None) -> fleet.Ending:
        """Run a program to its end; its log becomes the task's.

        Args:
            words: The command.
            number: The number of the account that it is about.
            report: The file that it writes the tap's report to.
        """
        secrets = Variable.get("jobber_secrets", default={}, deserialize_json=True)
        environment = fleet.environment(SETTINGS, os.environ, secrets, number)
        self.process = fleet.Process(words, environment, self._pass_on, SETTINGS.stop_seconds, report)
        return self.process.run()

    def on_kill(self) -> None:
        """Stop the program, so that what was read is loaded and the state kept."""
        if self.process is not None:
            self.process.stop()

    def _pass_on(self, level: str, text: str) -> None:
        self.log.log({"WARNING": 30, "ERROR": 40, "CRITICAL": 50}.get(level, 20), "%s", text)


class ListAccounts(JobberOperator):
    """Lists the accounts in the token store, also those that cannot run, so that these are named."""

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return the accounts, or those that the run was triggered for."""
        ending = self.run_program(fleet.listing(SETTINGS))
        if ending.status != fleet.COMPLETE:
            raise_for(ending, self._told(context, f"the accounts cannot be listed: {fleet.outcome(ending)}"))
        found = fleet.accounts(ending.output, os.environ.get("TAP_JOBBER_CLIENT_ID"))
        wanted = [str(number) for number in context["params"]["accounts"]]
        missing = sorted(set(wanted) - {each["number"] for each in found})
        if missing:
            words = f"no account {', '.join(missing)} is connected: see the list in the log of list_accounts"
            raise AirflowFailException(self._told(context, words))
        return [each for each in found if each["number"] in wanted or not wanted]

    @staticmethod
    def _told(context: Context, words: str) -> str:
        """Return words as they are, which `needs_attention` says too."""
        context["ti"].xcom_push("problem", words)
        return words


class SyncAccount(JobberOperator):
    """Reads one account and loads it.

    Args:
        account: The account, as it is listed.
        kwargs: What each operator takes.
    """

    template_fields = ("account",)

    def __init__(self, *, account: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = account

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the figures of the run."""
        if self.account["problem"]:
            self._show(context, self.account["problem"])
            raise AirflowSkipException(f"{self.account['label']}: {self.account['problem']}")
        with tempfile.TemporaryDirectory(prefix="jobber-") as folder:
            ending = self._run(context, Path(folder, "report.json"))
        words, figures = fleet.outcome(ending), fleet.figures(ending)
        number, is_whole = self.account["number"], fleet.is_whole(ending)
        end = {"number": number, "exit_status": ending.status, "words": words, "is_whole": is_whole}
        context["ti"].xcom_push("end", end)
        context["ti"].xcom_push("figures", figures)
        self._show(context, words, is_warning=ending.is_read and not is_whole)
        if not ending.is_read:
            raise_for(ending, f"{self.account['label']}: {words}")
        if not is_whole:
            self.log.warning("%s: %s", self.account["label"], words)
        context["outlet_events"][LOADED].extra = {"account": number, **figures}
        return figures

    def _run(self, context: Context, report: Path) -> fleet.Ending:
        day = context["dag_run"].run_after.date()
        number = self.account["number"]
        state = fleet.state_path(SETTINGS, number, day)
        is_full_refresh = bool(context["params"]["full_refresh"])
        words = fleet.pipeline(SETTINGS, number, state, report, is_full_refresh=is_full_refresh)
        try:
            return self.run_program(words, number, report)
        except AirflowTaskTimeout:
            # Of which Airflow would not show any words.
            took = timedelta(seconds=SETTINGS.timeout_seconds)
            return fleet.Ending(fleet.TRY_LATER, f"not done within {took}: goes on from there when it is tried again")

    def _show(self, context: Context, words: str, *, is_warning: bool = False) -> None:
        context["label"] = fleet.label(self.account, words, is_warning=is_warning)  # type: ignore[typeddict-unknown-key]


def raise_for(ending: fleet.Ending, words: str) -> None:
    """Raise what Airflow tries again, or does not, as the exit status says.

    Raises:
        AirflowException: If the same may work later.
        AirflowFailException: If a person has to do something first.
    """
    if ending.is_worth_another_try:
        raise AirflowException(words)
    raise AirflowFailException(words)


def alerts() -> list[Any]:
    """Return the notifiers of the alert, as far as they are configured."""
    chosen: list[Any] = []
    if SETTINGS.slack_connection:
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier  # noqa: PLC0415 - if wanted

        chosen.append(SlackWebhookNotifier(slack_webhook_conn_id=SETTINGS.slack_connection, text=ALERT))
    if SETTINGS.email:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier  # noqa: PLC0415 - if wanted

        subject = "Jobber accounts need a person"
        chosen.append(SmtpNotifier(to=SETTINGS.email, subject=subject, html_content=f"<p>{ALERT}</p>"))
    return chosen


def ends_in(context: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return how each account's last try has ended by its number, as far as it came to an end."""
    ends = context["ti"].xcom_pull(task_ids=["sync_account"], key="end")
    return {end["number"]: end for end in ends if end}


@task(trigger_rule="all_done", retries=0)
def not_complete(**context: Any) -> None:
    """Fail, so that it is seen, if an account was not read whole; the run goes by the task after it."""
    listed = context["ti"].xcom_pull(task_ids="list_accounts") or []
    lines = fleet.attention(listed, ends_in(context))
    if lines["partial"]:
        raise AirflowFailException("; ".join(lines["partial"]))


@task(trigger_rule="all_done", retries=0, on_failure_callback=alerts())
def needs_attention(**context: Any) -> dict[str, Any]:
    """Name the accounts that were not read whole; fail if one of them needs a person."""
    listed = context["ti"].xcom_pull(task_ids="list_accounts")
    if listed is None:
        problem = context["ti"].xcom_pull(task_ids="list_accounts", key="problem")
        raise AirflowFailException(problem or "the accounts could not be listed: see the log of list_accounts")
    ends = ends_in(context)
    lines = fleet.attention(listed, ends)
    for kind, each in lines.items():
        for line in each:
            logger.warning("%s: %s", kind, line)
    if lines["failed"]:
        raise AirflowFailException("; ".join(lines["failed"]))
    return {**lines, "statuses": dict(Counter(str(end["exit_status"]) for end in ends.values()))}


with DAG(
    dag_id="jobber",
    description="Copies every connected Jobber account",
    doc_md=__doc__,
    schedule=None if SETTINGS.schedule == "none" else SETTINGS.schedule,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    # Two runs of one account at once would share its points and its state.
    max_active_runs=1,
    tags=["jobber", "singer"],
    params={
        "accounts": Param([], type="array", title="Accounts", description="Numbers of accounts; none for all"),
        "full_refresh": Param(
            default=False, type="boolean", title="Full refresh", description="Read from the beginning"
        ),
    },
    default_args={
        "retries": SETTINGS.retries,
        "retry_delay": timedelta(seconds=SETTINGS.retry_seconds),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(hours=1),
    },
) as dag:
    listed = ListAccounts(task_id="list_accounts", doc_md="The accounts in the token store.")
    synced = SyncAccount.partial(
        task_id="sync_account",
        pool=SETTINGS.pool,
        map_index_template="{{ label | default(task.account.label) }}",
        execution_timeout=timedelta(seconds=SETTINGS.timeout_seconds),
        outlets=[LOADED],
        doc_md="Reads one account and loads it; its label says how that ended.",
    ).expand(account=listed.output)
    named = needs_attention()
    synced >> not_complete() >> named
    synced >> named
