"""Sessions in a signed cookie: the user who is signed in and the authorization under way, never a token.

A session ends after a fixed time, when its user signs out, and when someone signs in over it. Sessions that ended early
are remembered in memory, so that a copy of the cookie is of no use. A restart forgets them; if that matters, set a new
session secret with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, URLSafeSerializer

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

FLOW_SECONDS = 900.0
"""Longest time on Jobber's pages before the authorization has to start again."""

_LONGEST_NAME_CHARACTERS = 120
_SKEW_SECONDS = 60.0
"""Tolerance for the clocks of several processes of the page, or for one that is set back."""


@dataclass(frozen=True)
class Person:
    """A user of an account, as Jobber names them.

    Args:
        account_id: The account's id.
        account_name: Its name.
        user_id: The user's id.
        user_name: Their name.
    """

    account_id: str
    account_name: str
    user_id: str
    user_name: str


@dataclass(frozen=True)
class Flow:
    """An authorization under way.

    Args:
        state: The `state` that Jobber has to return.
        since: Start, in seconds since 1970.
        again: True if it was started because a code came without a state.
    """

    state: str
    since: float
    again: bool = False

    def is_open(self, now: float) -> bool:
        """Return True if Jobber may still send the browser back."""
        return -_SKEW_SECONDS <= now - self.since <= FLOW_SECONDS


@dataclass(frozen=True)
class Session:
    """The session of one browser.

    Args:
        key: Id of the session.
        since: Start, in seconds since 1970.
        form_token: Token that every form has to send.
        person: The user who is signed in.
        waiting: The user who will be signed in once they agree.
        flow: The authorization under way.
        told: Name of the notice that the next page shows once.
    """

    key: str
    since: float
    form_token: str = field(repr=False)
    person: Person | None = None
    waiting: Person | None = None
    flow: Flow | None = None
    told: str | None = None

    def accepts_form(self, token: object) -> bool:
        """Return True if the token of a form is that of the session."""
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self.form_token.encode())

    def awaits(self, state: str, now: float) -> bool:
        """Return True if an authorization with this state is under way."""
        flow = self.flow
        return flow is not None and flow.is_open(now) and hmac.compare_digest(state.encode(), flow.state.encode())

    def is_second_try(self, now: float) -> bool:
        """Return True if an authorization is under way that was started because a code came without a state."""
        return self.flow is not None and self.flow.again and self.flow.is_open(now)


class Sessions:
    """Read sessions from cookies and write them there.

    Args:
        secret: Secret that signs the cookies.
        minutes: Longest time of a session.
        secure: True to send cookies over https only.
        clock: Seconds since 1970.
    """

    def __init__(self, secret: str, minutes: int, *, secure: bool, clock: Callable[[], float] = time.time) -> None:
        self._signer = URLSafeSerializer(
            secret,
            salt="tap-jobber-connect session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._seconds = minutes * 60
        self._secure = secure
        self._clock = clock
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()
        # A browser accepts a cookie with this prefix only from the very host, over https, for all paths, so a
        # neighbouring host cannot set one.
        self.cookie = "__Host-tap-jobber-connect" if secure else "tap-jobber-connect"

    def new(self) -> Session:
        """Return a session without a user."""
        return Session(secrets.token_urlsafe(16), self._clock(), secrets.token_urlsafe(32))

    def read(self, cookie: str | None) -> Session:
        """Return the session of a cookie; a new one if there is none or it is not valid."""
        return self._read(cookie) or self.new()

    def sign_in(self, former: Session, person: Person, told: str | None = None) -> Session:
        """End a session, and return a new one of this user."""
        self.end(former)
        return replace(self.new(), person=person, told=told)

    def end(self, session: Session) -> None:
        """Make a session invalid from now on."""
        now = self._clock()
        with self._lock:
            self._ended = {key: until for key, until in self._ended.items() if until > now}
            self._ended[session.key] = session.since + self._seconds

    def write(self, session: Session, response: Response) -> None:
        """Write a session into the cookie of a response."""
        response.set_cookie(
            self.cookie,
            str(self._signer.dumps(asdict(session))),
            max_age=self._seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def _read(self, cookie: str | None) -> Session | None:
        if not cookie:
            return None
        try:
            session = _session(self._signer.loads(cookie))
        except (BadData, TypeError, KeyError):
            return None
        is_over = not -_SKEW_SECONDS <= self._clock() - session.since < self._seconds
        return None if is_over or session.key in self._ended else session


def shorten_name(name: str) -> str:
    """Return a name, cut to leave room in the cookie."""
    return name if len(name) <= _LONGEST_NAME_CHARACTERS else f"{name[: _LONGEST_NAME_CHARACTERS - 1]}…"


def _session(stored: dict[str, Any]) -> Session:
    return Session(
        key=stored["key"],
        since=stored["since"],
        form_token=stored["form_token"],
        person=Person(**stored["person"]) if stored["person"] else None,
        waiting=Person(**stored["waiting"]) if stored["waiting"] else None,
        flow=Flow(**stored["flow"]) if stored["flow"] else None,
        told=stored["told"],
    )
