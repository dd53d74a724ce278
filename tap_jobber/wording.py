"""Rules of language for lines that people read: plurals, lists of names, capitals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_MOST_NAMES = 10
# A line may also begin with the name of a setting or of a stream, which stays as it is.
_OPENING = re.compile(r"(catalog|config|custom|even|none|not|state|the|there|unknown|whatever)\b(?![.:_])")


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, as in `1 row` and `1,200 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def are(count: int) -> str:
    """Return the verb that goes with a number of things."""
    return "is" if count == 1 else "are"


def enumerated(names: Collection[str], most: int = _MOST_NAMES) -> str:
    """Return names with commas between them, long lists cut, as in `a, b and 5 others`."""
    listed = list(names)
    # One that is left out would take as much room as to say so.
    if len(listed) <= most + 1:
        return ", ".join(listed)
    return f"{', '.join(listed[:most])} and {len(listed) - most} others"


def sentence(line: str) -> str:
    """Return a line that begins with a capital, unless it begins with a name."""
    return line[0].upper() + line[1:] if _OPENING.match(line) else line
