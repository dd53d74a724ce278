"""Users, time sheets, expenses and vehicles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.catalog import custom_fields
from jobber_sandbox.fields.clients import first_name, last_name
from jobber_sandbox.fields.generators import above, one_in, part_of, read, row_of, stamp_of, weighted
from jobber_sandbox.timestamps import iso
from jobber_sandbox.world import salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import Node

OWNER_NUMBER = 1
ADMIN_NUMBERS = frozenset({1, 2, 3})
_LENGTH, _TOTAL = salt_of("timer"), salt_of("expense")
_ticking = one_in("ticking", 200)
_status = weighted("user status", ("ACTIVATED", 8), ("DEACTIVATED", 3), ("NOT_INVITED", 1), ("RESEND_INVITE", 1))
_expense_date = stamp_of("expense date", 2)


def _seconds(node: Node) -> int:
    return 0 if read(node, "ticking") else 900 + node.roll(_LENGTH + node.revision) % 28_800


def _name(node: Node) -> dict[str, Any]:
    first, last = first_name(node), last_name(node)
    return {"first": first, "last": last, "full": f"{first} {last}"}


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "User": {
        "customFields": custom_fields("TEAM"),
        "email": part_of("UserEmail", lambda node: {"raw": f"user{node.number}@example.com"}),
        "isAccountAdmin": lambda node: node.number in ADMIN_NUMBERS,
        "isAccountOwner": lambda node: node.number == OWNER_NUMBER,
        "isCurrentUser": lambda node: node.number == OWNER_NUMBER,
        "name": part_of("Name", _name),
        "status": lambda node: "ACTIVATED" if node.number in ADMIN_NUMBERS else _status(node),
    },
    "Vehicle": {"year": lambda node: 2005 + node.number % 20},
    "Expense": {
        "date": _expense_date,
        "total": lambda node: (node.roll(_TOTAL + node.revision) % 90_000 + 99) / 100,
    },
    "TimeSheetEntry": {
        "client": above("Client"),
        "job": above("Job"),
        "visit": above("Visit"),
        "targetItem": lambda node: row_of(node).parent,
        "ticking": _ticking,
        "startAt": lambda node: iso(node.created),
        "endAt": lambda node: None if read(node, "ticking") else iso(node.created + _seconds(node)),
        "finalDuration": _seconds,
        "duration": _seconds,
    },
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {}
