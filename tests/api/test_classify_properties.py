"""Whatever comes over the wire is classified, and nothing without data counts as data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tap_jobber.api.classification import classify, flat_message
from tap_jobber.api.decision import Action, Reply
from tap_jobber.api.stated_cost import read_cost
from tap_jobber.errors import one_line
from tests.effort import effort

WORDS = st.sampled_from(
    [
        "Access token expired",
        "Throttled",
        "THROTTLED",
        "UNAUTHENTICATED",
        "INTERNAL_SERVER_ERROR",
        "undefinedField",
        "argumentNotAccepted",
        "variableNotUsed",
        "The field jobs on an object of type Query was hidden due to permissions",
        "Field 'x' doesn't exist on type 'Job'",
        "Service temporarily unavailable",
        "invalid_request",
        "nan",
        "1e999",
        "",
    ]
)
KEYS = st.sampled_from(
    [
        "data",
        "errors",
        "error",
        "message",
        "error_description",
        "extensions",
        "code",
        "path",
        "cost",
        "throttleStatus",
        "requestedQueryCost",
        "actualQueryCost",
        "maximumAvailable",
        "currentlyAvailable",
        "restoreRate",
        "typeName",
        "fieldName",
    ]
)
LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=5) | WORDS
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), below, max_size=5),
)
ERROR = st.fixed_dictionaries({}, optional={"message": WORDS | VALUES, "path": VALUES, "extensions": VALUES})
BODIES = VALUES | st.fixed_dictionaries(
    {}, optional={"data": VALUES, "errors": st.lists(ERROR | VALUES, max_size=3) | VALUES, "extensions": VALUES}
)
STATUSES = st.integers(100, 599) | st.sampled_from([200, 301, 401, 403, 404, 408, 429, 500, 503])
CONTENT_TYPES = st.text(max_size=10) | st.sampled_from(["application/json", "text/html", "text/plain", ""])


@pytest.mark.long
@settings(max_examples=effort(150, 5_000), deadline=None)
@given(status=STATUSES, content_type=CONTENT_TYPES, body=BODIES, pause=st.none() | st.floats(0, 1e4))
def test_every_reply_is_classified(status: int, content_type: str, body: object, pause: float | None) -> None:
    decision = classify(Reply(status, content_type, body, retry_after_seconds=pause))
    if decision.action is Action.DELIVER:
        assert isinstance(body, dict)
        assert "data" in body
        assert status < 400
    else:
        assert decision.cause
        assert decision.remedy
        assert "\n" not in decision.cause
    if decision.action is Action.STRIKE:
        assert decision.strikes


@settings(max_examples=effort(75, 1_500), deadline=None)
@given(
    body=st.fixed_dictionaries(
        {
            name: st.floats() | st.integers(-10, 10) | st.sampled_from([10**400, "nan", "12", None])
            for name in (
                "requestedQueryCost",
                "actualQueryCost",
                "maximumAvailable",
                "currentlyAvailable",
                "restoreRate",
            )
        }
    )
)
def test_a_stated_cost_is_usable(body: dict[str, Any]) -> None:
    cost = read_cost({"extensions": {"cost": {**body, "throttleStatus": body}}})
    event("usable" if cost else "not usable")
    if cost is not None:
        assert cost.restore_points_per_second >= 1
        assert cost.maximum_points > 0
        assert abs(cost.available_points) < float("inf")
        assert cost.requested_points**2 < float("inf")
        assert abs(cost.actual_points) < float("inf")
        # The longest wait is one for two full buckets.
        assert max(cost.actual_points, -cost.available_points) <= cost.maximum_points


@given(body=VALUES)
def test_a_graphql_answer_has_no_flat_message(body: object) -> None:
    message = flat_message(body)
    assert message is None or (isinstance(body, dict) and not {"data", "errors"} & set(body))


@given(text=st.text(), limit=st.integers(1, 50))
def test_a_foreign_text_is_one_line_of_bounded_length(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
