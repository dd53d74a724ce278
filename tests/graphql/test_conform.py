"""Values of other types than the catalog says become what it says, or null."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tap_jobber.graphql.conform import Conformer


def schema(**types: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: _nullable(each) for name, each in types.items()}}


def _nullable(described: dict[str, Any]) -> dict[str, Any]:
    return {**described, "type": [described["type"], "null"]}


TEXT: dict[str, Any] = {"type": "string"}
MOMENT, DAY = TEXT | {"format": "date-time"}, TEXT | {"format": "date"}
WHOLE, NUMBER, TRUTH = {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
SIZE = {"type": "object", "properties": {"width": _nullable(NUMBER), "unit": _nullable(TEXT)}}
TEXTS = {"type": "array", "items": TEXT}


@pytest.mark.parametrize(
    ("described", "value", "wanted"),
    [
        (TEXT, 5, "5"),
        (TEXT, Decimal("5.50"), "5.50"),
        (TEXT, True, "true"),
        (TEXT, {"a": [1]}, '{"a":[1]}'),
        (TEXT, ["a"], '["a"]'),
        (MOMENT, 1_700_000_000, None),
        (MOMENT, "2026-01-02", "2026-01-02T00:00:00Z"),
        (MOMENT, "2026-01-02T03:04:05+0000", "2026-01-02T03:04:05Z"),
        (MOMENT, "2026-01-02T03:04:05.250-0700", "2026-01-02T03:04:05.250000-07:00"),
        (MOMENT, "2026-01-02T03:04:05z", "2026-01-02T03:04:05Z"),
        (MOMENT, "2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05Z"),
        (MOMENT, "2026-01-02 03:04", "2026-01-02T03:04:00Z"),
        (MOMENT, "2026-01-02T27:04:05Q", None),
        (DAY, "2026-01-02T03:04:05Z", "2026-01-02"),
        (WHOLE, "7", 7),
        (WHOLE, Decimal("7.0"), 7),
        (WHOLE, Decimal("7.5"), None),
        (WHOLE, Decimal("1e30"), 10**30),
        (WHOLE, Decimal("1e999999999"), None),
        (WHOLE, "-1e999999999", None),
        (WHOLE, Decimal("1e-999999999"), None),
        (WHOLE, "seven", None),
        (WHOLE, True, None),
        (NUMBER, "7.25", Decimal("7.25")),
        (NUMBER, "NaN", None),
        (NUMBER, False, None),
        (TRUTH, "TRUE", True),
        (TRUTH, "perhaps", None),
        (TRUTH, 1, None),
        (SIZE, "5 m", None),
        (SIZE, [{"width": 1, "unit": None}], {"width": 1, "unit": None}),
        (SIZE, [{"width": 1}, {"width": 2}], None),
        (TEXTS, "a", ["a"]),
        (TEXTS, [1, "a"], ["1", "a"]),
    ],
)
def test_another_type_is_converted_or_null(described: dict[str, Any], value: Any, wanted: Any) -> None:  # noqa: ANN401 - any JSON
    conform = Conformer(schema(size=described))
    assert conform({"size": value}) == {"size": wanted}
    assert conform.converted == ["size"]
    # From now on each row is converted, also after one without a value.
    assert conform({"size": None}) == {"size": None}
    assert conform({}) == {}


@pytest.mark.parametrize(
    "row",
    [
        {"text": "5", "moment": "2026-01-02T03:04:05Z", "day": "2026-01-02", "whole": 7},
        {"number": 7, "truth": False, "size": {"width": Decimal("1.5"), "unit": "m"}, "texts": ["a", "b"]},
        {"number": Decimal("7.5"), "texts": [], "size": None, "moment": "", "day": ""},
        {},
    ],
)
def test_what_is_right_stays_as_it_is(row: dict[str, Any]) -> None:
    described = schema(
        text=TEXT, moment=MOMENT, day=DAY, whole=WHOLE, number=NUMBER, truth=TRUTH, size=SIZE, texts=TEXTS
    )
    conform = Conformer(described)
    assert [conform(dict(row)), conform(dict(row))] == [row, row]
    assert conform.converted == []


def test_values_in_objects_and_in_lists_of_them() -> None:
    described = schema(size=SIZE, sizes={"type": "array", "items": SIZE})
    conform = Conformer(described)
    row = {"size": {"width": "2", "unit": 3}, "sizes": [{"width": "4"}, {"width": None}, {"unit": 5}]}
    assert conform(row) == {"size": {"width": 2, "unit": "3"}, "sizes": [{"width": 4}, {"width": None}, {"unit": "5"}]}
    assert set(conform.converted) == {"size.width", "size.unit", "sizes.width", "sizes.unit"}


def test_a_number_that_happens_to_be_whole_proves_nothing() -> None:
    conform = Conformer(schema(minutes=WHOLE, size={"type": "object", "properties": {"height": _nullable(WHOLE)}}))
    for number in range(50):
        row = {"minutes": number, "size": {"height": number}}
        assert conform(dict(row)) == row
    assert conform({"minutes": Decimal("1.5"), "size": {"height": Decimal("2.5")}}) == {
        "minutes": None,
        "size": {"height": None},
    }


def test_columns_that_can_be_anything_are_left_alone() -> None:
    conform = Conformer({"type": "object", "properties": {"any": {}, "either": {"type": ["string", "integer"]}}})
    assert conform({"any": [1], "either": 5}) == {"any": [1], "either": 5}
