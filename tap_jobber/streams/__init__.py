"""What is read: one short declaration per table, a module per domain."""

from __future__ import annotations

from tap_jobber.streams.account import Account
from tap_jobber.streams.billing import (
    InvoiceJobs,
    InvoiceLineItems,
    InvoiceNotes,
    Invoices,
    PaymentRecordAllocations,
    PaymentRecordRefunds,
    PaymentRecords,
    PayoutBalanceTransactions,
    PayoutRecords,
)
from tap_jobber.streams.catalog import CustomFieldConfigurations, Products, TaxRates
from tap_jobber.streams.clients import ClientContacts, ClientNotes, Clients, ClientTags, Properties
from tap_jobber.streams.scheduling import Assessments, Events, Tasks, VisitAssignedUsers, VisitLineItems, Visits
from tap_jobber.streams.team import Expenses, TimeSheetEntries, Users, Vehicles
from tap_jobber.streams.work import (
    JobLineItems,
    JobNotes,
    Jobs,
    QuoteLineItems,
    QuoteNotes,
    Quotes,
    RequestLineItems,
    RequestNotes,
    Requests,
)

STREAMS = (
    Account,
    Assessments,
    ClientContacts,
    ClientNotes,
    ClientTags,
    Clients,
    CustomFieldConfigurations,
    Events,
    Expenses,
    InvoiceJobs,
    InvoiceLineItems,
    InvoiceNotes,
    Invoices,
    JobLineItems,
    JobNotes,
    Jobs,
    PaymentRecordAllocations,
    PaymentRecordRefunds,
    PaymentRecords,
    PayoutBalanceTransactions,
    PayoutRecords,
    Products,
    Properties,
    QuoteLineItems,
    QuoteNotes,
    Quotes,
    RequestLineItems,
    RequestNotes,
    Requests,
    Tasks,
    TaxRates,
    TimeSheetEntries,
    Users,
    Vehicles,
    VisitAssignedUsers,
    VisitLineItems,
    Visits,
)
"""Every stream of the tap."""
