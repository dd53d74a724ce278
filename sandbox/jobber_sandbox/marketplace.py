"""The App Marketplace's buttons Connect and Manage App, which send the browser on with a code."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jobber_sandbox import answers, consent

if TYPE_CHECKING:
    from starlette.requests import Request

    from jobber_sandbox.answers import Answer
    from jobber_sandbox.sandbox import Sandbox


class Marketplace:
    """Handlers of the buttons: `?account=1&user=2&to=URL` says who presses them.

    A code is bound to the address `to`, or to another that `redirect_uri` names, since it is not documented which of an
    app's addresses the exchange of a Manage App code has to name. Neither brings a state.

    Args:
        sandbox: The sandbox whose accounts they are on.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def connect(self, request: Request) -> Answer:
        """Connect the app from its listing."""
        return self._pressed(request)

    async def manage(self, request: Request) -> Answer:
        """Open the app's own page; the button is there once the app is connected."""
        account = request.query_params.get("account", "1")
        if not self._sandbox.credentials.is_connected(int(account) if account.isdigit() else 0):
            return answers.problem("The app is not connected to this account", 409)
        return self._pressed(request)

    def _pressed(self, request: Request) -> Answer:
        given = request.query_params
        person = consent.chosen(f"{given.get('account', '1')}:{given.get('user', '1')}", self._sandbox.visitors())
        to = given.get("to", "")
        if person is None or urlsplit(to).scheme not in {"http", "https"}:
            return answers.problem("There is no such user, or `to` is not the address of a page", 400)
        if person not in self._sandbox.people():
            return answers.problem("Only an admin of the account is shown this button", 403)
        code = self._sandbox.credentials.consent(person, given.get("redirect_uri", to))
        return answers.redirect(consent.redirect(to, code, None), consent.signing_in(person))
