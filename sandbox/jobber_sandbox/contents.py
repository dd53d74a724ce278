"""Values that a kind of account has for the fields of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobber_sandbox import fallback_values
from jobber_sandbox.fields import LISTS, ROOT_LISTS, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.fallback_values import Texts
    from jobber_sandbox.world import Node, World


@dataclass(frozen=True, eq=False)
class Contents:
    """The getters of a kind of account.

    Args:
        values: Of each type the getters of its fields; those of all others follow from their types.
        lists: Of each type the getters of its connections.
        root_lists: The lists of the root that are not all rows of a table.
        texts: The words for what is invented.
        has_facts: True if the rows know values of their own.
    """

    values: Mapping[str, Mapping[str, Callable[[Node], Any]]]
    lists: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]]
    root_lists: Mapping[str, Callable[[World, Mapping[str, Any]], Sequence[Node]]]
    texts: Texts
    has_facts: bool = False


HOSTILE = Contents(VALUES, LISTS, ROOT_LISTS, fallback_values.HOSTILE_TEXTS)
"""An account full of what is rare: odd characters, extremes, very long lists, and nulls everywhere."""
