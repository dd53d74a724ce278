"""Takes out of a selection what a server does not know: by name, or by place where its types have other names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType

from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.tree import TYPENAME, Field, Fragment, Selection, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from tap_jobber.graphql.tree import Element

Steps = tuple[str, ...]
"""The way to a field or a fragment: keys of fields, and `... on Type`."""


def strike(selection: Selection, struck: Iterable[tuple[str, str]], types: Iterable[str] = ()) -> Selection:
    """Return a selection without the fields that a server has said it does not know.

    Where a deprecated field beside an unknown one held the same, that is asked for instead.

    Args:
        selection: What would be asked for.
        struck: Type name and field name, as the server named them.
        types: Types that the server does not know: fragments on them go.
    """
    fields, gone = frozenset(struck), frozenset(types)

    def known(part: Element) -> Element | None:
        if isinstance(part, Fragment):
            return None if part.selection.type_name in gone else part
        if part.owner in gone:
            return None
        if (part.owner, part.name) not in fields:
            return part
        is_better = part.former is not None and (part.owner, part.former) not in fields
        return replace(part, name=part.former, former=None) if is_better and part.former else None

    if not fields and not gone:
        return selection
    return rewritten(_spread_deep(selection, lambda fragment: fragment.selection.type_name in gone), known)


def strike_at(selection: Selection, places: Collection[Steps]) -> Selection:
    """Return a selection without what stands at some places; an object left empty goes too."""
    if not places:
        return selection
    here = {steps[0] for steps in places if len(steps) == 1}
    below: dict[str, set[Steps]] = {}
    for steps in places:
        if len(steps) > 1:
            below.setdefault(steps[0], set()).add(steps[1:])
    selection = _spread(selection, lambda fragment: fragment.step in here)
    parts: list[Element] = []
    for part in selection.parts:
        step = step_of(part)
        inner = below.get(step, set())
        if step in here or (inner and part.selection is None):
            continue
        if inner and part.selection is not None:
            left = strike_at(part.selection, inner)
            if not left.has_content and left != part.selection:
                continue
            part = replace(part, selection=left)  # noqa: PLW2901 - the same part, with less in it
        parts.append(part)
    return replace(selection, parts=tuple(parts))


def find(selection: Selection, steps: Steps) -> Field | None:
    """Return the field at a place; for the id of a reference, the reference."""
    for part in selection.parts:
        if step_of(part) != steps[0]:
            continue
        if isinstance(part, Field) and (part.nested is None or len(steps) == 1):
            return part
        found = find(part.selection, steps[1:]) if part.selection is not None and steps[1:] else None
        if found is not None:
            return found
    return None


def step_of(part: Element) -> str:
    """Return what a field or a fragment adds to the path of an error."""
    return part.key if isinstance(part, Field) else part.step


def _spread_deep(selection: Selection, is_gone: Callable[[Fragment], bool]) -> Selection:
    """Return a selection of which members are asked for what was asked of their interfaces, however deep in it."""
    spread = _spread(selection, is_gone)
    parts = tuple(
        part if part.selection is None else replace(part, selection=_spread_deep(part.selection, is_gone))
        for part in spread.parts
    )
    return replace(spread, parts=parts) if parts != spread.parts else spread


def _spread(selection: Selection, is_gone: Callable[[Fragment], bool]) -> Selection:
    """Ask each member for what was asked of their interface, where a fragment on that is not possible."""
    shared = [
        each
        for each in selection.fragments
        if is_gone(each)
        and not each.directives
        and isinstance(read_schema().type_map.get(each.selection.type_name), GraphQLInterfaceType)
    ]
    if not shared:
        return selection
    others = [fragment for fragment in selection.fragments if fragment not in shared]
    named = read_schema().type_map.get(selection.type_name)
    if isinstance(named, GraphQLObjectType):
        own = _with_shared(Fragment(replace(selection, parts=(*selection.fields, *others))), shared)
        return own.selection
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        # Those of which nothing else is asked have no fragment of their own yet.
        asked = {fragment.selection.type_name for fragment in others}
        members = read_schema().get_possible_types(named)
        others += [Fragment(Selection(each.name)) for each in members if each.name not in asked]
    spread = (_with_shared(each, shared) for each in others)
    return replace(selection, parts=(*selection.fields, *(each for each in spread if each.selection.parts)))


def _with_shared(fragment: Fragment, shared: Iterable[Fragment]) -> Fragment:
    """Return what is asked of a member, with what was asked of its interfaces."""
    own = fragment.selection
    named = read_schema().type_map.get(own.type_name)
    for interface in shared:
        if isinstance(named, GraphQLObjectType) and interface.selection.type_name not in {
            each.name for each in named.interfaces
        }:
            continue
        fields = (replace(field, owner=own.type_name) for field in interface.selection.fields)
        own = replace(own, parts=(*fields, *own.parts))
    return replace(fragment, selection=own)


def columns_without(whole: Selection, left: Selection) -> list[str]:
    """Return the columns of a selection that another lacks, with dots between the steps; of a lost object only that.

    Args:
        whole: What would be asked for.
        left: What is asked for.
    """
    found, lost = set(columns_of(left)), list[str]()
    for column in dict.fromkeys(columns_of(whole)):
        is_inside = any(column.startswith(f"{each}.") for each in lost)
        if column not in found and not is_inside and not column.endswith(TYPENAME):
            lost.append(column)
    return lost


def columns_of(selection: Selection, at: str = "") -> Iterator[str]:
    """Return the columns of a selection, and with dots between the steps those of its objects."""
    for field in selection.every_field():
        yield f"{at}{field.column}"
        if field.nested is not None:
            yield from columns_of(field.nested, f"{at}{field.column}.")
