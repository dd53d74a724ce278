"""The page on which a user lets the app in, or does not."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from jobber_sandbox.oauth import Person

PARAMETERS = ("response_type", "client_id", "redirect_uri", "state")
SIGNED_IN = "sandbox-user"
"""The cookie that says who is signed in to Jobber in a browser."""
ALLOW, DENY = "allow", "deny"


def problem_with(parameters: Mapping[str, str], client_id: str) -> str | None:
    """Return the reason why the page cannot be shown, or None."""
    if parameters.get("response_type") != "code":
        return "response_type must be code"
    if parameters.get("client_id") != client_id:
        return "There is no app with this client_id"
    if urlsplit(parameters.get("redirect_uri", "")).scheme not in {"http", "https"}:
        return "redirect_uri is not the address of a page"
    return None


def page(parameters: Mapping[str, str], people: Iterable[Person], admins: Collection[Person]) -> str:
    """Return the page: who consents, and a button for each answer."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(parameters[name])}">'
        for name in PARAMETERS
        if name in parameters
    )
    choices = "".join(
        f'<option value="{written(person)}">account {person.account}, user {person.user}'
        f"{'' if person in admins else ' (no admin)'}</option>"
        for person in people
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Connect the app</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>'
        "<h1>Connect the app to this account?</h1>"
        f'<form method="post">{hidden}<label>Signed in as <select name="user">{choices}</select></label>'
        f'<p><button name="decision" value="{ALLOW}">Allow access</button> '
        f'<button name="decision" value="{DENY}">Deny</button></p></form></body></html>'
    )


def written(person: Person) -> str:
    """Return a user as the form and the cookie write them."""
    return f"{person.account}:{person.user}"


def chosen(text: str | None, people: Iterable[Person]) -> Person | None:
    """Return the user whom a form or a cookie names."""
    return next((person for person in people if written(person) == text), None)


def signing_in(person: Person) -> dict[str, str]:
    """Return the header that signs a browser in as a user."""
    return {"set-cookie": f"{SIGNED_IN}={written(person)}; Path=/; HttpOnly; SameSite=Lax"}


def redirect(redirect_uri: str, code: str | None, state: str | None) -> str:
    """Return the address to go to next; a denial adds nothing to it."""
    if code is None:
        return redirect_uri
    parameters = {"code": code} | ({"state": state} if state is not None else {})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(parameters)}"
