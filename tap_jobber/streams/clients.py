"""Clients, the properties they are served at, and what is kept of each client."""

from __future__ import annotations

from tap_jobber.extraction.source import CHANGED, Mode, ascending
from tap_jobber.streams.lists import ListTable
from tap_jobber.streams.tables import Table


class Clients(Table):
    """Clients and leads, archived ones included."""

    name = "clients"
    root = "clients"
    scope = "read_clients"
    order = ascending("UPDATED_AT", place="updatedAt")
    mode = Mode.CHANGED
    stamp = CHANGED


class ClientContacts(ListTable):
    """Contacts of clients."""

    name = "client_contacts"
    parent = Clients
    list_field = "contacts"


class ClientTags(ListTable):
    """Tags of clients."""

    name = "client_tags"
    parent = Clients
    list_field = "tags"


class ClientNotes(ListTable):
    """Notes on clients."""

    name = "client_notes"
    parent = Clients
    list_field = "notes"


class Properties(Table):
    """Addresses that clients are served at. The API lists them by recency only."""

    name = "properties"
    root = "properties"
    scope = "read_clients"
