"""Makes of a query that a user has written one that can be sent page by page.

The connection that `$first` and `$after` are given to is found, and the query is left with what leads to its rows,
so that nothing is asked for that no row holds. Added is what paging needs: `pageInfo`, and of each row what tells it
from others and shows whether it has changed or moved. In lists inside of rows, whether they go on is asked for too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from graphql import (
    NonNullTypeNode,
    VariableNode,
    print_ast,
    value_from_ast_untyped,
)

from tap_jobber.graphql.added_filter import can_filter, with_filter
from tap_jobber.graphql.answer_keys import fields_at
from tap_jobber.graphql.cost import PAGE_POINTS, is_connection, node_points
from tap_jobber.graphql.document import QueryError
from tap_jobber.graphql.row_plan import Changes, added, page_end, plan_row
from tap_jobber.graphql.sort_order import order_of
from tap_jobber.graphql.text import COUNT, selection_set
from tap_jobber.graphql.tree import Fragment, Selection, merged, variables_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql import VariableDefinitionNode

    from tap_jobber.graphql.document import Document, UserQuery
    from tap_jobber.graphql.row_plan import RowPlan
    from tap_jobber.graphql.tree import Element, Field

    Path = tuple[str, ...]

FIRST, AFTER, UPDATED_AFTER = "first", "after", "updatedAfter"
_OWN_VARIABLES = frozenset({FIRST, AFTER, UPDATED_AFTER})
_GIVE = "give both to the list to read, as in clients(first: $first, after: $after)"


@dataclass(frozen=True)
class Paged:
    """A query that can be sent page by page.

    Attributes:
        name: Its name.
        declarations: The declaration of each variable that it may use.
        selection: What it asks for.
        path: The keys of the answer that lead to the connection.
        rows: The keys that lead from there to a row.
        page_info: The key of the connection's `pageInfo`.
        row: What is asked for of a row.
        row_points: The price of a row.
        fixed_points: The price of what is asked for once.
        takes_start: True if the query takes `$updatedAfter`.
        needs_start: True if it does, without a value of its own for it.
    """

    name: str
    declarations: Mapping[str, str]
    selection: Selection
    path: Path
    rows: Path
    page_info: str
    row: RowPlan
    row_points: int
    fixed_points: int
    takes_start: bool
    needs_start: bool

    @cached_property
    def text(self) -> str:
        """The query."""
        return self._text_of(self.selection)

    @property
    def counting(self) -> Paged:
        """The query for nothing but the number of rows in the list, which stands where the rows did."""
        count = Selection("", (added("", COUNT, COUNT),))
        return replace(self, selection=_with_below(self.selection, len(self.path), count))

    def takes_filter(self, key: str) -> bool:
        """Return True if the list to read is a root field that can be filtered by a key beside what the query says."""
        return len(self.path) == 1 and can_filter(self.selection, self.path[0], key)

    def filtered(self, text: str) -> str:
        """Return the query with one more key in the filter of its list, as GraphQL text."""
        return self._text_of(with_filter(self.selection, self.path[0], text))

    def _text_of(self, selection: Selection) -> str:
        used = variables_in(selection)
        declared = ", ".join(text for name, text in self.declarations.items() if name in used)
        return f"query {self.name}({declared}) {selection_set(selection)}"


def paged(query: UserQuery, unwanted: Iterable[str] = (), unknown: Iterable[str] = ()) -> Paged:
    """Make a query that can be sent page by page.

    Args:
        query: The query, perhaps without what the server does not know.
        unwanted: Columns that need not be asked for.
        unknown: Names of fields that the server has said it does not know somewhere, so that they are not added.

    Raises:
        QueryError: If it cannot be read page by page, or lacks what is wanted of it.
    """
    document = query.document
    _check_variables(document.variables)
    path, connection = _connection(document, query.records_path)
    rows = _rows(connection, path, query.records_path)
    same = fields_at(merged(connection), rows)
    changes = Changes(_prefix(document.selection), frozenset(unknown), frozenset(unwanted))
    defaults = {name: _default(each) for name, each in document.variables.items()}
    row = plan_row(merged(same), same[0].named_type, query, order_of(connection[0], defaults), changes)
    page_info = f"{changes.prefix}PageInfo"
    info = page_end(page_info, "hasNextPage", "endCursor")
    selection = _narrowed(document.selection, (*path, *rows), row, len(path), info)
    used = variables_in(selection)
    variables = {name: each for name, each in document.variables.items() if name in used}
    _check_given(variables)
    start = variables.get(UPDATED_AFTER)
    return Paged(
        name=query.name,
        declarations={name: _declaration(each) for name, each in variables.items()},
        selection=selection,
        path=path,
        rows=rows,
        page_info=page_info,
        row=row,
        row_points=node_points(row.node, {name: each for name, each in defaults.items() if isinstance(each, int)})
        # The `node` of an edge is a field too.
        + len(rows[1:]),
        fixed_points=len(path) - 1 + PAGE_POINTS,
        takes_start=start is not None,
        needs_start=start is not None and start.default_value is None,
    )


def _prefix(selection: Selection) -> str:
    """Return what no key of a query begins with."""
    keys = {field.key for field in selection.deep_fields()}
    prefix = "tap"
    while any(key.startswith(prefix) for key in keys):
        prefix += "_"
    return prefix


def _default(variable: VariableDefinitionNode) -> object:
    return None if variable.default_value is None else value_from_ast_untyped(variable.default_value)


def _check_variables(variables: Mapping[str, VariableDefinitionNode]) -> None:
    for name in (FIRST, AFTER):
        if name not in variables:
            raise QueryError(f"declares no ${name}", f"declare ${FIRST}: Int! and ${AFTER}: String, and {_GIVE}")
    for name, kind in ((FIRST, "Int!"), (AFTER, "String"), (UPDATED_AFTER, "ISO8601DateTime")):
        type_ = print_ast(variables[name].type) if name in variables else kind
        # Where a moment may go, there are more kinds of plain values than one.
        if type_.startswith("[") or (name != UPDATED_AFTER and type_.rstrip("!") != kind.rstrip("!")):
            raise QueryError(f"declares ${name} as {type_}", f"declare it as {kind}")


def _check_given(variables: Mapping[str, VariableDefinitionNode]) -> None:
    for name, each in variables.items():
        if name not in _OWN_VARIABLES and isinstance(each.type, NonNullTypeNode) and each.default_value is None:
            raise QueryError(f"needs a value for ${name}", "give it a default, or write the value in its place")


def _declaration(node: VariableDefinitionNode) -> str:
    """Return a variable's declaration: the tap's own are always given, the first page's cursor as null."""
    name, type_ = node.variable.name.value, node.type
    if name not in {FIRST, AFTER}:
        return print_ast(node)
    text = print_ast(type_.type if isinstance(type_, NonNullTypeNode) else type_)
    return f"${name}: {text}!" if name == FIRST else f"${name}: {text}"


