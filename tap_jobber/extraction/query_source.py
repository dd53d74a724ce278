"""Makes of a query that a user has written a source like those of the tap's own streams.

Such a query can page a list anywhere, below single objects and under aliases, and its rows need have no `id`. So an
answer is brought into the shape that all the rest reads, and so are the paths of what is hidden or has failed in it:

    our { all { rows { job { tapId: id number } } } }    the rows of a query
    all { nodes { id place content updatedAt row } }     as the walk knows them: what tells them apart, and that they
                                                         have moved or changed, beside the row as it was answered
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec.json

from tap_jobber.api.client import NotPermittedError
from tap_jobber.api.transport import Query
from tap_jobber.errors import StreamError
from tap_jobber.extraction.answer_paths import found_at
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_parsing import lacking, read_page
from tap_jobber.extraction.source import CHANGE, Order, Part, Source, Stamp, time_filter
from tap_jobber.graphql.paging import paged
from tap_jobber.graphql.text import COUNT
from tap_jobber.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.extraction.overlap import Node, Page
    from tap_jobber.extraction.windows import Window
    from tap_jobber.graphql.document import UserQuery
    from tap_jobber.graphql.paging import Paged
    from tap_jobber.graphql.row_plan import RowPlan
    from tap_jobber.graphql.text import ChildList
    from tap_jobber.graphql.tree import Selection

ROW = "row"
"""The key of the row, in a node as the walk knows it."""
_PLACE, _CONTENT = "place", "content"


@dataclass(frozen=True, kw_only=True)
class QuerySource(Source):
    """How a user's query is read; immutable.

    Attributes:
        query: The query.
        paged: The query as it is sent, without what the server does not know.
        unwanted: Columns that need not be asked for.
        given: The variables of the query beside those of paging.
    """

    query: UserQuery
    paged: Paged
    unwanted: frozenset[str]
    given: Mapping[str, object]

    @property
    def part(self) -> Part:
        """All that is asked for of a row."""
        return Part(self.name, self.paged.row.node)

    @property
    def variables(self) -> Mapping[str, object]:
        """The variables of its queries beside those of paging."""
        return self.given if self.paged.takes_start else {}

    @property
    def fixed_points(self) -> float:
        """The price of what is asked for once in a page, beside the rows."""
        return self.paged.fixed_points

    def row_points(self, node: Selection) -> float:
        """Return the price of a row."""
        del node
        return self.paged.row_points

    @property
    def tells_changes(self) -> bool:
        """True if its rows show when they changed."""
        return self.query.replication_key is not None

    def query_text(self, node: Selection, lists: Sequence[ChildList], window: Window | None) -> str:
        """Return the query for a page of its rows, in a window if there is one."""
        del node, lists
        return self._windowed(self.paged, window)

    def count_text(self, window: Window | None) -> str:
        """Return the query that counts its rows, with the variables of a page."""
        return self._windowed(self.paged.counting, window)

    def count_in(self, data: Mapping[str, Any]) -> object:
        """Return the number of rows that the answer to it states."""
        return found_at(data, (*self.paged.path, COUNT))

    def _windowed(self, query: Paged, window: Window | None) -> str:
        filters = [] if window is None or self.stamp is None else time_filter(self.stamp, window)
        return query.filtered(filters[0]) if filters else query.text

    def look_beyond(self, rows: int, window: Window | None, columns: str) -> Query:
        """Return the query for the one row that a window has behind so many, as the user wants it."""
        del columns
        variables = {"first": 1, "after": encode_offset(rows), **self.variables}
        text = self.query_text(self.paged.row.node, (), window)
        return Query(self.name, text, variables, self.fixed_points + self.paged.row_points)

    def stamp_of(self, node: Node, column: str) -> int:
        """Return the time of a row's last change, in seconds since 1970.

        Raises:
            StreamError: If that is none.
        """
        try:
            return parse_timestamp(str(node.get(column)))
        except ValueError:
            raise StreamError(
                f"{self.name}: {self.query.replication_key} is {str(node.get(column))[:50]!r} in a row, which is not "
                "a date-time",
                "name a column of date-times as its replication_key",
            ) from None

    def planned(self, selection: Selection, unknown: Iterable[str]) -> QuerySource:
        """Return the source of the query as it is left.

        Args:
            selection: What is left of it.
            unknown: Names of fields that are not to be added to it.

        Raises:
            QueryError: If it cannot be read any more.
        """
        document = replace(self.query.document, selection=selection)
        left = paged(replace(self.query, document=document), self.unwanted, unknown)
        is_own = self.order == _order_of(self.paged.row)
        return replace(
            self,
            paged=left,
            order=_order_of(left.row) if is_own else self.order,
            required=_required(self.query, left.row),
            is_blind=left.row.is_blind,
        )

    def in_nodes(self, data: Mapping[str, Any]) -> Node:
        """Return the data of an answer as a connection with `nodes` under its key, whatever leads to it."""
        if self.paged.path[0] not in data:
            return {}
        connection = found_at(data, self.paged.path)
        if not isinstance(connection, dict):
            return {self.root: None}
        listed = connection.get(self.paged.rows[0])
        nodes = [_row_in(each, self.paged.rows[1:]) for each in listed] if isinstance(listed, list) else None
        return {self.root: {"nodes": nodes, "pageInfo": connection.get(self.paged.page_info)}}

    def path_in_nodes(self, path: Steps) -> Steps:
        """Return a path of an answer as it is in such data; one that leads to no row stays as it is."""
        way = (*self.paged.path, self.paged.rows[0])
        if path[: len(way)] != way:
            return path
        below = path[len(way) :]
        is_of_edge = below[1:2] == self.paged.rows[1:2] != ()
        return (self.root, "nodes", *below[:1], *(below[2:] if is_of_edge else below[1:]))

    def page_in(self, data: Mapping[str, Any], lose_row: Callable[[int], None]) -> Page:
        """Return the page in such data.

        Args:
            data: The data.
            lose_row: Takes the position of a row that is missing for no reason given.

        Raises:
            NotPermittedError: If there is no list.
            StreamError: If it is malformed, of another query, or a row has no key.
        """
        path = self.paged.path
        if self.root not in data:
            raise lacking(self.name, str(path[0]))
        connection = data[self.root]
        if connection is None:
            raise _nothing(path)
        if connection["nodes"] is None:
            raise _nothing((*path, self.paged.rows[0]))
        if not isinstance(connection["pageInfo"], dict):
            raise _nothing((*path, "pageInfo"))
        nodes = list(map(self.node_of, connection["nodes"]))
        return read_page({**connection, "nodes": nodes}, self.name, lose_row=lose_row)

    def node_of(self, row: Node | None) -> Node | None:
        """Return a row as the walk knows it: what tells it apart, that it has moved, and that it has changed."""
        if row is None:
            return None
        keys, plan = self.query.primary_keys, self.paged.row
        for key in keys:
            if row.get(key) is None:
                raise StreamError(
                    f"{self.name}: a row comes without its key ({key} is null)",
                    "name columns in its primary_keys that no row lacks",
                )
        identity = row.get(plan.identity) if plan.identity else None
        node: Node = {
            "id": msgspec.json.encode([row[key] for key in keys] if identity is None else identity).decode(),
            _PLACE: row.get(plan.place) if plan.place else None,
            _CONTENT: row.get(plan.content) if plan.content else row,
            ROW: row,
        }
        changed = None if self.query.replication_key is None else row.get(self.query.replication_key)
        return node if changed is None else {**node, CHANGE: changed}


def query_source(
    query: UserQuery,
    unwanted: Iterable[str] = (),
    *,
    given: Mapping[str, object] | None = None,
    filter_key: str | None = None,
) -> QuerySource:
    """Return how a query is read.

    Args:
        query: The query.
        unwanted: Columns that need not be asked for.
        given: The variables of the query beside those of paging.
        filter_key: The key of its list's filter that finds rows by their replication key; None if there is none.
    """
    dropped = frozenset(unwanted)
    whole = paged(query, dropped)
    return QuerySource(
        name=query.name,
        root=whole.path[-1],
        type_name=whole.row.node.type_name,
        is_connection=True,
        order=_order_of(whole.row),
        stamp=Stamp(filter_key, CHANGE) if filter_key is not None and whole.takes_filter(filter_key) else None,
        required=_required(query, whole.row),
        content=_CONTENT,
        is_blind=whole.row.is_blind,
        query=query,
        paged=whole,
        unwanted=dropped,
        given=given or {},
    )


def _order_of(row: RowPlan) -> Order | None:
    """Return the order that rows keep; None if one that is edited may jump to the head."""
    return None if row.rereads_head else Order("", row.place and _PLACE)


def _required(query: UserQuery, row: RowPlan) -> tuple[str, ...]:
    return (*query.primary_keys, *filter(None, (row.identity, row.place, row.content)))


def _row_in(listed: Any, rows: Steps) -> Any:  # noqa: ANN401 - JSON
    """Return the row in an item of a list: the item, or the node of an edge; None if that is no object."""
    row = listed.get(rows[0]) if rows and isinstance(listed, dict) else listed
    return row if isinstance(row, dict) else None


def _nothing(path: Sequence[str]) -> NotPermittedError:
    """Return the error of a null list: that is not "no rows", for a list without rows is an empty one."""
    cause = f"Jobber answered {'.'.join(path)} with no list of rows and gave no reason"
    return NotPermittedError(
        cause, "check the query, and in Jobber that the account has this feature and the app its scope"
    )
