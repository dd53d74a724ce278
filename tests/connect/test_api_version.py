"""Warnings about the API version: for the operator's log, not for visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.connect.harness import OTHER_ADMIN, text_of

if TYPE_CHECKING:
    import pytest

    from tests.connect.harness import Site

WARNING = "Support for this API version ends soon"


def test_a_version_warning_is_logged_once_and_shown_to_no_visitor(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.sandbox.faults.arm([{"kind": "version_warning", "message": WARNING, "times": 20}])
    pages = [site.visitor().connect(), site.visitor().connect(OTHER_ADMIN)]
    assert site.record()["api_version_warning"] == WARNING
    assert [line.levelname for line in caplog.records if WARNING in line.getMessage()] == ["WARNING"]
    assert not any(WARNING in text_of(page) for page in pages)
