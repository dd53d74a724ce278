"""Streams of the lists that belong to the rows of another stream, read in the same walk."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_jobber.extraction.source import Mode, Part
from tap_jobber.graphql.navigation import list_path, listed_type, lookup_of, noun_of
from tap_jobber.graphql.sdl import all_types
from tap_jobber.graphql.tree import Selection, columns
from tap_jobber.streams.jobber_stream import JobberStream, tables_by_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.extraction.overlap import Node
    from tap_jobber.graphql.text import ListPath
    from tap_jobber.streams.protocols import Row, StreamTap
    from tap_jobber.streams.root_stream import RootStream

_POSITION = "position"


class ChildStream(JobberStream):
    """The rows of one list of each row of a parent stream.

    A subclass states its name, its parent and the field of the list. A row carries the parent's id and time of
    change; its key is the parent's id and its own. Where rows have no id, their position in the list is it;
    where they are rows of another table, only that id is read.

    Args:
        tap: The tap.
    """

    parent: ClassVar[type[RootStream]]
    """The stream whose rows the lists belong to."""
    list_field: ClassVar[str]
    """The connection of the parent's node, or of an object that a field of it leads to: `field.connection`."""
    list_arguments: ClassVar[str] = ""
    """Arguments of the list beside its paging, as GraphQL text."""
    link: ClassVar[str | None] = None
    """The column of the row's own id where nothing but that is to be read; known where a root field finds the row."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Tell the SDK, under its own name, whose child the stream is."""
        super().__init_subclass__(**kwargs)
        cls.parent_stream_type = cls.parent

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap)
        self.primary_keys = self._keys()
        self.replication_key = self._parent_change_column() if self.parent.mode is not Mode.WHOLE else None

    @classmethod
    @override
    def node_type(cls) -> str:
        """Return the type of the list's nodes."""
        path = cls.path()
        return listed_type(path.owners[0], path.field)[0]

    @classmethod
    @override
    def types_referred_to(cls) -> tuple[str, ...]:
        """Return the types whose ids lead to rows of this stream: none if rows have no id, or nothing but one."""
        if "name" not in vars(cls) or not cls._has_id() or cls._is_link():
            return ()
        return all_types(cls.node_type()) if cls.home_of is None else cls.home_of

    @classmethod
    def path(cls) -> ListPath:
        """Return the path from the parent's node to the list."""
        return replace(list_path(cls.parent.node_type(), cls.list_field), arguments=cls.list_arguments)

    @classmethod
    @override
    def full_selection(cls) -> Selection:
        """Return all fields that the stream can ask for: only the id of rows of other tables."""
        selection = super().full_selection()
        return selection.where(lambda field, _path: field.name == "id") if cls._is_link() else selection

    @classmethod
    def _is_link(cls) -> bool:
        return cls.link is not None or lookup_of(cls.node_type()) is not None

    @classmethod
    def _has_id(cls) -> bool:
        return "id" in columns(super().full_selection())

    @classmethod
    def _parent_noun(cls) -> str:
        return noun_of(cls.parent.node_type())

    @classmethod
    def _parent_id_column(cls) -> str:
        return f"{cls._parent_noun()}Id"

    @classmethod
    def _parent_change_column(cls) -> str | None:
        has_stamp = "updatedAt" in columns(cls.parent.full_selection())
        return f"{cls._parent_noun()}UpdatedAt" if has_stamp else None

    @classmethod
    def _own_id_column(cls) -> str:
        if cls._is_link():
            return cls.link or f"{noun_of(cls.node_type())}Id"
        return "id" if cls._has_id() else _POSITION

    @classmethod
    def _keys(cls) -> tuple[str, str]:
        return cls._parent_id_column(), cls._own_id_column()

    @classmethod
    @override
    def derived_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of a row: what the parent gives, then the node's own."""
        parent_id, own_id = cls._keys()
        change = cls._parent_change_column()
        properties: dict[str, Any] = {parent_id: {"type": "string", "description": f"References {cls.parent.name}.id."}}
        if change is not None:
            properties[change] = {
                "type": "string",
                "format": "date-time",
                "description": "The last change of the row it belongs to, when this was read.",
            }
        if own_id == _POSITION:
            properties[own_id] = {"type": "integer", "description": "Its place in the list, from 0."}
        own = cls.described(cls.full_selection(), ("id",) if cls._has_id() else ())
        for name, described in own["properties"].items():
            properties[cls._renamed(name)] = described
        if cls._is_link() and (table := tables_by_type().get(cls.node_type())) is not None:
            properties[own_id] = {**properties[own_id], "description": f"References {table}.id."}
        return {"type": "object", "properties": properties, "required": [parent_id, own_id]}

    @classmethod
    def _renamed(cls, name: str) -> str:
        """Return the name that a column of the node has in the row: the parent's columns keep their names."""
        if name == "id":
            return cls._own_id_column()
        return f"own{name[0].upper()}{name[1:]}" if name == cls._parent_id_column() else name

    @cached_property
    def part(self) -> Part:
        """The stream's part of its parent's walk."""
        required = ("id",) if self._has_id() else ()
        full = self.full_selection()
        node = full if self._is_link() else self.selected_of(full, [*required, self._parent_id_column()])
        return Part(self.name, node, self.path(), required)

    @override
    def rows_of(self, node: Node, parent: Node | None) -> tuple[Row]:
        """Return the one row that a node makes."""
        return (self.selected_of_row(self.row_of(node, parent or {})),)

    @cached_property
    def row_of(self) -> Callable[[Node, Node], Row]:
        """The function that makes a row of a node and its parent."""
        parent_id, own_id = self._keys()
        clash, change = self._renamed(parent_id), self._parent_change_column()
        shape = self.shape
        has_id = own_id != _POSITION

        def make(node: Node, parent: Node) -> Row:
            # Where rows have no id, their position has taken its place in the node.
            key = node.pop("id")
            row = shape(node)
            if parent_id in row:
                row[clash] = row.pop(parent_id)
            # An older version may number what a newer one gives a text for its id.
            row[own_id], row[parent_id] = str(key) if has_id else key, str(parent["id"])
            if change is not None and "updatedAt" in parent:
                row[change] = parent["updatedAt"]
            return row

        return make

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield nothing: rows are handed on by the parent's walk."""
        return iter(())
