"""What all streams share: schema and selection derived from the API's types, rows read by the extraction."""

from __future__ import annotations

import logging
import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from graphql import GraphQLObjectType, get_named_type
from singer_sdk import Stream
from singer_sdk.exceptions import AbortedSyncFailedException, AbortedSyncPausedException
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override

from tap_jobber.api.client import NotPermittedError, Usage
from tap_jobber.errors import TapError
from tap_jobber.extraction.source import Source, UnknownRootError
from tap_jobber.schema.entities import CONNECTION
from tap_jobber.schema.json_schema import json_schema
from tap_jobber.schema.rows import shaper
from tap_jobber.schema.sdl import read_schema
from tap_jobber.schema.selection import derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.extraction.source import Order
    from tap_jobber.schema.selection import Field, Path, Selection
    from tap_jobber.tap import TapJobber


class JobberStream(Stream):
    """One table of a Jobber account.

    A subclass states what the schema does not know: its name, the root field that it is read from, and the
    order to page through. Its docstring says what a row is.

    Args:
        tap: The tap.
    """

    # Values come as JSON and go out as JSON: converting each again would be half of all work.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    root: ClassVar[str]
    """The root field of the API."""
    order: ClassVar[Order | None] = None
    """An order that rows keep; None where the API offers none, which means most recent first."""

    def __init__(self, tap: TapJobber) -> None:
        super().__init__(tap, schema=self._derived_schema(), name=self.name)
        self._jobber = tap
        self.usage = Usage()
        self.skipped_because: str | None = None
        self.primary_keys = ("id",)

    @classmethod
    def full_selection(cls) -> Selection:
        """All that the stream can ask for of a row."""
        return derive(read_schema(), cls._node_type()[0])

    @classmethod
    def _node_type(cls) -> tuple[str, bool]:
        """The type of a row, and whether the root field is a list of them."""
        schema = read_schema()
        query: Any = schema.query_type
        named = get_named_type(query.fields[cls.root].type)
        if isinstance(named, GraphQLObjectType) and named.name.endswith(CONNECTION):
            return get_named_type(named.fields["nodes"].type).name, True
        return named.name, False

    @classmethod
    def _derived_schema(cls) -> dict[str, Any]:
        return json_schema(read_schema(), cls.full_selection(), required=("id",))

    @cached_property
    def source(self) -> Source:
        """What is read, with only the properties that the catalog selects."""
        required = ["id"]
        if self.order is not None and self.order.place is not None:
            required.append(self.order.place)
        known = self.effective_schema

        def keep(_field: Field, path: Path) -> bool:
            if path[0] in required:
                return True
            return _has(known, path) and self.mask[_breadcrumb(path)]

        return Source(
            name=self.name,
            root=self.root,
            node=self.full_selection().where(keep),
            is_connection=self._node_type()[1],
            order=self.order,
            required=tuple(required),
        )

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log a message; the SDK calls errors unhandled that name their remedy, or that end a test as they should."""
        is_handled = level == logging.ERROR and isinstance(sys.exc_info()[1], _HANDLED)
        super().log(message, *args, level=logging.DEBUG if is_handled else level, **kwargs)

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        """No, as far as the SDK is concerned: it would emit them before the first row is read."""
        return False

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read the stream from its beginning to its end.

        Args:
            context: Not used: no stream is partitioned.

        Yields:
            Each row, and again each that changed meanwhile.
        """
        started = time.monotonic()
        is_versioned = self.config["emit_activate_version_messages"]
        self._stream_version = self._initialized_at // 1000 if is_versioned else None
        shape = shaper(self.source.node)
        unwanted = [name for name in self.source.required if name not in self.effective_schema["properties"]]
        try:
            for node in self._jobber.extraction.nodes(self.source, self.usage, self.ABORT_AT_RECORD_COUNT):
                self.usage.rows += 1
                row = shape(node)
                for name in unwanted:
                    del row[name]
                yield row
        except (NotPermittedError, UnknownRootError) as error:
            if self.usage.rows or self.config["on_missing_permission"] == "fail":
                # What has been handed on is not all, and a skipped stream has none.
                raise
            self.skipped_because = error.cause
            self.logger.warning("Skipping %s: %s", self.name, error)
            return
        if self._stream_version is not None:
            # Every row has been written by now, and only now is it certain which rows are left.
            self._write_activate_version_message(self._stream_version)
        self.logger.info(
            "Finished %s: %d rows, %d requests, %.0f points, %.1f s",
            self.name,
            self.usage.rows,
            self.usage.requests,
            self.usage.points,
            time.monotonic() - started,
        )


_HANDLED = (TapError, AbortedSyncFailedException, AbortedSyncPausedException)


def _breadcrumb(path: Path) -> tuple[str, ...]:
    return tuple(step for name in path for step in ("properties", name))


def _has(schema: Mapping[str, Any], path: Iterable[str]) -> bool:
    """Whether a JSON Schema knows the property at a path; below an array it is not asked."""
    at: Any = schema
    for step in path:
        if not isinstance(at, dict) or "properties" not in at:
            return True
        if step not in at["properties"]:
            return False
        at = at["properties"][step]
    return True
