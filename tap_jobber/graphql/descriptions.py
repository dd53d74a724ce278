"""Facts of columns beyond their names and types: units, meanings, and what surprises.

Types tell much by themselves (minutes, seconds, enums, references, deprecations). The rest is stated here by the API's
own coordinates, each with where it is known from: "text" is Jobber's own description in its schema, "seen" a recorded
answer of the real API, "said" what other users of the API report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLSchema

_CENTS = "In whole cents."  # text
_LOCAL_MIDNIGHT = "A day: its midnight in the account's time zone, as UTC."  # seen: 05:00:00Z
_SIGNED = "A signed address, which expires within hours or days."  # said

UNITS: Mapping[str, str] = {"Minutes": "In minutes.", "Seconds": "In seconds."}
"""By scalar type: the unit of its values."""

FACTS: Mapping[str, str] = {
    "BalanceTransactionInterface.feeAmount": _CENTS,
    "BalanceTransactionInterface.grossAmount": _CENTS,
    "BalanceTransactionInterface.netAmount": _CENTS,
    "Expense.date": "A day, as midnight UTC.",  # seen
    "Invoice.dueDate": f"{_LOCAL_MIDNIGHT} Can precede issuedDate of the same day.",  # seen
    "Invoice.invoiceStatus": "Turns past_due by itself, without a new updatedAt.",  # said
    "Invoice.updatedAt": "The last change that means something to the business.",  # text
    "Job.jobNumber": "Can be used again after a job was deleted.",  # said
    "Job.total": "Of a recurring job, the total of one visit.",  # seen
    "Job.updatedAt": "The last change that means something to the business.",  # text
    "NoteFileInterface.downloadUrl": _SIGNED,
    "NoteFileInterface.previewUrl": _SIGNED,
    "NoteFileInterface.thumbnailUrl": _SIGNED,
    "NoteFileInterface.url": _SIGNED,
    "PayoutRecord.feeAmount": _CENTS,
    "PayoutRecord.grossAmount": _CENTS,
    "PayoutRecord.netAmount": _CENTS,
    "Quote.updatedAt": "The last change that means something to the business.",  # text
    "Request.updatedAt": "The last change that means something to the business.",  # text
}
"""By coordinate `Type.field`: one or two sentences."""


def described(schema: GraphQLSchema, owner: str, name: str, scalar: str) -> str:
    """Return what is known of a field, in sentences; nothing if nothing is.

    Args:
        schema: The read schema.
        owner: The type that declares the field.
        name: The field.
        scalar: The named type of its value.
    """
    named: Any = schema.type_map.get(owner)
    declared = getattr(named, "fields", {}).get(name)
    coordinates = [f"{each}.{name}" for each in (owner, *(each.name for each in getattr(named, "interfaces", ())))]
    facts = [FACTS[each] for each in coordinates if each in FACTS][:1]
    if scalar in UNITS:
        facts.append(UNITS[scalar])
    if declared is not None and declared.deprecation_reason is not None:
        facts.append("Deprecated by Jobber.")
    return " ".join(facts)
