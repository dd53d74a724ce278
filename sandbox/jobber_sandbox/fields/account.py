"""The account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fallback_values import edited
from jobber_sandbox.fields.generators import above, always, weighted
from jobber_sandbox.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import Node

OWN_APP = 1
"""The number of the app that the sandbox's credentials are those of."""


def account_name(number: int) -> str:
    """Return the name of the account with a number."""
    return f"Sandbox Field Services {number} 🧰"


def _app_name(node: Node) -> str:
    return edited("Sandbox" if node.number == OWN_APP else f"App {node.number}", node)


_source_type = weighted("reminder source", ("quote", 2), ("invoice", 3))
_reminder_status = weighted("reminder status", ("pending", 2), ("viewed", 1), ("completed", 3))

VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Account": {
        "name": lambda node: account_name(node.world.number),
        "countryCode": always("CA"),
        "createdAt": lambda node: iso(node.created),
    },
    "Application": {"displayName": _app_name, "name": _app_name, "author": always("Sandbox")},
    "AppAlert": {"app": above("Application")},
    "ExternalReminder": {"sourceType": _source_type, "status": _reminder_status},
    "RequestSettings": {"default": lambda node: node.number == 1},
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {}
