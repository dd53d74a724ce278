"""Recognises the errors of a server whose schema, as far as the app sees it, is not the one the tap was written for.

Jobber answers an unknown name with HTTP 200 and graphql-ruby's wording, with `extensions` beside it; newer
servers append a suggestion. The extensions are preferred, the wording is understood without them.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unknown(enum.Enum):
    """What the server does not know."""

    FIELD = "field"
    ARGUMENT = "argument"
    TYPE = "type"


@dataclass(frozen=True)
class Strike:
    """One thing to leave out.

    Attributes:
        unknown: What kind of thing it is.
        owner: The type it belongs to; for an argument of a field, the field; for a type, the type itself.
        name: Its name; of an argument given a bad value, the argument's.
        is_hidden: Whether it exists, but may not be seen.
    """

    unknown: Unknown
    owner: str
    name: str
    is_hidden: bool = False

    def __str__(self) -> str:
        """As a message names it."""
        is_bare = self.unknown is Unknown.TYPE or not self.owner
        return self.name if is_bare else f"{self.owner}.{self.name}"


_WORDINGS = (
    (Unknown.FIELD, re.compile(r"Field '(?P<name>\w+)' doesn't exist on type '(?P<owner>\w+)'")),
    (
        Unknown.FIELD,
        re.compile(r"Cannot query field ['\"](?P<name>\w+)['\"] on type ['\"](?P<owner>\w+)['\"]"),
    ),
    (Unknown.ARGUMENT, re.compile(r"Field '(?P<owner>\w+)' doesn't accept argument '(?P<name>\w+)'")),
    (Unknown.ARGUMENT, re.compile(r"InputObject '(?P<owner>\w+)' doesn't accept argument '(?P<name>\w+)'")),
    (
        Unknown.ARGUMENT,
        re.compile(r"Argument '(?P<name>\w+)' on (?:InputObject|Field) '(?P<owner>\w+)' has an invalid value"),
    ),
    (Unknown.TYPE, re.compile(r"No such type (?P<name>\w+)")),
    (Unknown.TYPE, re.compile(r"Fragment on (?P<name>\w+) can't be spread")),
)


def read_strike(error: Mapping[str, Any]) -> Strike | None:
    """What an error asks to leave out, or None if it is another kind of error."""
    extensions = error.get("extensions")
    known: Mapping[str, Any] = extensions if isinstance(extensions, dict) else {}
    code = known.get("code")
    if code == "undefinedField" and known.get("typeName") and known.get("fieldName"):
        return Strike(Unknown.FIELD, str(known["typeName"]), str(known["fieldName"]))
    if code == "undefinedType" and known.get("typeName"):
        return Strike(Unknown.TYPE, str(known["typeName"]), str(known["typeName"]))
    if code == "argumentNotAccepted" and known.get("name") and known.get("argumentName"):
        return Strike(Unknown.ARGUMENT, str(known["name"]), str(known["argumentName"]))
    for unknown, wording in _WORDINGS:
        found = wording.search(str(error.get("message", "")))
        if found is not None:
            parts = found.groupdict()
            return Strike(unknown, parts.get("owner") or parts["name"], parts["name"])
    return None


_ROWS = frozenset({"nodes", "edges", "node"})
_HIDDEN_FIELD = re.compile(r"The field (?P<name>\w+) on an object of type (?P<owner>\w+) was hidden")


def read_hidden(error: Mapping[str, Any]) -> Strike | None:
    """The field that permissions hide, if it is not the root field itself.

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
    """Whether an error is only the consequence of another: the variables of an unknown field go unused."""
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code == "variableNotUsed" or _UNUSED_VARIABLE.search(str(error.get("message", ""))) is not None
