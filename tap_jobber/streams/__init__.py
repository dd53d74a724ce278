"""What is read: one short declaration per table, a module per domain."""

from __future__ import annotations

from tap_jobber.streams.account import Account
from tap_jobber.streams.billing import Invoices, PaymentRecords, PayoutRecords
from tap_jobber.streams.catalog import CustomFieldConfigurations, Products, TaxRates
from tap_jobber.streams.clients import Clients, Properties
from tap_jobber.streams.scheduling import Tasks, Visits
from tap_jobber.streams.team import Expenses, TimeSheetEntries, Users, Vehicles
from tap_jobber.streams.work import Jobs, Quotes, Requests

STREAMS = (
    Account,
    Clients,
    CustomFieldConfigurations,
    Expenses,
    Invoices,
    Jobs,
    PaymentRecords,
    PayoutRecords,
    Products,
    Properties,
    Quotes,
    Requests,
    Tasks,
    TaxRates,
    TimeSheetEntries,
    Users,
    Vehicles,
    Visits,
)
"""Every stream of the tap."""
