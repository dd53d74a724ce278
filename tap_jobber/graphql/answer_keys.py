"""Follows the keys of an answer, such as the path of an error names them, through a selection.

Fields of several fragments can fill one key, and what is asked for below it is what they ask for together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.graphql.tree import Fragment, merged

if TYPE_CHECKING:
    from tap_jobber.graphql.tree import Element, Field, Path, Selection


def fields_at(selection: Selection, keys: Path) -> list[Field]:
    """Return the fields that keys of an answer lead to."""
    same: list[Field] = []
    for index, key in enumerate(keys):
        same = (merged(same) if index else selection).by_key().get(key, [])
    return same


def columns_at(selection: Selection, keys: Path) -> Path:
    """Return the columns of the row that keys of an answer lead to; what is not known keeps its key."""
    found = selection.by_key().get(keys[0], []) if keys else []
    if not found:
        return keys
    below = columns_at(merged(found), keys[1:]) if found[0].nested is not None else ()
    return (found[0].column, *below)


def may_be_null(selection: Selection, keys: Path) -> bool:
    """Return True if the field that keys of an answer lead to may be null; what is not known may."""
    found = selection.by_key().get(keys[0], []) if keys else []
    if not found:
        return True
    if keys[1:] and found[0].nested is not None:
        return may_be_null(merged(found), keys[1:])
    return not any(field.wire_type.endswith("!") for field in found)


def without(selection: Selection, keys: Path) -> Selection:
    """Return a selection without one field.

    Args:
        selection: What would be asked for.
        keys: The keys of the answer that lead to the field.
    """

    def left(part: Element) -> Element | None:
        if isinstance(part, Fragment):
            below = without(part.selection, keys)
            return replace(part, selection=below) if below.parts else None
        if part.key != keys[0]:
            return part
        if len(keys) == 1 or part.nested is None:
            return None
        below = without(part.nested, keys[1:])
        return replace(part, selection=below) if below.has_content else None

    return replace(selection, parts=tuple(kept for part in selection.parts if (kept := left(part)) is not None))
