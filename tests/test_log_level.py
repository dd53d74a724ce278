"""A log level that does not exist ends nothing."""

from __future__ import annotations

import os

import pytest

from tap_jobber.process import log_level


@pytest.mark.parametrize("name", ["TAP_JOBBER_LOGLEVEL", "LOGLEVEL"])
@pytest.mark.parametrize(
    ("level", "is_known"), [("debug", True), ("WARNING", True), ("loud", False), ("10", False), ("", True)]
)
def test_a_level_that_is_none_is_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, level: str, *, is_known: bool
) -> None:
    monkeypatch.setenv(name, level)
    log_level.prepare()
    assert (name in os.environ) is is_known
    said = [f"{name} is no log level: set it to DEBUG, INFO, WARNING or ERROR"]
    assert caplog.messages == ([] if is_known else said)
