"""The shapes that streams need of one another and of the tap, so that no module imports its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence

    from singer_sdk.helpers._flattening import FlatteningOptions
    from singer_sdk.mapper import PluginMapper
    from singer_sdk.singerlib import Message
    from singer_sdk.streams import Stream

    from tap_jobber.api.client import Usage
    from tap_jobber.config.settings import Settings
    from tap_jobber.errors import TapError
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Mode, Part, Recency, Stamp
    from tap_jobber.extraction.walk import Walk
    from tap_jobber.extraction.walk_events import Found, Reached
    from tap_jobber.graphql.tree import Selection
    from tap_jobber.streams.bookmarks import Bookmark
    from tap_jobber.streams.outcome import Outcome

Row = dict[str, Any]


class ReadStream(Protocol):
    """A stream, as others see it that tell how far the run is."""

    @property
    def is_done(self) -> bool:
        """True if the stream has been read as far as it can be."""


class ReadsTable(Protocol):
    """The table of complete reads."""

    def add(self, stream: str, version: int) -> None:
        """Write that every row of a table has been read, in a read of that version."""


class StreamTap(Protocol):
    """The tap, as its streams see it."""

    reading: str | None
    """The stream whose walk is under way."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def extraction(self) -> ExtractionRun:
        """The run that the streams are read in."""

    @property
    def account_id(self) -> str:
        """The id of the account that is read."""

    @property
    def read_version(self) -> int:
        """The version of the reads that begin in this run."""

    @property
    def complete_reads(self) -> ReadsTable:
        """The table of complete reads."""

    @property
    def streams(self) -> Mapping[str, Stream]:
        """All streams by name."""

    @property
    def selected_streams(self) -> Sequence[ReadStream]:
        """The streams that are read."""

    @property
    def mapper(self) -> PluginMapper:
        """The stream maps."""

    @property
    def flattening(self) -> FlatteningOptions | None:
        """How to flatten rows; None if they stay as they are."""

    @property
    def message_writer(self) -> object:
        """The writer of messages."""

    def write_message(self, message: Message) -> None:
        """Write a message."""


class WalkOwner(Protocol):
    """The stream whose root field is walked, as the streams see it that take part in the walk."""

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def mode(self) -> Mode:
        """How it comes to know what is new."""

    @property
    def required(self) -> tuple[str, ...]:
        """Fields of the node that reading cannot do without."""

    def full_selection(self) -> Selection:
        """Return all that can be asked for of a node."""

    def node_type(self) -> str:
        """Return the type of a node."""


class WalkedStream(Protocol):
    """A stream, as the walk sees it that it takes part in."""

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def part(self) -> Part:
        """The part of each node that the stream is made of."""

    @property
    def usage(self) -> Usage:
        """Rows handed on so far, and what they have cost."""

    @property
    def outcome(self) -> Outcome:
        """How the read has gone so far."""

    @property
    def bookmark(self) -> Bookmark:
        """The stream's part of the state."""

    @property
    def stream_state(self) -> MutableMapping[str, Any]:
        """The stream's part of the state, as it stands in it."""

    @property
    def replication_key(self) -> str | None:
        """The column whose bookmark is kept."""

    @property
    def is_incremental(self) -> bool:
        """True if the stream has a bookmark and uses it."""

    @property
    def start_seconds(self) -> int | None:
        """The configured start date, in seconds since 1970."""

    @property
    def version(self) -> int | None:
        """The version that rows are written with."""

    def rows_of(self, node: Node, parent: Node | None) -> Iterable[Row]:
        """Return the rows that a node makes.

        Args:
            node: The node; it may be changed.
            parent: The node that it was found in; None for a node of the root field.
        """

    def hand_on(self, row: Row) -> None:
        """Count a row and write it."""

    def write_schema(self) -> None:
        """Write the SCHEMA message."""

    def begin(self, version: int | None = None) -> None:
        """Choose the version to write rows with."""

    def begin_round(self, version: int, now: int) -> None:
        """Choose the version of a round of the rolling resync to write rows with."""

    def note_reads(self, oldest_seconds: int | None, *, has_missed_rows: bool) -> None:
        """Note since when all rows of the walk have been read again."""

    def begin_partial(self) -> None:
        """Write rows without a version, because not all will be read."""

    def complete(self) -> None:
        """Tell the target that every row has been written."""

    def refuse(self, error: TapError) -> None:
        """Note that the app may not read the stream."""

    def set_aside(self, error: TapError) -> None:
        """Do without what is left of the stream."""

    def leave_out(self, column: str, cause: str, count: int) -> None:
        """Go on without a column that fails."""

    def log_end(self, seconds: float) -> None:
        """Log what the stream brought and what it cost."""


class ResyncOwner(Protocol):
    """The root stream of a walk, as its resync sees it."""

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def mode(self) -> Mode:
        """How it comes to know what is new."""

    @property
    def stamp(self) -> Stamp | None:
        """The timestamp that history can be cut into windows by."""

    @property
    def recency(self) -> Recency | None:
        """How to ask for the rows that have changed most recently."""

    @property
    def lookback_filters(self) -> tuple[str, ...]:
        """Keys of the filter on timestamps around which a row may well change."""

    @property
    def lookback_days(self) -> int | None:
        """The configured look-back."""

    @property
    def start_seconds(self) -> int | None:
        """The configured start date, in seconds since 1970."""

    @property
    def round_version(self) -> int | None:
        """The version to write the rows of a round with that begins now; None if rows have none."""

    @property
    def may_miss_moved_rows(self) -> bool:
        """True if an edit can move a row to where the walk has been, and nothing else would bring it in that run."""

    def write_state(self) -> None:
        """Write a STATE message."""

    def history(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all of history in windows."""
