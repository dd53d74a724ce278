"""Reads from errors which names of a query the server does not know, or hides from the app.

Jobber answers an unknown name with HTTP 200 and graphql-ruby's wording, with `extensions` beside it; newer
servers append a suggestion. The extensions are preferred, and the wording is enough without them:

    Field 'industry' doesn't exist on type 'Client'        Strike(FIELD, "Client", "industry")
    Argument 'sort' on Field 'jobs' has an invalid value   Strike(VALUE, "jobs", "sort")
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unknown(enum.Enum):
    """Kinds of things that a server does not know, or knows in another form."""

    FIELD = "field"
    SHAPE = "field that is an object instead of a value, or the reverse"
    ARGUMENT = "argument"
    VALUE = "value of an argument"
    REQUIRED = "argument that has to be given"
    TYPE = "type"
    FRAGMENT = "fragment that can never match"


@dataclass(frozen=True)
class Strike:
    """One thing to leave out of a query.

    Attributes:
        unknown: The kind of thing.
        owner: The type it belongs to; for an argument, the field or input object; for a type, the type itself; for a
            fragment, the type that it stands in; nothing where the server does not say.
        name: Its name; for a value, the name of its argument.
        is_hidden: True if it exists, but may not be seen.
        path: Its path in the query, from the operation on; empty if the server does not tell.
    """

    unknown: Unknown
    owner: str
    name: str
    is_hidden: bool = False
    path: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Return its name in messages."""
        is_bare = self.unknown in {Unknown.TYPE, Unknown.SHAPE, Unknown.FRAGMENT} or not self.owner
        return self.name if is_bare else f"{self.owner}.{self.name}"


_WORDINGS = (
    (Unknown.FIELD, re.compile(r"Field '(?P<name>\w+)' doesn't exist on type '(?P<owner>\w+)'")),
    (
        Unknown.FIELD,
        re.compile(r"Cannot query field ['\"](?P<name>\w+)['\"] on type ['\"](?P<owner>\w+)['\"]"),
    ),
    (Unknown.SHAPE, re.compile(r"\(field '(?P<name>\w+)' returns (?P<owner>\w+) but has ")),
    (Unknown.SHAPE, re.compile(r"Selections can't be made directly on unions \(see selections on (?P<name>\w+)\)")),
    (Unknown.ARGUMENT, re.compile(r"Field '(?P<owner>\w+)' doesn't accept argument '(?P<name>\w+)'")),
    (Unknown.ARGUMENT, re.compile(r"InputObject '(?P<owner>\w+)' doesn't accept argument '(?P<name>\w+)'")),
    (
        Unknown.VALUE,
        re.compile(r"Argument '(?P<name>\w+)' on (?:InputObject|Field) '(?P<owner>\w+)' has an invalid value"),
    ),
    (Unknown.VALUE, re.compile(r"ismatch on variable \$\w+ and argument (?P<name>\w+) \(")),
    (Unknown.REQUIRED, re.compile(r"Field '(?P<owner>\w+)' is missing required arguments: (?P<name>\w+(?:, \w+)*)")),
    (Unknown.REQUIRED, re.compile(r"Argument '(?P<name>\w+)' on InputObject '(?P<owner>\w+)' is required")),
    (Unknown.TYPE, re.compile(r"No such type (?P<name>\w+)")),
    (Unknown.FRAGMENT, re.compile(r"Fragment(?: \w+)? on (?P<name>\w+) can't be spread inside (?P<owner>\w+)")),
)
# Of each code: what it means, and under which keys the owner and the name stand.
_CODES = {
    "undefinedField": (Unknown.FIELD, "typeName", "fieldName"),
    "undefinedType": (Unknown.TYPE, "typeName", "typeName"),
    "argumentNotAccepted": (Unknown.ARGUMENT, "name", "argumentName"),
    "missingRequiredArguments": (Unknown.REQUIRED, "name", "arguments"),
    "missingRequiredInputObjectAttribute": (Unknown.REQUIRED, "inputObjectType", "argumentName"),
    "cannotSpreadFragment": (Unknown.FRAGMENT, "parentName", "typeName"),
}


def read_strike(error: Mapping[str, Any]) -> Strike | None:
    """Return the thing that an error asks to leave out, or None if it is an error of another kind."""
    extensions = error.get("extensions")
    known: Mapping[str, Any] = extensions if isinstance(extensions, dict) else {}
    path = _path_of(error)
    unknown, owner, name = _CODES.get(str(known.get("code")), (None, "", ""))
    if unknown is not None and known.get(owner) and known.get(name):
        return Strike(unknown, str(known[owner]), str(known[name]), path=path)
    for each, wording in _WORDINGS:
        found = wording.search(str(error.get("message", "")))
        if found is not None:
            parts = found.groupdict()
            return Strike(each, parts.get("owner") or _owner_of(each, parts["name"]), parts["name"], path=path)
    if known.get("code") == "argumentLiteralsIncompatible" and path:
        # A scalar refuses the value, in words of its own.
        return Strike(Unknown.VALUE, "", path[-1], path=path)
    return None


def _owner_of(unknown: Unknown, name: str) -> str:
    return name if unknown is Unknown.TYPE else ""


def _path_of(error: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the path in the query; that of a value in the answer has numbers in it, or does not begin so."""
    path = error.get("path")
    if not isinstance(path, list) or not path or not all(isinstance(step, str) for step in path):
        return ()
    return tuple(path) if path[0].split(" ")[0] in {"query", "fragment"} else ()


def is_of_query(error: Mapping[str, Any]) -> bool:
    """Return True if the path of an error leads to a place in the query, not in the answer."""
    return bool(_path_of(error))


_ROWS = frozenset({"nodes", "edges", "node"})
_HIDDEN_FIELD = re.compile(r"The field (?P<name>\w+) on an object of type (?P<owner>\w+) was hidden")


def read_hidden(error: Mapping[str, Any]) -> Strike | None:
    """Return the field that permissions hide, or None if it is the root field itself.

    Where only a type is named as hidden, it is the first field of a node that leads there; its owner is unknown.
    """
    found = _HIDDEN_FIELD.search(str(error.get("message", "")))
    if found is not None and found["owner"] != "Query":
        return Strike(Unknown.FIELD, found["owner"], found["name"], is_hidden=True)
    path = error.get("path")
    names = [step for step in path if isinstance(step, str) and step not in _ROWS] if isinstance(path, list) else []
    if found is not None or len(names) < 2:  # noqa: PLR2004 - the root field and one of its node
        return None
    return Strike(Unknown.FIELD, "", names[1], is_hidden=True)


_UNUSED_VARIABLE = re.compile(r"Variable \$\w+ is declared by .* but not used")


def follows_from_another(error: Mapping[str, Any]) -> bool:
    """Return True if an error is only the consequence of another: the variables of an unknown field go unused."""
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code == "variableNotUsed" or _UNUSED_VARIABLE.search(str(error.get("message", ""))) is not None
