"""Writes the GraphQL text of a query from a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.schema.selection import Field, Selection


def page_query(name: str, root: str, arguments: str, node: Selection) -> str:
    """A query for one page of a root connection, with the variables `$first` and `$after`.

    Args:
        name: The operation's name.
        root: The root field.
        arguments: Further arguments of the root field as GraphQL text, or nothing.
        node: What is asked for of each node.
    """
    also = f", {arguments}" if arguments else ""
    return (
        f"query {name}($first: Int!, $after: String) {{ "
        f"{root}(first: $first, after: $after{also}) {{ "
        f"nodes {selection_set(node)} pageInfo {{ hasNextPage endCursor }} }} }}"
    )


def single_query(name: str, root: str, node: Selection) -> str:
    """A query for a root field that is one object."""
    return f"query {name} {{ {root} {selection_set(node)} }}"


def selection_set(selection: Selection) -> str:
    """A selection as GraphQL text, braces included."""
    parts = [_field(field) for field in selection.fields]
    parts += [f"... on {member.type_name} {selection_set(member)}" for member in selection.members]
    return "{ " + " ".join(parts) + " }"


def _field(field: Field) -> str:
    text = field.name if field.key == field.name else f"{field.key}: {field.name}"
    if field.is_reference:
        return text + " { id }"
    return text if field.selection is None else f"{text} {selection_set(field.selection)}"
