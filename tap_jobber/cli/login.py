"""`tap-jobber --login`: leads a person's consent in the browser to tokens in the store."""

from __future__ import annotations

import secrets
import shlex
import sys
import threading
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

from tap_jobber.api.identity import identity_reader
from tap_jobber.cli.callback_listener import listening
from tap_jobber.cli.redirect import authorize_url, code_in, code_pasted, loopback
from tap_jobber.credentials.account_choice import allowed_account_ids
from tap_jobber.credentials.authorization import ConnectOptions, Settlement, connect_by_code
from tap_jobber.credentials.encoded_ids import full_account_id
from tap_jobber.credentials.installer import InstallerDecision
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import fingerprint
from tap_jobber.credentials.token_endpoint import TokenEndpoint
from tap_jobber.errors import TapError
from tap_jobber.redaction import hide_secrets, redact_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_jobber.cli.options import LoginOptions
    from tap_jobber.config.settings import Settings
    from tap_jobber.credentials.installer import Identity
    from tap_jobber.credentials.stores.base import TokenStore


def log_in(
    settings: Settings,
    version: str,
    options: LoginOptions,
    *,
    say: Callable[[str], None],
    browse: Callable[[str], object] = webbrowser.open,
) -> Settlement:
    """Let a person authorise the app in the browser, and keep the tokens.

    Args:
        settings: The settings; of the credential's only client id and secret are needed.
        version: The tap's own version, for the User-Agent.
        options: The options of --login.
        say: Prints a line for the person.
        browse: Opens an address in the browser.

    Raises:
        TapError: If that did not lead to a connection.
    """
    user_agent, timeout_seconds = settings.user_agent_header(version), settings.request_timeout
    store = open_store(settings.token_store)
    connect_options = _connect_options(store, settings, options)
    store.check_writable()
    known = {settings.client_secret, settings.refresh_token or "", *store.secrets}
    redact_logs(lambda: set(known))
    redirect_uri, state = settings.redirect_uri, secrets.token_urlsafe(32)
    page = authorize_url(settings.api_root, settings.client_id, redirect_uri, state)

    ask = identity_reader(
        url=settings.graphql_url,
        api_version=settings.api_version,
        user_agent=user_agent,
        timeout_seconds=timeout_seconds,
    )

    def identify(access_token: str) -> Identity:
        known.add(access_token)
        return ask(access_token)

    def connect(code: str) -> Settlement:
        known.add(code)
        return connect_by_code(
            store,
            TokenEndpoint(
                url=settings.token_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                user_agent=user_agent,
                read_timeout_seconds=timeout_seconds,
            ),
            code=code,
            redirect_uri=redirect_uri,
            identify=identify,
            options=connect_options,
        )

    if options.no_browser:
        say(f"Open this page in a browser, as an admin of the Jobber account:\n\n  {page}\n")
        say(f"Your browser ends on an address that begins with {redirect_uri}, and may say that it cannot show it.")
        say("Paste the whole address here:")
        return connect(code_pasted(_typed(), state, redirect_uri))
    with listening(loopback(redirect_uri)) as listener:
        say(f"Log in to Jobber in the browser; if none opens, open this page:\n\n  {page}\n")
        # A browser of the terminal would not return before it is closed.
        threading.Thread(target=_open, args=(browse, page), daemon=True).start()
        query = listener.wait(options.timeout_seconds)
        try:
            settled = connect(code_in(query, state))
        except TapError as error:
            listener.answer("Not connected", f"{hide_secrets(str(error), known)}.")
            raise
        listener.answer(*page_of(settled))
        return settled


def _typed() -> str:
    """Return the first line of the standard input that is not blank; an empty text if it is closed."""
    lines: Iterable[bytes] = sys.stdin.buffer if sys.stdin else ()
    return next((line for line in lines if line.strip()), b"").decode(errors="replace")


def _open(browse: Callable[[str], object], page: str) -> None:
    with suppress(webbrowser.Error, OSError):  # then the person opens the page that was printed
        browse(page)


def next_steps(settled: Settlement, words: Sequence[str], label: str) -> str:
    """Return what to run next, once the account is connected.

    Args:
        settled: The outcome of the log-in.
        words: The words of the command line that name the config files.
        label: The token store, for people.
    """
    command = shlex.join(["tap-jobber", *words])
    return (
        f"The tokens are in {label}; settings need no refresh_token.\n\n"
        f"Next: {command} --test     tries the credential and a record of each stream\n"
        f"      {command} | target-of-your-choice\n"
        f"If the store comes to hold more accounts, set account_id to {settled.record.key}."
    )


def page_of(settled: Settlement) -> tuple[str, str]:
    """Return title and text of the page that ends a log-in."""
    if settled.decision is InstallerDecision.DISCARDED:
        return "Connected already", f"{settled.line}. You can close this page."
    account, user = settled.identity.account, settled.identity.user
    as_user = f" as {user.name or user.user_id}" if user else ""
    return "Connected", f"Connected to {account.name or account.id}{as_user}. You can close this page."


def _connect_options(store: TokenStore, settings: Settings, options: LoginOptions) -> ConnectOptions:
    seed = (settings.refresh_token or "").strip()
    return ConnectOptions(
        allowed_account_ids=allowed_account_ids(
            store.records(settings.client_id), full_account_id(settings.account_id)
        ),
        replace_installer=options.replace_installer,
        name=options.name,
        description=options.description,
        # A token that the settings still hold is older than this log-in.
        past_seeds=(fingerprint(seed),) if seed else (),
    )
