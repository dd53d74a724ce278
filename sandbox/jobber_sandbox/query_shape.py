"""Tell queries apart by what validation looks at, which moments and ids have no part in."""

from __future__ import annotations

import re

from jobber_sandbox.timestamps import seconds_of
from jobber_sandbox.world import decoded_id

_STRING = re.compile(r'"([^"\n]*)"')
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
# What a string may hold or stand in, where the pattern above would not find its ends.
_MISLEADING = ("\\", "#", '""')


def shape_of(query: str) -> str | None:
    """Return what two queries share if both are right or both are wrong; None if only validation can tell.

    Fields that are merged have to have the same arguments. So the same value has the same name in a shape, and another
    value another. Names stand without quotation marks, so no query has them.
    """
    if any(mark in query for mark in _MISLEADING):
        return None
    names: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        text = found[1]
        if text not in names:
            kind = "moment" if _is_moment(text) else "id" if decoded_id(text) is not None else ""
            names[text] = f"<{kind} {len(names)}>" if kind else found[0]
        return names[text]

    return _STRING.sub(named, query)


def _is_moment(text: str) -> bool:
    """Return True if it is written as most moments are, and is one."""
    if not _MOMENT.fullmatch(text):
        return False
    try:
        seconds_of(text)
    except ValueError:
        return False
    return True
