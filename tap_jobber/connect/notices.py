"""Notices of the page: one line each about what happened, or why it cannot, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.connect.html_pages import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping


def _try_again(title: str, line: str, status: int = 400) -> Notice:
    return Notice(title, line, "/connect", "Continue with Jobber", status=status)


DENIED = Notice(
    "Nothing was connected",
    "You did not allow access in Jobber, so nothing was connected and nothing is read. Should you change your mind, "
    "you can connect at any time.",
    "/connect",
    "Continue with Jobber",
    is_neutral=True,
    status=200,
)
STRANGE_STATE = _try_again(
    "Start again",
    "This answer of Jobber's belongs to another browser or to an older attempt, so it was not used. Start again, "
    "with cookies allowed for this page.",
)
CODE_REFUSED = _try_again(
    "Start again",
    "Jobber did not accept the sign-in: it may have been used already, or waited too long. Start again.",
)
UNKNOWN_ACCOUNT = Notice(
    "Not connected here yet",
    "Your Jobber account is not connected to this page, so there is nothing to manage. Connect it first.",
    link="/connect",
    label="Connect it",
    status=404,
)
UNAVAILABLE = Notice(
    "Please try again later",
    "This cannot be done just now, and nothing was changed. Try again in a few minutes; if it stays so, tell whoever "
    "gave you this page.",
    link="/",
    label="Back to the start",
    status=503,
)
NOT_DISCONNECTED = Notice(
    "Not disconnected",
    "Jobber did not agree, or could not be reached. Try again in a few minutes, or disconnect the app in Jobber under "
    "Apps.",
    link="/connection",
    label="Back to the connection",
    status=503,
)
SIGNED_OUT = _try_again(
    "Please sign in",
    "You are not signed in, or it has been too long. Press Manage App in Jobber, or continue with Jobber here.",
    status=401,
)
STRANGE_FORM = Notice(
    "Nothing was done",
    "The form was not sent from a page of this session, or the session is over. Go back, reload the page and try "
    "again.",
    link="/",
    label="Back to the start",
    status=403,
)
TOO_MANY = Notice("Too many tries", "Too many tries came from your network. Wait a minute, then try again.", status=429)
BYE = Notice(
    "Signed out",
    "You are signed out. The connection to Jobber is as it was.",
    link="/",
    label="Back to the start",
    is_good=True,
    status=200,
)
MISSING = Notice("No such page", "There is nothing at this address.", link="/", label="Back to the start", status=404)
BROKEN = Notice(
    "Something went wrong",
    "The fault is on this side and has been noted. Try again; if it stays so, tell whoever gave you this page.",
    link="/",
    label="Back to the start",
    status=500,
)

TOLD: Mapping[str, Notice] = {
    "connected": Notice("Connected", "The account is connected. You can close this page.", is_good=True),
    "renewed": Notice("Renewed", "Your connection has been renewed.", is_good=True),
    "kept": Notice(
        "Kept",
        "The connection of the user who installed the app stays as it is: Jobber keeps theirs working. Yours was not "
        "needed.",
    ),
    "disconnected": Notice("Disconnected", "The account has been disconnected.", is_good=True),
    "dropped": Notice(
        "Removed",
        "The connection has been removed here. Jobber did not accept it any more; if it still lists the app under "
        "Apps, disconnect it there as well.",
    ),
}
