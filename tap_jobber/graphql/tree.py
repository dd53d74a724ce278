"""The query tree: all that is asked for of a type, derived from the read schema or parsed from a user's query.

Text, JSON Schema, rows and cost are computed from it, and what a server does not know is taken out of it, whichever it
is. A selection holds fields and fragments in their order:

    { id client { id } amounts { total } ... on Visit @include(if: $all) { title } }

Here `id` is a value, `client` a reference (its column is `clientId`), `amounts` an object, and the rest a fragment.
A type is that of the read schema; what that does not know has none, and is passed on as it is.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from graphql import TypeNameMetaFieldDef, get_named_type, get_nullable_type, is_list_type, print_ast, visit
from graphql.language import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from graphql import (
        ArgumentNode,
        DirectiveNode,
        GraphQLNamedType,
        GraphQLOutputType,
        Node,
        ValueNode,
        VariableNode,
    )

TYPENAME = "__typename"
TYPENAME_TYPE = TypeNameMetaFieldDef.type
Path = tuple[str, ...]


class Role(enum.Enum):
    """The part that a field plays in a row."""

    VALUE = "value"
    REFERENCE = "the id of an object that is a row of another stream"
    OBJECT = "object"
    ADDED = "nothing: it was added to a query for the reading itself"


@dataclass(frozen=True)
class Field:
    """One field of a selection.

    Attributes:
        owner: The type that it is asked of, as the API names it; nothing where the schema does not tell.
        name: Its name in the API.
        key: The key of its value in the answer: the name, or an alias.
        column: The key of its value in the row.
        role: What it becomes there.
        type: Its type; None where the schema does not know the field.
        arguments: Its arguments.
        directives: Its directives.
        selection: What is asked for of its value; of a reference the id.
        former: The deprecated field beside it that held the same, which older versions have instead.
    """

    owner: str
    name: str
    key: str
    column: str
    role: Role = Role.VALUE
    type: GraphQLOutputType | None = None
    arguments: tuple[ArgumentNode, ...] = ()
    directives: tuple[DirectiveNode, ...] = ()
    selection: Selection | None = None
    former: str | None = None

    @property
    def is_reference(self) -> bool:
        """True if only the id of its value is asked for."""
        return self.role is Role.REFERENCE

    @property
    def is_added(self) -> bool:
        """True if it is no part of a row."""
        return self.role is Role.ADDED

    @property
    def is_plain(self) -> bool:
        """True if it has neither arguments nor conditions."""
        return not self.arguments and not self.directives

    @property
    def is_list(self) -> bool:
        """True if its value is a list, not a connection."""
        return self.type is not None and is_list_type(get_nullable_type(self.type))

    @property
    def named_type(self) -> GraphQLNamedType | None:
        """The named type in its type."""
        return None if self.type is None else get_named_type(self.type)

    @property
    def type_name(self) -> str:
        """The name of that; nothing where the schema does not know the field."""
        named = self.named_type
        return "" if named is None else named.name

    @property
    def wire_type(self) -> str:
        """Its type as SDL; nothing where the schema does not know the field."""
        return "" if self.type is None else str(self.type)

    @property
    def nested(self) -> Selection | None:
        """The selection of an object that stays one in the row."""
        return None if self.is_reference else self.selection

    @property
    def variables(self) -> frozenset[str]:
        """The variables that its arguments and directives use."""
        return _variables_of((*self.arguments, *self.directives))

    def argument(self, name: str) -> ValueNode | None:
        """Return the value of an argument, or None if it is not given."""
        return next((each.value for each in self.arguments if each.name.value == name), None)


@dataclass(frozen=True)
class Fragment:
    """A selection for values of one type only, or under a condition.

    Attributes:
        selection: What is asked for; its type is that of the fragment.
        directives: Its conditions.
    """

    selection: Selection
    directives: tuple[DirectiveNode, ...] = ()

    @property
    def step(self) -> str:
        """How the path of an error names it."""
        return f"... on {self.selection.type_name}" if self.selection.type_name else "..."

    @property
    def variables(self) -> frozenset[str]:
        """The variables that its directives use."""
        return _variables_of(self.directives)


Element: TypeAlias = "Field | Fragment"


@dataclass(frozen=True)
class Selection:
    """All that is asked for of one type.

    Attributes:
        type_name: The type; nothing where the schema does not tell.
        parts: The fields and fragments.
    """

    type_name: str
    parts: tuple[Element, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that are asked for whatever the type of a value is."""
        return tuple(part for part in self.parts if isinstance(part, Field))

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """The parts that are asked for of some values only."""
        return tuple(part for part in self.parts if isinstance(part, Fragment))

    @property
    def has_content(self) -> bool:
        """True if more than the name of the type is asked for."""
        return any(field.name != TYPENAME for field in self.every_field())

    def every_field(self) -> Iterator[Field]:
        """Yield the fields, those of fragments included, without those of nested objects."""
        for part in self.parts:
            if isinstance(part, Field):
                yield part
            else:
                yield from part.selection.every_field()

    def deep_fields(self) -> Iterator[Field]:
        """Yield the fields, and all below them."""
        for field in self.every_field():
            yield field
            if field.selection is not None:
                yield from field.selection.deep_fields()

    def by_key(self) -> dict[str, list[Field]]:
        """Return the fields by the key of the answer that they fill."""
        found: dict[str, list[Field]] = {}
        for field in self.every_field():
            found.setdefault(field.key, []).append(field)
        return found

    def with_fields_of(self, other: Selection) -> Selection:
        """Return this selection with those fields of another of the same type that it lacks."""
        own = {field.key for field in self.fields}
        more = tuple(field for field in other.fields if field.key not in own)
        return replace(self, parts=(*self.fields, *more, *self.fragments))

    def where(self, keep: Callable[[Field, Path], bool], at: Path = ()) -> Selection:
        """Return this selection with only the fields that `keep` accepts; an object left empty goes too.

        Args:
            keep: Told the field and the path of its property in the row, decides whether it stays.
            at: The path of this selection's own object.
        """
        return replace(self, parts=tuple(self._kept(keep, at)))

    def _kept(self, keep: Callable[[Field, Path], bool], at: Path) -> Iterator[Element]:
        for part in self.parts:
            if isinstance(part, Fragment):
                left = part.selection.where(keep, at)
                if left.parts:
                    yield replace(part, selection=left)
                continue
            path = (*at, part.column)
            if not keep(part, path):
                continue
            if part.nested is None:
                yield part
                continue
            below = part.nested.where(keep, path)
            if below.has_content or below == part.nested:
                yield replace(part, selection=below)


