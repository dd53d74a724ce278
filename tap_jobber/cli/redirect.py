"""Builds the address of Jobber's consent page, and reads the redirect that comes back from it."""

from __future__ import annotations

import hmac
import ipaddress
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from tap_jobber.errors import TapError

_AGAIN = "run tap-jobber --login again"
_NO_BROWSER = "tap-jobber --login --no-browser"


class Loopback(NamedTuple):
    """The place on this machine where a redirect arrives.

    Attributes:
        hosts: The IP addresses that the host of the redirect address may resolve to.
        port: The port.
        path: The path of the address.
    """

    hosts: tuple[str, ...]
    port: int
    path: str


def authorize_url(api_url: str, client_id: str, redirect_uri: str, state: str) -> str:
    """Return the address of the page on which a person lets the app in."""
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state}
    return f"{api_url}/oauth/authorize?{urlencode(asked)}"


def loopback(redirect_uri: str) -> Loopback:
    """Return where to listen for a redirect.

    Raises:
        TapError: If it leads to another machine, or needs a certificate.
    """
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    remedy = (
        "register http://localhost:8765/callback in Jobber's Developer Center and set redirect_uri to it, "
        f"or use {_NO_BROWSER}"
    )
    if parts.scheme != "http" or not _is_loopback(host):
        raise TapError(f"A browser cannot bring the log-in back here by redirect_uri {redirect_uri}", remedy)
    if parts.port == 0:
        raise TapError(f"redirect_uri {redirect_uri} names no port that could be registered", remedy)
    hosts = ("127.0.0.1", "::1") if host == "localhost" else (host,)
    return Loopback(hosts, parts.port or 80, parts.path or "/")


def code_in(query: str, state: str) -> str:
    """Return the authorization code that a redirect brought.

    Args:
        query: The query of the address that the browser was sent to.
        state: The state that this log-in began with.

    Raises:
        TapError: If it brought none, or belongs to another log-in.
    """
    found = _first_values(query)
    if "error" in found:
        said = " ".join(" ".join([found["error"], found.get("error_description", "")]).split())[:200]
        raise TapError(f"Jobber did not let the app in ({said})", _AGAIN)
    if not found.get("code"):
        # Jobber's documentation on app authorization: a denial leads back without any parameter.
        raise TapError("Access was denied on Jobber's page", f"{_AGAIN} and allow it")
    if not hmac.compare_digest(found.get("state", "").encode(), state.encode()):
        raise TapError("The redirect does not belong to this log-in, its state is another one", _AGAIN)
    return found["code"]


def code_pasted(text: str, state: str, redirect_uri: str) -> str:
    """Return the authorization code in an address that a person has copied from the browser.

    A bare code is refused: without the state beside it, nothing shows that it belongs to this person's own log-in.

    Args:
        text: The pasted text; white space in it comes from wrapped lines.
        state: The state that this log-in began with.
        redirect_uri: The beginning of the address; one without a code that begins otherwise is another page's.

    Raises:
        TapError: If it is not such an address, and as for `code_in`.
    """
    text = "".join(text.split())
    if not text:
        raise TapError("No address was pasted", f"{_AGAIN} and paste the address that the browser ends on")
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    found = _first_values(parts.query)
    is_it = bool({"code", "error"} & set(found)) or text.startswith(redirect_uri)
    if parts.scheme not in {"http", "https"} or not is_it:
        raise TapError("What was pasted is not the address that the browser ended on", f"{_AGAIN} and paste all of it")
    if "code" in found and len(found.get("state", "")) < len(state) and state.startswith(found.get("state", "")):
        raise TapError("What was pasted is not the whole address", f"{_AGAIN} and paste all of it, as one line")
    return code_in(parts.query, state)


def _first_values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
