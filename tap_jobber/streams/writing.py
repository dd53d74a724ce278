"""The writing side of a stream: the columns that go out, their names, and their messages."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from fnmatch import fnmatch
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import Stream
from singer_sdk.exceptions import StreamMapConfigError
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers._util import utc_now
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib import RecordMessage, SchemaMessage
from singer_sdk.singerlib.catalog import Metadata
from typing_extensions import override

from tap_jobber.messages import MessageWriter
from tap_jobber.streams.output import excess, outputs, prune

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.mapper import PluginMapper
    from singer_sdk.singerlib import Catalog
    from singer_sdk.tap_base import Tap

    from tap_jobber.streams.output import Excess, Output
    from tap_jobber.streams.protocols import Row, StreamTap

ACCOUNT_ID = "accountId"
"""The column that `add_account_id` adds."""

EXTRACTED_AT = "_sdc_extracted_at"
"""The column that `add_read_times` adds."""

_ACCOUNT_ID_SCHEMA = {"type": "string", "description": "The Jobber account that the row belongs to."}
_EXTRACTED_AT_SCHEMA = {"type": "string", "format": "date-time", "description": "When the row was read."}
_UNUSABLE = (AttributeError, IndexError, KeyError, NotImplementedError, TypeError, ValueError)


class WrittenStream(Stream):
    """A stream whose rows have the columns that its SCHEMA names, whatever catalog, stream maps and flattening say.

    Args:
        tap: The tap.
        schema: The JSON Schema of a row.
        name: The stream's name.
    """

    # Values come as JSON and go out as JSON: converting each again would be half of all work.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: StreamTap, schema: dict[str, Any], name: str) -> None:
        self._has_account_id = tap.settings.add_account_id
        self._has_read_time = tap.settings.add_read_times
        first = {ACCOUNT_ID: _ACCOUNT_ID_SCHEMA} if self._has_account_id else {}
        last = {EXTRACTED_AT: _EXTRACTED_AT_SCHEMA} if self._has_read_time else {}
        if first or last:
            schema = {**schema, "properties": {**first, **schema["properties"], **last}}
        self._columns_added = (*first, *last)
        self._has_versions = tap.settings.emit_activate_version_messages
        super().__init__(cast("Tap", tap), schema=schema, name=name)
        self.tap = tap

    @cached_property
    def _began(self) -> datetime:
        """The time that no row is dated before: when the reads of the run began, where targets compare the two."""
        return time_of(self.tap.read_version if self.tap.settings.tells_what_is_gone else 0)

    def note_begin(self, version: int) -> None:
        """Date no row before its read began, since that may lie ahead of a clock that has gone back.

        Args:
            version: The version of the read.
        """
        self._began = max(self._began, time_of(version))

    @property
    @override
    def primary_keys(self) -> Sequence[str]:
        """The columns that tell rows apart, with that of the account if rows of several are to stand in one table."""
        return self._primary_keys or ()

    @primary_keys.setter
    def primary_keys(self, new_value: Sequence[str]) -> None:
        keys = tuple(new_value or ())
        is_missing = self._has_account_id and keys and ACCOUNT_ID not in keys
        self._primary_keys = (ACCOUNT_ID, *keys) if is_missing else keys

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take over what a catalog says; one that does without keys does not take them away."""
        keys, replication_key = self.primary_keys, self.replication_key
        super().apply_catalog(catalog)
        self.primary_keys, named = self.primary_keys or keys, self.replication_key
        self.replication_key = replication_key
        entry = catalog.get_stream(self.name)
        if entry is None or self._input_schema is None:
            return
        properties = self._input_schema.setdefault("properties", {})
        for name in dict.fromkeys((*self.primary_keys, *self._columns_added)):
            if name in self.schema["properties"]:
                properties.setdefault(name, self.schema["properties"][name])
            if entry.metadata:  # none at all selects everything
                entry.metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        if named not in {None, replication_key} and self.selected:
            cause = f"the catalog names {named} as the replication key of {self.name}"
            self.logger.warning("%s, which is read by %s: correct it", cause, replication_key or "no column")

    @property
    def selected_schema(self) -> dict[str, Any]:
        """The JSON Schema of a row with what the catalog selects."""
        return get_selected_schema(self.name, self.effective_schema, self.mask)

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """The outputs of the stream maps: none, the stream itself, others beside it.

        Raises:
            StreamMapConfigError: If they cannot be used.
        """
        mapper, schema = self.tap.mapper, self.selected_schema
        try:
            mapper.register_raw_stream_schema(self.name, schema, self.primary_keys)
        except _UNUSABLE as error:
            raise StreamMapConfigError(f"{self.name}: {type(error).__name__}: {error}") from error
        maps, columns = mapper.stream_maps[self.name], schema["properties"]
        return tuple(outputs(maps, columns, self.replication_key, self.tap.flattening))

    @cached_property
    def excess(self) -> Excess:
        """Columns of a row that the catalog does not select, or does not know."""
        return excess(self.schema, self.selected_schema)

    def selected_of_row(self, row: Row) -> Row:
        """Return a row, changed in place, without columns that are there only because reading needs them."""
        return prune(row, self.excess) if self.excess else row

    def write_row(self, row: Row) -> None:
        """Write a row."""
        self._write_record_message(row)

    def write_schema(self) -> None:
        """Write the SCHEMA message."""
        self._write_schema_message()

    def write_state(self) -> None:
        """Write the state as it is now."""
        self.state_manager.is_flushed = False
        self._write_state_message()

    @override
    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        for each in self.outputs:
            yield SchemaMessage(each.name, each.schema, each.keys, each.bookmark_keys or None)

    @override
    def _write_record_message(self, record: dict[str, Any]) -> None:
        """Write a row as each stream map has it.

        Args:
            record: The row; the account and the time are added to it if they are wanted.
        """
        # Some targets put the time of the message into the table, so that both are the same.
        now, version = max(utc_now(), self._began), self._stream_version if self._has_versions else None
        if self._has_account_id:
            record[ACCOUNT_ID] = self.tap.account_id
        if self._has_read_time:
            record[EXTRACTED_AT] = time_text(now)
        for output in self.outputs:
            row = record if output.transform is None else output.transform(record)
            if row is not None:
                self.tap.write_message(RecordMessage(output.name, row, version, now))
        self.state_manager.is_flushed = False

    @override
    def _write_state_message(self) -> None:
        """Write the state, if it has changed, but what it counts on first."""
        writer = self.tap.message_writer
        if isinstance(writer, MessageWriter):
            writer.flush()
        super()._write_state_message()

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        """Return None: rows are put into batch files where messages are written, so that nothing overtakes them."""
        return None


