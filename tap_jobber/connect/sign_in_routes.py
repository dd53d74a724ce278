"""How people come in: the authorisation from its start to its end, and the Manage App button.

A code that comes to the callback without this browser's own `state`, as from the App Marketplace's Connect button, is
never redeemed: the authorisation is started afresh with a `state`, which costs the person nothing since Jobber lets an
authorised app through at once, so nobody can be signed in or connected by a link that another made. The Manage App
button cannot bring a `state` either; its code is redeemed, but signs in only whom the page has named and who then says
yes by a form of their own session.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from tap_jobber.connect import notices
from tap_jobber.connect.connected_accounts import UnknownAccountError
from tap_jobber.connect.jobber_api import CodeRefusedError
from tap_jobber.connect.sessions import Flow
from tap_jobber.connect.visitor_limits import UsedCodes
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from tap_jobber.connect.connected_accounts import SignIn
    from tap_jobber.connect.sessions import Session
    from tap_jobber.connect.site import Site

logger = logging.getLogger("tap-jobber.connect")

_LONGEST_CODE = 512


class SignInRoutes:
    """The handlers of who comes in.

    Args:
        site: What all pages share.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._codes = UsedCodes()

    async def connect(self, request: Request) -> Response:
        """Send the browser to Jobber, to come back with a code and this session's state."""
        return self._authorise(self._site.session(request), again=False)

    async def callback(self, request: Request) -> Response:
        """Take the browser that Jobber sends back."""
        site = self._site
        session, now = site.session(request), site.clock()
        code, state = request.query_params.get("code", ""), request.query_params.get("state") or None
        if not code:
            # Jobber adds nothing at all when consent is denied (its documentation on app authorization).
            response = site.notice(notices.DENIED)
            site.sessions.put(replace(session, flow=None), response)
            return response
        limited = site.limited(request)
        if limited is not None:
            return limited
        if state is None and not session.has_tried_again(now):
            return self._authorise(session, again=True)
        if state is None or not session.awaits(state, now) or len(code) > _LONGEST_CODE:
            return site.notice(notices.STRANGE_STATE)
        arrival = await self._redeemed(site.backend.redeem_authorization_code, code)
        if isinstance(arrival, Response):
            site.sessions.put(replace(session, flow=None), arrival)
            return arrival
        response = site.redirect("/connection")
        site.sessions.put(site.sessions.signed_in(session, arrival.person, arrival.outcome.value), response)
        return response

    async def manage(self, request: Request) -> Response:
        """Redeem the code of the Manage App button, and ask whom it names whether that is so."""
        site = self._site
        session, code = site.session(request), request.query_params.get("code", "")
        if not code:
            return site.redirect("/connection" if session.person else "/")
        limited = site.limited(request)
        if limited is not None:
            return limited
        if len(code) > _LONGEST_CODE:
            return site.notice(notices.CODE_REFUSED)
        arrival = await self._redeemed(site.backend.redeem_manage_code, code)
        if isinstance(arrival, Response):
            return arrival
        is_known = arrival.person == session.person
        response = site.redirect("/connection" if is_known else "/manage/continue")
        waiting = None if is_known else arrival.person
        site.sessions.put(replace(session, waiting=waiting, told=arrival.outcome.value), response)
        return response

    async def ask_continue(self, request: Request) -> Response:
        """Ask whom the Manage App button has named whether that is so."""
        session = self._site.session(request)
        if session.waiting is None:
            return self._site.redirect("/connection" if session.person else "/")
        return self._site.pages.page("welcome.html", waiting=session.waiting, form_token=session.form_token)

    async def carry_on(self, request: Request) -> Response:
        """Sign in whom the Manage App button has named."""
        site = self._site
        session = site.session(request)
        refused = await site.unsent(request, session)
        if refused is not None:
            return refused
        if session.waiting is None:
            return site.notice(notices.SIGNED_OUT)
        response = site.redirect("/connection")
        site.sessions.put(site.sessions.signed_in(session, session.waiting, session.told), response)
        return response

    def _authorise(self, session: Session, *, again: bool) -> Response:
        site, state = self._site, secrets.token_urlsafe(32)
        query = {
            "response_type": "code",
            "client_id": site.config.client_id,
            "redirect_uri": site.config.callback_url,
            "state": state,
        }
        response = RedirectResponse(f"{site.config.api_url}/oauth/authorize?{urlencode(query)}", 303)
        site.sessions.put(replace(session, flow=Flow(state, site.clock(), again)), response)
        return response

    async def _redeemed(self, redeem: Callable[[str], SignIn], code: str) -> SignIn | Response:
        if not self._codes.is_new(code):
            return self._site.notice(notices.CODE_REFUSED)
        try:
            return await run_in_threadpool(redeem, code)
        except CodeRefusedError as error:
            logger.warning("%s", error)
            return self._site.notice(notices.CODE_REFUSED)
        except UnknownAccountError as error:
            logger.warning("%s", error)
            return self._site.notice(notices.UNKNOWN_ACCOUNT)
        except TapError as error:
            return self._site.failed(error)
