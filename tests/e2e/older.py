"""Rows expected from an older API version: all that the tap reads and the served types have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import get_named_type, is_abstract_type, is_leaf_type, is_required_argument

from tap_jobber.graphql.rows import shaper
from tap_jobber.graphql.text import ChildList, page_query, selection_set, single_query
from tap_jobber.graphql.tree import TYPENAME, Element, Field, Fragment, Selection, columns
from tests.e2e import truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema

    from tests.e2e.harness import Bench

FORMER_ROOTS = {"products": "productOrServices"}
# Columns of ids that were numbers; rows keep the text that the catalog promises.
NUMBERED = {"linkedProductOrServiceId"}
_EVERYTHING = 1_000_000
_YEARS = range(2015, 2036)


def root_of(schema: GraphQLSchema, name: str) -> str | None:
    """Return the root field of a stream in an older schema."""
    root = truth.TABLES[name].root
    known: Any = schema.query_type
    return next((each for each in (root, FORMER_ROOTS.get(root)) if each in known.fields), None)


def readable(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the streams that an older schema has the rows of, with their keys."""
    types: Any = schema.type_map
    for name in truth.EVERY:
        if name in truth.TABLES and root_of(schema, name) is not None:
            yield name
        elif name in truth.CHILDREN and root_of(schema, truth.CHILDREN[name].parent) is not None:
            path = truth.LISTS[name].path()
            parent = truth.TABLES[truth.CHILDREN[name].parent].node_type()
            owner = types[parent]
            if path.via:
                owner = get_named_type(owner.fields[path.via].type) if path.via in owner.fields else None
            if path.field in getattr(owner, "fields", {}):
                yield name


def left_of(schema: GraphQLSchema, selection: Selection, named: Any) -> Selection:  # noqa: ANN401 - any type
    """Return a selection without what an older schema does not have."""
    members: list[Element] = []
    for member in (fragment.selection for fragment in selection.fragments):
        known = schema.type_map.get(member.type_name)
        possible = set(schema.get_possible_types(named)) if is_abstract_type(named) else {named}
        of_member = set(schema.get_possible_types(known)) if is_abstract_type(known) else {known}
        if known is not None and possible & of_member:
            left = left_of(schema, member, known)
            if left.fields:
                members.append(Fragment(left))
    return replace(selection, parts=(*_fields(schema, selection, named), *members))


def _fields(schema: GraphQLSchema, selection: Selection, named: Any) -> Iterator[Field]:  # noqa: ANN401 - any type
    for field in selection.fields:
        name = field.name
        if name == TYPENAME:
            yield field
            continue
        if name not in named.fields and field.former in named.fields:
            name = str(field.former)
        known = named.fields.get(name) if hasattr(named, "fields") else None
        if known is None or any(is_required_argument(each) for each in known.args.values()):
            continue
        target = get_named_type(known.type)
        is_value = field.selection is None
        if is_leaf_type(target) is not is_value:
            continue
        if field.nested is None:
            yield replace(field, name=name)
            continue
        below = left_of(schema, field.nested, target)
        if any(each.name != TYPENAME for each in below.every_field()):
            yield replace(field, selection=below)


def rows(one: Bench, name: str) -> list[dict[str, Any]]:
    """All rows of a stream as an older version serves them."""
    schema = one.sandbox.engine.schema
    found = _child_rows(one, schema, name) if name in truth.CHILDREN else _root_rows(one, schema, name)
    for row in found:
        for column in row.keys() & (NUMBERED | ({"id"} if name == "products" else set())):
            row[column] = None if row[column] is None else str(row[column])
    return found


def _root_rows(one: Bench, schema: GraphQLSchema, name: str) -> list[dict[str, Any]]:
    selection = _left_of_table(schema, name)
    shape, blank = shaper(selection), _blank(truth.TABLES[name].full_selection())
    return [blank | shape(node) for node in _nodes(one, schema, name, selection, [])]


def _blank(selection: Selection) -> dict[str, None]:
    """Return the columns that every row has: with several types, the columns of all of them."""
    return dict.fromkeys(columns(selection)) if selection.fragments else {}


def _left_of_table(schema: GraphQLSchema, name: str) -> Selection:
    table = truth.TABLES[name]
    selection = table.full_selection()
    return left_of(schema, selection, schema.type_map[selection.type_name])


def _child_rows(one: Bench, schema: GraphQLSchema, name: str) -> list[dict[str, Any]]:
    child, list_ = truth.CHILDREN[name], truth.LISTS[name]
    bare = _left_of_table(schema, child.parent).where(lambda _field, path: path[0] in {"id", "updatedAt"})
    path = replace(list_.path(), arguments="")
    owner: Any = schema.type_map[truth.TABLES[child.parent].node_type()]
    if path.via:
        owner = get_named_type(owner.fields[path.via].type)
    connection: Any = get_named_type(owner.fields[path.field].type)
    selection = left_of(schema, list_.full_selection(), get_named_type(connection.fields["nodes"].type))
    shape, blank = shaper(selection), _blank(list_.full_selection())
    found = []
    for parent in _nodes(one, schema, child.parent, bare, [ChildList(path, _EVERYTHING, selection)]):
        given = {child.parent_id: parent["id"]}
        if child.change and "updatedAt" in parent:
            given[child.change] = parent["updatedAt"]
        for place, node in enumerate((path.found_in(parent) or {"nodes": ()})["nodes"]):
            own = {"id": place, **blank, **shape(node)}
            found.append({child.renamed.get(column, column): own[column] for column in own if column != "id"})
            found[-1].update(given, **{child.own_id: own["id"]})
    return found


def _nodes(
    one: Bench, schema: GraphQLSchema, name: str, selection: Selection, lists: list[ChildList]
) -> list[dict[str, Any]]:
    root = root_of(schema, name)
    assert root is not None
    if name == "account":
        return [truth.ask(one, single_query(name, root, selection))]
    if name not in {"assessments", "events"}:
        text = page_query(name, root, "", selection, lists)
        nodes: list[dict[str, Any]] = truth.ask(one, text, first=_EVERYTHING, after=None)["nodes"]
        return nodes
    kind = truth.TABLES[name].node_type().upper()
    below = " ".join(
        each.path.asked(f"first: {each.first}", f"{{ nodes {selection_set(each.node)} }}") for each in lists
    )
    asked = " ".join(
        f"in{year}: {root}(first: {_EVERYTHING}, filter: {{scheduleItemType: {kind}, "
        f'occursWithin: {{startAt: "{year}-01-01T00:00:00Z", endAt: "{year + 1}-01-01T00:00:00Z"}}}}) '
        f"{{ nodes {selection_set(selection)[:-1]} {below} }} }}"
        for year in _YEARS
    )
    pages = truth.ask_all(one, f"{{ {asked} }}").values()
    return list({node["id"]: node for page in pages for node in page["nodes"]}.values())