def time_of(version: int) -> datetime:
    """Return the time at which a read with a version began."""
    return datetime.fromtimestamp(version, timezone.utc)


def time_text(moment: datetime) -> str:
    """Return a time of reading as it is written: always of one length, so that texts compare as times do."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def prepare(mapper: PluginMapper, streams: Sequence[WrittenStream], logger: logging.Logger) -> None:
    """Work out what is written of all streams that are read; one of which nothing is left is not read.

    Args:
        mapper: The stream maps.
        streams: All streams.
        logger: The logger for warnings.

    Raises:
        StreamMapConfigError: If a map cannot be used, two streams come out under one name, or none is left.
    """
    for source in _sources(mapper.stream_maps_dict):
        if not any(fnmatch(stream.name, source) for stream in streams):
            logger.warning("stream_maps names %s, but there is no stream of that name: correct it", source)
    selected = [stream for stream in streams if stream.selected]
    names = Counter(each.name for stream in selected for each in stream.outputs)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise StreamMapConfigError(f"several streams come out as {', '.join(twice)}")
    if selected and not names:
        raise StreamMapConfigError("they leave no stream")
    for stream in selected:
        if not stream.outputs:
            # Its bookmark stays, so that nothing is missing once it is wanted.
            stream.selected = False


def _sources(stream_maps: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names or patterns of streams that stream maps apply to."""
    for name, given in stream_maps.items():
        yield str(given.get("__source__", name)) if isinstance(given, dict) else name
