"""Incoming expenses: uploads with their documents, suppliers' invoices, and names used before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fallback_values import edited, picked
from jobber_sandbox.fields.generators import above, below, read, weighted
from jobber_sandbox.sample_words import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import Node

_batch_status = weighted("batch status", ("COMPLETED", 6), ("PARTIALLY_FAILED", 2), ("PROCESSING", 1), ("FAILED", 1))
_document_status = weighted("upload document status", ("READY", 3), ("CONVERTED", 4), ("DISCARDED", 1))


def _expense_id(node: Node) -> str | None:
    expense = read(node, "expense")
    return None if expense is None else str(expense.id)


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "ExpenseSuggestion": {"name": lambda node: edited(f"{picked(SERVICES, node.number)} {node.number}", node)},
    "ExpenseUpload": {
        "documents": lambda node: below(node, "ExpenseUploadDocument"),
        "totalDocumentCount": lambda node: len(below(node, "ExpenseUploadDocument")),
    },
    "ExpenseUploadDocument": {"expenseUpload": above("ExpenseUpload"), "status": _document_status},
    "SupplierInvoiceBatch": {"status": _batch_status},
    "SupplierInvoiceDocument": {"expenseId": _expense_id},
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {}
