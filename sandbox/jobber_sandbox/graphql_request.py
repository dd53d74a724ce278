"""Answer one GraphQL request as Jobber does: credential, version, price, errors."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jobber_sandbox import answers
from jobber_sandbox.context import Context, PageFault
from jobber_sandbox.engine import UnreadableQueryError
from jobber_sandbox.faults import SCHEMA_KINDS
from jobber_sandbox.oauth import DISCONNECTED, EXPIRED, UNRECOGNIZED, Person, Refused
from jobber_sandbox.price import Pricer, actual_points
from jobber_sandbox.resolver_faults import RESOLVER_KINDS, UnservableError
from jobber_sandbox.versions import Served

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobber_sandbox.answers import Answer
    from jobber_sandbox.bucket import Bucket
    from jobber_sandbox.engine import Prepared
    from jobber_sandbox.faults import Fault
    from jobber_sandbox.sandbox import Sandbox

FLAT_FAULTS: Mapping[str, tuple[int, Any]] = {
    "account_inactive": (403, {"error": {"message": "This account is not active"}}),
    "disconnected": (401, {"message": DISCONNECTED}),
    "expired_token": (401, {"message": EXPIRED}),
    "invalid_query": (400, {"message": "Invalid query"}),
    "service_unavailable": (503, {"message": "Service temporarily unavailable"}),
    "token_not_recognized": (401, {"message": UNRECOGNIZED}),
}


@dataclass
class Entry:
    """One line of the log of GraphQL requests."""

    number: int
    root: str | None = None
    roots: list[str] = field(default_factory=list)
    operation: str | None = None
    first: int | None = None
    requested: int = 0
    actual: int = 0
    available: int | None = None
    status: int = 200
    throttled: bool = False
    account: int | None = None
    user: int | None = None
    version: str | None = None
    faults: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    at: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the line as the admin endpoint shows it."""
        return asdict(self)


