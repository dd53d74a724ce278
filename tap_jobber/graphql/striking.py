"""Takes out of a selection what a server does not know: by name, or by place where its types have other names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphql import GraphQLInterfaceType, GraphQLUnionType

from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.selection import TYPENAME, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from tap_jobber.graphql.selection import Field, Path

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

    def known(field: Field, _path: Path) -> bool:
        return (
            (field.owner, field.name) not in fields
            and field.owner not in gone
            and (not field.is_reference or (field.type_name, "id") not in fields)
        )

    def former(field: Field) -> Field:
        is_better = field.former and (field.owner, field.name) in fields and (field.owner, field.former) not in fields
        return replace(field, name=field.former, former=None) if is_better and field.former else field

    if not fields and not gone:
        return selection
    return _changed(_spread(selection, lambda step: step.removeprefix("... on ") in gone), former).where(known)


def strike_at(selection: Selection, places: Collection[Steps]) -> Selection:
    """Return a selection without what stands at some places; an object left empty goes too."""
    if not places:
        return selection
    here = {steps[0] for steps in places if len(steps) == 1}
    below: dict[str, set[Steps]] = {}
    for steps in places:
        if len(steps) > 1:
            below.setdefault(steps[0], set()).add(steps[1:])
    selection = _spread(selection, here.__contains__)
    fields = []
    for field in selection.fields:
        inner = below.get(field.key, set())
        if field.key in here or (inner and field.selection is None):
            continue
        if inner and field.selection is not None:
            left = strike_at(field.selection, inner)
            if not any(each.name != TYPENAME for each in left.every_field()):
                continue
            field = replace(field, selection=left)  # noqa: PLW2901 - the same field, with less in it
        fields.append(field)
    members = (
        strike_at(member, below.get(fragment(member), set()))
        for member in selection.members
        if fragment(member) not in here
    )
    return replace(selection, fields=tuple(fields), members=tuple(each for each in members if each.fields))


def find(selection: Selection, steps: Steps) -> Field | None:
    """Return the field at a place; for the id of a reference, the reference."""
    at = selection
    for index, step in enumerate(steps):
        member = next((each for each in at.members if fragment(each) == step), None)
        if member is not None:
            at = member
            continue
        field = next((each for each in at.fields if each.key == step), None)
        if field is None or field.selection is None or index == len(steps) - 1:
            return field
        at = field.selection
    return None


def fragment(member: Selection) -> str:
    """Return the step that leads to what is asked for of a member."""
    return f"... on {member.type_name}"


def _spread(selection: Selection, is_gone: Callable[[str], bool]) -> Selection:
    """Ask each member for what was asked of their interface, where a fragment on that is not possible."""
    shared = [
        member
        for member in selection.members
        if is_gone(fragment(member)) and isinstance(read_schema().type_map.get(member.type_name), GraphQLInterfaceType)
    ]
    if not shared:
        return selection
    others = [member for member in selection.members if member not in shared]
    union = read_schema().type_map.get(selection.type_name)
    if isinstance(union, GraphQLUnionType):
        # Those of which nothing else is asked have no fragment of their own yet.
        asked = {member.type_name for member in others}
        others += [Selection(each.name, ()) for each in union.types if each.name not in asked]
    for interface in shared:
        fields = interface.fields
        others = [
            replace(each, fields=tuple(replace(field, owner=each.type_name) for field in fields) + each.fields)
            for each in others
        ]
    return replace(selection, members=tuple(others))


def _changed(selection: Selection, change: Callable[[Field], Field]) -> Selection:
    """Apply a change to every field, also to those of nested objects."""
    fields = (
        field if field.selection is None else replace(field, selection=_changed(field.selection, change))
        for field in map(change, selection.fields)
    )
    members = tuple(_changed(member, change) for member in selection.members)
    return replace(selection, fields=tuple(fields), members=members)


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
        if field.selection is not None:
            yield from columns_of(field.selection, f"{at}{field.column}.")
