"""Failures that a proxy caused."""

from __future__ import annotations

import re
import socket

import requests
from urllib3.exceptions import SSLError

from tap_jobber.network.failed_request import (
    LASTING_TLS,
    NO_CONNECTION,
    FailedRequest,
    Failure,
    Proxy,
    distrust_of,
    reason_of,
)

_ASKS_FOR_PASSWORD, _MAY_PASS, _SERVER_ERROR = 407, {408, 429}, 500
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[\w ]*)")


def socks_package(request: FailedRequest) -> Failure | None:
    """Return the failure for the missing package that `requests` needs for a SOCKS proxy."""
    if not request.mentions("SOCKS support") or request.proxy is None:
        return None
    cause = f"the proxy {request.proxy.address} needs the Python package PySocks, which is not installed"
    remedy = f"install it where the tap is (pip install PySocks), or set {request.proxy.variable} to an http proxy"
    return Failure(cause, remedy, is_lasting=True, is_unsent=True)


def tls_of_proxy(request: FailedRequest) -> Failure | None:
    """Return the failure of the TLS connection to the proxy itself."""
    proxy = request.proxy
    if proxy is None or not isinstance(request.error, requests.exceptions.ProxyError):
        return None
    if request.mentions("only use HTTP and not HTTPS"):
        cause = f"the proxy {proxy.address} does not speak TLS"
        return Failure(cause, f"let {proxy.variable} begin with http://", is_lasting=True, is_unsent=True)
    if request.first_cause(SSLError) is None:
        return None
    cause = f"the TLS connection to the proxy {proxy.address} cannot be trusted ({distrust_of(request)})"
    remedy = f"check {proxy.variable}, and name the file of its certificate in REQUESTS_CA_BUNDLE"
    return Failure(cause, remedy, is_lasting=request.mentions(*LASTING_TLS), is_unsent=True, is_distrust=True)


def refusal(request: FailedRequest) -> Failure | None:
    """Return the failure for a proxy that refuses the request."""
    answer = next((found[1] for each in request.causes() if (found := _TUNNEL.search(str(each)))), None)
    proxy = request.proxy
    if proxy is None or answer is None:
        return None
    status = int(answer[:3])
    if status == _ASKS_FOR_PASSWORD:
        return _password(proxy, answer)
    cause = f"the proxy {proxy.address} does not let the tap through to {request.host} ({answer})"
    if status in _MAY_PASS or status >= _SERVER_ERROR:
        return Failure(cause, "run again later; if it stays, ask whoever runs the proxy", is_unsent=True)
    remedy = f"have it allowed by whoever runs the proxy, or add {request.host} to NO_PROXY"
    return Failure(cause, remedy, is_lasting=True, is_unsent=True)


def _password(proxy: Proxy, answer: str) -> Failure:
    wish = "refuses the user name or the password" if proxy.has_password else "asks for a user name and a password"
    cause = f"the proxy {proxy.address} {wish} ({answer})"
    scheme, _, place = proxy.address.partition("://")
    remedy = f"set {proxy.variable} to {scheme}://name:password@{place}, with those that are valid there"
    return Failure(cause, remedy, is_lasting=True, is_unsent=True)


def socks_answer(request: FailedRequest) -> Failure | None:
    """Return the failure that a SOCKS proxy reports; its exceptions are matched by name: their package is optional."""
    proxy = request.proxy
    if proxy is None or not proxy.address.startswith("socks"):
        return None
    names = {type(each).__name__: str(each) for each in request.causes()}
    if "SOCKS5AuthError" in names:
        return _password(proxy, "SOCKS5")
    said = names.get("SOCKS5Error", names.get("SOCKS4Error"))
    if said is not None:
        cause = f"the proxy {proxy.address} does not reach {request.host} ({said})"
        return Failure(cause, "check api_url and the proxy's own network, then run again", is_unsent=True)
    if "GeneralProxyError" in names and request.first_cause(socket.gaierror) is not None:
        cause = f"the connection to {request.host} failed ({reason_of(request)})"
        remedy = f"let {proxy.variable} begin with socks5h://, so that the proxy looks it up"
        return Failure(cause, remedy, is_unsent=True)
    return None


def unreachable(request: FailedRequest) -> Failure | None:
    """Return the failure for a proxy that cannot be reached."""
    proxy = request.proxy
    if proxy is None or request.first_cause(*NO_CONNECTION) is None:
        return None
    cause = f"the proxy {proxy.address} cannot be reached ({reason_of(request)})"
    remedy = f"check {proxy.variable}, the proxy and the network, or add {request.host} to NO_PROXY; then run again"
    return Failure(cause, remedy, is_unsent=True)
