"""Sessions that live in a signed cookie: who is signed in, and which authorisation is under way; never a token.

A session ends after a fixed time whatever happens in it, when its user signs out, and when another is signed in over
it. Those ended early are remembered here, so that a copy of the cookie is of no use either; a restart forgets them,
and is to be followed by a new secret if that matters.
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
"""How long a person may take on Jobber's pages before the authorisation has to be started again."""

_LONGEST_NAME = 120
_SKEW_SECONDS = 60.0
"""How far the clocks of several processes of the page, or one that is set back, may be apart."""


@dataclass(frozen=True)
class Person:
    """A user of an account, as Jobber has named them.

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
    """An authorisation under way.

    Args:
        state: What Jobber has to bring back.
        since: When it was started, in epoch seconds.
        again: Whether it was started because a code had come without a state.
    """

    state: str
    since: float
    again: bool = False

    def goes_on(self, now: float) -> bool:
        """Whether Jobber may still bring its answer."""
        return -_SKEW_SECONDS <= now - self.since <= FLOW_SECONDS


@dataclass(frozen=True)
class Session:
    """What the page knows of one browser.

    Args:
        key: Names the session.
        since: When it began, in epoch seconds.
        form_token: Has to come with every form.
        person: Who is signed in.
        waiting: Who will be signed in once they say so.
        flow: The authorisation under way.
        told: The name of what the next page is to tell once.
    """

    key: str
    since: float
    form_token: str = field(repr=False)
    person: Person | None = None
    waiting: Person | None = None
    flow: Flow | None = None
    told: str | None = None

    def sent_form(self, token: object) -> bool:
        """Whether a form's token is that of the session."""
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self.form_token.encode())

    def awaits(self, state: str, now: float) -> bool:
        """Whether an authorisation with this state is under way."""
        flow = self.flow
        return flow is not None and flow.goes_on(now) and hmac.compare_digest(state.encode(), flow.state.encode())

    def has_tried_again(self, now: float) -> bool:
        """Whether an authorisation is under way that was started because a code had come without a state."""
        return self.flow is not None and self.flow.again and self.flow.goes_on(now)


class Sessions:
    """Reads sessions from cookies and writes them there.

    Args:
        secret: What cookies are signed with.
        minutes: How long a session lasts.
        secure: Whether cookies go over https only.
        clock: Epoch seconds.
    """

    def __init__(self, secret: str, minutes: int, *, secure: bool, clock: Callable[[], float] = time.time) -> None:
        self._sealer = URLSafeSerializer(
            secret,
            salt="tap-jobber-connect session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._seconds = minutes * 60
        self._secure = secure
        self._clock = clock
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()
        # A browser takes a cookie of this prefix only from the very host, over https, for all paths: nobody on a
        # neighbouring host can plant one.
        self.cookie = "__Host-tap-jobber-connect" if secure else "tap-jobber-connect"

    def new(self) -> Session:
        """A session of nobody."""
        return Session(secrets.token_urlsafe(16), self._clock(), secrets.token_urlsafe(32))

    def opened(self, cookie: str | None) -> Session:
        """The session of a cookie; a new one if there is none or it is not good."""
        return self._read(cookie) or self.new()

    def signed_in(self, former: Session, person: Person, told: str | None = None) -> Session:
        """A new session, of this person, in the place of the former one."""
        self.end(former)
        return replace(self.new(), person=person, told=told)

    def end(self, session: Session) -> None:
        """Let a session be no good from now on."""
        now = self._clock()
        with self._lock:
            self._ended = {key: until for key, until in self._ended.items() if until > now}
            self._ended[session.key] = session.since + self._seconds

    def put(self, session: Session, response: Response) -> None:
        """Give a browser its session."""
        response.set_cookie(
            self.cookie,
            str(self._sealer.dumps(asdict(session))),
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
            session = _session(self._sealer.loads(cookie))
        except (BadData, TypeError, KeyError):
            return None
        is_over = not -_SKEW_SECONDS <= self._clock() - session.since < self._seconds
        return None if is_over or session.key in self._ended else session


def shorten_name(name: str) -> str:
    """A name that leaves room in the cookie."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


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