def _connection(document: Document, records_path: str | None) -> tuple[Path, list[Field]]:
    """Return the way to the connection that is to be paged, and the fields that ask for it."""
    found: dict[Path, list[Field]] = {}
    for path, field in _users(document.selection):
        found.setdefault(path, []).append(field)
    if not found:
        raise QueryError(f"gives ${FIRST} and ${AFTER} to no list", _GIVE)
    chosen = list(found)
    if records_path is not None:
        steps = tuple(records_path.split("."))
        chosen = [path for path in found if path == steps[: len(path)]]
        if not chosen:
            raise QueryError(f"has no list to page at {records_path}", f"set records_path to {_names(found)}")
    if len(chosen) > 1:
        raise QueryError(f"has several lists to page ({_names(found)})", "name one of them with records_path")
    (path,) = chosen
    _check_way(document.selection, path)
    same = found[path]
    for field in merged(same).deep_fields():
        _refuse_own(field)
    for name in ("last", "before"):
        if any(field.argument(name) is not None for field in same):
            raise QueryError(f"gives {name} to the list to read, beside ${FIRST} and ${AFTER}", "leave it out")
    return path, same


def _names(paths: Iterable[Path]) -> str:
    return " or ".join(".".join(path) for path in paths)


def _users(selection: Selection, at: Path = ()) -> Iterator[tuple[Path, Field]]:
    for field in selection.every_field():
        path = (*at, field.key)
        if _is_given(field, FIRST) and _is_given(field, AFTER):
            yield path, field
        if field.selection is not None:
            yield from _users(field.selection, path)


