"""The log of a run, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.e2e.harness import TAP, Bench
from tests.e2e.terminals import run_on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from jobber_sandbox.graphql_request import Entry

JSON_LOG = """
version: 1
disable_existing_loggers: false
formatters: {json: {(): singer_sdk.logging.StructuredFormatter}}
handlers: {stderr: {class: logging.StreamHandler, formatter: json, stream: "ext://sys.stderr"}}
root: {level: INFO, handlers: [stderr]}
"""


def records(bench: Bench, *words: Path | str, **given: Any) -> list[dict[str, Any]]:
    """Return the records of a run whose log a program reads."""
    outcome = bench.tap(*words, env={"SINGER_SDK_LOG_CONFIG": str(bench.write("log.yml", JSON_LOG))}, **given)
    assert outcome.status == 0, outcome.stderr
    return [json.loads(line) for line in outcome.stderr.splitlines()]


def of_streams(bench: Bench) -> list[Entry]:
    """Return the requests so far, without the one that finds out whose the tokens are."""
    return [entry for entry in bench.log if entry.operation != "whose"]


def test_a_program_reads_fields_instead_of_a_table(tiny: Bench) -> None:
    streams = ["clients", "client_notes", "tax_rates"]
    shown = records(tiny, streams=streams)
    events = [(each["extra"].get("event_name"), each["stream_name"]) for each in shown]
    assert [name for event, name in events if event == "stream_finished"] == streams
    assert [name for event, name in events if event == "stream_summary"] == sorted(streams)
    assert events[-1] == ("run_summary", None)
    # Meltano hands the fields to a function that has arguments of these names.
    assert not {"event", "level", "name"} & {field for each in shown for field in each["extra"]}
    total = shown[-1]["extra"]
    assert total["points"] == sum(
        each["extra"]["points"] for each in shown if each["extra"].get("event_name") == "stream_summary"
    )
    assert total["requests"] == len(of_streams(tiny))
    begun = [each["stream_name"] for each in shown if each["message"].startswith("Beginning sync")]
    assert begun == ["clients", "tax_rates"]


def test_lines_of_what_reads_carry_the_stream_that_is_read(tiny: Bench) -> None:
    tiny.arm(kind="status", status=503, times=1, after=2)
    shown = records(tiny, streams=["clients", "tax_rates"])
    (retry,) = [each for each in shown if each["extra"].get("event_name") == "retry"]
    assert (retry["logger_name"], retry["stream_name"]) == ("tap-jobber.api", "clients")
    assert 0 <= retry["extra"]["wait_seconds"] <= retry["extra"]["limit_seconds"]


def test_the_points_of_a_walk_whose_own_table_is_not_wanted_are_in_the_summary(tiny: Bench) -> None:
    outcome = tiny.tap(streams=["client_notes"]).checked()
    summary = outcome.summary()
    assert summary["clients"][0] == "0"
    asked = of_streams(tiny)
    assert int(summary["all"][1]) == len(asked)
    assert " ".join(summary["clients"][5:]) == "not selected, read for its lists"
    assert int(summary["all"][2]) == sum(entry.actual for entry in asked)


def test_debug_shows_no_line_for_each_column(tiny: Bench) -> None:
    outcome = tiny.tap(streams=["clients", "tax_rates"], env={"TAP_JOBBER_LOGLEVEL": "DEBUG"}).checked()
    assert outcome.texts("DEBUG")
    assert len(outcome.log) < 100
    assert not [line for line in outcome.log if line.text.startswith(("Selection metadata", "Child stream"))]


def test_a_test_ends_with_its_verdict(tiny: Bench) -> None:
    tiny.arm(kind="hidden", root="vehicles")
    outcome = tiny.tap("--test").checked()
    verdict = outcome.texts("INFO")[-1]
    assert verdict.startswith("Test passed: 4"), verdict
    assert "2 not permitted (vehicle_assigned_users, vehicles)" in verdict
    assert outcome.of_type("RECORD")


def test_a_test_on_a_terminal_shows_no_messages(tiny: Bench) -> None:
    words: list[Path | str] = [TAP, "--config", tiny.config(), "--test"]
    shown = run_on_terminal(words, tiny.home, columns=120, has_output=True)
    assert shown.status == 0, shown.last
    assert '{"type"' not in shown.last
    assert "Test passed: 49 streams answered" in shown.last.replace("\n", "")