def among(names: Iterable[str]) -> Callable[[Field, Path], bool]:
    """Return a test of fields of a selection: True for fields of these names or columns, and all below."""
    wanted = frozenset(names)
    return lambda field, path: path[0] in wanted or (len(path) == 1 and field.name in wanted)


def rewritten(selection: Selection, change: Callable[[Element], Element | None]) -> Selection:
    """Return a selection changed from the innermost outwards; an object or a fragment left empty goes too.

    Args:
        selection: What is asked for.
        change: Makes of a field or a fragment another one, or None to leave it out.
    """
    found: list[Element] = []
    for part in selection.parts:
        inner = part
        if part.selection is not None:
            below = rewritten(part.selection, change)
            if below is not part.selection:
                if not below.has_content:
                    continue
                inner = replace(part, selection=below)
        changed = change(inner)
        if changed is not None:
            found.append(changed)
    is_same = len(found) == len(selection.parts) and all(map(_is, found, selection.parts))
    return selection if is_same else replace(selection, parts=tuple(found))


def _is(one: object, other: object) -> bool:
    return one is other


def merged(same: Iterable[Field]) -> Selection:
    """Return what is asked for below fields that fill one key."""
    found = [field.selection for field in same if field.selection is not None]
    return Selection(found[0].type_name if found else "", tuple(part for each in found for part in each.parts))


def columns(selection: Selection) -> dict[str, list[Field]]:
    """Return the properties of a row, each with the fields that can fill it."""
    found: dict[str, list[Field]] = {}
    for field in selection.every_field():
        if not field.is_added:
            found.setdefault(field.column, []).append(field)
    return found


def variables_in(selection: Selection) -> frozenset[str]:
    """Return the variables that are used."""
    found: frozenset[str] = frozenset()
    for part in selection.parts:
        found |= part.variables
        if part.selection is not None:
            found |= variables_in(part.selection)
    return found


def printed(nodes: Iterable[Node]) -> str:
    """Return arguments or directives as GraphQL text."""
    return ", ".join(map(print_ast, nodes))


def _variables_of(nodes: Iterable[Node]) -> frozenset[str]:
    found: set[str] = set()

    class Collector(Visitor):
        def enter_variable(self, node: VariableNode, *_args: object) -> None:
            found.add(node.name.value)

    for node in nodes:
        visit(node, Collector())
    return frozenset(found)
