"""The base of all streams: schema and selection derived from the API's types, bookmark, outcome and rows."""

from __future__ import annotations

import json
import logging
import sys
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.exceptions import (
    AbortedSyncFailedException,
    AbortedSyncPausedException,
    MapExpressionError,
    StreamMapConfigError,
)
from typing_extensions import override

from tap_jobber.api.client import Usage
from tap_jobber.errors import RenewalError, TapError
from tap_jobber.graphql.conform import Conformer
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.json_schema import json_schema
from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import among
from tap_jobber.streams.bookmarks import Bookmark
from tap_jobber.streams.outcome import LeftOut, Outcome
from tap_jobber.streams.writing import WrittenStream
from tap_jobber.timestamps import parse_clamped_timestamp
from tap_jobber.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Part
    from tap_jobber.graphql.json_schema import JsonSchema
    from tap_jobber.graphql.tree import Field, Path, Selection
    from tap_jobber.streams.protocols import Row, StreamTap, WalkedStream, WalkOwner


class JobberStream(WrittenStream):
    """One table of a Jobber account.

    Its rows are handed on by a walk, which may feed several streams at once, so that nothing of the SDK's own
    bookkeeping of bookmarks and child streams applies: a bookmark is where a walk has come to, not the largest
    value seen.

    Args:
        tap: The tap.
    """

    name: str = ""
    """The stream's name; a class without one is a base of others."""
    comes_last: ClassVar[bool] = False
    """True if this stream syncs after all streams that leave this false."""
    home_of: ClassVar[tuple[str, ...] | None] = None
    """Types whose ids lead to this stream, where other streams have rows of its type too; None for all of its type."""
    _derived: ClassVar[str]

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap, self._own_schema(), self.name)
        self.usage = Usage()
        self.outcome = Outcome()
        self.has_ended = False
        """True once the stream's turn in the run is over, whatever it brought."""
        self._is_read = False
        self._is_in_round = False

    @classmethod
    def _own_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row as a copy of its own; it is derived once for all taps of a process."""
        if "_derived" not in vars(cls):
            cls._derived = json.dumps(cls.derived_schema())
        copied: dict[str, Any] = json.loads(cls._derived)
        return copied

    @classmethod
    def node_type(cls) -> str:
        """Return the type of the nodes that rows come from."""
        raise NotImplementedError

    @classmethod
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row."""
        raise NotImplementedError

    @classmethod
    def types_referred_to(cls) -> tuple[str, ...]:
        """Return the types whose ids lead to rows of this stream."""
        return ()

    @classmethod
    def described(cls, selection: Selection, required: Collection[str]) -> JsonSchema:
        """Return the JSON Schema of what a selection brings, with references named by the streams they lead to."""
        return json_schema(read_schema(), selection, required, tables_by_type())

    @classmethod
    def full_selection(cls) -> Selection:
        """Return all fields that the stream can ask for."""
        return derive(read_schema(), cls.node_type())

    @cached_property
    def part(self) -> Part:
        """The stream's part of a walk, with only the properties that the catalog selects."""
        raise NotImplementedError

    def selected_of(self, selection: Selection, required: Iterable[str]) -> Selection:
        """Return the fields of a selection that the catalog selects or that reading needs."""
        needed, known = among(required), self.effective_schema

        def keep(field: Field, path: Path) -> bool:
            return needed(field, path) or (_has(known, path) and self.mask[_breadcrumb(path)])

        return selection.where(keep)

    @cached_property
    def shape(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """The function that turns a node into a row."""
        shape, conform = shaper(self.part.node), self.conform
        return lambda node: conform(shape(node))

    @cached_property
    def conform(self) -> Conformer:
        """The function that makes values fit the schema where the served version types a field otherwise."""
        return Conformer(json_schema(read_schema(), self.part.node))

    @property
    def bookmark(self) -> Bookmark:
        """The stream's part of the state, which stays as it is once something of the stream is missing."""
        return Bookmark(self.name, self.stream_state, is_held=self.outcome.is_partial)

    @property
    def is_incremental(self) -> bool:
        """True if the stream has a bookmark and uses it."""
        return self.replication_key is not None and self.replication_method == "INCREMENTAL"

    @property
    def is_read_whole(self) -> bool:
        """True if each run reads all rows, of which one with `resync_days` would read a share."""
        return False

    @property
    def start_seconds(self) -> int | None:
        """The configured start date, in seconds since 1970."""
        start = self.tap.settings.start_date
        return None if start is None else parse_clamped_timestamp(start)

    def in_walk_of(self, owner: WalkOwner) -> WalkedStream:
        """Return the stream as the walk of another sees it that it is read with."""
        del owner
        return self

    def rows_of(self, node: Node, parent: Node | None) -> Iterable[Row]:
        """Return the rows that a node makes.

        Args:
            node: The node; it may be changed.
            parent: The node that it was found in; None for a node of the root field.
        """
        raise NotImplementedError

    def hand_on(self, row: Row) -> None:
        """Count a row and write it, unless a trial run has had enough."""
        limit = self.ABORT_AT_RECORD_COUNT
        if limit is None or self.usage.rows < limit:
            self.usage.rows += 1
            self.write_row(row)

    def begin(self, version: int | None = None) -> None:
        """Choose the version to write rows with.

        Args:
            version: The version that a stopped run has already written rows with.
        """
        wants_version = self.tap.settings.tells_what_is_gone and (self._is_in_round or not self.is_incremental)
        self._stream_version = (version or self.tap.read_version) if wants_version else None
        if self._stream_version is not None:
            self.note_begin(self._stream_version)

    def begin_round(self, version: int, now: int) -> None:
        """Choose the version of a round of the rolling resync to write rows with.

        Args:
            version: The version.
            now: When the walk begins, by the server's clock.
        """
        del now
        self._is_in_round = True
        self.begin(version)

    def note_reads(self, oldest_seconds: int | None, *, has_missed_rows: bool) -> None:
        """Do nothing: the rounds of the walk are the stream's own."""

    def begin_partial(self) -> None:
        """Write rows without a version: not all will be read, so that none can be told to be gone."""
        self._stream_version = None

    @property
    def version(self) -> int | None:
        """The version that rows are written with."""
        return self._stream_version

    def has_met_all(self, met: Container[Hashable], again: Iterable[Hashable]) -> bool:
        """Return True if a second look shows only rows that have been met: an edit can move one to where the read was.

        Args:
            met: The keys of the rows that have been written.
            again: The keys that a second look shows; it is only taken where there was more than one answer.
        """
        has_met_all = self.usage.requests == 1 or all(key in met for key in again)
        if not has_met_all:
            self.logger.info(
                "%s: rows came or moved during the read; which are gone is left to the next run", self.name
            )
        return has_met_all

    def complete(self) -> None:
        """Tell the target that rows of older versions are gone, now that every row has been written."""
        if self._stream_version is None or not self.outcome.is_complete:
            return
        if self.tap.settings.emit_activate_version_messages:
            self._write_activate_version_message(self._stream_version)
        if self.tap.settings.add_read_times:
            for output in self.outputs:
                self.tap.complete_reads.add(output.name, self._stream_version)

    def skip(self, streams: Collection[WalkedStream], error: TapError) -> None:
        """Do without streams that cannot be read.

        Args:
            streams: The streams that go without their rows.
            error: The reason.

        Raises:
            RenewalError: If the settings want the run to fail over it.
        """
        if self.tap.settings.on_missing_permission == "fail":
            raise RenewalError(error.cause, error.remedy)
        for stream in streams:
            stream.refuse(error)
        names = [stream.name for stream in streams]
        fields = {"event_name": "streams_skipped", "stream_names": names}
        self.logger.warning("Skipping %s: %s", ", ".join(names), error, extra=fields)

    def refuse(self, error: TapError) -> None:
        """Note that the app may not read the stream."""
        self.outcome.refusal = error

    def set_aside(self, error: TapError) -> None:
        """Do without what is left of the stream, because it could not be read to its end.

        What has been written stays; the bookmark does not move any more, and the run ends with a status of its own.

        Args:
            error: The reason.
        """
        if not self.outcome.is_set_aside:
            fields = {"event_name": "stream_set_aside", "rows": self.usage.rows}
            self.logger.warning("Setting %s aside: %s", self.name, error, extra=fields)
        self.outcome.failures.append(error)

    def leave_out(self, column: str, cause: str, count: int) -> None:
        """Go on without a column that fails; the bookmark does not move any more.

        Args:
            column: The column.
            cause: The reason, without a trailing full stop.
            count: How many of its values have failed since this was last said.
        """
        if column not in self.outcome.left_out:
            fields = {"event_name": "column_left_out", "column": column}
            self.logger.warning("%s: %s is left out: %s", self.name, column, cause, extra=fields)
        self.outcome.left_out.setdefault(column, LeftOut(cause)).count += count

    def rows_reached(self) -> tuple[int, int | None]:
        """Return the rows so far, and about how many it will be; None if that is not known."""
        return self.usage.rows, None

    @property
    def is_done(self) -> bool:
        """True if the stream has been read as far as it can be."""
        return self._is_read or self.outcome.refusal is not None or self.outcome.is_set_aside

    def log_end(self, seconds: float) -> None:
        """Log what the stream brought and what it cost."""
        self._is_read = True
        if self.conform.converted:
            self.logger.warning(
                "%s: the served version of Jobber's API has other types for %s; their values are converted, or null "
                "where they cannot be",
                self.name,
                ", ".join(self.conform.converted),
            )
        usage = self.usage
        ended = [each.is_done for each in self.tap.selected_streams]
        self.logger.info(
            "Finished %s: %s; %d of %s done",
            self.name,
            self._said_of_end(seconds),
            sum(ended),
            counted(len(ended), "stream"),
            extra={
                "event_name": "stream_finished",
                "streams": len(ended),
                "streams_done": sum(ended),
                "rows": usage.rows,
                "requests": usage.requests,
                "points": usage.points,
                "waited_seconds": usage.waited_seconds,
                "seconds": seconds,
            },
        )

    def _said_of_end(self, seconds: float) -> str:
        usage, parent = self.usage, cast("type[JobberStream] | None", self.parent_stream_type)
        rows = counted(usage.rows, "row")
        if parent is not None and not usage.requests:
            return f"{rows}, read with {parent.name}"
        return f"{rows}, {counted(usage.requests, 'request')}, {counted(round(usage.points), 'point')}, {seconds:.1f} s"

    @override
    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """Note that the stream's turn is over, after that of the streams that are read in its walk."""
        super().finalize_state_progress_markers(state)
        self.has_ended = True

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log a message; the SDK calls errors unhandled that name their remedy, or that end a test as they should."""
        is_handled = level == logging.ERROR and isinstance(sys.exc_info()[1], _HANDLED)
        super().log(message, *args, level=logging.DEBUG if is_handled else level, **kwargs)

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        """False: the SDK would emit them before the first row is read."""
        return False

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Return None: bookmarks are not made of the values seen."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Do nothing: reading starts at the bookmark itself."""

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        """Do nothing: a bookmark moves when a window has been read."""

    @override
    def generate_child_contexts(self, record: Record, context: Context | None) -> Iterator[Context | None]:
        """Yield nothing: rows of child streams come with the walk, not by a sync per parent."""
        return iter(())


@cache
def tables_by_type() -> Mapping[str, str]:
    """Return the stream that ids of each type lead to; complete once all streams are declared."""
    return {
        type_name: stream.name
        for stream in _all_below(JobberStream.__subclasses__())
        for type_name in stream.types_referred_to()
    }


def _all_below(streams: Iterable[type[JobberStream]]) -> Iterator[type[JobberStream]]:
    for each in streams:
        yield each
        yield from _all_below(each.__subclasses__())


_HANDLED = (
    TapError,
    AbortedSyncFailedException,
    AbortedSyncPausedException,
    MapExpressionError,
    StreamMapConfigError,
)


def _breadcrumb(path: Path) -> tuple[str, ...]:
    return tuple(step for name in path for step in ("properties", name))


def _has(schema: Mapping[str, Any], path: Iterable[str]) -> bool:
    """Return True if a JSON Schema has the property at a path, or if the path leads into an array."""
    at: Any = schema
    for step in path:
        if not isinstance(at, dict) or "properties" not in at:
            return True
        if step not in at["properties"]:
            return False
        at = at["properties"][step]
    return True
