"""Bodies that a strict reader refuses: what can be read of them is, and the rest is counted."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec.json
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.api.decision import Reply
from tap_jobber.api.tolerant_json import decode_tolerantly
from tap_jobber.api.transport import _body

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("content", "value", "replaced"),
    [
        (rb'{"a": "caf\ud83d"}', {"a": "caf\ufffd"}, 1),
        (rb'{"a": "\udc00\ud83d\ude00\ud83d"}', {"a": "\ufffd\U0001f600\ufffd"}, 2),
        (rb'{"\ud83d": [{"b": "\ud83d"}]}', {"\ufffd": [{"b": "\ufffd"}]}, 2),
        (b'{"a": "caf\xff", "b": "\xc3\xa9"}', {"a": "caf\ufffd", "b": "é"}, 1),
        ('{"a": "\ufffd"}'.encode() + b"\n\xfe", None, 0),
        ('{"a": "\ufffd", "b": "'.encode() + b'\xe9"}', {"a": "\ufffd", "b": "\ufffd"}, 1),
        (b'{"a": "caf\tx\x01\ny"}', {"a": "caf\tx\x01\ny"}, 0),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, 0),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}, 0),
        (b'{"a": NaN, "b": -Infinity, "c": 1.10}', {"a": None, "b": None, "c": Decimal("1.10")}, 2),
        (rb'{"a": "\ud83d", "b": 12345678901234567890.123456789}', None, 1),
        (
            b'{"a": 1e9999999999999999999999, "b": -1e-9999999999999999999999, "c": 1e400}',
            {"a": None, "b": None, "c": Decimal("1e400")},
            2,
        ),
        (b'{"a": ' + b"9" * 5_000 + b', "b": 12345678901234567890123}', {"a": None, "b": 12345678901234567890123}, 1),
        (b'{"a": "x', None, 0),
        (rb'{"a": "\ud83d', None, 0),
        (b"<html>", None, 0),
        (b"", None, 0),
        (b"[" * 100_000, None, 0),
    ],
)
def test_what_can_be_read_is(content: bytes, value: object, replaced: int) -> None:
    found, count = _body(content)
    if value is None and replaced:
        value = {"a": "\ufffd", "b": Decimal("12345678901234567890.123456789")}
    assert (found, count) == (value, replaced)
    msgspec.json.encode(found)


@given(JSON_VALUES)
def test_a_body_without_a_fault_is_read_alike(value: object) -> None:
    content = msgspec.json.Encoder(decimal_format="number").encode(value)
    assert decode_tolerantly(content) == (_body(content)[0], 0)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_whatever_bytes_are_in_a_text_the_answer_can_be_written(before: bytes, after: bytes) -> None:
    content = b'{"a": "' + before.replace(b'"', b"").replace(b"\\", b"") + b'", "b": 0.30}'
    found, _count = _body(content if after else content + after)
    if found is not None:
        assert found["b"] == Decimal("0.30")
        json.loads(msgspec.json.encode(found))


def test_a_healthy_body_counts_nothing() -> None:
    assert Reply(200, "", _body(b"{}")[0]).replaced == 0