class Request:
    """One request on its way through.

    Args:
        sandbox: The sandbox that answers.
        body: The JSON of the request, None if there was none.
        token: The bearer token, None if there was none.
        version: The value of the version header.
        entry: The line of the log to fill in.
    """

    def __init__(self, sandbox: Sandbox, body: object, token: str | None, version: str | None, entry: Entry) -> None:
        self._sandbox = sandbox
        self._body = body if isinstance(body, dict) else {}
        self._token = token
        self._version = version
        self._entry = entry
        self.query = str(self._body.get("query") or "")

    def answer(self, faults: Sequence[Fault]) -> Answer:
        """Return the whole answer, with the faults that happen to it."""
        kinds = {fault.kind: fault for fault in faults}
        for kind, (status, body) in FLAT_FAULTS.items():
            if kind in kinds:
                return answers.with_fault_body(answers.json_answer(body, kinds[kind].status or status), kinds[kind])
        if "unauthenticated" in kinds:
            self._token = None
        person = self._sandbox.credentials.person_of(self._token) if self._token is not None else None
        if isinstance(person, Refused):
            return answers.message(person.message, person.status)
        served = self._served(kinds)
        if served is None:
            return answers.message(f"GraphQL API version '{self._version or ''}' does not exist", 404)
        self._entry.version = served.version
        try:
            return self._graphql(person, served, faults, kinds)
        except UnreadableQueryError:
            return answers.message("Invalid query", 400)
        except UnservableError as error:
            return answers.failure(error.status, as_html=False)

    def _served(self, kinds: Mapping[str, Fault]) -> Served | None:
        today = datetime.fromtimestamp(self._sandbox.clock(), timezone.utc).date()
        served = None if "unknown_version" in kinds else self._sandbox.options.versions.serve(self._version, today)
        if served is not None and "removed_version" in kinds:
            active = self._sandbox.options.versions.active
            served = Served(kinds["removed_version"].version or active[0], None)
        if served is not None and "version_warning" in kinds:
            warning = kinds["version_warning"].message or f"API Version {served.version} is no longer supported"
            served = Served(served.version, warning)
        return served

    def _graphql(
        self, person: Person | None, served: Served, faults: Sequence[Fault], kinds: Mapping[str, Fault]
    ) -> Answer:
        engine = self._sandbox.engine
        schema = engine.schema_without([fault for fault in faults if fault.kind in SCHEMA_KINDS])
        prepared = engine.prepare(self.query, schema)
        if person is None and all(root.startswith("__") for root in prepared.roots()):
            prepared = engine.prepare(self.query, engine.internal_schema)
        says_version = self._sandbox.options.versioning
        versioning: dict[str, Any] = {"version": served.version} if says_version else {}
        if served.warning is not None and says_version:
            versioning["warning"] = served.warning
        bucket = self._sandbox.bucket(person.account) if person is not None else None
        if prepared.problems:
            self._entry.errors = [problem["message"] for problem in prepared.problems]
            return _finished({"errors": prepared.problems}, bucket, versioning)
        operation = prepared.operation(self._body.get("operationName"))
        given = self._body.get("variables") or {}
        variables, problems = engine.variables(prepared, operation, given)
        if problems:
            self._entry.errors = [problem["message"] for problem in problems]
            return _finished({"errors": problems}, bucket, versioning)
        plan = Pricer(prepared.schema, self._sandbox.prices).plan(prepared.document, operation, variables)
        requested = self._entry.requested = plan.requested_points()
        self._entry.first = next((below.rows for below in plan.children.values() if below.rows is not None), None)
        if bucket is not None and "throttled" in kinds:
            bucket.drain()
        if bucket is not None and not bucket.fits(requested):
            self._entry.throttled = True
            return _finished(answers.throttled({}), bucket, versioning, requested)
        context = self._context(person, kinds) if person is not None else None
        spoiling = [fault for fault in faults if fault.kind in RESOLVER_KINDS]
        answered = engine.run(prepared, operation, given, context, spoiling)
        actual = actual_points(plan, answered["data"], self._sandbox.prices.rule)
        if bucket is not None:
            self._entry.actual = actual
            bucket.charge(actual)
        if "error" in kinds:
            text = kinds["error"].message or "Visit not found"
            answered = {"errors": [{"message": text, "path": [prepared.roots()[0]]}], "data": None}
        if "no_data" in kinds:
            answered = kinds["no_data"].body or {}
        self._entry.errors = [str(error.get("message")) for error in answered.get("errors", ())]
        return _finished(answered, bucket, versioning, requested, actual)

    def _context(self, person: Person, kinds: Mapping[str, Fault]) -> Context:
        stuck = kinds.get("stuck_cursor")
        return Context(
            self._sandbox.world(person.account),
            self._sandbox.arranger,
            self._sandbox.page_cap,
            person.user,
            lambda: self._sandbox.credentials.disconnect(person.account),
            PageFault(
                null="null_connection" in kinds,
                empty="empty_page" in kinds,
                stuck=stuck.cursor if stuck is not None else None,
            ),
        )

    def look(self) -> Prepared | None:
        """Return the document, whatever is wrong with it, or None if it cannot be parsed."""
        try:
            return self._sandbox.engine.prepare(self.query, self._sandbox.engine.schema)
        except UnreadableQueryError:
            return None


def _finished(
    body: dict[str, Any],
    bucket: Bucket | None,
    versioning: Mapping[str, Any],
    requested_points: int = 0,
    actual_points: int = 0,
) -> Answer:
    """Return the answer with what every one says about price and version."""
    extensions: dict[str, Any] = {}
    if bucket is not None:
        status = bucket.status()
        extensions["cost"] = {
            "requestedQueryCost": requested_points,
            "actualQueryCost": actual_points,
            "throttleStatus": {
                "maximumAvailable": status.maximum_points,
                "currentlyAvailable": status.available_points,
                "restoreRate": status.restore_rate,
            },
        }
    if versioning:
        extensions["versioning"] = versioning
    return answers.json_answer({**body, "extensions": extensions})
