"""The report of a run as a JSON document; docs/schemas/report.schema.json describes it.

Everything here takes values and returns values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tap_jobber.cli.credentials_json import account_json
from tap_jobber.credentials.stores.record import RunStatus
from tap_jobber.redaction import hide_secrets
from tap_jobber.streams.rolling_resync import RollingResync
from tap_jobber.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_jobber.api.client import Usage
    from tap_jobber.cli.ending import Ending
    from tap_jobber.credentials.stores.record import Account
    from tap_jobber.streams.outcome import Outcome

VERSION = 1
"""Version of the document; it changes when a key goes or changes its meaning, not when one is added."""

_FIGURES = ("rows", "requests", "points", "waited_seconds")


class ReportedStream(Protocol):
    """A stream, as the report sees it."""

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def selected(self) -> bool:
        """True if its rows are written."""

    @property
    def usage(self) -> Usage:
        """Rows and cost so far."""

    @property
    def outcome(self) -> Outcome:
        """Outcome of the read so far."""


@dataclass(frozen=True, kw_only=True)
class StreamFacts:
    """Facts about a stream that it does not state itself.

    Attributes:
        has_ended: True if its turn in the run is over.
        before: Its part of the state as the run began.
        after: Its part of the state as the run ended.
        walk: That of the root stream that it is read with, which may be itself.
        unknown: The columns that are hidden or that the served version does not know, each with the reason.
    """

    has_ended: bool
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    walk: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """Facts about a run as a whole.

    Attributes:
        id: An identifier of its own.
        began_at: When it began, in seconds since 1970.
        ended_at: When it ended, in seconds since 1970.
        ending: The exit status and the error lines.
        account: The account; None if the run did not come to know it.
        versions: The versions of what took part, by name.
        warnings: The warnings of the log.
    """

    id: str
    began_at: float
    ended_at: float
    ending: Ending
    account: Account | None
    versions: Mapping[str, str | None]
    warnings: Sequence[str]


def document(run: RunFacts, streams: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the report.

    Args:
        run: The run.
        streams: The entry of each stream.
    """
    status = RunStatus.of(run.ending.exit_status)
    return {
        "version": VERSION,
        "run": {
            "id": run.id,
            "began": format_timestamp(int(run.began_at)),
            "ended": format_timestamp(int(run.ended_at)),
            "seconds": round(max(0.0, run.ended_at - run.began_at), 1),
        },
        "status": status.value,
        "exit_status": int(run.ending.exit_status),
        "errors": list(run.ending.lines),
        "warnings": list(run.warnings),
        "account": account_json(run.account),
        "versions": dict(run.versions),
        "totals": {name: round(sum(each[name] for each in streams), 1) for name in _FIGURES},
        "streams": list(streams),
    }


def stream_entry(stream: ReportedStream, facts: StreamFacts) -> dict[str, Any]:
    """Return what the report says of a stream."""
    usage, outcome = stream.usage, stream.outcome
    return {
        "name": stream.name,
        "is_selected": bool(stream.selected),
        "status": stream_status(outcome, has_ended=facts.has_ended),
        "problem": str(outcome.refusal) if outcome.refusal is not None else outcome.line(stream.name),
        "rows": usage.rows,
        "requests": usage.requests,
        "points": round(usage.points),
        "waited_seconds": round(usage.waited_seconds, 1),
        "bookmark": {"before": _bookmark(facts.before), "after": _bookmark(facts.after)},
        "history_read_until": _text(_nested(facts.after, "read").get("until")),
        "resync": _resync(facts.after, facts.walk),
        "columns_left_out": [*_failed(outcome), *_unknown(outcome, facts.unknown)],
    }


def stream_status(outcome: Outcome, *, has_ended: bool) -> str:
    """Return how a stream came out: `complete`, `partial`, `set_aside` or `not_permitted`."""
    if outcome.is_set_aside:
        return "set_aside"
    if outcome.refusal is not None:
        return "not_permitted"
    return "complete" if has_ended and outcome.is_complete else "partial"


def without_secrets(value: Any, secrets: Iterable[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with secrets replaced in all its texts; keys are the document's own."""
    hidden = list(secrets)
    if isinstance(value, str):
        return hide_secrets(value, hidden)
    if isinstance(value, list):
        return [without_secrets(each, hidden) for each in value]
    if isinstance(value, dict):
        return {key: without_secrets(each, hidden) for key, each in value.items()}
    return value


def _bookmark(state: Mapping[str, Any]) -> str | None:
    """Return the bookmark in a stream's part of the state; for a stream of ids, when it was last read."""
    return _text(state.get("replication_key_value", state.get("readAt")))


def _resync(own: Mapping[str, Any], walk: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how far the rolling resync has come, if the stream takes part in it."""
    if not _nested(walk, "resync"):
        return None
    resync = RollingResync(dict(walk), days=0)
    if not resync.has_missed_none(dict(own)):
        return None
    return {"oldest_read": _time(resync.coverage.oldest_seconds), "round_began": _time(resync.round_began)}


def _time(seconds: int | None) -> str | None:
    """Return a time of the state, which may hold anything once another tool has edited it."""
    try:
        return None if seconds is None else format_timestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return None


def _failed(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"column": column, "cause": each.cause, "failed_values": each.count}
        for column, each in outcome.left_out.items()
    ]


def _unknown(outcome: Outcome, unknown: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"column": column, "cause": cause, "failed_values": None}
        for column, cause in unknown.items()
        if column not in outcome.left_out
    ]


def _nested(state: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = state.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
