"""Writes the GraphQL text of a query from a selection."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import print_ast

from tap_jobber.graphql.tree import Field, Fragment, printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.graphql.tree import Selection

COUNT = "totalCount"
"""The field of a connection that tells how many rows it has."""
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"


Page = tuple["str | None", int]
"""The cursor that a page begins after, and its number of rows."""


class Form(enum.Enum):
    """How a server gives a list."""

    NODES = "pages with nodes"
    EDGES = "pages with edges only"
    PLAIN = "all rows at once"


def as_connection(value: Any, form: Form) -> Any:  # noqa: ANN401 - whatever was answered
    """Return a list that was asked for in some form as a connection with `nodes`."""
    if form is Form.PLAIN and isinstance(value, list):
        return {"nodes": value, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    if form is Form.EDGES and isinstance(value, dict) and isinstance(value.get("edges"), list):
        others = {key: each for key, each in value.items() if key != "edges"}
        return {**others, "nodes": [edge and edge.get("node") for edge in value["edges"]]}
    return value


@dataclass(frozen=True)
class RootList:
    """A root field that is a list.

    Attributes:
        name: The name of the operation that asks for it.
        root: The root field.
        arguments: Its arguments beside its paging, as GraphQL text.
        form: How the server gives it.
    """

    name: str
    root: str
    arguments: str = ""
    form: Form = Form.NODES


@dataclass(frozen=True)
class ListPath:
    """The way from a node to one of its lists.

    Attributes:
        field: The connection's field.
        owner: The type that declares it.
        via: The node's field that leads to its owner; nothing where that is the node itself.
        members: The members of the union that `via` leads to which have the field.
        arguments: What it is asked with beside its paging, as GraphQL text.
        form: How the server gives it.
        may_be_null: True if a node may be without it.
    """

    field: str
    owner: str
    via: str = ""
    members: tuple[str, ...] = ()
    arguments: str = ""
    form: Form = Form.NODES
    may_be_null: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        """The paths below a node by which a server may name what is null: the list, or what leads to it."""
        return (self.via, f"{self.via}.{self.field}") if self.via else (self.field,)

    @property
    def owners(self) -> tuple[str, ...]:
        """The types that a server may name as its owner."""
        return self.members or (self.owner,)

    def asked(self, arguments: str, list_: str) -> str:
        """Return the list as GraphQL text.

        Args:
            arguments: Its paging.
            list_: What is asked for of it, braces included.
        """
        given = ", ".join(filter(None, ("" if self.form is Form.PLAIN else arguments, self.arguments)))
        text = f"{self.field}({given}) {list_}" if given else f"{self.field} {list_}"
        if self.members:
            text = " ".join(f"... on {member} {{ {text} }}" for member in self.members)
        return f"{self.via} {{ {text} }}" if self.via else text

    def found_in(self, node: Any) -> Any:  # noqa: ANN401 - whatever was answered
        """Return the connection in an answered node, None where it is null, or what stands in its place."""
        holder = self._holder_in(node)
        return as_connection(holder.get(self.field), self.form) if isinstance(holder, dict) else holder

    def take_from(self, node: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever was answered
        """Take the connection out of an answered node, so that its own row is left."""
        holder = self._holder_in(node)
        return as_connection(holder.pop(self.field, None), self.form) if isinstance(holder, dict) else holder

    def is_oddly_null_in(self, node: dict[str, Any]) -> bool:
        """Return True if the connection is null in an answered node that may not be without it."""
        holder = self._holder_in(node)
        is_null = isinstance(holder, dict) and self.field in holder and holder[self.field] is None
        return is_null and not self.may_be_null

    def _holder_in(self, node: Any) -> Any:  # noqa: ANN401 - whatever was answered
        return node.get(self.via) if self.via and isinstance(node, dict) else node


@dataclass(frozen=True)
class ChildList:
    """A list of a node, read with it.

    Attributes:
        path: The way to it.
        first: How many of its nodes to ask for.
        node: What is asked for of each.
        after: The cursor to begin after.
    """

    path: ListPath
    first: int
    node: Selection
    after: str | None = None


@dataclass(frozen=True)
class RestPart:
    """A further page of a list of one object.

    Attributes:
        parent_id: The object.
        path: The way from it to the list.
        first: How many of its nodes to ask for.
        after: The cursor to begin after.
        node: What is asked for of each.
    """

    parent_id: str
    path: ListPath
    first: int
    after: str | None
    node: Selection


def page_query(name: str, root: str, arguments: str, node: Selection, lists: Sequence[ChildList] = ()) -> str:
    """Return a query for one page of a root connection, with the variables `$first` and `$after`.

    Args:
        name: The operation's name.
        root: The root field.
        arguments: Further arguments of the root field as GraphQL text, or nothing.
        node: What is asked for of each node.
        lists: What is asked for of the lists of each node.
    """
    return _page_query(name, root, arguments, _rows(_node(node, lists), Form.NODES))


def edges_query(name: str, root: str, arguments: str, node: Selection, lists: Sequence[ChildList] = ()) -> str:
    """Return the same query for a connection that has only edges."""
    return _page_query(name, root, arguments, _rows(_node(node, lists), Form.EDGES))


def whole_query(name: str, root: str, arguments: str, node: Selection, lists: Sequence[ChildList] = ()) -> str:
    """Return the same query for a list that is no connection: it has no pages, and so no variables."""
    return f"query {name} {{ {root}{f'({arguments})' if arguments else ''} {_node(node, lists)} }}"


ROOT_QUERIES = {Form.NODES: page_query, Form.EDGES: edges_query, Form.PLAIN: whole_query}
"""How to ask for a root list in each form."""


def _page_query(name: str, root: str, arguments: str, rows: str) -> str:
    also = f", {arguments}" if arguments else ""
    return f"query {name}($first: Int!, $after: String) {{ {root}(first: $first, after: $after{also}) {rows} }}"


def _node(node: Selection, lists: Sequence[ChildList]) -> str:
    asked = " ".join(each.path.asked(f"first: {each.first}{_after(each.after)}", _list(each)) for each in lists)
    return f"{selection_set(node)[:-1]}{asked} }}" if asked else selection_set(node)


def _list(list_: ChildList | RestPart) -> str:
    return _rows(selection_set(list_.node), list_.path.form)


def _rows(node: str, form: Form) -> str:
    if form is Form.PLAIN:
        return node
    return f"{{ {_nodes(node, form)} {_PAGE_INFO} }}"


def _nodes(node: str, form: Form) -> str:
    return f"edges {{ node {node} }}" if form is Form.EDGES else f"nodes {node}"


def count_query(list_: RootList, node: Selection | None = None, lists: Sequence[ChildList] = ()) -> str:
    """Return a query that counts the rows of a root connection, with the variables `$first` and `$after`.

    Args:
        list_: The connection.
        node: What to ask for of nodes besides; None if nothing.
        lists: What to ask for of the lists of each node.
    """
    rows = "" if node is None else f" {_nodes(_node(node, lists), list_.form)}"
    return _page_query(list_.name, list_.root, list_.arguments, f"{{ {COUNT}{rows} }}")


def sample_query(list_: RootList, node: str, pages: Sequence[Page]) -> str:
    """Return a query for some nodes anywhere in a root connection, an alias `s0`, `s1`, ... for each page of them.

    Args:
        list_: The connection.
        node: What to ask for of each, as GraphQL text, braces included.
        pages: The cursor and the number of nodes of each page.
    """
    also = f", {list_.arguments}" if list_.arguments else ""
    asked = " ".join(
        f"s{index}: {list_.root}(first: {first}{_after(after)}{also}) {{ {_nodes(node, list_.form)} }}"
        for index, (after, first) in enumerate(pages)
    )
    return f"query {list_.name} {{ {asked} }}"


def rest_query(name: str, lookup: str, key: str, parts: Sequence[RestPart]) -> str:
    """Return a query for further pages of the lists of single objects, an alias `p0`, `p1`, ... each.

    Args:
        name: The operation's name.
        lookup: The root field that finds one object.
        key: Its argument.
        parts: What to read.
    """
    asked = " ".join(
        f"p{index}: {lookup}({key}: {literal(part.parent_id)}) "
        f"{{ {part.path.asked(f'first: {part.first}{_after(part.after)}', _list(part))} }}"
        for index, part in enumerate(parts)
    )
    return f"query {name} {{ {asked} }}"


def _after(cursor: str | None) -> str:
    return "" if cursor is None else f", after: {literal(cursor)}"


def literal(value: str) -> str:
    """Return a string as GraphQL writes it, which for ids and cursors is as JSON does."""
    return json.dumps(value)


def single_query(name: str, root: str, node: Selection) -> str:
    """Return a query for a root field that is one object."""
    return f"query {name} {{ {root} {selection_set(node)} }}"


def selection_set(selection: Selection) -> str:
    """Return a selection as GraphQL text, braces included."""
    parts = (_fragment(part) if isinstance(part, Fragment) else _field(part) for part in selection.parts)
    return "{ " + " ".join(parts) + " }"


def _fragment(fragment: Fragment) -> str:
    words = [fragment.step, *map(print_ast, fragment.directives), selection_set(fragment.selection)]
    return " ".join(words)


def _field(field: Field) -> str:
    text = field.name if field.key == field.name else f"{field.key}: {field.name}"
    if field.arguments:
        text += f"({printed(field.arguments)})"
    if field.directives:
        text = " ".join([text, *map(print_ast, field.directives)])
    return text if field.selection is None else f"{text} {selection_set(field.selection)}"
