"""A type of a schema, whether an API has told of it or a file states it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CONNECTION = "Connection"
NO_SUCCESSOR = "no successor"


class Kind(enum.Enum):
    """The kinds of types, as introspection names them."""

    SCALAR = "SCALAR"
    OBJECT = "OBJECT"
    INTERFACE = "INTERFACE"
    UNION = "UNION"
    ENUM = "ENUM"
    INPUT_OBJECT = "INPUT_OBJECT"


class Named(Protocol):
    """Whatever has a name among others."""

    @property
    def name(self) -> str:
        """Its name."""


@dataclass(frozen=True)
class Argument:
    """An argument of a field.

    Attributes:
        name: Its name.
        type: Its type, as SDL.
        default: Its default value, as SDL; None if it has none.
    """

    name: str
    type: str
    default: str | None = None

    @property
    def is_required(self) -> bool:
        """True if the field requires it."""
        return self.type.endswith("!") and self.default is None


@dataclass(frozen=True)
class Entry:
    """A line of a type: a field, a field of an input, or a value of an enum.

    Attributes:
        name: Its name.
        type: The type of a field, as SDL; nothing for a value of an enum.
        arguments: The arguments of a field.
        default: The default value of an input's field, as SDL.
        deprecation: Why not to use it any more; None if it is not deprecated.
    """

    name: str
    type: str = ""
    arguments: tuple[Argument, ...] = ()
    default: str | None = None
    deprecation: str | None = None

    @property
    def is_connection(self) -> bool:
        """True if it is a connection."""
        return bare(self.type).endswith(CONNECTION)

    def mentions(self) -> list[str]:
        """Return the types it refers to, in order."""
        return [bare(each) for each in (self.type, *(argument.type for argument in self.arguments)) if each]


@dataclass(frozen=True)
class Type:
    """A type.

    Attributes:
        kind: Its kind.
        name: Its name.
        entries: Its lines, in order.
        interfaces: The interfaces it implements.
        members: The types of a union, or those that implement an interface.
    """

    kind: Kind
    name: str
    entries: tuple[Entry, ...] = ()
    interfaces: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    def entry(self, name: str) -> Entry | None:
        """Return the entry of a name."""
        return next((each for each in self.entries if each.name == name), None)

    def mentions(self) -> list[str]:
        """Return the types it refers to, in order; implementations of an interface do not count."""
        found = [name for entry in self.entries for name in entry.mentions()]
        return [*self.interfaces, *found, *(self.members if self.kind is Kind.UNION else ())]


def bare(type_text: str) -> str:
    """Return the name in a type."""
    return re.sub(r"\W", "", type_text)


T = TypeVar("T", bound=Named)


def woven(kept: Sequence[T], told: Iterable[T], is_new: Callable[[T], bool]) -> list[T]:
    """Merge new items into the kept ones, each behind the item that precedes it in the API.

    Args:
        kept: What stays.
        told: All that the API has, in its order.
        is_new: True to add one that is missing.
    """
    result, present = list(kept), {each.name for each in kept}
    before: str | None = None
    for each in told:
        if each.name not in present:
            if not is_new(each):
                continue
            names = [one.name for one in result]
            result.insert(0 if before is None else names.index(before) + 1, each)
            present.add(each.name)
        before = each.name
    return result
