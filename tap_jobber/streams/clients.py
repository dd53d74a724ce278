"""Clients, the properties they are served at, and what is kept of each client."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, Mode, Recency, ascending
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream


class Clients(RootStream):
    """Clients and leads, archived ones included."""

    name = "clients"
    root = "clients"
    scope = "read_clients"
    order = ascending("UPDATED_AT", place="updatedAt")
    mode = Mode.CHANGED
    stamp = CHANGED


class ClientContacts(ChildStream):
    """Contacts of clients, those of their properties included."""

    name = "client_contacts"
    parent = Clients
    list_field = "contacts"
    list_arguments = "filter: {includePropertyContacts: true}"


class ClientTags(ChildStream):
    """Tags of clients."""

    name = "client_tags"
    parent = Clients
    list_field = "tags"


class ClientNotes(ChildStream):
    """Notes on clients."""

    name = "client_notes"
    parent = Clients
    list_field = "notes"


class ClientNoteFiles(ChildStream):
    """Files attached to notes on clients; their addresses expire."""

    name = "client_note_files"
    parent = Clients
    list_field = "noteAttachments"


class ClientUnallocatedDeposits(ChildStream):
    """Which deposits of clients have not been allocated."""

    name = "client_unallocated_deposits"
    parent = Clients
    list_field = "unallocatedDepositRecords"


class Properties(RootStream):
    """Addresses that clients are served at. The API lists them by recency only."""

    name = "properties"
    root = "properties"
    scope = "read_clients"
    recency = Recency()


class PropertyContacts(ChildStream):
    """Which contacts belong to which properties."""

    name = "property_contacts"
    parent = Properties
    list_field = "contacts"
    link = "contactId"
    selected_by_default = False


class PropertyRecentPricing(ChildStream):
    """Which products and services were lately sold to which properties."""

    name = "property_recent_pricing"
    parent = Properties
    list_field = "recentPricing"
    selected_by_default = False


class ClientEmails(RootStream):
    """Addresses of clients and of their contacts, a row each."""

    name = "client_emails"
    root = "clientEmails"
    scope = "read_clients"
    selected_by_default = False


class ClientPhones(RootStream):
    """Telephone numbers of clients and of their contacts, a row each."""

    name = "client_phones"
    root = "clientPhones"
    scope = "read_clients"
    selected_by_default = False
