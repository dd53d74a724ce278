"""A query as a tree whose fields know their types, so that it can be judged and changed, and written again.

Types are those of the read schema; what that does not know has none, and is passed on as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from graphql import get_named_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from graphql import GraphQLNamedType, GraphQLOutputType, ValueNode, VariableDefinitionNode


class QueryError(ValueError):
    """A query that cannot be used.

    Args:
        cause: What is wrong with it, as the end of a sentence about the query.
        remedy: What to do about it, in the imperative.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}: {remedy}")
        self.cause = cause
        self.remedy = remedy


@dataclass(frozen=True)
class Asked:
    """One field of a query.

    Attributes:
        owner: The name of the type it is asked of; nothing where the schema does not tell.
        name: Its name in the API.
        key: The key of its value in the answer: the name, or an alias.
        type: Its type; None where the schema does not know the field.
        head: It as GraphQL text, without what is asked for below it.
        arguments: Its arguments.
        variables: The variables that its arguments and directives use.
        below: What is asked for of its value.
        is_added: Whether it was added to the query, so that it is no part of a row.
    """

    owner: str
    name: str
    key: str
    type: GraphQLOutputType | None
    head: str
    arguments: Mapping[str, ValueNode]
    variables: frozenset[str] = frozenset()
    below: Selections = ()
    is_added: bool = False

    @property
    def named_type(self) -> GraphQLNamedType | None:
        """The named type in its type."""
        return None if self.type is None else get_named_type(self.type)


@dataclass(frozen=True)
class Branch:
    """What is asked for of values of one type only, or under a condition.

    Attributes:
        type_name: The type; nothing where the schema does not tell.
        head: The beginning of the fragment as GraphQL text.
        variables: The variables that its directives use.
        below: What is asked for.
    """

    type_name: str
    head: str
    variables: frozenset[str]
    below: Selections


Selections: TypeAlias = "tuple[Asked | Branch, ...]"


@dataclass(frozen=True)
class Document:
    """A query.

    Attributes:
        variables: The variables that it declares, by name.
        below: What it asks for.
    """

    variables: Mapping[str, VariableDefinitionNode]
    below: Selections


@dataclass(frozen=True)
class UserQuery:
    """A query and what its user wants of it.

    Attributes:
        name: The stream's name, which becomes the operation's.
        document: The query.
        primary_keys: The columns that tell rows apart.
        replication_key: The column that tells when a row was changed.
        records_path: The way to the list to read, where several could be meant.
    """

    name: str
    document: Document
    primary_keys: tuple[str, ...]
    replication_key: str | None = None
    records_path: str | None = None


def added(owner: str, name: str, key: str, type_: GraphQLOutputType | None = None, below: Selections = ()) -> Asked:
    """A field without arguments to add to a query."""
    head = name if key == name else f"{key}: {name}"
    return Asked(owner, name, key, type_, head, {}, below=below, is_added=True)


def fields(below: Selections) -> Iterator[Asked]:
    """The fields asked for of one value, those of single types included."""
    for each in below:
        if isinstance(each, Branch):
            yield from fields(each.below)
        else:
            yield each


def every_field(below: Selections) -> Iterator[Asked]:
    """The fields asked for, and all below them."""
    for field in fields(below):
        yield field
        yield from every_field(field.below)


def by_key(below: Selections) -> dict[str, list[Asked]]:
    """The fields asked for of one value by the key of the answer that they fill."""
    found: dict[str, list[Asked]] = {}
    for field in fields(below):
        found.setdefault(field.key, []).append(field)
    return found


def merged(same: Iterable[Asked]) -> Selections:
    """What is asked for below fields that fill one key."""
    return tuple(each for field in same for each in field.below)


def variables_in(below: Selections) -> set[str]:
    """The variables that are used."""
    found: set[str] = set()
    for each in below:
        found |= each.variables | variables_in(each.below)
    return found


def rewritten(below: Selections, change: Callable[[Asked | Branch], Asked | Branch | None]) -> Selections:
    """What is asked for, changed from the innermost outwards; what is left with nothing below it goes.

    Args:
        below: What is asked for.
        change: Makes of a part another one, or None to leave it out.
    """
    found: list[Asked | Branch] = []
    for each in below:
        inside = rewritten(each.below, change)
        if each.below and not inside:
            continue
        changed = change(replace(each, below=inside))
        if changed is not None:
            found.append(changed)
    return tuple(found)


def text_of(below: Selections) -> str:
    """What is asked for as GraphQL text, braces included."""
    parts = [f"{each.head} {text_of(each.below)}" if each.below else each.head for each in below]
    return "{ " + " ".join(parts) + " }"
