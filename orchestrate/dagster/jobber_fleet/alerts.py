"""Alerts of runs that have failed, by Dagster's own sensors, to wherever the environment says."""

from collections.abc import Iterator, Mapping

import dagster as dg

from jobber_fleet.tables import ACCOUNT_TAG


def alerts(environment: Mapping[str, str]) -> Iterator[dg.SensorDefinition]:
    """Yield a sensor for each way to tell a person that is configured."""
    url = environment.get("JOBBER_DAGSTER_URL")
    if "JOBBER_SLACK_TOKEN" in environment:
        from dagster_slack import make_slack_on_run_failure_sensor  # noqa: PLC0415 - needed by few

        yield make_slack_on_run_failure_sensor(
            environment.get("JOBBER_SLACK_CHANNEL", "#jobber"),
            environment["JOBBER_SLACK_TOKEN"],
            text_fn=failure_text,
            name="tell_slack",
            webserver_base_url=url,
            default_status=dg.DefaultSensorStatus.RUNNING,
        )
    if "JOBBER_MAIL_TO" in environment:
        yield dg.make_email_on_run_failure_sensor(
            email_from=environment["JOBBER_MAIL_FROM"],
            email_password=environment["JOBBER_MAIL_PASSWORD"],
            email_to=environment["JOBBER_MAIL_TO"].split(","),
            email_body_fn=failure_text,
            email_subject_fn=failure_subject,
            smtp_host=environment["JOBBER_MAIL_HOST"],
            smtp_type=environment.get("JOBBER_MAIL_TYPE", "STARTTLS"),
            smtp_port=int(environment["JOBBER_MAIL_PORT"]) if environment.get("JOBBER_MAIL_PORT") else None,
            name="tell_by_mail",
            webserver_base_url=url,
            default_status=dg.DefaultSensorStatus.RUNNING,
        )


def failure_subject(context: dg.RunFailureSensorContext) -> str:
    """Return a title: the account, and what happens next."""
    tags = context.dagster_run.tags
    account = tags.get(ACCOUNT_TAG) or tags.get("dagster/partition") or context.dagster_run.job_name
    # A run whose process was killed is tried again by Dagster, if dagster.yaml says so.
    will_retry = tags.get("dagster/will_retry") == "true"
    return (
        f"Jobber account {account}: the run was lost, and is tried again"
        if will_retry
        else f"Jobber account {account} needs you"
    )


def failure_text(context: dg.RunFailureSensorContext) -> str:
    """Return a message: the account, and the words that its run has failed with."""
    steps = [event.step_failure_data for event in context.get_step_failure_events()]
    words = [
        each.user_failure_data.description if each.user_failure_data else each.error_display_string for each in steps
    ]
    return f"{failure_subject(context)}: " + (
        "; ".join(filter(None, words)) or context.failure_event.message or "see its log"
    )
