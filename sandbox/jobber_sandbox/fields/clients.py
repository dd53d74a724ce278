"""Clients, their contacts, tags and notes, and their properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox import sample_words
from jobber_sandbox.fallback_values import edited, picked
from jobber_sandbox.fields.catalog import custom_fields
from jobber_sandbox.fields.generators import above, below, cents, one_in, read, row_of
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.world import Node

_FIRST, _LAST, _COMPANY = salt_of("first name"), salt_of("last name"), salt_of("company name")
_TAGS, _BALANCE = salt_of("tags"), salt_of("balance")
EMAILS_SALT, PHONES_SALT = salt_of("emails"), salt_of("phones")
_ADDRESS, _ROUTE, _LINKS = salt_of("address"), salt_of("routing order"), salt_of("note links")

_is_company = one_in("company", 4)
_is_lead = one_in("lead", 6)
_is_archived = one_in("archived client", 9)
_is_primary_property = one_in("billing address", 2)


def first_name(node: Node) -> str:
    """Return the first name of a person."""
    return picked(sample_words.FIRST_NAMES, node.roll(_FIRST))


def last_name(node: Node) -> str:
    """Return the last name of a person."""
    return picked(sample_words.LAST_NAMES, node.roll(_LAST))


def full_name(node: Node) -> str:
    """Return both names of a person."""
    return f"{read(node, 'firstName')} {read(node, 'lastName')}"


def _company(node: Node) -> str | None:
    return edited(picked(sample_words.COMPANIES, node.roll(_COMPANY)), node) if _is_company(node) else None


def _client_name(node: Node) -> str:
    return read(node, "companyName") if read(node, "isCompany") else full_name(node)


def _directly_below(type_name: str) -> Callable[[Node], Sequence[Row]]:
    """Return the getter of the rows of a type whose parent is a row itself."""
    return lambda node: node.world.tables[type_name].by_parent.get(row_of(node), ())


_emails, _phones = _directly_below("Email"), _directly_below("ClientPhoneNumber")


def _is_first(node: Node) -> bool:
    """Return True if a row is the first child of its parent."""
    row = row_of(node)
    return row.parent is not None and row.table.by_parent[row.parent][0] is row


def _primary(part_path: str, value: str) -> Callable[[Node], Any]:
    def get(node: Node) -> Value:
        parts = read(node, part_path)
        return read(parts[0], value) if parts else None

    return get


def _tags(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
    rows = node.world.tables["Tag"].rows
    roll = node.roll(_TAGS)
    return [row for index, row in enumerate(rows) if roll >> index & 7 == 0]


def address_of(typename: str) -> Callable[[Node], Part]:
    """Return the getter of an address whose lines agree with each other."""

    def get(node: Node) -> Part:
        roll = node.roll(_ADDRESS)
        street = f"{roll % 9_000 + 1} {picked(sample_words.STREETS, roll)}"
        place = roll % len(sample_words.CITIES)
        given: dict[str, Any] = {
            "city": sample_words.CITIES[place],
            "province": sample_words.PROVINCES[place],
            "country": sample_words.COUNTRIES[place],
            "street": street,
            "street1": street,
            "street2": "",
        }
        return Part(typename, node, _ADDRESS, given)

    return get


def _of_address(name: str) -> Callable[[Node], Any]:
    return lambda node: read(node, f"address.{name}") or ""


def note_links(node: Node) -> Part:
    """Return the kinds of records that also show a note."""
    roll = node.roll(_LINKS)
    given = {name: roll >> index & 7 == 0 for index, name in enumerate(("invoices", "jobs", "quotes", "requests"))}
    return Part("NoteLink", node, _LINKS, given)


def notes(*own_types: str, link: str | None = None) -> Callable[[Node, Mapping[str, Any]], list[Row]]:
    """Return the getter of a row's notes: its own, and those of its client that are linked to its kind."""

    def get(node: Node, _arguments: Mapping[str, Any]) -> list[Row]:
        row = row_of(node)
        found = [note for own in own_types for note in below(row, own)]
        client = row.ancestor("Client") if link else None
        if client is not None:
            found += [note for note in below(client, "ClientNote") if read(note, f"linkedTo.{link}")]
        return found

    return get


NOTE: Mapping[str, Callable[[Node], Any]] = {"linkedTo": note_links}
_REACHED_AT: Mapping[str, Callable[[Node], Any]] = {
    "client": above("Client"),
    "contact": above("ContactModel"),
    "primary": _is_first,
}

VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    "Client": {
        "balance": lambda node: cents(node.roll(_BALANCE)) if node.roll(_BALANCE) % 3 == 0 else 0.0,
        "billingAddress": address_of("ClientAddress"),
        "companyName": _company,
        "customFields": custom_fields("ALL_CLIENTS"),
        "email": _primary("emails", "address"),
        "emails": _emails,
        "firstName": first_name,
        "isArchived": _is_archived,
        "isCompany": _is_company,
        "isLead": _is_lead,
        "lastName": last_name,
        "name": _client_name,
        "phone": _primary("phones", "number"),
        "phones": _phones,
    },
    "ContactModel": {"firstName": first_name, "lastName": last_name, "name": full_name},
    "ClientNote": NOTE,
    "Email": _REACHED_AT,
    "ClientPhoneNumber": _REACHED_AT,
    "Tag": {"label": lambda node: f"{picked(sample_words.SERVICES, node.number)} {node.number}"},
    "Property": {
        "address": address_of("PropertyAddress"),
        "client": above("Client"),
        "customFields": custom_fields("ALL_PROPERTIES"),
        "isBillingAddress": _is_primary_property,
        "routingOrder": lambda node: node.roll(_ROUTE + node.revision) % 500,
        **{name: _of_address(name) for name in ("city", "country", "province", "street", "street1", "street2")},
    },
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "Client": {"tags": _tags, "notes": notes("ClientNote")},
    "ContactModel": {
        "emails": lambda node, _arguments: _emails(node),
        "phones": lambda node, _arguments: _phones(node),
    },
}
