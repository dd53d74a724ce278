"""Prices a query in points before it is sent, by Jobber's documented rule.

Every field costs 1 point; `edges`, `nodes` and `node` cost nothing; a connection multiplies what it asks of
a node by `first`, and a missing `first` counts as 100; filters and sorts are free. Some fields cost more
than the rule says, so a first estimate is corrected by what the server answers.
(Source: Jobber's documentation of API rate limits.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_jobber.schema.query import ListPath
    from tap_jobber.schema.selection import Selection

# Asked for once in a page, beside its nodes: the connection, `pageInfo` and its two fields.
PAGE_POINTS = 4


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
    return points


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
