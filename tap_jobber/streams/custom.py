"""Streams of the users' own queries."""

from __future__ import annotations

from collections import Counter
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from tap_jobber.config.schema import CUSTOM_STREAMS
from tap_jobber.config.validation import shown
from tap_jobber.errors import one_line
from tap_jobber.extraction.connection_reader import FIRST_LOOK_ROWS
from tap_jobber.extraction.query_fetcher import FAILED, QueryFetcher
from tap_jobber.extraction.query_source import ROW, query_source
from tap_jobber.extraction.query_survey import QuerySurvey
from tap_jobber.extraction.source import Mode
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.walk_events import Found, Reached
from tap_jobber.graphql.conform import Conformer
from tap_jobber.graphql.document import QueryError, UserQuery
from tap_jobber.graphql.paging import UPDATED_AFTER, paged
from tap_jobber.graphql.parse import read_document, unknown_in
from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import columns
from tap_jobber.streams.reading_modes import move_bookmarks
from tap_jobber.streams.resynced_walk import ResyncedWalk
from tap_jobber.streams.rolling_resync import RollingResync, forget
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.timestamps import format_timestamp
from tap_jobber.wording import are, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence

    from jsonschema import ValidationError
    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.api.client import Usage
    from tap_jobber.extraction.data_loss import Lose
    from tap_jobber.extraction.list_survey import SurveyTerms
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.query_source import QuerySource
    from tap_jobber.extraction.source import Part
    from tap_jobber.graphql.paging import Paged
    from tap_jobber.graphql.tree import Selection
    from tap_jobber.streams.protocols import Row, StreamTap, WalkedStream

# What a query that has to be given a moment gets when there is none to give.
_BEGINNING_SECONDS = 0


