"""Custom fields as a table: a row per value, made of the same nodes as the rows of the seven tables that have them.

The stream has no list of its own to walk. Each of those tables hands it the nodes of its own walk, so it has as many
bookmarks as there are tables, each a partition of its state. A round of its resync is over once all tables have been
read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_jobber.api.client import Usage
from tap_jobber.errors import StreamError
from tap_jobber.extraction.source import Mode, Part
from tap_jobber.graphql.conform import Conformer
from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.json_schema import json_schema
from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import among
from tap_jobber.streams.billing import Invoices
from tap_jobber.streams.bookmarks import Bookmark
from tap_jobber.streams.catalog import Products
from tap_jobber.streams.clients import Clients, Properties
from tap_jobber.streams.jobber_stream import JobberStream
from tap_jobber.streams.joint_round import JointRound
from tap_jobber.streams.outcome import LeftOut, Outcome
from tap_jobber.streams.team import Users
from tap_jobber.streams.work import Jobs, Quotes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.errors import TapError
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.streams.protocols import Row, StreamTap, WalkOwner
    from tap_jobber.streams.root_stream import RootStream

_FIELD = "customFields"
_TYPE = "CustomFieldUnion"
_CHANGE = "updatedAt"
_KEYS = ("ownerId", "customFieldConfigurationId")


class CustomFieldValues(JobberStream):
    """Values of custom fields, a row for each field of each client, property, quote, job, invoice, product and user.

    Args:
        tap: The tap.
    """

    name = "custom_field_values"
    selected_by_default = False
    # The SDK starts no stream that has a parent; the other tables are added by the tap.
    parent_stream_type = Clients
    owners: ClassVar[tuple[type[RootStream], ...]] = (Clients, Properties, Quotes, Jobs, Invoices, Products, Users)
    """The tables whose rows have custom fields."""

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap)
        self.primary_keys = _KEYS
        self.replication_key = "ownerUpdatedAt"
        self._has_schema = False

    @cached_property
    def round(self) -> JointRound:
        """The round of the rolling resync, of all tables together."""
        return JointRound(self.stream_state, [owner.name for owner in self.owners])

    @cached_property
    @override
    def conform(self) -> Conformer:
        """The function that makes values fit the schema where the served version types a field otherwise."""
        return Conformer(json_schema(read_schema(), self.full_selection()))

    @classmethod
    @override
    def node_type(cls) -> str:
        """Return the union of the kinds of custom fields."""
        return _TYPE

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row: whose field it is, then the field with the values of all kinds."""
        properties: dict[str, Any] = {
            "ownerId": {"type": "string", "description": "The id of the row it belongs to."},
            "ownerType": {
                "type": ["string", "null"],
                "description": f"One of {', '.join(owner.node_type() for owner in cls.owners)}.",
            },
            "ownerUpdatedAt": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "The last change of the row it belongs to, when this was read, where that shows one.",
            },
        }
        own = cls.described(cls.full_selection(), _KEYS[1:])
        return {"type": "object", "properties": properties | own["properties"], "required": list(_KEYS)}

    @override
    def in_walk_of(self, owner: WalkOwner) -> ValuesOfOwner:
        """Return the stream as the walk of one table sees it."""
        return ValuesOfOwner(self, owner)

    @override
    def write_schema(self) -> None:
        """Write the SCHEMA message, once for all tables."""
        if not self._has_schema:
            self._has_schema = True
            super().write_schema()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield nothing: rows are handed on by the walks of the tables."""
        return iter(())


@dataclass
class ValuesOfOwner:
    """The stream, as the walk of one table sees it.

    Args:
        stream: The stream.
        owner: The table.
    """

    stream: CustomFieldValues
    owner: WalkOwner
    usage: Usage = field(default_factory=Usage, init=False)
    outcome: Outcome = field(default_factory=Outcome, init=False)
    _unknown_kinds: set[str] = field(default_factory=set, init=False)

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.stream.name

    @cached_property
    def part(self) -> Part:
        """The key, the time of change and the custom fields of each node."""
        node = self.owner.full_selection().where(among((*self.owner.required, _FIELD)))
        return Part(self.name, node, required=(_FIELD, f"{_FIELD}.{_KEYS[1]}"))

    @property
    def stream_state(self) -> MutableMapping[str, Any]:
        """The table's partition of the stream's state."""
        return self.stream.get_context_state({"owner": self.owner.name})

    @property
    def bookmark(self) -> Bookmark:
        """The bookmark in that partition."""
        return Bookmark(self.name, self.stream_state, is_held=self.outcome.is_partial)

    @property
    def replication_key(self) -> str | None:
        """The column whose bookmark is kept."""
        return self.stream.replication_key

    @property
    def is_incremental(self) -> bool:
        """True if the table shows what has changed, and the catalog wants no more than that."""
        return self.owner.mode is not Mode.WHOLE and self.stream.is_incremental

    @property
    def start_seconds(self) -> int | None:
        """The configured start date, in seconds since 1970."""
        return self.stream.start_seconds

    @property
    def version(self) -> int | None:
        """The version that rows are written with, of all tables together."""
        return self.stream.version

    def refuse(self, error: TapError) -> None:
        """Note that the app may not read the table's custom fields."""
        self.outcome.refusal = error
        # One table that could be read makes the stream one that could.
        if not self.stream.usage.rows:
            self.stream.refuse(error)

    def set_aside(self, error: TapError) -> None:
        """Do without what is left of the table's custom fields."""
        self.outcome.failures.append(error)
        self.stream.set_aside(StreamError(f"those of {self.owner.name}: {error.cause}", error.remedy))

    def leave_out(self, column: str, cause: str, count: int) -> None:
        """Go on without a column that fails."""
        self.outcome.left_out.setdefault(column, LeftOut(cause)).count += count
        self.stream.leave_out(column, cause, count)

    def write_schema(self) -> None:
        """Write the stream's SCHEMA message, if no table's walk has."""
        self.stream.write_schema()

    def begin(self, version: int | None = None) -> None:
        """Leave the round, unless this run takes part in it: a read without one keeps no account of its rows."""
        del version
        self.stream.round.leave()

    def begin_round(self, version: int, now: int) -> None:
        """Choose the version of a round of all tables to write rows with."""
        if self.stream.tap.settings.tells_what_is_gone:
            self.stream.begin_round(self.stream.round.take_part(now, version), now)
        else:
            self.stream.round.leave()

    def begin_partial(self) -> None:
        """Do nothing: what the walk may have missed is noted at its end."""

    def note_reads(self, oldest_seconds: int | None, *, has_missed_rows: bool) -> None:
        """Tell the target which rows are gone, once all tables have been read again since the round began."""
        self._note_readable()
        if self.stream.round.note(self.owner.name, oldest_seconds, is_complete=not has_missed_rows):
            self.stream.complete()

    def complete(self) -> None:
        """Forget that a table was hidden, now that another has been read."""
        self._note_readable()

    def _note_readable(self) -> None:
        if self.outcome.refusal is None:
            self.stream.outcome.refusal = None

    def log_end(self, seconds: float) -> None:
        """Log kinds of custom fields that are not known; the rest is in the summary, once for all tables."""
        del seconds
        if self._unknown_kinds:
            self.stream.logger.warning(
                "%s: the values of %s in custom fields of kinds that the tap does not know are left out: %s",
                self.name,
                self.owner.name,
                ", ".join(sorted(self._unknown_kinds)),
            )

    def rows_of(self, node: Node, parent: Node | None) -> Iterator[Row]:
        """Yield a row for each custom field of a node."""
        for value in node.get(_FIELD) or ():
            if value is not None and value.get("__typename") not in self._kinds:
                self._unknown_kinds.add(str(value.get("__typename")))
            else:
                yield self.stream.selected_of_row(self._row(value, parent or {}))

    def hand_on(self, row: Row) -> None:
        """Count a row, for the table and for the stream, and write it."""
        self.usage.rows += 1
        self.stream.hand_on(row)

    def _row(self, value: Node | None, parent: Node) -> dict[str, Any]:
        # The node's own row is yet to be made of the same value.
        row = self._shape(dict(value or {}))
        if row.get(_KEYS[1]) is None:
            raise StreamError(
                f"the app may not see which custom field a value of {self.owner.name} is of",
                "give it the scope read_custom_field_configurations, or deselect custom_field_values",
            )
        return {
            "ownerId": str(parent["id"]),
            "ownerType": self.owner.node_type(),
            "ownerUpdatedAt": parent.get(_CHANGE),
            **row,
        }

    @cached_property
    def _shape(self) -> Callable[[Node], dict[str, Any]]:
        shape, conform = shaper(derive(read_schema(), _TYPE)), self.stream.conform
        return lambda node: conform(shape(node))

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset(each.selection.type_name for each in derive(read_schema(), _TYPE).fragments)
