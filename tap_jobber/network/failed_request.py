"""A request that brought no answer, and what the exceptions below it tell."""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass
from http.client import BadStatusLine, RemoteDisconnected
from typing import TYPE_CHECKING, NamedTuple

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import ConnectTimeoutError, IncompleteRead, NameResolutionError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_CONNECTION = (
    NewConnectionError,
    ConnectTimeoutError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
)
"""Causes that leave no doubt that no connection came about."""

LASTING_TLS = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER", "hostname", "UNKNOWN_CA", "UNSUPPORTED")
"""Signs that a TLS connection would fail again."""


@dataclass(frozen=True)
class Failure:
    """Why no answer came.

    Attributes:
        cause: What went wrong, without a secret and without a trailing full stop.
        remedy: What to do about it, in the imperative.
        is_lasting: True if trying again would end the same.
        is_unsent: True if the server certainly never saw the request.
        is_distrust: True if a connection came about that cannot be trusted.
    """

    cause: str
    remedy: str
    is_lasting: bool = False
    is_unsent: bool = False
    is_distrust: bool = False


class Proxy(NamedTuple):
    """The proxy that the environment names for an address.

    Attributes:
        address: Its scheme, host and port, without a password.
        variable: Where it is named.
        has_password: True if that holds a user name or a password.
    """

    address: str
    variable: str
    has_password: bool


class Attempt(NamedTuple):
    """A request that brought no answer.

    Attributes:
        error: What came of it.
        url: The address it was meant for.
        proxy: The proxy on the way there, if any.
    """

    error: BaseException
    url: str
    proxy: Proxy | None

    @property
    def host(self) -> str:
        """The host that was meant, and its port where that is stated."""
        return self.url.partition("://")[2].partition("/")[0].rpartition("@")[2] or "api_url"

    def causes(self) -> Iterator[BaseException]:
        """Yield the exception and those below it."""
        at: BaseException | None = self.error
        while at is not None:
            yield at
            at = at.__cause__ or at.__context__

    def first(self, *kinds: type[BaseException]) -> BaseException | None:
        """Return the outermost cause of these kinds, or None if there is none."""
        return next((each for each in self.causes() if isinstance(each, kinds)), None)

    def says(self, *signs: str) -> bool:
        """Return True if the text of a cause holds one of some signs."""
        return any(sign in str(each) for each in self.causes() for sign in signs)


def proxy_of(url: str) -> Proxy | None:
    """Return the proxy for an address, or None if it is reached directly."""
    try:
        named = select_proxy(url, get_environ_proxies(url))
    except ValueError:  # the address is none
        return None
    if not named:
        return None
    variables = (name for name in os.environ if name.lower().endswith("_proxy") and os.environ[name] == named)
    full = named if "://" in named else f"http://{named}"
    scheme, _, rest = full.partition("://")
    # After the last one, also where a password holds signs that should not be there.
    before, _, place = rest.rpartition("@")
    address = f"{scheme}://{place.split('/', 1)[0]}"
    return Proxy(address, next(variables, "the system's proxy setting"), has_password=bool(before))


def distrust_of(attempt: Attempt) -> str:
    """Return why a TLS connection is not trusted, in the words of OpenSSL."""
    if attempt.says("WRONG_VERSION_NUMBER"):
        return "what answers there does not speak TLS"
    told = attempt.first(ssl.SSLCertVerificationError)
    return told.verify_message if isinstance(told, ssl.SSLCertVerificationError) else "its certificate is refused"


def reason_of(attempt: Attempt) -> str:
    """Return the kind of a failure in few words, without the address it happened at."""
    if any(isinstance(each, socket.gaierror) and each.errno == socket.EAI_AGAIN for each in attempt.causes()):
        return "the name server does not answer"
    for kinds, words in _REASONS:
        if attempt.first(*kinds) is not None:
            return words
    # The words of the system for its own errors; they hold no address.
    said = [each.strerror for each in attempt.causes() if isinstance(each, OSError) and each.errno and each.strerror]
    return said[-1] if said else type(attempt.error).__name__


_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror, NameResolutionError), "the host name is unknown"),
    ((ConnectionRefusedError,), "nothing listens there"),
    ((ConnectTimeoutError, requests.exceptions.ConnectTimeout), "it was not accepted in time"),
    ((RemoteDisconnected,), "it was closed without an answer"),
    ((BadStatusLine,), "what answers there does not speak HTTP"),
    ((IncompleteRead, requests.exceptions.ChunkedEncodingError), "it broke off in the middle of an answer"),
    ((requests.exceptions.ContentDecodingError,), "the answer is compressed in a way that cannot be read"),
)