def _is_given(field: Field, name: str) -> bool:
    value = field.argument(name)
    return isinstance(value, VariableNode) and value.name.value == name


def _check_way(selection: Selection, path: Path) -> None:
    """Refuse lists on the way to the connection, for pages of several lists have no common end."""
    for depth, key in enumerate(path[:-1]):
        same = selection.by_key()[key]
        if any(is_connection(field) or "[" in str(field.type or "") for field in same):
            inner, outer = ".".join(path), ".".join(path[: depth + 1])
            raise QueryError(f"pages {inner}, which is a list of each row of {outer}", f"page {outer} instead")
        for field in same:
            _refuse_own(field)
        selection = merged(same)


def _refuse_own(field: Field) -> None:
    for name in sorted({FIRST, AFTER} & field.variables):
        raise QueryError(f"uses ${name} in {field.name} too", "write a number there")


def _rows(connection: list[Field], path: Path, records_path: str | None) -> Path:
    """Return the keys that lead from the connection to its rows."""
    found: list[Path] = []
    for field in merged(connection).every_field():
        if field.name == "nodes":
            found.append((field.key,))
        elif field.name == "edges":
            found += [(field.key, each.key) for each in merged([field]).every_field() if each.name == "node"]
    found = list(dict.fromkeys(found))
    name = ".".join(path)
    wanted = tuple((records_path or name).split("."))[len(path) :]
    chosen = [rows for rows in found if rows[: len(wanted)] == wanted]
    if not found:
        raise QueryError(f"asks {name} for no rows", "ask it for nodes { ... } or edges { node { ... } }")
    if not chosen:
        raise QueryError(f"has no rows at {records_path}", f"set records_path to {name}")
    if len(chosen) > 1:
        ways = _names((*path, *rows) for rows in chosen)
        raise QueryError(f"asks {name} for its rows more than once ({ways})", "name one of them with records_path")
    if not merged(fields_at(merged(connection), chosen[0])).parts:
        raise QueryError(f"asks for nothing of the rows of {name}", "name the fields to read")
    return chosen[0]


def _narrowed(selection: Selection, path: Path, row: RowPlan, depth: int, info: Field) -> Selection:
    """Return only what leads to the rows, these as they are to be asked for, and the end of the page."""
    found: list[Element] = []
    for each in selection.parts:
        if isinstance(each, Fragment):
            inside = _narrowed(each.selection, path, row, depth, info)
            if inside.parts:
                found.append(replace(each, selection=inside))
        elif each.key == path[0] and each.selection is not None:
            below = each.selection
            inside = _narrowed(below, path[1:], row, depth - 1, info) if path[1:] else row.asked(below)
            if depth == 1:
                inside = replace(inside, parts=(*inside.parts, info))
            found.append(replace(each, selection=inside))
    return replace(selection, parts=tuple(found))


def _with_below(selection: Selection, depth: int, below: Selection) -> Selection:
    """Return a selection that leads to a list, with something else below that, so many fields down."""

    def changed(part: Element) -> Element:
        if isinstance(part, Fragment):
            return replace(part, selection=_with_below(part.selection, depth, below))
        if depth == 1 or part.selection is None:
            return replace(part, selection=below)
        return replace(part, selection=_with_below(part.selection, depth - 1, below))

    return replace(selection, parts=tuple(map(changed, selection.parts)))
