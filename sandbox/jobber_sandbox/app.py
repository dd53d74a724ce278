"""The routes of the sandbox as an ASGI application."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.routing import Route

from jobber_sandbox import answers, consent
from jobber_sandbox.admin import Admin
from jobber_sandbox.answers import Answer
from jobber_sandbox.faults import GRAPHQL_KINDS, TOKEN_KINDS
from jobber_sandbox.graphql_request import Entry, Request
from jobber_sandbox.marketplace import Marketplace
from jobber_sandbox.oauth import REFUSED_REFRESH, Person, TokenAnswer
from jobber_sandbox.transport import Connections, Sending
from jobber_sandbox.versions import VERSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from jobber_sandbox.faults import Fault
    from jobber_sandbox.sandbox import Sandbox

    Handler = Callable[[HttpRequest], Awaitable[Answer]]

HALF_BODY = 2
FORM_TYPE = "application/x-www-form-urlencoded"


class _Endpoint:
    """ASGI application made of a function from request to answer."""

    def __init__(self, handler: Handler, sandbox: Sandbox, connections: Connections) -> None:
        self._handler = handler
        self._sandbox = sandbox
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        try:
            answer = await self._handler(request)
        except ClientDisconnect:  # in the middle of its request, as one that is stopped
            return
        accepts_gzip = "gzip" in request.headers.get("accept-encoding", "")
        sending = Sending(answer, self._connections, self._sandbox.clock, accepts_gzip=accepts_gzip)
        await sending(scope, receive, send)


def build_app(sandbox: Sandbox, connections: Connections) -> Starlette:
    """Return the ASGI application with all endpoints."""
    api = _Api(sandbox)
    buttons = Marketplace(sandbox)

    def sent(handler: Handler) -> ASGIApp:
        return _Endpoint(handler, sandbox, connections)

    return Starlette(
        routes=[
            Route("/api/graphql", sent(api.graphql), methods=["POST"]),
            Route("/api/oauth/token", sent(api.token), methods=["POST"]),
            Route("/api/oauth/authorize", sent(api.authorize), methods=["GET", "POST"]),
            Route("/sandbox/marketplace", sent(buttons.connect), methods=["GET"]),
            Route("/sandbox/manage", sent(buttons.manage), methods=["GET"]),
            *Admin(sandbox).routes(sent),
        ]
    )


class _Api:
    """The endpoints that the real server has too."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def graphql(self, http: HttpRequest) -> Answer:
        """Answer a GraphQL request."""
        sandbox, raw = self._sandbox, await http.body()
        sandbox.requests += 1
        entry = Entry(sandbox.requests, at=sandbox.clock())
        token = _bearer(http.headers.get("authorization"))
        person = sandbox.credentials.person_of(token) if token else None
        if isinstance(person, Person):
            entry.account, entry.user = person
        answer = await self._graphql(http, raw, token, entry)
        entry.status = answer.status
        if entry.account is not None:
            entry.available = sandbox.bucket(entry.account).status().available_points
        sandbox.keep(entry)
        return answer

    async def _graphql(self, http: HttpRequest, raw: bytes, token: str | None, entry: Entry) -> Answer:
        sandbox = self._sandbox
        if not sandbox.limiter(entry.account or 0).admit():
            return answers.too_many_requests()
        if http.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return answers.message("Content-Type must be application/json", 415)
        request = Request(sandbox, _json(raw), token, http.headers.get(VERSION_HEADER), entry)
        prepared = request.look()
        entry.roots = list(prepared.roots()) if prepared else []
        entry.root = entry.roots[0] if entry.roots else None
        if prepared is not None and prepared.operations[0].name is not None:
            entry.operation = prepared.operations[0].name.value
        faults = sandbox.faults.take(GRAPHQL_KINDS, request.query, entry.roots, entry.account)
        entry.faults = [fault.kind for fault in faults]
        if sandbox.before_request is not None:
            sandbox.before_request(entry.number)
        await self._pause(sandbox.options.latency)
        return await self._spoilt(faults, request)

    async def _spoilt(self, faults: list[Fault], request: Request) -> Answer:
        """Answer a request with its transport faults; some of them prevent any answer."""
        kinds = {fault.kind: fault for fault in faults}
        if "hang" in kinds:
            await self._pause(kinds["hang"].seconds)
            return Answer(200, b"", reset_after=0)
        if "slow" in kinds:
            await self._pause(kinds["slow"].seconds)
        if "rate_limited" in kinds:
            fault = kinds["rate_limited"]
            return answers.with_fault_body(answers.too_many_requests(fault.retry_after), fault)
        if "waiting_room" in kinds:
            return answers.html(answers.WAITING_ROOM, kinds["waiting_room"].status or 200)
        if "status" in kinds:
            fault = kinds["status"]
            answer = answers.with_fault_body(answers.failure(fault.status or 503, as_html=fault.html), fault)
            if fault.retry_after is not None:
                answer.headers["retry-after"] = str(fault.retry_after)
            return answer
        with self._sandbox.lock:
            answer = request.answer(faults)
        if "not_json" in kinds:
            fault = kinds["not_json"]
            return Answer(fault.status or 200, str(fault.body or '{"data": {').encode())
        if "reset" in kinds:
            asked = kinds["reset"].bytes
            answer.reset_after = len(answer.body) // HALF_BODY if asked is None else asked
        return answer

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the sandbox."""
        if seconds > 0:
            await asyncio.to_thread(self._sandbox.stopping.wait, seconds)

    async def token(self, http: HttpRequest) -> Answer:
        """Redeem a code or a refresh token."""
        if http.headers.get("content-type", "").split(";")[0].strip() != FORM_TYPE:
            return self._token_answer(TokenAnswer(400, "The body must be form-encoded."))
        form = {name: value for name, value in (await http.form()).items() if isinstance(value, str)}
        account = self._sandbox.credentials.account_of(form)
        faults = self._sandbox.faults.take(TOKEN_KINDS, form.get("grant_type", ""), account=account)
        kinds = {fault.kind: fault for fault in faults}
        for kind in ("token_hang", "token_slow"):
            if kind in kinds:
                await self._pause(kinds[kind].seconds)
        if "token_hang" in kinds:
            return Answer(200, b"", reset_after=0)
        if "token_status" in kinds:
            fault = kinds["token_status"]
            return answers.with_fault_body(answers.failure(fault.status or 503, as_html=fault.html), fault)
        if "token_refused" in kinds:
            fault = kinds["token_refused"]
            refused = self._token_answer(TokenAnswer(fault.status or 401, REFUSED_REFRESH))
            return answers.with_fault_body(refused, fault)
        with self._sandbox.lock:
            redeemed = self._sandbox.credentials.redeem(form)
        answer = self._token_answer(redeemed)
        if "token_lost_reply" in kinds:
            answer.reset_after = kinds["token_lost_reply"].bytes or 0
        return answer

    def _token_answer(self, answer: TokenAnswer) -> Answer:
        """Return tokens as JSON, a refusal as prose of the chosen content type."""
        if not isinstance(answer.body, str):
            return answers.json_answer(answer.body, answer.status)
        kind = self._sandbox.options.refusals
        return Answer(answer.status, answer.body.encode(), "" if kind == "none" else f"{kind}; charset=utf-8")

    async def authorize(self, http: HttpRequest) -> Answer:
        """Show the page that asks for consent, or act on what was chosen there."""
        form = {name: value for name, value in (await http.form()).items() if isinstance(value, str)}
        parameters: Mapping[str, str] = {**http.query_params, **form}
        problem = consent.problem_with(parameters, self._sandbox.credentials.client_id)
        if problem is not None:
            return answers.problem(problem, 400)
        people, admins = self._sandbox.visitors(), self._sandbox.people()
        known = consent.chosen(http.cookies.get(consent.SIGNED_IN), people)
        if "decision" not in form and (known is None or not self._sandbox.credentials.has_consented(known)):
            return answers.html(consent.page(parameters, people, admins))
        redirect_uri, state = parameters["redirect_uri"], parameters.get("state")
        if form.get("decision", consent.ALLOW) != consent.ALLOW:
            return answers.redirect(consent.redirect(redirect_uri, None, state))
        person = consent.chosen(form.get("user", "1:1"), people) if form else known
        if person is None:
            return answers.problem("There is no such user", 400)
        if person not in admins:
            return answers.problem("Only an admin of the account can connect an app", 403)
        code = self._sandbox.credentials.consent(person, redirect_uri)
        return answers.redirect(consent.redirect(redirect_uri, code, state), consent.signing_in(person))


def _bearer(header: str | None) -> str | None:
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None
