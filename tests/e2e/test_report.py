"""`--report FILE`: a report of the run, whatever its end."""

from __future__ import annotations

import json
import signal
import stat
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.e2e import truth
from tests.e2e.harness import STATE, TAP, Bench, catalog
from tests.e2e.processes import family
from tests.e2e.test_standard_streams import needs_full, shell
from tests.e2e.test_termination import SOON_SECONDS, ended, stuck, wait_until
from tests.effort import some

if TYPE_CHECKING:
    from tests.e2e.harness import Outcome

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/report.schema.json").read_text(encoding="utf-8"))
STREAMS = ["clients", "client_emails", "tax_rates"]


def read(path: Path) -> dict[str, Any]:
    """Return a report, which has the form that is documented, and no secret."""
    text = path.read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    for name in ("rows", "requests", "points"):
        assert report["totals"][name] == sum(each[name] for each in report["streams"])
    assert "eyJ" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(path.parent.glob(f".{path.name}.*")), "something is left behind"
    return report


def statuses(report: dict[str, Any]) -> dict[str, str]:
    """Return the status of each stream."""
    return {each["name"]: each["status"] for each in report["streams"]}


def entry(report: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a report says of a stream."""
    (found,) = [each for each in report["streams"] if each["name"] == name]
    return dict(found)


def figures(outcome: Outcome) -> dict[str, tuple[int, int, int]]:
    """Return rows, requests and points of each stream as the summary shows them."""
    return {name: tuple(int(each) for each in cells[:3]) for name, cells in outcome.summary().items()}  # type: ignore[misc] # three


def test_a_complete_run(tiny: Bench) -> None:
    path = tiny.home / "report.json"
    began = time.time()
    state = tiny.write("state.json", STATE)
    outcome = tiny.tap("--report", path, "--state", state, streams=STREAMS, api_version="2026-04-16").checked()
    report = read(path)
    assert (report["status"], report["exit_status"], report["errors"]) == ("complete", 0, [])
    assert report["warnings"] == outcome.warnings
    assert set(statuses(report).values()) == {"complete"}
    assert {name: each for name, each in figures(outcome).items() if name != "all"} == {
        each["name"]: (each["rows"], each["requests"], each["points"]) for each in report["streams"]
    }
    account = truth.ask(tiny, "{ account { id name } }")
    assert {name: report["account"][name] for name in account} == account
    assert report["versions"]["api_served"] == report["versions"]["api_asked"] == "2026-04-16"
    assert began - 1 <= datetime.fromisoformat(report["run"]["began"].replace("Z", "+00:00")).timestamp() <= time.time()
    clients, last = entry(report, "clients"), outcome.states[-1]["bookmarks"]["clients"]["replication_key_value"]
    assert clients["bookmark"] == {"before": "2024-01-01T00:00:00Z", "after": last}
    assert entry(report, "tax_rates")["bookmark"] == {"before": None, "after": None}
    assert clients["resync"] is None


def test_the_setting_and_the_option_which_goes_before(tiny: Bench) -> None:
    path, other = tiny.home / "set.json", tiny.home / "given.json"
    tiny.tap(streams=["tax_rates"], report=str(path)).checked()
    first = read(path)
    tiny.tap(streams=["tax_rates"], env={"TAP_JOBBER_REPORT": "no/such/directory/x"}, report=str(path)).checked()
    assert read(path)["run"]["id"] != first["run"]["id"]
    tiny.tap("--report", other, streams=["tax_rates"], report=str(tiny.home / "none" / "x")).checked()
    read(other)


def test_what_is_missing_of_streams(tiny: Bench) -> None:
    path = tiny.home / "report.json"
    tiny.arm(kind="error", root="taxRates", times=None)
    tiny.arm(kind="hidden", root="vehicles")
    tiny.arm(kind="unknown_field", field="Client.companyName")
    tiny.arm(kind="hidden", field="Client.isLead")
    tiny.arm(kind="failing_field", field="Client.balance")
    outcome = tiny.tap("--report", path, streams=["clients", "tax_rates", "vehicles"])
    assert outcome.status == 4
    report = read(path)
    assert (report["status"], report["exit_status"], report["errors"]) == ("partial", 4, outcome.errors)
    assert statuses(report) == {"clients": "partial", "tax_rates": "set_aside", "vehicles": "not_permitted"}
    assert entry(report, "tax_rates")["problem"] in outcome.errors
    left_out = {each.pop("column"): each for each in entry(report, "clients")["columns_left_out"]}
    assert left_out["companyName"] == {
        "cause": "the served version of Jobber's API does not know it",
        "failed_values": None,
    }
    assert left_out["isLead"] == {"cause": "the app or its user may not see it", "failed_values": None}
    assert left_out["balance"]["failed_values"] >= 1
    assert len(left_out) == 3
    assert "scope" in entry(report, "vehicles")["problem"]
    assert sorted(report["warnings"]) == sorted(set(outcome.warnings))


def test_a_walk_for_others_alone_is_counted(tiny: Bench) -> None:
    path = tiny.home / "report.json"
    tiny.tap(streams=["account"]).checked()
    before = tiny.sandbox.points
    tiny.tap("--report", path, streams=["client_contacts"]).checked()
    report = read(path)
    clients, contacts = (entry(report, name) for name in ("clients", "client_contacts"))
    assert (clients["is_selected"], contacts["is_selected"]) == (False, True)
    assert clients["rows"] == 0 < contacts["rows"]
    assert report["totals"]["points"] == round(tiny.sandbox.points - before)


@pytest.mark.parametrize(
    ("settings", "words", "status"),
    [
        ({"refresh_token": "never-was-one"}, [], 77),
        ({"budget_share": 7}, [], 1),
        ({"client_secret": None}, [], 1),
        ({}, ["--catalog", "none.json"], 1),
        ({}, ["--state", "wrong.json"], 1),
    ],
)
def test_a_run_that_does_not_come_to_its_first_stream(
    tiny: Bench, settings: dict[str, Any], words: list[str], status: int
) -> None:
    path = tiny.home / "report.json"
    tiny.write("wrong.json", "[]")
    outcome = tiny.tap(*words, report=str(path), **settings)
    assert outcome.status == status
    report = read(path)
    assert (report["status"], report["exit_status"]) == ("failed", status)
    assert [each.casefold() for each in report["errors"]] == [each.casefold() for each in outcome.errors]
    assert report["errors"]
    assert set(statuses(report).values()) <= {"partial"}


@pytest.mark.parametrize(("words", "status"), [(["--catalog", "none.json"], 1), (["stray"], 2)])
def test_a_command_line_that_is_wrong(tiny: Bench, words: list[str], status: int) -> None:
    path = tiny.home / "report.json"
    assert tiny.tap(*words, "--report", path).status == status
    report = read(path)
    assert (report["exit_status"], report["streams"], report["account"]) == (status, [], None)
    assert len(report["errors"]) == 1


def test_a_config_that_is_no_json(tiny: Bench) -> None:
    path = tiny.home / "report.json"
    outcome = tiny.tap_with(["--config", tiny.write("broken.json", "{"), "--report", path])
    assert outcome.status == 1
    assert "is not JSON" in read(path)["errors"][0]


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGINT]))
def test_a_run_that_is_stopped(tiny: Bench, number: signal.Signals) -> None:
    path = tiny.home / "report.json"
    tiny.arm(kind="hang", root="taxRates", seconds=20.0, times=None)
    chosen = tiny.write("catalog.json", catalog(STREAMS))
    command: list[Path | str] = [TAP, "--config", tiny.config(), "--catalog", chosen, "--report", path]
    with family(command, tiny.home) as started:
        wait_until(lambda: tiny.sandbox.faults.armed[-1].fired > 0)
        started.head.send_signal(number)
        assert ended(started, SOON_SECONDS).status == 128 + number
    report = read(path)
    assert (report["status"], report["exit_status"]) == ("stopped", 128 + number)
    assert report["errors"] == [f"stopped by {number.name}"]
    assert statuses(report)["tax_rates"] == "partial"
    assert statuses(report)["clients"] == statuses(report)["client_emails"] == "complete"


@pytest.mark.stress
def test_a_run_that_is_ended_while_its_target_does_not_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with stuck(tmp_path, "--report", path) as started:
        started.head.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        started.head.send_signal(signal.SIGINT)
        assert ended(started, 3.0).status == 128 + signal.SIGINT
    report = read(path)
    assert (report["status"], report["exit_status"]) == ("stopped", 128 + signal.SIGINT)
    assert report["totals"]["rows"] > 0


@pytest.mark.stress
def test_a_target_that_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with stuck(tmp_path, "--report", path) as started:
        assert started.head.stdout is not None
        started.head.stdout.close()
        assert started.head.wait(SOON_SECONDS) == 1
        started.head.stdout = None
    report = read(path)
    assert (report["status"], report["exit_status"]) == ("failed", 1)
    assert "whatever reads the messages has ended" in report["errors"][0]
    assert statuses(report)["clients"] == "partial"


@needs_full
@pytest.mark.stress
def test_a_full_disk_behind_the_output(tiny: Bench) -> None:
    path = tiny.home / "report.json"
    chosen = tiny.write("catalog.json", catalog(["tax_rates"]))
    words = [str(TAP), "--config", str(tiny.config()), "--catalog", str(chosen), "--report", str(path)]
    assert shell(words, "> /dev/full", tiny.home).status == 1
    report = read(path)
    assert (report["status"], report["exit_status"]) == ("failed", 1)
    assert "No space left on device" in report["errors"][0]


def test_a_report_that_cannot_be_written_is_a_warning(tiny: Bench) -> None:
    directory = tiny.home / "reports"
    directory.mkdir()

    def remove(_request: int) -> None:
        if directory.is_dir():
            directory.rmdir()

    tiny.sandbox.before_request = remove
    outcome = tiny.tap("--report", directory / "report.json", streams=["tax_rates"]).checked()
    assert [each for each in outcome.warnings if "report" in each] == [
        f"The report cannot be written to {directory / 'report.json'} (No such file or directory)"
    ]
    assert outcome.rows("tax_rates")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/report.json", "No such file or directory"),
        ("config.json", "is not a report of a run"),
        (".", "is not a report of a run"),
        ("/dev/stdout", "is not a report of a run"),
        ("/dev/null", "is not a report of a run"),
        ("/proc/report.json", "no report can be written"),
    ],
)
def test_a_path_that_can_never_be_written_is_told_before_the_run(tiny: Bench, name: str, words: str) -> None:
    config = tiny.config(report=name).read_bytes()
    outcome = tiny.tap(report=name)
    outcome.assert_refused(words, "another file")
    assert tiny.log == []
    assert (tiny.home / "config.json").read_bytes() == config


def test_a_run_that_is_killed_leaves_no_report_of_the_run_before(tiny: Bench) -> None:
    path = tiny.home / "report.json"
    tiny.tap("--report", path, streams=["tax_rates"]).checked()
    tiny.arm(kind="hang", root="taxRates", seconds=20.0, times=None)
    chosen = tiny.write("catalog.json", catalog(["tax_rates"]))
    with family([TAP, "--config", tiny.config(), "--catalog", chosen, "--report", path], tiny.home) as started:
        wait_until(lambda: tiny.sandbox.faults.armed[-1].fired > 0)
        started.head.kill()
        started.head.communicate()
    assert not path.exists()


@pytest.mark.parametrize("word", ["--test", "--discover", "--about", "--login", "--credentials", "--estimate"])
def test_what_is_no_run_has_no_report(tiny: Bench, word: str) -> None:
    path = tiny.home / "report.json"
    tiny.tap(word, "--report", path).assert_refused("--report is of a run", word)
    assert not path.exists()
