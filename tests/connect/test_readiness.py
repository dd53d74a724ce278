"""Health and readiness: what an orchestrator's probes are told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tap_jobber.connect import readiness
from tap_jobber.errors import TapError
from tests.connect.harness import until

if TYPE_CHECKING:
    import pytest

    from tests.connect.harness import Site

SECRET = "postgresql://user:password@host/db"


def test_ready_and_not_and_ready_again(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    visitor = site.visitor()
    assert (visitor.get("/readyz").status_code, visitor.get("/readyz").text) == (200, "ready\n")
    site.store.write_text("{", encoding="utf-8")
    for _ in range(3):
        answer = visitor.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "The token store cannot be used\n")
    assert visitor.get("/healthz").text == "ok\n"
    site.store.unlink()
    assert visitor.get("/readyz").status_code == 200
    told = [line.getMessage() for line in caplog.records if "eady" in line.getMessage()]
    assert len(told) == 2, "each change is told once"


def test_a_store_that_hangs_holds_up_one_thread(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "WAIT_SECONDS", 0.1)
    opened, asked = threading.Event(), []

    def hang(*_: object) -> None:
        asked.append(1)
        opened.wait(20)

    monkeypatch.setattr(site.connections._store, "get", hang)  # noqa: SLF001 - a store that hangs
    visitor = site.visitor()
    assert [visitor.get("/readyz").status_code for _ in range(3)] == [503] * 3
    assert len(asked) == 1
    opened.set()
    until(lambda: visitor.get("/readyz").status_code == 200)


def test_nothing_secret_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TapError(f"Cannot use {SECRET}", "look at it")

    monkeypatch.setattr(site.connections._store, "get", fail)  # noqa: SLF001 - a store that is away
    answer = site.visitor().get("/readyz")
    assert answer.status_code == 503
    assert "password" not in answer.text
