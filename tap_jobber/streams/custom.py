"""Streams of the users' own queries."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from tap_jobber.api.client import NotPermittedError
from tap_jobber.config.schema import CUSTOM_STREAMS
from tap_jobber.config.validation import shown
from tap_jobber.errors import Contained, StreamError, one_line
from tap_jobber.extraction.queries import FAILED, QueryReading
from tap_jobber.graphql.conform import Conformer
from tap_jobber.graphql.document import QueryError, UserQuery
from tap_jobber.graphql.paging import UPDATED_AFTER, paged
from tap_jobber.graphql.parse import read_document, unknown_in
from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.streams.jobber_stream import JobberStream
from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tap_jobber.wording import are, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping

    from jsonschema import ValidationError
    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.extraction.overlap import Node
    from tap_jobber.graphql.paging import Paged
    from tap_jobber.streams.protocols import StreamTap

# What a query that has to be given a moment gets when there is none to give.
_BEGINNING_SECONDS = 0


class CustomStream(JobberStream):
    """The rows of a query of the user's own.

    Args:
        tap: The tap.
    """

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
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row."""
        return cls.described(cls.full().row.node, cls.query.primary_keys)

    @cached_property
    def unwanted(self) -> frozenset[str]:
        """Columns that the catalog does not select, or does not know."""
        known = self.effective_schema["properties"]
        return frozenset(
            column for column in self.schema["properties"] if column not in known or not self.mask["properties", column]
        )

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read the query to its end.

        Args:
            context: Not used: no stream is partitioned.

        Yields:
            Each row, and again each that changed meanwhile.
        """
        started, self.tap.reading = time.monotonic(), self.name
        extraction = self.tap.extraction
        reading = QueryReading(extraction, self.query, self.usage, self.unwanted, self.ABORT_AT_RECORD_COUNT)
        reading.losses.lose = self._leave_out
        self.begin()
        met: set[Hashable] = set()
        certain = 0
        try:
            with Contained(self._lose):
                certain = extraction.certain_seconds(self.usage) if self.is_incremental else 0
                for node in self._wanted(reading):
                    self.usage.rows += 1
                    row = self._row(reading.paged, node)
                    if self.version is not None:
                        met.add(self._key(row))
                    yield self.selected_of_row(row)
                if self.version is not None and not self.has_met_all(met, self._keys_again()):
                    self.begin_partial()
        finally:
            reading.report_hidden()
            self._report_truncated()
        if self.outcome.refusal is None and not self.outcome.is_set_aside:
            self.complete()
            if self.is_incremental:
                self.bookmark.move_to(str(self.replication_key), certain)
            self.log_end(time.monotonic() - started)
        self.write_state()

    def _lose(self, error: StreamError) -> None:
        if isinstance(error, NotPermittedError) and not self.usage.rows:
            self.skip([self], error)
        else:
            # What has been handed on is not all, and a skipped stream has none.
            self.set_aside(error)

    def _leave_out(self, _name: str | None, what: str, cause: str, count: int) -> None:
        self.leave_out(what, cause, count)

    def _key(self, row: Node) -> Hashable:
        return tuple(row[name] for name in self.query.primary_keys)

    def _keys_again(self) -> Iterator[Hashable]:
        look = QueryReading(self.tap.extraction, self.query, self.usage, self.unwanted)
        yield from (self._key(self._row(look.paged, node)) for node in self._wanted(look))

    @property
    def _start(self) -> int | None:
        """From when on changes are wanted."""
        bookmark = self.bookmark.value if self.is_incremental else None
        return max((each for each in (bookmark, self.start_seconds) if each is not None), default=None)

    def _wanted(self, reading: QueryReading) -> Iterator[Node]:
        """Yield the rows from the start on, which the query finds by itself or brings among all others."""
        start, key = self._start, self.query.replication_key
        if reading.paged.takes_start:
            # A second earlier, because it is not known whether the API counts the moment itself in.
            moment = _BEGINNING_SECONDS if start is None else start - 1
            is_given = start is not None or reading.paged.needs_start
            yield from reading.rows({UPDATED_AFTER: format_timestamp(moment)} if is_given else {})
            return
        is_newest_first = start is not None and reading.paged.row.is_newest_first
        for node in reading.rows({}, looks_shortly=is_newest_first):
            stamp = node.get(key) if key is not None else None
            if start is None or stamp is None or self._moment(stamp) >= start:
                yield node
            elif is_newest_first:
                # What is edited meanwhile is stamped later than this read began, and comes with the next.
                return

    def _moment(self, stamp: object) -> int:
        try:
            return parse_timestamp(str(stamp))
        except ValueError:
            raise StreamError(
                f"{self.name}: {self.replication_key} is {shown(stamp)} in a row, which is not a date-time",
                "name a column of date-times as its replication_key",
            ) from None

    def _row(self, query: Paged, node: Node) -> Node:
        """Return a node as its row: without what was added, and with null for columns that it lacks."""
        failed = node.pop(FAILED, ())
        row = self._shaper_of(query)(node)
        row = self.conform(row if len(row) == len(self._blank) else self._blank | row)
        for name in failed:
            row.pop(name, None)
        return {name: value for name, value in row.items() if name not in self.unwanted} if self.unwanted else row

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
