"""The account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_jobber.sandbox.fields.rolls import always
from tap_jobber.sandbox.stamps import iso
from tap_jobber.sandbox.world import salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jobber.sandbox.world import Node

_FEATURES = salt_of("features")


def account_name(number: int) -> str:
    """The name of the account with a number."""
    return f"Sandbox Field Services {number} 🧰"


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Account": {
        "name": lambda node: account_name(node.world.number),
        "countryCode": always("CA"),
        "createdAt": lambda node: iso(node.created),
    },
    "Application": {"displayName": always("Sandbox"), "name": always("Sandbox"), "author": always("Sandbox")},
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {}
