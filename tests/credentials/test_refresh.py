"""The critical section in one process: what is tried, what is saved, and what is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_jobber.credentials.account_choice import only_connected
from tap_jobber.credentials.refresh import refresh_tokens_to_try, run_refresh
from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
from tap_jobber.credentials.refresh_process import refresh_in_own_process
from tap_jobber.credentials.stores.file import FileTokenStore
from tap_jobber.credentials.stores.record import Account, Installer, Record, State, Sync, fingerprint
from tap_jobber.credentials.token_responses import TokenOutcome, TokenResponse, Tokens
from tap_jobber.errors import TapError
from tests.credentials.token_server import CLIENT_SECRET, running

if TYPE_CHECKING:
    from pathlib import Path

NOW = 10_000.0
DUE = Record(
    "client", "old", NOW - 3500, NOW + 100, "stored", fingerprint("seed"), 1.0, Account("a"), Installer("u"), "main"
)
FRESH = replace(DUE, access_token="newer", access_token_expires_at=NOW + 3600)
SEED = RefreshJob("", "http://jobber/oauth/token", "client", CLIENT_SECRET, seed="seed")
JOB = replace(SEED, key="a", superseded="old")
REFUSED = TokenResponse(TokenOutcome.REFUSED, "HTTP 401: no")
GRANTED = TokenResponse(TokenOutcome.GRANTED, tokens=Tokens("new", "next", warning="remark"))


@dataclass
class Jobber:
    """Answers each refresh token as told, and remembers what was sent."""

    answers: dict[str, TokenResponse] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    def redeem(self, refresh_token: str) -> TokenResponse:
        """Give the answer for the token."""
        self.sent.append(refresh_token)
        return self.answers[refresh_token]


def refresh(store: FileTokenStore, jobber: Jobber, job: RefreshJob = JOB) -> RefreshReport:
    return run_refresh(job, store=store, redeem=jobber.redeem, clock=lambda: NOW, sleep=lambda _: None)


@pytest.fixture
def store(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path)


@pytest.mark.parametrize(
    ("record", "seed", "tried"),
    [
        (None, None, []),
        (None, "seed", ["seed"]),
        (DUE, None, ["stored"]),
        (DUE, "seed", ["stored", "seed"]),
        (DUE, "stored", ["stored"]),
        (DUE, "other", ["stored"]),
    ],
)
def test_what_is_tried(record: Record | None, seed: str | None, tried: list[str]) -> None:
    assert refresh_tokens_to_try(record, seed) == tried


def test_new_tokens_are_saved_beside_what_was_known(store: FileTokenStore) -> None:
    store.save(DUE)
    report = refresh(store, Jobber({"stored": GRANTED}))
    assert report == RefreshReport(TokenOutcome.GRANTED, warning="remark")
    assert only_connected(store.records("client")) == replace(
        DUE,
        access_token="new",
        access_token_obtained_at=NOW,
        access_token_expires_at=NOW + 3600,
        refresh_token="next",
    )


def test_the_first_tokens(store: FileTokenStore) -> None:
    refresh(store, Jobber({"seed": GRANTED}), SEED)
    (record,) = store.records("client")
    assert not record.is_settled
    assert (record.refresh_token, record.seed_fingerprint, record.connected_at) == ("next", fingerprint("seed"), NOW)


def test_another_worker_was_faster(store: FileTokenStore) -> None:
    store.save(FRESH)
    jobber = Jobber()
    assert refresh(store, jobber).outcome is TokenOutcome.CURRENT
    assert jobber.sent == []


def test_a_refused_access_token_is_replaced_though_not_due(store: FileTokenStore) -> None:
    store.save(FRESH)
    assert refresh(store, Jobber({"stored": GRANTED}), replace(JOB, superseded="newer")).outcome is TokenOutcome.GRANTED


def test_a_refused_stored_token_falls_back_to_the_seed_once(store: FileTokenStore) -> None:
    store.save(DUE)
    jobber = Jobber({"stored": REFUSED, "seed": GRANTED})
    assert refresh(store, jobber).outcome is TokenOutcome.GRANTED
    assert jobber.sent == ["stored", "seed"]


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in TokenOutcome if outcome not in {"granted", "current", "busy", "failed"}]
)
def test_no_failure_touches_the_stored_tokens(store: FileTokenStore, outcome: TokenOutcome) -> None:
    store.save(DUE)
    jobber = Jobber(dict.fromkeys(["stored", "seed"], TokenResponse(outcome, "HTTP 400: why")))
    report = refresh(store, jobber)
    assert report.outcome is outcome
    assert "(HTTP 400: why)" in report.cause
    assert report.remedy
    assert jobber.sent == (["stored", "seed"] if outcome in {"refused", "refused by a page"} else ["stored"])
    states = {TokenOutcome.REFUSED: State.REFUSED, TokenOutcome.DISCONNECTED: State.DISCONNECTED}
    expected = DUE.with_state(states[outcome], NOW, report.cause) if outcome in states else DUE
    assert store.records() == [expected]


def test_a_new_seed_gets_a_place_of_its_own(store: FileTokenStore) -> None:
    store.save(FRESH)
    jobber = Jobber({"other": GRANTED})
    assert refresh(store, jobber, replace(SEED, seed="other")).outcome is TokenOutcome.GRANTED
    assert only_connected(store.records("client")) == FRESH
    (pending,) = (record for record in store.records() if not record.is_settled)
    assert (pending.refresh_token, pending.seed_fingerprint) == ("next", fingerprint("other"))
    assert (pending.connected_at, pending.installer) == (NOW, None)


def test_a_seed_that_another_worker_has_settled_is_not_redeemed(store: FileTokenStore) -> None:
    store.save(FRESH.with_past_seeds(fingerprint("other")))
    assert refresh(store, Jobber(), SEED).outcome is TokenOutcome.CURRENT
    assert refresh(store, Jobber(), replace(SEED, seed="other")).outcome is TokenOutcome.CURRENT
    assert refresh(store, Jobber(), replace(SEED, key="pending:gone")).outcome is TokenOutcome.CURRENT


def test_what_others_note_during_a_refresh_stays(store: FileTokenStore) -> None:
    store.save(DUE)
    sync = Sync(1.0, 2.0, {"clients": 3})

    def redeem(_: str) -> TokenResponse:
        store.update(DUE, lambda record: record.with_sync(sync))
        return GRANTED

    run_refresh(JOB, store=store, redeem=redeem, clock=lambda: NOW)
    record = only_connected(store.records("client"))
    assert record is not None
    assert (record.refresh_token, record.syncs) == ("next", (sync,))


def test_a_refused_new_seed_leaves_the_stored_connection(store: FileTokenStore) -> None:
    store.save(FRESH)
    jobber = Jobber({"other": REFUSED})
    report = refresh(store, jobber, replace(SEED, seed="other"))
    assert jobber.sent == ["other"]
    assert "configured refresh_token" in report.cause
    assert "remove refresh_token" in report.remedy
    assert only_connected(store.records("client")) == FRESH


def test_no_token_at_all(store: FileTokenStore) -> None:
    report = refresh(store, Jobber(), replace(SEED, seed=None))
    assert report.outcome is TokenOutcome.FAILED
    assert f"no refresh token in the token store {store.label}" in report.cause


def test_nothing_is_sent_if_it_could_not_be_saved(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwritable(*_: Any) -> None:
        raise TapError("full", "make room")

    monkeypatch.setattr(FileTokenStore, "check_writable", unwritable)
    jobber = Jobber()
    assert refresh(store, jobber, SEED) == RefreshReport(TokenOutcome.FAILED, "full", "make room")
    assert jobber.sent == []


def test_a_save_that_fails_for_a_moment(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [TapError("full", "make room")] * 3
    change = FileTokenStore.change

    def failing(self: FileTokenStore, *arguments: Any) -> None:
        if failures:
            raise failures.pop()
        change(self, *arguments)

    monkeypatch.setattr(FileTokenStore, "change", failing)
    assert refresh(store, Jobber({"seed": GRANTED}), SEED).outcome is TokenOutcome.GRANTED
    assert len(store.records()) == 1


def test_a_save_that_fails_for_good(store: FileTokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise TapError("full", "make room")

    monkeypatch.setattr(FileTokenStore, "change", failing)
    report = refresh(store, Jobber({"seed": GRANTED}), SEED)
    assert report.outcome is TokenOutcome.FAILED
    assert "could not be kept" in report.cause


def test_a_report_crosses_the_pipe() -> None:
    report = RefreshReport(TokenOutcome.UNAVAILABLE, "cause", "remedy", "warning", 5.0)
    assert RefreshReport.from_line(report.to_line()) == report


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b'{"outcome": "odd"}', b'{"outcome": "lost", "odd": 1}'])
def test_half_a_report(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        RefreshReport.from_line(line)


def test_no_secret_in_a_job_s_description() -> None:
    assert CLIENT_SECRET not in repr(JOB)
    assert "seed='" not in repr(JOB)


def test_the_process_of_its_own(tmp_path: Path) -> None:
    with running() as server:
        seed = server.new_refresh_token("client")
        job = replace(SEED, store=str(tmp_path / "tokens.json"), token_url=server.url, seed=seed)
        assert refresh_in_own_process(job).outcome is TokenOutcome.GRANTED
        (record,) = FileTokenStore(tmp_path).records("client")
        assert record.refresh_token == server.accepted["client"]
        assert refresh_in_own_process(job).outcome is TokenOutcome.CURRENT
        assert len(server.requests) == 1


def test_half_a_job_does_nothing(tmp_path: Path) -> None:
    with running() as server:
        seed = server.new_refresh_token("client")
        job = replace(SEED, store=str(tmp_path / "tokens.json"), token_url=server.url, seed=seed)
        line = json.dumps(asdict(job)).encode()
        for half in (b"", line[:40], line):
            ended = subprocess.run(
                [sys.executable, "-m", "tap_jobber.credentials.refresh"], input=half, capture_output=True, check=True
            )
            assert ended.stdout == b""
        assert server.requests == []


def test_a_process_that_dies_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_jobber.credentials.refresh_process._START", "import sys; sys.exit('no such module')")
    report = refresh_in_own_process(replace(JOB, store=str(tmp_path)))
    assert report.outcome is TokenOutcome.LOST
    assert "no such module" in report.cause
