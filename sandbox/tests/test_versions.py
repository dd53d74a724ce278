"""Versions by the date on which they are asked for."""

from __future__ import annotations

from datetime import date

from asking import asking
from jobber_sandbox.options import Options
from jobber_sandbox.versions import Served, Versions

VERSIONS = Versions(active=("2025-04-16", "2026-02-17"), removed=("2022-01-01",))


def test_supported_for_a_year_with_notice_in_the_last_three_months() -> None:
    assert VERSIONS.serve("2025-04-16", date(2025, 12, 1)) == Served("2025-04-16", None)
    near = VERSIONS.serve("2025-04-16", date(2026, 3, 1))
    assert near is not None
    assert near.warning is not None
    assert near.warning.startswith("Support for API version 2025-04-16 is scheduled to stop on April 16, 2026.")
    assert "2026-02-17" in near.warning
    over = VERSIONS.serve("2025-04-16", date(2026, 4, 16))
    assert over is not None
    assert over.warning is not None
    assert "is no longer supported, and will be removed" in over.warning


def test_removed_unknown_and_missing() -> None:
    assert VERSIONS.serve("2022-01-01", date(2026, 1, 1)) == Served("2025-04-16", None)
    assert VERSIONS.serve("2024-04-04", date(2026, 1, 1)) is None
    assert VERSIONS.serve(None, date(2026, 1, 1)) is None
    assert Versions(default="2026-09-25").serve(None, date(2026, 1, 1)) == Served("2026-09-25", None)


def test_an_old_schema_may_not_say_which_version_it_is() -> None:
    with asking(Options(world="hostile", scale=0.05, versioning=False)) as asker:
        assert "versioning" not in asker.ask("{ account { id } }")["extensions"]
