"""Why no answer came, in words: the true cause, on whichever side of a proxy it lies, and what to do about it.

An exception of `requests` names the address that was meant, whatever failed on the way there. What failed is told by
the exceptions below it, and by whether the environment sends this address through a proxy. Texts of exceptions are
not passed on where they may repeat an address with its password.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_jobber.network import proxies
from tap_jobber.network.failed_request import (
    LASTING_TLS,
    NO_CONNECTION,
    Attempt,
    Failure,
    distrust_of,
    proxy_of,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FAILURES", "Failure", "explain"]

FAILURES = (OSError, ValueError, HTTPError)
"""What `requests` raises, or lets through, when no answer comes."""

_ADDRESS = "api_url is not a usable address", "set it to an https URL, or remove it"
_NO_CERTIFICATES = ("NO_CERTIFICATE", "X509", "PEM lib", "No such file", "Permission denied", "Is a directory")
_ONLINE = "check api_url, the network and any proxy, then run again"
_TRUST = (
    "check api_url and this machine's clock; behind a proxy with its own certificate, name that file in "
    "REQUESTS_CA_BUNDLE"
)


def explain(error: BaseException, url: str) -> Failure:
    """Say why a request brought no answer.

    Args:
        error: One of `FAILURES`.
        url: The address that the request was meant for.
    """
    attempt = Attempt(error, url, proxy_of(url))
    return next(found for rule in _RULES if (found := rule(attempt)) is not None)


def _header(attempt: Attempt) -> Failure | None:
    if attempt.first(requests.exceptions.InvalidHeader, UnicodeEncodeError) is None:
        return None
    cause = "user_agent or api_version holds signs that cannot be sent"
    return Failure(cause, "write it in plain letters on one line", is_lasting=True, is_unsent=True)


def _ca_bundle(attempt: Attempt) -> Failure | None:
    is_missing = attempt.says("Could not find a suitable TLS CA certificate bundle")
    is_unusable = isinstance(attempt.error, requests.exceptions.SSLError) and attempt.says(*_NO_CERTIFICATES)
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


def _address(attempt: Attempt) -> Failure | None:
    """Return what is wrong with an address that cannot be used, of the API or of the proxy."""
    if not isinstance(attempt.error, ValueError):
        return None
    if attempt.proxy is None or not _is_usable(attempt.url):
        return Failure(*_ADDRESS, is_lasting=True, is_unsent=True)
    cause = f"{attempt.proxy.variable} does not hold the address of a proxy"
    remedy = "write it as http://host:port, with signs such as @, # and / in a password as %40, %23 and %2F"
    return Failure(cause, remedy, is_lasting=True, is_unsent=True)


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(requests.Request("POST", url).prepare().url or "")
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host)


def _tls(attempt: Attempt) -> Failure | None:
    if not isinstance(attempt.error, requests.exceptions.SSLError):
        return None
    if not attempt.says(*LASTING_TLS):
        return Failure(f"the TLS connection to {_there(attempt)} broke off", _ONLINE, is_distrust=True)
    cause = f"the TLS connection to {_there(attempt)} cannot be trusted ({distrust_of(attempt)})"
    return Failure(cause, _TRUST, is_lasting=True, is_unsent=True, is_distrust=True)


def _other(attempt: Attempt) -> Failure:
    is_unsent = attempt.first(*NO_CONNECTION) is not None
    if isinstance(attempt.error, requests.exceptions.ReadTimeout):
        return Failure(f"{_there(attempt)} did not answer in time", _ONLINE)
    return Failure(f"the connection to {_there(attempt)} failed ({reason_of(attempt)})", _ONLINE, is_unsent=is_unsent)


def _there(attempt: Attempt) -> str:
    return f"{attempt.host}, by way of the proxy {attempt.proxy.address}," if attempt.proxy else attempt.host


_RULES: tuple[Callable[[Attempt], Failure | None], ...] = (
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
