"""Tells from the arguments of a connection in which order its rows come, and what an edit does to that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import value_from_ast_untyped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jobber.graphql.tree import Field

CHANGE = "updatedAt"


@dataclass(frozen=True)
class GivenOrder:
    """The order that rows come in.

    Attributes:
        field: The field that they are sorted by, as far as the names tell; None where no order is given.
        is_by_recency: True if a row that is edited may jump to the head.
    """

    field: str | None
    is_by_recency: bool


def order_of(connection: Field, values: Mapping[str, Any]) -> GivenOrder:
    """Return the order that a connection is asked for; without one the API's own, which is mostly by recency.

    Args:
        connection: The connection.
        values: The values of the query's variables.
    """
    given = {each.name.value: value_from_ast_untyped(each.value, dict(values)) for each in connection.arguments}
    sort = given.get("sort")
    if not sort and isinstance(given.get("filter"), dict):
        # As the API takes it for products.
        sort = given["filter"].get("sort")
    first = sort[0] if isinstance(sort, list) and sort else sort
    words = [each for each in first.values() if isinstance(each, str)] if isinstance(first, dict) else []
    keys = [each for each in words if not each.startswith(("ASC", "DESC"))]
    if not keys:
        return GivenOrder(None, is_by_recency=True)
    field = re.sub(r"_(\w)", lambda found: found[1].upper(), keys[0].lower())
    # Sorted by it upwards, a row that is edited goes to the end, where it is still to come.
    is_downwards = any(each.startswith("DESC") for each in words)
    return GivenOrder(field, is_by_recency=field == CHANGE and is_downwards)
