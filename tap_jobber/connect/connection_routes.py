"""Routes of a visitor who is signed in: show, end and leave the connection of their account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from tap_jobber.connect import notices
from tap_jobber.credentials.encoded_ids import is_same_user
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tap_jobber.connect.site import Site


class ConnectionRoutes:
    """Routes of a visitor who is signed in. The account is always that of the session.

    Args:
        site: Shared by all routes.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    async def home(self, request: Request) -> Response:
        """Show the start page, or the connection if signed in; drop a user whom Manage App named without consent."""
        site = self._site
        session = site.session(request)
        response = site.pages.page("home.html") if session.person is None else site.redirect("/connection")
        if session.waiting is not None:
            site.sessions.write(replace(session, waiting=None, told=None), response)
        return response

    async def connection(self, request: Request) -> Response:
        """Show the connection of the account."""
        site = self._site
        session = site.session(request)
        person = session.person
        if person is None:
            return site.notice(notices.SIGNED_OUT)
        try:
            record = await run_in_threadpool(site.backend.record, person.account_id)
        except TapError as error:
            return site.failure(error)
        told = None if session.waiting else session.told
        installer = record.installer if record else None
        response = site.pages.page(
            "connection.html",
            person=person,
            account_name=(record and record.account and record.account.name) or person.account_name,
            record=record,
            installer=installer and (installer.name or installer.user_id),
            zone=installer and installer.timezone,
            is_installer=installer is not None and is_same_user(installer.user_id, person.user_id),
            told=notices.TOLD.get(told or ""),
            form_token=session.form_token,
        )
        if told is not None:
            site.sessions.write(replace(session, told=None), response)
        return response

    async def confirm_disconnect(self, request: Request) -> Response:
        """Ask for confirmation before the connection ends."""
        session = self._site.session(request)
        if session.person is None:
            return self._site.notice(notices.SIGNED_OUT)
        return self._site.pages.page("disconnect.html", person=session.person, form_token=session.form_token)

    async def disconnect(self, request: Request) -> Response:
        """End the connection of the account."""
        site = self._site
        session = site.session(request)
        refused = await site.check_form(request, session)
        if refused is not None:
            return refused
        if session.person is None:
            return site.notice(notices.SIGNED_OUT)
        limited = site.check_rate(request)
        if limited is not None:
            return limited
        try:
            has_ended = await run_in_threadpool(site.backend.disconnect, session.person.account_id)
        except TapError as error:
            return site.failure(error, notices.NOT_DISCONNECTED)
        response = site.redirect("/connection")
        site.sessions.write(replace(session, told="disconnected" if has_ended else "dropped"), response)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        site = self._site
        session = site.session(request)
        refused = await site.check_form(request, session)
        if refused is not None:
            return refused
        if session.person is not None:  # an ended session takes memory, and anyone can have sessions without a user
            site.sessions.end(session)
        response = site.notice(notices.BYE)
        site.sessions.write(site.sessions.new(), response)
        return response
