"""Faults on demand: which, how often, and for which requests."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GRAPHQL_KINDS = frozenset(
    {
        "account_inactive",
        "disconnected",
        "empty_page",
        "error",
        "expired_token",
        "failing_field",
        "hang",
        "hidden",
        "invalid_query",
        "no_data",
        "not_json",
        "null_connection",
        "rate_limited",
        "removed_version",
        "reset",
        "service_unavailable",
        "slow",
        "status",
        "stuck_cursor",
        "throttled",
        "token_not_recognized",
        "unauthenticated",
        "unknown_argument",
        "unknown_field",
        "unknown_version",
        "unservable",
        "version_warning",
        "waiting_room",
    }
)
TOKEN_KINDS = frozenset({"token_hang", "token_lost_reply", "token_refused", "token_slow", "token_status"})
SCHEMA_KINDS = frozenset({"unknown_argument", "unknown_field"})
STANDING_KINDS = SCHEMA_KINDS | {
    "account_inactive",
    "disconnected",
    "failing_field",
    "hidden",
    "removed_version",
    "unknown_version",
    "unservable",
    "version_warning",
}
"""States rather than accidents: they hold until cleared unless `times` is given."""


class BadFaultError(ValueError):
    """A fault that cannot be armed."""


@dataclass
class Fault:
    """One fault, and the requests that it happens to.

    Args:
        kind: The kind of fault.
        times: Number of times; None (null) until cleared, as is usual for states such as `hidden`.
        after: Number of matching requests that pass before it begins.
        match: The request's query must hold this text; for token requests, its grant type.
        root: One of the request's root fields must be this.
        account: The request must be for this account; None (null) for all of them.
        status: The HTTP status, for kinds that have one to choose.
        seconds: Time to wait, for `hang` and `slow`.
        retry_after: Sent as `Retry-After` when given: a number of seconds, or any text.
        html: Answer with HTML instead of JSON or plain text.
        body: Answer with this instead of the usual body; an object goes as JSON.
        type: A type whose objects are hidden, or of whose objects no page can be served.
        field: `Type.field` that is hidden or unknown, or fails.
        ids: The objects that it happens to; None (null) for all.
        rows: The most rows of a page that can be served.
        argument: `Type.field.argument` or `InputType.field` that is unknown.
        version: The API version that answers instead of the one asked for.
        bytes: Part of the answer that is sent before the connection is reset.
        cursor: `null` or `same`, for a stuck cursor.
        message: The error's message, where it can be chosen.
    """

    kind: str
    times: int | None = 1
    after: int = 0
    match: str | None = None
    root: str | None = None
    account: int | None = None
    status: int | None = None
    seconds: float = 30.0
    retry_after: str | int | None = None
    html: bool = False
    body: Any = None
    type: str | None = None
    field: str | None = None
    ids: tuple[str, ...] | None = None
    rows: int | None = None
    argument: str | None = None
    version: str | None = None
    bytes: int | None = None
    cursor: str = "null"
    message: str | None = None
    seen: int = 0
    fired: int = 0

    @property
    def is_spent(self) -> bool:
        """True if it has happened as often as it should."""
        return self.times is not None and self.fired >= self.times

    def concerns(self, text: str, roots: Iterable[str], account: int | None) -> bool:
        """Return True if it is meant for a request."""
        is_for = self.account is None or self.account == account
        return is_for and (self.match is None or self.match in text) and (self.root is None or self.root in roots)


@dataclass
class FaultBox:
    """The faults that are armed, and those that have happened."""

    armed: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def arm(self, described: Iterable[Mapping[str, Any]]) -> list[Fault]:
        """Add faults from their JSON.

        Raises:
            BadFaultError: A kind or a parameter is unknown; nothing was armed.
        """
        faults = [_fault(one) for one in described]
        with self._lock:
            self.armed += faults
        return faults

    def clear(self, account: int | None = None) -> None:
        """Disarm everything, or what is armed for one account alone."""
        with self._lock:
            self.armed[:] = [fault for fault in self.armed if account is not None and fault.account != account]

    def take(
        self, kinds: frozenset[str], text: str, roots: Iterable[str] = (), account: int | None = None
    ) -> list[Fault]:
        """Return the faults that happen to this request, and count them."""
        roots = tuple(roots)
        happening = []
        with self._lock:
            for fault in self.armed:
                if fault.kind not in kinds or fault.is_spent or not fault.concerns(text, roots, account):
                    continue
                fault.seen += 1
                if fault.seen > fault.after:
                    fault.fired += 1
                    happening.append(fault)
        return happening


def _fault(described: Mapping[str, Any]) -> Fault:
    known = {one.name for one in fields(Fault)} - {"seen", "fired"}
    unknown = set(described) - known
    kind = described.get("kind")
    if unknown:
        msg = f"a fault has no {', '.join(sorted(unknown))}; it may have {', '.join(sorted(known))}"
        raise BadFaultError(msg)
    if kind not in GRAPHQL_KINDS | TOKEN_KINDS:
        msg = f"there is no fault {kind!r}; there are {', '.join(sorted(GRAPHQL_KINDS | TOKEN_KINDS))}"
        raise BadFaultError(msg)
    return Fault(**{"times": None if kind in STANDING_KINDS else 1, **described})