class CustomStream(RootStream):
    """The rows of a query of the user's own: a declaration like the others, made of a setting.

    Args:
        tap: The tap.
    """

    can_be_resynced = False
    query: ClassVar[UserQuery]
    """The query."""

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap)
        self.primary_keys = self.query.primary_keys
        self.replication_key = self.query.replication_key
        self._truncated: Counter[str] = Counter()
        self._shapers: dict[str, Callable[[Node], Node]] = {}
        for name in dict.fromkeys(unknown_in(read_schema(), self.full().selection)):
            self.logger.warning("%s: the tap's schema does not know %s, so it can be any JSON", self.name, name)

    @classmethod
    @cache
    def full(cls) -> Paged:
        """Return the query with all its columns."""
        return paged(cls.query)

    @classmethod
    @override
    def full_selection(cls) -> Selection:
        """Return all that is asked for of a row."""
        return cls.full().row.node

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row."""
        return cls.described(cls.full_selection(), cls.query.primary_keys)

    @classmethod
    @override
    def types_referred_to(cls) -> tuple[str, ...]:
        """Return nothing: an id leads to the tap's own streams."""
        return ()

    @classmethod
    @override
    def key_column(cls) -> str:
        """Return the first column of its key."""
        return cls.query.primary_keys[0]

    @cached_property
    def unwanted(self) -> frozenset[str]:
        """Columns that the catalog does not select, or does not know."""
        known = self.effective_schema["properties"]
        return frozenset(
            column for column in self.schema["properties"] if column not in known or not self.mask["properties", column]
        )

    @cached_property
    @override
    def source(self) -> QuerySource:
        """The query, as the walk reads it."""
        given: dict[str, object] = {}
        start = self._start
        if start is not None or self.full().needs_start:
            # A second earlier, because it is not known whether the API counts the moment itself in.
            given[UPDATED_AFTER] = format_timestamp(_BEGINNING_SECONDS if start is None else start - 1)
        return query_source(self.query, self.unwanted, given=given, filter_key=self._filter_key())

    @cached_property
    @override
    def part(self) -> Part:
        """All that is asked for of a row."""
        return self.source.part

    @cached_property
    @override
    def bare(self) -> Part:
        """The same: the query is the user's own."""
        return self.source.part

    def _filter_key(self) -> str | None:
        """Return the key of the list's filter that finds rows by their replication key; None if none is known."""
        full = self.full()
        if not self.is_incremental or full.takes_start:
            return None
        (root, *_) = full.selection.by_key()[full.path[0]]
        fields = columns(full.row.node)[str(self.replication_key)]
        names = {field.name if field.is_plain and field.wire_type.endswith("!") else "" for field in fields}
        stamps = [
            stream.stamp
            for stream in self.tap.streams.values()
            if isinstance(stream, RootStream) and not isinstance(stream, CustomStream) and stream.root == root.name
        ]
        return next((each.filter for each in stamps if each and each.keeps_rows and {each.column} == names), None)

    @override
    def fetcher(self, lose: Lose) -> QueryFetcher:
        """Return what asks for the pages of the query."""
        self._fetcher = QueryFetcher(self.tap.extraction, self.source, self.usage, self.ABORT_AT_RECORD_COUNT, lose)
        return self._fetcher

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read the query to its end.

        Args:
            context: Not used: no stream is partitioned.

        Yields:
            Each row, and again each that changed meanwhile.
        """
        try:
            yield from super().get_records(context)
        finally:
            self._report_truncated()

    @override
    def _resynced_walk(self, walk: Walk, streams: Sequence[WalkedStream]) -> ResyncedWalk | None:
        """Return the walk as it reads with a rolling resync; None where no filter cuts the list into windows."""
        days = self.tap.settings.resync_days
        if days is None or not self.is_incremental or self.source.stamp is None:
            forget(self.stream_state, [self.stream_state])
            return None
        return ResyncedWalk(_ResyncedQuery(self), walk, streams, RollingResync(self.stream_state, float(days)))

    @override
    def events(
        self, walk: Walk, fetcher: PageFetcher, streams: Mapping[str, WalkedStream]
    ) -> Iterator[Found | Reached]:
        """Yield the rows from the start on, and move the bookmark on the way."""
        if self._resynced is not None:
            yield from self._resynced.events()
            return
        self.begin()
        for event in self._wanted(walk):
            yield event
            if isinstance(event, Reached) and self.is_incremental:
                move_bookmarks(streams, dict.fromkeys(event.names, event.moment), self.write_state)

    def _wanted(self, walk: Walk) -> Iterator[Found | Reached]:
        """Yield the rows from the start on, which the query finds by itself or brings among all others."""
        start, source = self._start, self.source
        if source.paged.takes_start or (start is None and not self.is_incremental):
            certain = walk.certain_seconds() if self.is_incremental else 0
            yield from walk.whole()
            yield Reached(walk.left([self.name]), certain, is_end=True)
        elif start is not None and source.stamp is None and source.paged.row.is_newest_first:
            yield from walk.newest_first({self.name: start})
        else:
            yield from walk.windows({self.name: start})

    @property
    @override
    def rows_of_first_look(self) -> int | None:
        """Rows that a run looks at to learn that nothing has changed; None if it does not ask for changes only."""
        if not self.is_incremental:
            return None
        if self.source.paged.takes_start or self.source.stamp is not None:
            return 0
        return FIRST_LOOK_ROWS if self.source.paged.row.is_newest_first else None

    def survey(self, usage: Usage, terms: SurveyTerms) -> QuerySurvey:
        """Return a survey of what reading the query costs.

        Args:
            usage: Where to add what the survey costs.
            terms: What holds for all surveys of the estimate.
        """
        fetcher = QueryFetcher(self.tap.extraction, self.source, usage)
        return QuerySurvey(fetcher, terms, self._start, is_read_twice=self.looks_twice)

    @property
    @override
    def looks_twice(self) -> bool:
        """True if it is to be known what is gone: few queries tell that no edit moves a row to where the read was."""
        return self.tap.settings.tells_what_is_gone and not self.is_incremental

    @override
    def ids_again(self, fetcher: PageFetcher, bare: Part) -> Iterator[Hashable]:
        """Yield the ids that a second look shows."""
        look = self._wanted(Walk(fetcher, bare, bare))
        yield from (event.node["id"] for event in look if isinstance(event, Found))

    @property
    def _start(self) -> int | None:
        """From when on changes are wanted."""
        bookmark = self.bookmark.value if self.is_incremental else None
        return max((each for each in (bookmark, self.start_seconds) if each is not None), default=None)

    @override
    def rows_of(self, node: Node, parent: Node | None) -> tuple[Row]:
        """Return the one row of a node: without what was added, and with null for columns that it lacks."""
        found = node[ROW]
        failed = found.pop(FAILED, ())
        row = self._shaper_of(self._fetcher.source.paged)(found)
        row = self.conform(row if len(row) == len(self._blank) else self._blank | row)
        for name in (*failed, *self.unwanted):
            row.pop(name, None)
        return (self.selected_of_row(row),)

    @cached_property
    @override
    def conform(self) -> Conformer:
        """Makes the values of rows fit the schema where the served version types a field otherwise."""
        return Conformer(self.schema)

    @cached_property
    def _blank(self) -> Node:
        return dict.fromkeys(self.schema["properties"])

    def _shaper_of(self, query: Paged) -> Callable[[Node], Node]:
        """Return the way from a node to its row, compiled once for each form that the query takes."""
        if query.text not in self._shapers:
            self._shapers[query.text] = shaper(query.row.node, self._note_truncated)
        return self._shapers[query.text]

    def _note_truncated(self, path: str) -> None:
        self._truncated[path] += 1

    def _report_truncated(self) -> None:
        for path, count in self._truncated.items():
            self.logger.warning(
                "%s: %s of %s %s longer than the query asks for, and what is beyond is not in the rows: ask for more "
                "with its first, or ask for its pageInfo to see in the row itself which are",
                self.name,
                counted(count, "list"),
                path,
                are(count),
            )
        self._truncated.clear()


class _ResyncedQuery:
    """A query as its rolling resync sees it: a list of changes that a filter cuts into windows.

    Args:
        stream: The stream.
    """

    mode = Mode.CHANGED
    recency = None
    lookback_filters: tuple[str, ...] = ()
    lookback_days = None
    may_miss_moved_rows = False

    def __init__(self, stream: CustomStream) -> None:
        self.name = stream.name
        self.stamp = stream.source.stamp
        self.start_seconds = stream.start_seconds
        self.round_version = stream.round_version
        self.write_state = stream.write_state
        self.history = stream.history


def declare(given: Any, taken: Collection[str]) -> tuple[list[type[CustomStream]], list[str]]:  # noqa: ANN401 - JSON
    """Make streams of the setting `custom_streams`.

    Args:
        given: The setting.
        taken: The names of other streams.

    Returns:
        The streams, and what is wrong with the setting: a line each.
    """
    complaints = [_complaint(error) for error in JSONSchemaValidator(CUSTOM_STREAMS).iter_errors(given)]
    if complaints:
        return [], list(dict.fromkeys(complaints))
    streams = []
    names = {name.lower() for name in taken}
    for each in given:
        name = each["name"]
        try:
            streams.append(_stream(each, names))
        except QueryError as error:
            complaints.append(f"custom stream {name} {one_line(error.cause)}: {one_line(error.remedy)}")
        names.add(name.lower())
    return streams, complaints


def _stream(given: Mapping[str, Any], taken: Collection[str]) -> type[CustomStream]:
    name = given["name"]
    if name.lower() in taken:
        raise QueryError("has the name of another stream", "give it another name")
    document = read_document(read_schema(), _text(given["query"]))
    query = UserQuery(
        name, document, tuple(given["primary_keys"]), given.get("replication_key"), given.get("records_path")
    )
    stream: type[CustomStream] = type(name, (CustomStream,), {"name": name, "query": query})
    stream.full()
    return stream


def _text(query: str) -> str:
    """Return a query, or the text of the file that holds it."""
    if "{" in query:
        return query
    try:
        return Path(query).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise QueryError(
            f"has {shown(query)} for its query, a file that cannot be read ({reason})",
            "write the query itself, or the path of a file as seen from where the tap runs",
        ) from error


def _complaint(error: ValidationError) -> str:
    where = ".".join(["custom_streams", *map(str, error.path)])
    given: Any = error.instance
    described: Mapping[str, Any] = CUSTOM_STREAMS
    properties = CUSTOM_STREAMS["items"]["properties"]
    if error.validator == "required":
        required: Any = error.validator_value
        name = next(name for name in required if name not in given)
        return f"{where} has no {name}: {properties[name]['description']}"
    if error.validator == "additionalProperties":
        names = ", ".join(sorted(set(given) - set(properties)))
        return f"{where} has an unknown {names}: it may have {', '.join(properties)}"
    if len(error.path) > 1:
        described = properties[error.path[1]]
    return f"{where} is {shown(given)}, which is not usable: {described['description']}"
