"""The settings of the connect page: their names, their sources and their validation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tap_jobber.config.schema import API_URL, API_VERSION
from tap_jobber.connect.hook_message import signing_key
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping

TAP_PREFIX = "TAP_JOBBER_"
CONNECT_PREFIX = "TAP_JOBBER_CONNECT_"
SHORTEST_SECRET = 32
_WORD_ENDS = re.compile("[/&=?]")
_SECRET_WORD_CHARACTERS = 12
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MAKE_SECRET = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105 - a remedy


@dataclass(frozen=True)
class ConnectSettings:
    """The settings of the connect page.

    Args:
        base_url: The address of the page, without a slash at the end. Links are built from this alone, never from the
            host that a request names.
        client_id: The app's client id.
        client_secret: The app's client secret.
        session_secret: Secret that signs the cookies.
        token_store: Location of the token store; None for the default file.
        api_url: Address of Jobber's API.
        api_version: The API version to ask for.
        name: Name of the app on the page.
        contact_url: Address at which visitors find help, of a page or for mail.
        privacy_url: Address of the privacy policy.
        hook_url: Address to tell of connects, disconnects and refusals; it may hold a secret.
        hook_secret: Secret that signs what the hook tells.
        host: The address to listen on.
        port: The port to listen on.
        trusted_proxies: Number of reverse proxies in front, each of which adds to `X-Forwarded-For`.
        calls_per_minute: Number of codes, disconnects and unsigned webhooks that one client may send in a minute.
        session_minutes: Longest time of a session.
    """

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    session_secret: str = field(repr=False)
    token_store: str | None = field(default=None, repr=False)
    api_url: str = API_URL
    api_version: str = API_VERSION
    name: str = "tap-jobber"
    contact_url: str | None = None
    privacy_url: str | None = None
    hook_url: str | None = field(default=None, repr=False)
    hook_secret: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8766
    trusted_proxies: int = 0
    calls_per_minute: int = 20
    session_minutes: int = 30

    @property
    def is_secure(self) -> bool:
        """True if browsers reach the page by https."""
        return self.base_url.startswith("https://")

    @property
    def callback_url(self) -> str:
        """Address that Jobber sends a browser to with a code."""
        return f"{self.base_url}/oauth/callback"

    @property
    def webhook_url(self) -> str:
        """Address that Jobber sends webhooks to."""
        return f"{self.base_url}/webhooks/jobber"

    @property
    def manage_url(self) -> str:
        """Address of the Manage App button."""
        return f"{self.base_url}/manage"


@dataclass(frozen=True)
class Setting:
    """One setting, as `--help` and the documentation state it.

    Args:
        name: Its environment variable.
        field: Its field of `ConnectSettings`.
        description: Its description.
        secret: True if it is read from the environment only and never shown.
        required: True if it has no default.
    """

    name: str
    field: str
    description: str
    secret: bool = False
    required: bool = False

    @property
    def option(self) -> str:
        """Option on the command line."""
        return f"--{self.field.replace('_', '-')}"


SETTINGS = (
    Setting(f"{TAP_PREFIX}CLIENT_ID", "client_id", "client id of your app in the Developer Center", required=True),
    Setting(f"{TAP_PREFIX}CLIENT_SECRET", "client_secret", "its client secret", secret=True, required=True),
    Setting(f"{TAP_PREFIX}TOKEN_STORE", "token_store", "the token store, as the tap's setting", secret=True),
    Setting(f"{TAP_PREFIX}API_URL", "api_url", f"where Jobber's API is (default: {API_URL})"),
    Setting(f"{TAP_PREFIX}API_VERSION", "api_version", f"API version to ask for (default: {API_VERSION})"),
    Setting(
        f"{CONNECT_PREFIX}BASE_URL", "base_url", "where browsers find the page, such as https://jobber.example.com"
    ),
    Setting(
        f"{CONNECT_PREFIX}SESSION_SECRET",
        "session_secret",
        f"signs the cookies, at least {SHORTEST_SECRET} characters; {_MAKE_SECRET}",
        secret=True,
        required=True,
    ),
    Setting(f"{CONNECT_PREFIX}NAME", "name", "what the page calls your app (default: tap-jobber)"),
    Setting(f"{CONNECT_PREFIX}CONTACT_URL", "contact_url", "where visitors find help: https://... or mailto:..."),
    Setting(f"{CONNECT_PREFIX}PRIVACY_URL", "privacy_url", "where your privacy policy is"),
    Setting(f"{CONNECT_PREFIX}HOOK_URL", "hook_url", "URL to tell of connects, disconnects and refusals", secret=True),
    Setting(
        f"{CONNECT_PREFIX}HOOK_SECRET",
        "hook_secret",
        f"signs what the hook tells, at least {SHORTEST_SECRET} characters; {_MAKE_SECRET}",
        secret=True,
    ),
    Setting(f"{CONNECT_PREFIX}HOST", "host", "address to listen on (default: 127.0.0.1)"),
    Setting(f"{CONNECT_PREFIX}PORT", "port", "port to listen on (default: 8766)"),
    Setting(
        f"{CONNECT_PREFIX}TRUSTED_PROXIES",
        "trusted_proxies",
        "reverse proxies in front that set X-Forwarded-For (default: 0)",
    ),
    Setting(
        f"{CONNECT_PREFIX}CALLS_PER_MINUTE", "calls_per_minute", "codes taken from one client in a minute (default: 20)"
    ),
    Setting(f"{CONNECT_PREFIX}SESSION_MINUTES", "session_minutes", "how long someone stays signed in (default: 30)"),
)
_NUMBERS = {
    "port": (1, 65_535),
    "trusted_proxies": (0, 16),
    "calls_per_minute": (1, 10_000),
    "session_minutes": (1, 1_440),
}


def read_settings(given: Mapping[str, str], options: Mapping[str, object]) -> ConnectSettings:
    """Return the settings from environment variables and from options, which take precedence.

    Raises:
        TapError: A setting is missing or invalid.
    """
    texts: dict[str, str] = {}
    for setting in SETTINGS:
        value = options.get(setting.field)
        text = str(value) if value is not None else given.get(setting.name, "")
        if text.strip():
            texts[setting.field] = text.strip()
        elif setting.required:
            raise TapError(f"{setting.name} is missing", f"set it: {setting.description}")
    _check_length("session_secret", texts["session_secret"])
    host, port = texts.get("host", ConnectSettings.host), _number(texts, "port", ConnectSettings.port)
    return ConnectSettings(
        base_url=_base(texts["base_url"]) if "base_url" in texts else _own_address(host, port),
        client_id=texts["client_id"],
        client_secret=texts["client_secret"],
        session_secret=texts["session_secret"],
        token_store=texts.get("token_store"),
        api_url=_address(f"{TAP_PREFIX}API_URL", texts.get("api_url", API_URL)).rstrip("/"),
        api_version=texts.get("api_version", API_VERSION),
        name=texts.get("name", ConnectSettings.name),
        contact_url=_link(texts, "contact_url"),
        privacy_url=_link(texts, "privacy_url"),
        hook_url=_hook_url(texts),
        hook_secret=texts.get("hook_secret"),
        host=host,
        port=port,
        trusted_proxies=_number(texts, "trusted_proxies", ConnectSettings.trusted_proxies),
        calls_per_minute=_number(texts, "calls_per_minute", ConnectSettings.calls_per_minute),
        session_minutes=_number(texts, "session_minutes", ConnectSettings.session_minutes),
    )


def _check_length(name: str, secret: str) -> None:
    if len(secret) < SHORTEST_SECRET:
        length = f"{len(secret)} of {SHORTEST_SECRET} characters"
        raise TapError(f"{CONNECT_PREFIX}{name.upper()} is too short ({length})", _MAKE_SECRET)


def _link(texts: Mapping[str, str], name: str) -> str | None:
    """Return an address for people to follow, if there is one.

    Raises:
        TapError: It is not of a page or for mail; a browser would run code that another scheme may hold.
    """
    text = texts.get(name)
    if text is None or (text.startswith("mailto:") and "@" in text) or _is_web_address(text):
        return text
    raise TapError(f"{CONNECT_PREFIX}{name.upper()} is not a usable address", "write it as https://... or mailto:...")


def _hook_url(texts: Mapping[str, str]) -> str | None:
    """Return the address of the hook, if there is one. Errors do not repeat it, for it may hold a secret.

    Raises:
        TapError: It is not an address, or there is no usable secret for it.
    """
    url, secret = texts.get("hook_url"), texts.get("hook_secret")
    if url is None:
        return None
    if not _is_web_address(url):
        raise TapError(f"{CONNECT_PREFIX}HOOK_URL is not a usable address", "write it as https://host/path")
    if secret is None:
        raise TapError(f"{CONNECT_PREFIX}HOOK_SECRET is missing", f"set it for the hook; {_MAKE_SECRET}")
    _check_length("hook_secret", secret)
    try:
        signing_key(secret)
    except ValueError as error:
        cause = f"{CONNECT_PREFIX}HOOK_SECRET begins with whsec_, but the rest is not base64"
        raise TapError(cause, _MAKE_SECRET) from error
    return url


def secret_words(url: str | None) -> list[str]:
    """Return the words of a path and a query that are long enough to be a secret."""
    parts = urlsplit(url or "")
    words = _WORD_ENDS.split(f"{parts.path}/{parts.query}/{parts.username or ''}/{parts.password or ''}")
    return [word for word in words if len(word) >= _SECRET_WORD_CHARACTERS]


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _own_address(host: str, port: int) -> str:
    """Return the address on this machine, to try the page there."""
    if host not in LOOPBACK:
        remedy = "set it to where browsers find the page, such as https://jobber.example.com"
        raise TapError(f"{CONNECT_PREFIX}BASE_URL is missing", remedy)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _number(texts: Mapping[str, str], name: str, default: int) -> int:
    text, (low, high) = texts.get(name, str(default)), _NUMBERS[name]
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise TapError(f"{CONNECT_PREFIX}{name.upper()} is {text!r}", f"set it to a whole number from {low} to {high}")
    return int(text)


def _address(name: str, text: str) -> str:
    parts = urlsplit(text) if _is_web_address(text) else None
    if parts is None or parts.query or parts.fragment or parts.username or parts.password:
        raise TapError(f"{name} is not a usable address", "write it as https://host, without a query or a password")
    return text


def _base(text: str) -> str:
    """Return the base address without its last slash.

    Raises:
        TapError: It has a path, or it is plain http and leads to another machine.
    """
    parts = urlsplit(_address(f"{CONNECT_PREFIX}BASE_URL", text))
    if parts.path.strip("/"):
        cause = f"{CONNECT_PREFIX}BASE_URL has a path ({parts.path})"
        raise TapError(cause, "give the page a host name or a port of its own, such as https://jobber.example.com")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        cause = (
            f"{CONNECT_PREFIX}BASE_URL is plain http on {parts.hostname}, where anyone on the way could read the codes"
        )
        raise TapError(cause, "use https; a reverse proxy in front can end it")
    return f"{parts.scheme}://{parts.netloc}"
