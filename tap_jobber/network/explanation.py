"""Explain why a request brought no response: the cause, on whichever side of a proxy it lies, and the remedy.

An exception of `requests` names the address of the request, whatever failed on the way there. The exceptions below it
tell the true cause, together with the proxy that the environment names for the address. Texts of exceptions are not
repeated if they may hold an address with its password.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_jobber.network import proxies
from tap_jobber.network.bounded_adapter import LongAnswerError, SlowAnswerError
from tap_jobber.network.failed_request import (
    LASTING_TLS,
    NO_CONNECTION,
    FailedRequest,
    Failure,
    distrust_of,
    proxy_of,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_EXCEPTIONS = (OSError, ValueError, HTTPError)
"""Exceptions that `requests` raises, or lets through, if no response comes."""

_ADDRESS = "api_url is not a usable address", "set it to an https URL, or remove it"
_NO_CERTIFICATES = ("NO_CERTIFICATE", "X509", "PEM lib", "No such file", "Permission denied", "Is a directory")
_ONLINE = "check api_url, the network and any proxy, then run again"
_TRUST = (
    "check api_url and this machine's clock; behind a proxy with its own certificate, name that file in "
    "REQUESTS_CA_BUNDLE"
)


def explain_failure(error: BaseException, url: str) -> Failure:
    """Return cause and remedy of a request that brought no response.

    Args:
        error: One of `REQUEST_EXCEPTIONS`.
        url: The address of the request.
    """
    request = FailedRequest(error, url, proxy_of(url))
    return next(found for rule in _RULES if (found := rule(request)) is not None)


def _header(request: FailedRequest) -> Failure | None:
    if request.first_cause(requests.exceptions.InvalidHeader, UnicodeEncodeError) is None:
        return None
    cause = "user_agent or api_version holds signs that cannot be sent"
    return Failure(cause, "write it in plain letters on one line", is_lasting=True, is_unsent=True)


def _ca_bundle(request: FailedRequest) -> Failure | None:
    is_missing = request.mentions("Could not find a suitable TLS CA certificate bundle")
    is_unusable = isinstance(request.error, requests.exceptions.SSLError) and request.mentions(*_NO_CERTIFICATES)
    if not is_missing and not is_unusable:
        return None
    name = next((each for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(each)), None)
    trouble = "does not exist" if is_missing else "holds no CA certificates that can be read"
    if name is None:
        cause, remedy = f"the file of CA certificates {trouble}", "install the Python package certifi again"
    else:
        cause = f"{name} names {os.environ[name]}, which {trouble}"
        remedy = "set it to a file of CA certificates in PEM form, or unset it"
    return Failure(cause, remedy, is_lasting=True, is_unsent=True, is_distrust=True)


def _address(request: FailedRequest) -> Failure | None:
    """Return the failure for an unusable address of the API or of the proxy."""
    if not isinstance(request.error, ValueError):
        return None
    if request.proxy is None or not _is_usable(request.url):
        return Failure(*_ADDRESS, is_lasting=True, is_unsent=True)
    cause = f"{request.proxy.variable} does not hold the address of a proxy"
    remedy = "write it as http://host:port, with signs such as @, # and / in a password as %40, %23 and %2F"
    return Failure(cause, remedy, is_lasting=True, is_unsent=True)


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(requests.Request("POST", url).prepare().url or "")
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host)


def _tls(request: FailedRequest) -> Failure | None:
    if not isinstance(request.error, requests.exceptions.SSLError):
        return None
    if not request.mentions(*LASTING_TLS):
        return Failure(f"the TLS connection to {_there(request)} broke off", _ONLINE, is_distrust=True)
    cause = f"the TLS connection to {_there(request)} cannot be trusted ({distrust_of(request)})"
    return Failure(cause, _TRUST, is_lasting=True, is_unsent=True, is_distrust=True)


def _other(request: FailedRequest) -> Failure:
    is_unsent = request.first_cause(*NO_CONNECTION) is not None
    unbounded = request.first_cause(SlowAnswerError, LongAnswerError)
    if unbounded is not None:
        return Failure(f"{_there(request)} sent {unbounded}", _ONLINE)
    if isinstance(request.error, requests.exceptions.ReadTimeout):
        return Failure(f"{_there(request)} did not answer in time", _ONLINE)
    return Failure(f"the connection to {_there(request)} failed ({reason_of(request)})", _ONLINE, is_unsent=is_unsent)


def _there(request: FailedRequest) -> str:
    return f"{request.host}, by way of the proxy {request.proxy.address}," if request.proxy else request.host


_RULES: tuple[Callable[[FailedRequest], Failure | None], ...] = (
    _header,
    _ca_bundle,
    proxies.socks_package,
    _address,
    proxies.tls_of_proxy,
    proxies.refusal,
    proxies.socks_answer,
    proxies.unreachable,
    _tls,
    _other,
)
