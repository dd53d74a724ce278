"""The connections of the API that no stream reads, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_NODES = "shows apps how many there are, but not one of them"
_DEPRECATED = "deprecated: the rows are those of `products`"
_FILES = "the files are those of the `*_note_files` streams, which name the note"
_TASKS = "the other side of `tasks.workObject`"
_PAYMENTS = "those of the payment record of the same id, in `payment_record_allocations` and `payment_record_refunds`"

LEFT_OUT: Mapping[str, str] = {
    "Query.invoiceSamples": "samples to look at, not the account's data",
    "Query.paymentMethods": _NO_NODES,
    "Query.productOrServices": _DEPRECATED,
    "Query.productsSearch": _DEPRECATED,
    "Query.similarClients": "a search for duplicates, not a list",
    "Assessment.linkedCommunications": _NO_NODES,
    "Assessment.timeSheetEntries": "the other side of `time_sheet_entries.targetItem`",
    "Client.clientProperties": "the other side of `properties.clientId`",
    "Client.invoices": "the other side of `invoices.clientId`",
    "Client.jobs": "the other side of `jobs.clientId`",
    "Client.messages": _NO_NODES,
    "Client.quotes": "the other side of `quotes.clientId`",
    "Client.requestedWorkObjects": (
        "the other side of `requests.clientId`, `quotes.clientId`, `jobs.clientId` and `invoices.clientId`"
    ),
    "Client.requests": "the other side of `requests.clientId`",
    "Client.scheduledItems": (
        "the other side of `visits.clientId`, `assessments.clientId`, `events.clientId` and `tasks.clientId`; "
        "empty for clients with many"
    ),
    "Client.workObjects": "deprecated: as `Client.requestedWorkObjects`",
    "ClientNote.fileAttachments": _FILES,
    "ContactModel.emails": "the other side of `client_emails.contactId`",
    "ContactModel.phones": "the other side of `client_phones.contactId`",
    "ContactModel.properties": "the other side of `property_contacts.contactId`",
    "Invoice.linkedCommunications": _NO_NODES,
    "InvoiceNote.fileAttachments": _FILES,
    "Job.expenses": "the other side of `expenses.linkedJobId`",
    "Job.initialAssignedUsers": "deprecated: the rows are those of `job_visit_schedule_users`",
    "Job.timeSheetEntries": "the other side of `time_sheet_entries.jobId`",
    "Job.visits": "the other side of `visits.jobId`",
    "JobNote.fileAttachments": _FILES,
    "NoteInterface.fileAttachments": _FILES,
    "PaymentRecord.allocations": _PAYMENTS,
    "PaymentRecord.refunds": _PAYMENTS,
    "PaymentRecordRefund.allocations": "those of the refund's own payment record, in `payment_record_allocations`",
    "Property.jobs": "the other side of `jobs.propertyId`",
    "Property.quotes": "the other side of `quotes.propertyId`",
    "Property.requests": "the other side of `requests.propertyId`",
    "Property.scheduledItems": (
        "the other side of `visits.propertyId`, `assessments.propertyId`, `events.propertyId` and `tasks.propertyId`"
    ),
    "Quote.linkedCommunications": _NO_NODES,
    "Quote.tasks": _TASKS,
    "QuoteNote.fileAttachments": _FILES,
    "Request.tasks": _TASKS,
    "RequestNote.fileAttachments": _FILES,
    "TimeSheetUserDay.entries": "the entries are those of `time_sheet_entries`, by user and day",
    "User.timeSheetsByDay": "the days are those of `time_sheet_group_days`, summed over jobs",
    "Visit.timeSheetEntries": "the other side of `time_sheet_entries.targetItem`",
}
"""By `Type.field`; columns in backquotes are those that show the same."""
