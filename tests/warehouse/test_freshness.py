"""`dbt source freshness`: how long ago each stream was loaded, as the package's sources declare what is too long."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from tests.warehouse.account import KINDS, Messages
from tests.warehouse.transform import freshness

if TYPE_CHECKING:
    from tests.warehouse.targets import Target

_AGES = {
    "account": dt.timedelta(hours=1),
    "users": dt.timedelta(hours=35),
    "products": dt.timedelta(hours=37),
    "tax_rates": dt.timedelta(days=8),
}
_SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "_sdc_extracted_at": {"type": ["string", "null"], "format": "date-time"}},
}


@pytest.mark.parametrize("target", KINDS, indirect=True)
def test_streams_are_stale_as_declared_and_only_those_that_were_loaded(target: Target) -> None:
    _load(target, "account", "users", "app_alerts")
    assert set(freshness(target).values()) == {"pass"}
    _load(target, "products", "tax_rates")
    found = freshness(target)
    assert {name: status for name, status in found.items() if status != "pass"} == {
        "products": "warn",
        "tax_rates": "error",
    }
    assert found["account"] == "pass"
    # It was not loaded at all, and `app_alerts` without rows.
    assert found["vehicles"] == found["app_alerts"] == "pass"
    assert "clients" not in found


def _load(target: Target, *streams: str) -> None:
    messages = []
    for name in streams:
        messages.append({"type": "SCHEMA", "stream": name, "schema": _SCHEMA, "key_properties": ["id"]})
        if name in _AGES:
            moment = (dt.datetime.now(dt.timezone.utc) - _AGES[name]).isoformat()
            record = {"id": "1", "_sdc_extracted_at": moment}
            messages.append({"type": "RECORD", "stream": name, "record": record, "time_extracted": moment})
    path = target.home / f"{streams[0]}.messages"
    path.write_text("".join(f"{json.dumps(message)}\n" for message in messages), encoding="utf-8")
    target.load(Messages(path))
