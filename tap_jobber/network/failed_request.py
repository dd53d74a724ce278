"""A request that brought no response, and the causes among its exceptions."""

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
"""Exceptions after which there was certainly no connection."""

LASTING_TLS = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER", "hostname", "UNKNOWN_CA", "UNSUPPORTED")
"""Words of exceptions after which a TLS connection would fail again."""


@dataclass(frozen=True)
class Failure:
    """Cause and remedy of a request that brought no response.

    Attributes:
        cause: The cause, without a secret and without a trailing full stop.
        remedy: The remedy, in the imperative.
        is_lasting: True if trying again would end the same.
        is_unsent: True if the server certainly never saw the request.
        is_distrust: True if the connection cannot be trusted.
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
        variable: The environment variable that names it.
        has_password: True if the variable holds a user name or a password.
    """

    address: str
    variable: str
    has_password: bool


class FailedRequest(NamedTuple):
    """A request that brought no response.

    Attributes:
        error: The exception of `requests`.
        url: Its address.
        proxy: The proxy on the way there, if any.
    """

    error: BaseException
    url: str
    proxy: Proxy | None

    @property
    def host(self) -> str:
        """Host of the address, with its port if stated."""
        return self.url.partition("://")[2].partition("/")[0].rpartition("@")[2] or "api_url"

    def causes(self) -> Iterator[BaseException]:
        """Yield the exception and those below it."""
        at: BaseException | None = self.error
        while at is not None:
            yield at
            at = at.__cause__ or at.__context__

    def first_cause(self, *kinds: type[BaseException]) -> BaseException | None:
        """Return the outermost cause of these kinds, or None if there is none."""
        return next((each for each in self.causes() if isinstance(each, kinds)), None)

    def mentions(self, *words: str) -> bool:
        """Return True if the text of a cause holds one of some words."""
        return any(each in str(cause) for cause in self.causes() for each in words)


def proxy_of(url: str) -> Proxy | None:
    """Return the proxy for an address, or None if it is reached directly."""
    try:
        named = select_proxy(url, get_environ_proxies(url))
    except ValueError:  # not an address
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


def distrust_of(request: FailedRequest) -> str:
    """Return the reason why a TLS connection is not trusted, in the words of OpenSSL."""
    if request.mentions("WRONG_VERSION_NUMBER"):
        return "what answers there does not speak TLS"
    told = request.first_cause(ssl.SSLCertVerificationError)
    return told.verify_message if isinstance(told, ssl.SSLCertVerificationError) else "its certificate is refused"


def reason_of(request: FailedRequest) -> str:
    """Return the kind of a failure in a few words, without an address."""
    if any(isinstance(each, socket.gaierror) and each.errno == socket.EAI_AGAIN for each in request.causes()):
        return "the name server does not answer"
    for kinds, words in _REASONS:
        if request.first_cause(*kinds) is not None:
            return words
    # The words of the system for its own errors; they hold no address.
    said = [each.strerror for each in request.causes() if isinstance(each, OSError) and each.errno and each.strerror]
    return said[-1] if said else type(request.error).__name__


_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror, NameResolutionError), "the host name is unknown"),
    ((ConnectionRefusedError,), "nothing listens there"),
    ((ConnectTimeoutError, requests.exceptions.ConnectTimeout), "it was not accepted in time"),
    ((RemoteDisconnected,), "it was closed without an answer"),
    ((BadStatusLine,), "what answers there does not speak HTTP"),
    ((IncompleteRead, requests.exceptions.ChunkedEncodingError), "it broke off in the middle of an answer"),
    ((requests.exceptions.ContentDecodingError,), "the answer is compressed in a way that cannot be read"),
)
