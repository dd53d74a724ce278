"""Prices a query in points before it is sent, by the stock rule of graphql-ruby.

Every field costs 1 point, a connection and its `nodes` or `edges` too; what is asked for of a row counts `first`
times, and a missing `first` counts as 100; arguments are free. (Source: prices of recorded answers of API versions
since 2024-04.) Jobber documents a slightly cheaper rule, by which connections, `edges`, `nodes` and `node` are free;
version 2023-08-18 followed it. Some fields cost more than any rule says. So what is reckoned here is corrected by
the price that each answer states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.graphql.query import ListPath
    from tap_jobber.graphql.selection import Selection

# Asked for once in a page, beside its rows: the connection, `nodes`, `pageInfo` and its two fields.
PAGE_POINTS = 5
# What fields cost beyond the rule, as recorded answers show; once for all members of a union.
EXTRA_POINTS = {"customFieldConfiguration": 5}


def node_points(selection: Selection) -> int:
    """Points for one node of a type, members of a union or an interface summed.

    Args:
        selection: What is asked for of the node.
    """
    points = 0
    for field in selection.every_field():
        points += 1
        if field.selection is not None:
            points += node_points(field.selection)
        elif field.is_reference:
            points += 1
    return points + sum(EXTRA_POINTS.get(name, 0) for name in {field.name for field in selection.every_field()})


def list_points(path: ListPath, node: Selection, first: int) -> float:
    """Points for one list of a node; one that is asked of each member of a union counts for each.

    Args:
        path: The way to the list.
        node: What is asked for of each of its nodes.
        first: How many of them to ask for.
    """
    return page_points(node_points(node), first) * len(path.owners) + (1 if path.via else 0)


def page_points(per_node: float, first: int, fixed: float = PAGE_POINTS) -> float:
    """Points that a page of a connection is charged at the most."""
    return fixed + first * per_node
