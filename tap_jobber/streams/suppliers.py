"""How expenses come in: uploads, and what is read from suppliers' invoices."""

from __future__ import annotations

from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream


class ExpenseUploads(RootStream):
    """Uploads of receipts, with their documents."""

    name = "expense_uploads"
    root = "expenseUploads"
    scope = "read_expenses"
    selected_by_default = False


class ExpenseUploadDocuments(RootStream):
    """Documents of uploads, with what was read from them; the addresses of the files may expire."""

    name = "expense_upload_documents"
    root = "expenseUploadDocuments"
    scope = "read_expenses"
    selected_by_default = False


class ExpenseSuggestions(RootStream):
    """Names that were used for expenses before."""

    name = "expense_suggestions"
    root = "expenseSuggestions"
    scope = "read_expenses"
    key = "name"
    selected_by_default = False


class SupplierInvoiceBatches(RootStream):
    """Batches of suppliers' invoices."""

    name = "supplier_invoice_batches"
    root = "supplierInvoiceBatches"
    scope = "read_expenses"
    selected_by_default = False


class SupplierInvoiceDocuments(ChildStream):
    """Suppliers' invoices, with what was read from them."""

    name = "supplier_invoice_documents"
    parent = SupplierInvoiceBatches
    list_field = "supplierInvoiceDocuments"
    selected_by_default = False
