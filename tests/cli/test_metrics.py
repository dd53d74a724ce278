"""When the SDK's metrics are logged beside the lines of the streams."""

from __future__ import annotations

import logging

import pytest

from tap_jobber.tap import TapJobber


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({}, logging.WARNING),
        ({"SINGER_SDK_LOG_CONFIG": "mine.yml"}, logging.INFO),
        # Meltano sets both for each tap that it runs.
        ({"SINGER_SDK_LOG_CONFIG": "tap.json", "MELTANO_EXTRACTOR_NAME": "tap-jobber"}, logging.WARNING),
    ],
)
def test_metrics(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], level: int) -> None:
    for name in ("SINGER_SDK_LOG_CONFIG", "MELTANO_EXTRACTOR_NAME", "TAP_JOBBER_LOGLEVEL", "LOGLEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tap = TapJobber(config={"client_id": "-", "client_secret": "-"})
    assert tap.metrics_logger.level == level
