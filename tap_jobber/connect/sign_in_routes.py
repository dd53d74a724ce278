"""Routes that sign a visitor in: the authorization, and the Manage App button.

A code that comes to the callback without the `state` of this browser, as from the Connect button of the App
Marketplace, is never redeemed. The authorization starts again with a `state`; the visitor does not notice, since Jobber
lets an authorized app pass at once. So nobody can be signed in or connected by a link that someone else made. The code
of the Manage App button has no `state` either. It is redeemed, but signs in only after the page has named the user and
the visitor has agreed by a form of their own session.
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
    """Routes that sign a visitor in.

    Args:
        site: Shared by all routes.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._codes = UsedCodes()

    async def connect(self, request: Request) -> Response:
        """Send the browser to Jobber, which sends it back with a code and the state of this session."""
        return self._authorize(self._site.session(request), again=False)

    async def callback(self, request: Request) -> Response:
        """Redeem the code of a browser that Jobber sends back."""
        site = self._site
        session, now = site.session(request), site.clock()
        code, state = request.query_params.get("code", ""), request.query_params.get("state") or None
        if not code:
            # Jobber adds nothing at all when consent is denied (its documentation on app authorization).
            response = site.notice(notices.DENIED)
            site.sessions.write(replace(session, flow=None), response)
            return response
        limited = site.check_rate(request)
        if limited is not None:
            return limited
        if state is None and not session.is_second_try(now):
            return self._authorize(session, again=True)
        if state is None or not session.awaits(state, now) or len(code) > _LONGEST_CODE:
            return site.notice(notices.STRANGE_STATE)
        sign_in = await self._redeem(site.backend.redeem_authorization_code, code)
        if isinstance(sign_in, Response):
            site.sessions.write(replace(session, flow=None), sign_in)
            return sign_in
        response = site.redirect("/connection")
        site.sessions.write(site.sessions.sign_in(session, sign_in.person, sign_in.outcome.value), response)
        return response

    async def manage(self, request: Request) -> Response:
        """Redeem the code of the Manage App button, and ask for confirmation of the user that it names."""
        site = self._site
        session, code = site.session(request), request.query_params.get("code", "")
        if not code:
            return site.redirect("/connection" if session.person else "/")
        limited = site.check_rate(request)
        if limited is not None:
            return limited
        if len(code) > _LONGEST_CODE:
            return site.notice(notices.CODE_REFUSED)
        sign_in = await self._redeem(site.backend.redeem_manage_code, code)
        if isinstance(sign_in, Response):
            return sign_in
        is_known = sign_in.person == session.person
        response = site.redirect("/connection" if is_known else "/manage/continue")
        waiting = None if is_known else sign_in.person
        site.sessions.write(replace(session, waiting=waiting, told=sign_in.outcome.value), response)
        return response

    async def confirm_manage(self, request: Request) -> Response:
        """Ask for confirmation of the user that the Manage App button named."""
        session = self._site.session(request)
        if session.waiting is None:
            return self._site.redirect("/connection" if session.person else "/")
        return self._site.pages.page("welcome.html", waiting=session.waiting, form_token=session.form_token)

    async def accept_manage(self, request: Request) -> Response:
        """Sign in the user that the Manage App button named."""
        site = self._site
        session = site.session(request)
        refused = await site.check_form(request, session)
        if refused is not None:
            return refused
        if session.waiting is None:
            return site.notice(notices.SIGNED_OUT)
        response = site.redirect("/connection")
        site.sessions.write(site.sessions.sign_in(session, session.waiting, session.told), response)
        return response

    def _authorize(self, session: Session, *, again: bool) -> Response:
        site, state = self._site, secrets.token_urlsafe(32)
        query = {
            "response_type": "code",
            "client_id": site.config.client_id,
            "redirect_uri": site.config.callback_url,
            "state": state,
        }
        response = RedirectResponse(f"{site.config.api_url}/oauth/authorize?{urlencode(query)}", 303)
        site.sessions.write(replace(session, flow=Flow(state, site.clock(), again)), response)
        return response

    async def _redeem(self, redeem: Callable[[str], SignIn], code: str) -> SignIn | Response:
        if not self._codes.add(code):
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
            return self._site.failure(error)
