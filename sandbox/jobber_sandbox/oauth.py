"""OAuth credentials: codes, refresh tokens, access tokens, and how each of them ends."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.options import Rotation

ISSUER = "https://api.getjobber.com"
SCOPES = "read_clients read_requests read_quotes read_jobs read_scheduled_items read_invoices read_users"
CODE_SECONDS = 600
ROTATION_OFF = "Refresh token rotation is off. Turn it on in the Developer Center to keep tokens safer."
SUPERSEDED = (
    "Unexpected Refresh Token Redemption: A newer refresh token exists. "
    "Make sure that your app stores the latest refresh token."
)
EXPIRED = "Access token expired"
UNRECOGNIZED = "Token not recognized"
REFUSED_REFRESH = "The provided refresh token is not valid."
DISCONNECTED = "User has disconnected this app from their account. Please delete this token"


class Person(NamedTuple):
    """A user of an account, by numbers."""

    account: int
    user: int


class TokenAnswer(NamedTuple):
    """Answer of the token endpoint."""

    status: int
    body: dict[str, Any] | str
    """The tokens, or the sentence of a refusal."""


class Refused(NamedTuple):
    """Refusal of an access token."""

    status: int
    message: str


@dataclass
class _Grant:
    person: Person
    replaced: bool = False


@dataclass
class _Access:
    person: Person
    expires: float
    ended: bool = False


@dataclass
class Credentials:
    """One app, connected to any number of accounts.

    Args:
        seed: Client id, secret and tokens follow from it.
        clock: Epoch seconds.
        rotation: The effect of a refresh on the refresh token: `on` ends it, `off` keeps it, `legacy` replaces it but
            goes on taking it.
        token_seconds: Life of an access token.
        says_expiry: True if answers to a refresh hold `expires_at`.
    """

    seed: int
    clock: Callable[[], float] = time.time
    rotation: Rotation = "on"
    token_seconds: float = 3_600.0
    says_expiry: bool = True
    refreshes: int = 0
    exchanges: int = 0
    refusals: int = 0
    after_disconnect: Callable[[int], None] = lambda _account: None
    """Called with the account when the app has been disconnected from it."""
    _consents: set[Person] = field(default_factory=set)
    _codes: dict[str, tuple[Person, str, float]] = field(default_factory=dict)
    _grants: dict[str, _Grant] = field(default_factory=dict)
    _access: dict[str, _Access] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        """Make the app's id and secret."""
        self.client_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox client {self.seed}"))
        self.client_secret = self._token("secret") + self._token("secret")

    def connect(self, person: Person) -> dict[str, Any]:
        """Connect the app for a user without asking, and return the tokens as an exchange answers them."""
        refresh_token = self._token("refresh")
        self._consents.add(person)
        self._grants[refresh_token] = _Grant(person)
        return {"access_token": self._new_access(person), "refresh_token": refresh_token}

    def consent(self, person: Person, redirect_uri: str) -> str:
        """Return the code for a consent just given."""
        self._consents.add(person)
        code = self._token("code")
        self._codes[code] = (person, redirect_uri, self.clock() + CODE_SECONDS)
        return code

    def has_consented(self, person: Person) -> bool:
        """Return True if a user has let the app in, and nobody has disconnected it since."""
        return person in self._consents

    def is_connected(self, account: int) -> bool:
        """Return True if any user of an account has let the app in."""
        return any(person.account == account for person in self._consents)

    def redeem(self, form: Mapping[str, str]) -> TokenAnswer:
        """Return the token endpoint's answer to a form."""
        answer = self._redeem(form)
        if answer.status >= 400:  # noqa: PLR2004 HTTP's own border
            self.refusals += 1
        return answer

    def account_of(self, form: Mapping[str, str]) -> int | None:
        """Return the account whose code or refresh token is in a form; None if there is none."""
        grant, held = self._grants.get(form.get("refresh_token", "")), self._codes.get(form.get("code", ""))
        person = grant.person if grant is not None else held[0] if held is not None else None
        return None if person is None else person.account

    def person_of(self, access_token: str) -> Person | Refused:
        """Return the user whose token it is, or the refusal of it."""
        access = self._access.get(access_token)
        if access is None:
            return Refused(401, UNRECOGNIZED)
        if access.ended:
            return Refused(401, DISCONNECTED)
        if self.clock() >= access.expires:
            return Refused(401, EXPIRED)
        return access.person

    def disconnect(self, account: int) -> None:
        """End every token of an account at once, and tell the app if there was one."""
        was_connected = self.is_connected(account)
        self._consents = {person for person in self._consents if person.account != account}
        self._grants = {token: grant for token, grant in self._grants.items() if grant.person.account != account}
        self._codes = {code: held for code, held in self._codes.items() if held[0].account != account}
        for access in self._access.values():
            access.ended = access.ended or access.person.account == account
        if was_connected:
            self.after_disconnect(account)

    def expire_access_tokens(self) -> None:
        """Expire all access tokens."""
        for access in self._access.values():
            access.expires = 0.0

    def refresh_tokens(self) -> dict[str, Person]:
        """Return the refresh tokens that can be redeemed, without a warning where rotation is legacy."""
        return {token: grant.person for token, grant in self._grants.items() if not grant.replaced}

    def _redeem(self, form: Mapping[str, str]) -> TokenAnswer:
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return TokenAnswer(401, "The provided client id and secret do not match an existing application")
        grant_type = form.get("grant_type")
        if grant_type == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        if grant_type == "authorization_code":
            return self._exchange(form.get("code", ""), form.get("redirect_uri", ""))
        return TokenAnswer(400, "The provided grant type is not supported.")

    def _exchange(self, code: str, redirect_uri: str) -> TokenAnswer:
        person, expected_uri, expires = self._codes.get(code, (None, "", 0.0))
        if person is None or redirect_uri != expected_uri or self.clock() >= expires:
            return TokenAnswer(400, "The provided authorization code was not valid.")
        del self._codes[code]
        self.exchanges += 1
        return TokenAnswer(200, self.connect(person))

    def _refresh(self, refresh_token: str) -> TokenAnswer:
        grant = self._grants.get(refresh_token)
        if grant is None:
            return TokenAnswer(401, REFUSED_REFRESH)
        self.refreshes += 1
        body: dict[str, Any] = {"access_token": self._new_access(grant.person)}
        if self.rotation == "off":
            body |= {"refresh_token": refresh_token, "warning": ROTATION_OFF}
        else:
            body["refresh_token"] = new_token = self._token("refresh")
            self._grants[new_token] = _Grant(grant.person)
            if self.rotation == "on":
                del self._grants[refresh_token]
            elif grant.replaced:
                body["warning"] = SUPERSEDED
            grant.replaced = True
        if self.says_expiry:
            expires = time.gmtime(self.clock() + self.token_seconds)
            body["expires_at"] = time.strftime("%Y-%m-%d %H:%M:%S UTC", expires)
        return TokenAnswer(200, body)

    def _new_access(self, person: Person) -> str:
        expires = self.clock() + self.token_seconds
        payload: dict[str, Any] = {
            "sub": person.user,
            "iss": ISSUER,
            "client_id": self.client_id,
            "scope": SCOPES,
            "app_id": self.client_id,
            "user_id": person.user,
            "account_id": person.account,
            "exp": int(expires),
        }
        token = jwt.encode(payload, self.client_secret, algorithm="HS256")
        while token in self._access:
            payload["exp"] += 1
            token = jwt.encode(payload, self.client_secret, algorithm="HS256")
        self._access[token] = _Access(person, expires)
        return token

    def _token(self, purpose: str) -> str:
        self._made += 1
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{purpose} {self.seed} {self._made}").hex
