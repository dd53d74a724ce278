"""Reads JSON that a strict reader refuses for a few characters, so that one of them does not cost the whole answer.

Texts that people have pasted into Jobber may come out as half of a surrogate pair, which the grammar of JSON
allows and no encoding can hold, as bytes that are not UTF-8, or with raw control characters. What can be read
is; U+FFFD stands for the rest. A number that is none (`NaN`), or has too many digits for one, is null. What is cut off,
or no JSON at all, stays unreadable.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_REPLACEMENT = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode_tolerantly(content: bytes) -> tuple[Any, int]:
    """Read a body that a strict reader has refused.

    Args:
        content: The body.

    Returns:
        Its value, with decimals as they are written, and how many characters or numbers had to be replaced.

    Raises:
        ValueError: It is not JSON, or not whole.
        RecursionError: It is nested too deeply.
    """
    encoding = json.detect_encoding(content)
    text = content.decode(encoding, errors="replace")
    count = text.count(_REPLACEMENT) - content.decode(encoding, errors="ignore").count(_REPLACEMENT)

    def replaced(text: str) -> str:
        nonlocal count
        mended, found = _SURROGATE.subn(_REPLACEMENT, text)
        count += found
        return mended

    def no_number(_name: str) -> None:
        nonlocal count
        count += 1

    def number(text: str, kind: Callable[[str], Any]) -> Any:  # noqa: ANN401 - a number of either kind, or None
        try:
            return kind(text)
        except (ValueError, InvalidOperation):
            return no_number(text)

    value = json.loads(
        text,
        strict=False,
        parse_float=partial(number, kind=Decimal),
        parse_int=partial(number, kind=int),
        parse_constant=no_number,
    )
    return _with_texts(value, replaced), count


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON
    """Return a JSON value with its texts changed, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _with_texts(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_texts(each, change) for each in value]
    return value
