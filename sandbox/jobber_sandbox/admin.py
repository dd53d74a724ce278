"""Endpoints that the real server does not have: state, log, truth, changes and faults."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from jobber_sandbox import answers
from jobber_sandbox.business.truth import truth_of
from jobber_sandbox.changes import BadChangeError, apply
from jobber_sandbox.context import Context
from jobber_sandbox.engine import UnreadableQueryError
from jobber_sandbox.faults import BadFaultError
from jobber_sandbox.oauth import Person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from jobber_sandbox.answers import Answer
    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.sandbox import Sandbox

    Handler = Callable[[Request], Awaitable[Answer]]


class Admin:
    """The admin endpoints of a sandbox.

    Args:
        sandbox: The sandbox that they show and change.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self, sent: Callable[[Handler], ASGIApp]) -> list[Route]:
        """Return the routes below `/sandbox`; `sent` makes an endpoint of a handler."""
        by_path: dict[tuple[str, str], Handler] = {
            ("/state", "GET"): self.state,
            ("/log", "GET"): self.log,
            ("/log", "DELETE"): self.clear_log,
            ("/graphql", "POST"): self.graphql,
            ("/changes", "POST"): self.changes,
            ("/faults", "GET"): self.faults,
            ("/faults", "POST"): self.arm,
            ("/faults", "DELETE"): self.disarm,
            ("/disconnect", "POST"): self.disconnect,
            ("/webhook", "POST"): self.webhook,
            ("/expire", "POST"): self.expire,
            ("/tokens", "POST"): self.tokens,
            ("/drain", "POST"): self.drain,
            ("/pace", "POST"): self.pace,
            ("/clock", "POST"): self.move_clock,
            ("/truth", "GET"): self.truth,
        }
        return [
            Route(f"/sandbox{path}", sent(handler), methods=[method]) for (path, method), handler in by_path.items()
        ]

    async def state(self, _request: Request) -> Answer:
        """Show credentials, numbers of rows, options and totals."""
        sandbox = self._sandbox
        options = asdict(sandbox.options)
        options |= {name: str(options[name]) for name in ("schema", "faults") if options[name] is not None}
        return answers.json_answer(
            {
                "clientId": sandbox.credentials.client_id,
                "clientSecret": sandbox.credentials.client_secret,
                "refreshTokens": [
                    {"token": token, "account": person.account, "user": person.user}
                    for token, person in sandbox.credentials.refresh_tokens().items()
                ],
                "accounts": [
                    {"account": number, "rows": world.counts(), "total": sum(world.counts().values())}
                    for number, world in sandbox.worlds.items()
                ],
                "now": sandbox.clock(),
                "options": options,
                "totals": sandbox.totals(),
            }
        )

    async def log(self, _request: Request) -> Answer:
        """List the GraphQL requests, and totals."""
        entries = [entry.as_json() for entry in self._sandbox.log]
        return answers.json_answer({"requests": entries, "totals": self._sandbox.totals()})

    async def clear_log(self, _request: Request) -> Answer:
        """Forget the requests; the sums stay."""
        self._sandbox.log.clear()
        return answers.json_answer({"cleared": True})

    async def graphql(self, request: Request) -> Answer:
        """Answer any query, without token, price or page limit: the truth about an account."""
        sandbox, body = self._sandbox, await _json_of(request)
        world = sandbox.worlds.get(_account(request))
        if world is None or not isinstance(body, dict):
            return answers.message("There is no such account, or the body is no JSON object", 400)
        try:
            prepared = sandbox.engine.prepare(str(body.get("query") or ""), sandbox.engine.schema)
            if prepared.problems:
                return answers.json_answer({"errors": prepared.problems})
            operation = prepared.operation(body.get("operationName"))
            given = body.get("variables") or {}
            with sandbox.lock:
                context = Context(world, sandbox.arranger, None, 1)
                return answers.json_answer(sandbox.engine.run(prepared, operation, given, context))
        except UnreadableQueryError as error:
            return answers.message(f"Invalid query: {error}", 400)

    async def changes(self, request: Request) -> Answer:
        """Change rows, one change after the other."""
        body = await _json_of(request)
        done: list[dict[str, Any]] = []
        for change in body if isinstance(body, list) else [body]:
            world = self._sandbox.worlds.get(change.get("account", 1)) if isinstance(change, dict) else None
            if world is None:
                return answers.json_answer({"message": "There is no such account", "changed": done}, 400)
            try:
                with self._sandbox.lock:
                    done.append(apply(world, change))
            except BadChangeError as error:
                return answers.json_answer({"message": str(error), "changed": done}, 400)
        return answers.json_answer({"changed": done})

    async def move_clock(self, request: Request) -> Answer:
        """Move the clock forward; a business goes on meanwhile."""
        body = await _json_of(request)
        seconds = body.get("seconds") if isinstance(body, dict) else None
        if not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
            return answers.message("seconds is the number of them to move the clock forward, at least 0", 400)
        self._sandbox.move_clock(seconds)
        return answers.json_answer({"now": self._sandbox.clock()})

    async def truth(self, request: Request) -> Answer:
        """Show what reports about an account should come to."""
        world = self._sandbox.worlds.get(_account(request))
        if world is None:
            return answers.message("There is no such account", 400)
        try:
            with self._sandbox.lock:
                return answers.json_answer(truth_of(world))
        except ValueError as error:
            return answers.message(str(error), 400)

    async def faults(self, _request: Request) -> Answer:
        """List the armed faults."""
        return answers.json_answer({"faults": [asdict(fault) for fault in self._sandbox.faults.armed]})

    async def arm(self, request: Request) -> Answer:
        """Arm more faults."""
        body = await _json_of(request)
        try:
            armed = self._sandbox.faults.arm(body if isinstance(body, list) else [body])
        except (BadFaultError, TypeError, AttributeError) as error:
            return answers.message(str(error), 400)
        return answers.json_answer({"armed": len(armed)})

    async def disarm(self, request: Request) -> Answer:
        """Disarm all faults, or those of one account."""
        self._sandbox.faults.clear(_account(request) if "account" in request.query_params else None)
        return answers.json_answer({"armed": len(self._sandbox.faults.armed)})

    async def disconnect(self, request: Request) -> Answer:
        """Disconnect the app from an account, as an admin of it would."""
        self._sandbox.credentials.disconnect(_account(request))
        return answers.json_answer({"disconnected": _account(request)})

    async def webhook(self, request: Request) -> Answer:
        """Send webhooks to another address from now on."""
        body = await _json_of(request)
        url = body.get("url") if isinstance(body, dict) else None
        self._sandbox.webhooks.url = str(url) if url else None
        return answers.json_answer({"url": self._sandbox.webhooks.url})

    async def expire(self, _request: Request) -> Answer:
        """Expire all access tokens."""
        self._sandbox.credentials.expire_access_tokens()
        return answers.json_answer({"expired": True})

    async def tokens(self, request: Request) -> Answer:
        """Connect the app for a user without a browser."""
        body = await _json_of(request)
        chosen = body if isinstance(body, dict) else {}
        person = Person(int(chosen.get("account", 1)), int(chosen.get("user", 1)))
        if person.account not in self._sandbox.worlds:
            return answers.message("There is no such account", 400)
        return answers.json_answer(self._sandbox.credentials.connect(person))

    async def drain(self, request: Request) -> Answer:
        """Leave only so many points in the bucket of an account, as another client of the app would."""
        body = await _json_of(request)
        points = int(body.get("points", 0)) if isinstance(body, dict) else 0
        if _account(request) not in self._sandbox.worlds:
            return answers.message("There is no such account", 400)
        self._sandbox.bucket(_account(request)).drain(points)
        return answers.json_answer({"available": points})

    async def pace(self, request: Request) -> Answer:
        """Restore the points of an account at another speed."""
        body = await _json_of(request)
        speed = body.get("speed") if isinstance(body, dict) else None
        if _account(request) not in self._sandbox.worlds:
            return answers.message("There is no such account", 400)
        if not isinstance(speed, int | float) or not 0 < speed < float("inf"):
            return answers.message("speed is the factor on the 500 points restored a second, above 0", 400)
        self._sandbox.bucket(_account(request)).pace(speed)
        return answers.json_answer({"speed": speed})


def _account(request: Request) -> int:
    text = request.query_params.get("account", "1")
    return int(text) if text.isdigit() else 0


async def _json_of(request: Request) -> Value:
    try:
        return json.loads(await request.body() or b"null")
    except ValueError:
        return None
