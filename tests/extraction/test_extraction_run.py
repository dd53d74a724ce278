"""A second query that tells a failing connection from a failing query."""

from __future__ import annotations

import pytest

from tap_jobber.api.client import Answer, NotPermittedError, UnclearError, Usage
from tap_jobber.api.decision import Action, Decision
from tap_jobber.api.transport import Query
from tap_jobber.errors import ExitStatus, StreamError, TapError
from tests.extraction.scripted import reading

QUERY = Query("pipes", "query pipes { pipes { nodes { id } } }", {}, 10.0)
BUSY = UnclearError(Decision(Action.RETRY, "Jobber answered 500", "run again later"))
REFUSED = UnclearError(Decision(Action.REFRESH, "Jobber refuses the token", "again", exit_status=ExitStatus.RENEW))


def test_where_the_least_query_is_answered_the_stream_is_at_fault() -> None:
    reads, client = reading([BUSY, Answer({"account": {"id": "1"}})])
    with pytest.raises(StreamError, match="pipes: Jobber answered 500, but it answers other queries: run again later"):
        reads.extraction.execute(QUERY, Usage())
    assert [each.name for each in client.asked] == ["pipes", "clock"]


def test_to_be_refused_is_to_be_answered() -> None:
    reads, _ = reading([BUSY, NotPermittedError("account was hidden", "give it the scope")])
    with pytest.raises(StreamError, match="other queries"):
        reads.extraction.execute(QUERY, Usage())


@pytest.mark.parametrize(
    ("sign", "status"),
    [(BUSY, ExitStatus.TRY_LATER), (REFUSED, ExitStatus.RENEW), (TapError("wrong address", "mend"), ExitStatus.MEND)],
)
def test_where_it_is_not_the_run_ends_by_what_it_is_told(sign: TapError, status: ExitStatus) -> None:
    reads, _ = reading([BUSY, sign])
    with pytest.raises(TapError) as raised:
        reads.extraction.execute(QUERY, Usage())
    assert raised.value is sign
    assert raised.value.exit_status is status
