"""A target as the Singer specification describes it, strict about the order of messages and about each row."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator
from singer_sdk.contrib.msgspec import encoder

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]


@dataclass
class Consumer:
    """Takes messages and keeps what a target would.

    Attributes:
        schemas: The last SCHEMA message of each stream.
        rows: The rows of each stream so far, in order.
        kept: How many rows of each stream had come before the last STATE.
        state: The last state.
        activated: The streams that had an ACTIVATE_VERSION.
        is_exact: True if a row must have all columns of its SCHEMA, false if some may be missing.
    """

    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    activated: set[str] = field(default_factory=set)
    is_exact: bool = False
    _validators: dict[str, Draft7Validator] = field(default_factory=dict)

    def take(self, messages: Iterable[dict[str, Any]]) -> Consumer:
        """Take messages in their order; one that a target could not use fails the test."""
        for message in messages:
            # As it is on the wire.
            self._take(json.loads(encoder.encode(message)))
        return self

    def durable(self, stream: str) -> list[Row]:
        """Return the rows that the last state counts on."""
        return self.rows.get(stream, [])[: self.kept.get(stream, 0)]

    def _take(self, message: dict[str, Any]) -> None:
        kind, stream = message["type"], message.get("stream", "")
        if kind == "SCHEMA":
            self._take_schema(stream, message)
        elif kind == "RECORD":
            self._take_row(stream, message["record"])
        elif kind == "BATCH":
            assert message["encoding"]["format"] == "jsonl"
            for url in message["manifest"]:
                content = Path(url.removeprefix("file://")).read_bytes()
                if message["encoding"].get("compression") == "gzip":
                    content = gzip.decompress(content)
                for line in content.splitlines():
                    self._take_row(stream, json.loads(line))
        elif kind == "ACTIVATE_VERSION":
            assert stream in self.schemas
            self.activated.add(stream)
        else:
            assert kind == "STATE"
            self.state = message["value"]
            self.kept = {name: len(rows) for name, rows in self.rows.items()}

    def _take_schema(self, stream: str, message: dict[str, Any]) -> None:
        assert stream not in self.schemas, f"{stream} has two schemas"
        properties = message["schema"]["properties"]
        assert properties, f"{stream} has no columns"
        assert set(message["key_properties"]) <= set(properties), stream
        assert set(message.get("bookmark_properties") or ()) <= set(properties), stream
        assert set(message["schema"].get("required", ())) <= set(properties), stream
        self.schemas[stream] = message
        self._validators[stream] = Draft7Validator(message["schema"])

    def _take_row(self, stream: str, row: Row) -> None:
        schema = self.schemas[stream]
        columns = set(schema["schema"]["properties"])
        assert set(row) == columns if self.is_exact else set(row) <= columns, (stream, set(row) ^ columns)
        assert set(schema["key_properties"]) <= set(row), stream
        problems = [error.message for error in self._validators[stream].iter_errors(row)]
        assert not problems, (stream, problems)
        self.rows.setdefault(stream, []).append(row)
