"""How expenses come in: uploads, and what is read from suppliers' invoices."""

from __future__ import annotations

from tap_jobber.streams.lists import ListTable
from tap_jobber.streams.tables import Table


class ExpenseUploads(Table):
    """Uploads of receipts, with their documents."""

    name = "expense_uploads"
    root = "expenseUploads"
    scope = "read_expenses"
    selected_by_default = False


class ExpenseUploadDocuments(Table):
    """Documents of uploads, with what was read from them; the addresses of the files may expire."""

    name = "expense_upload_documents"
    root = "expenseUploadDocuments"
    scope = "read_expenses"
    selected_by_default = False


class ExpenseSuggestions(Table):
    """Names that were used for expenses before."""

    name = "expense_suggestions"
    root = "expenseSuggestions"
    scope = "read_expenses"
    key = "name"
    selected_by_default = False


class SupplierInvoiceBatches(Table):
    """Batches of suppliers' invoices."""

    name = "supplier_invoice_batches"
    root = "supplierInvoiceBatches"
    scope = "read_expenses"
    selected_by_default = False


class SupplierInvoiceDocuments(ListTable):
    """Suppliers' invoices, with what was read from them."""

    name = "supplier_invoice_documents"
    parent = SupplierInvoiceBatches
    list_field = "supplierInvoiceDocuments"
    selected_by_default = False
