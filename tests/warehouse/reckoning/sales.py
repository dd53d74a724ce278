"""Expected contents of the marts about clients, quotes and those who sell."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.warehouse.reckoning import money
from tests.warehouse.reckoning.reader import exact, month_of, share, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobber_sandbox.world import Row
    from tests.warehouse.reckoning.money import Table
    from tests.warehouse.reckoning.reader import Reader

_OUTCOMES = {"approved": "won", "converted": "won", "archived": "lost", "draft": "draft"}
_ADDRESS = {"street": "street", "city": "city", "province": "province", "postal_code": "postalCode"}


def quotes(reader: Reader) -> Table:
    """Return `fct_quotes`."""
    lines, rates = reader.below("QuoteLineItem"), list(reader.rows("TaxRate"))
    percent = Decimal(str(reader.read(rates[0], "tax")))
    return {(row.id,): _quote(reader, row, lines[row], percent) for row in reader.rows("Quote")}


def _quote(reader: Reader, row: Row, lines: list[Row], tax_percent: Decimal) -> dict[str, Any]:
    kept = 1 - Decimal(str(reader.read(row, "discountPercent") or 0)) / 100
    subtotal = sum((reader.price(line) for line in lines), Decimal(0))
    taxed = sum((reader.price(line) for line in lines if reader.read(line, "taxable")), Decimal(0))
    net = subtotal - exact(subtotal * (1 - kept))
    tax = exact((taxed - exact(taxed * (1 - kept))) * tax_percent / 100)
    created = reader.day(row, "createdAt")
    assert created is not None
    approved, converted = (reader.seconds(row, f"lastTransitioned.{name}At") for name in ("approved", "converted"))
    won = approved if approved is not None else converted
    asked = reader.seconds(row, "sentAt") or row.created
    status = reader.read(row, "quoteStatus")
    return {
        **reader.values(row, quote_number="quoteNumber", title="title", quote_status="quoteStatus"),
        **reader.ids(row, client_id="client", property_id="property", request_id="request"),
        **reader.ids(row, salesperson_id="salesperson"),
        **reader.moments(row, created_at="createdAt", sent_at="sentAt"),
        **reader.moments(row, approved_at="lastTransitioned.approvedAt", converted_at="lastTransitioned.convertedAt"),
        "outcome": "won" if won is not None else _OUTCOMES.get(status, "open"),
        "created_date": shown(created),
        "created_month": month_of(created),
        "total": net + tax,
        "net": net,
        "age_days": (reader.today - created).days,
        "seconds_to_win": None if won is None else won - asked,
        "as_of_date": str(reader.today),
    }


def quotes_by_month(reader: Reader) -> Table:
    """Return `fct_quotes_by_month`."""
    found: Table = {}
    for month, made in _grouped(quotes(reader).values(), "created_month").items():
        of = {outcome: _with_outcome(made, outcome) for outcome in ("won", "lost", "open", "draft")}
        won, lost, drafts = len(of["won"]), len(of["lost"]), len(of["draft"])
        found[month] = {
            "quotes": len(made),
            "won": won,
            "lost": lost,
            "open": len(of["open"]),
            "drafts": drafts,
            "total": _sum(made, "total"),
            "won_total": _sum(of["won"], "total"),
            "conversion_rate": share(won, len(made) - drafts),
            "win_rate": share(won, won + lost),
        }
    return found


def salespeople(reader: Reader) -> Table:
    """Return `fct_salesperson`."""
    names = {row.id: reader.read(row, "name.full") for row in reader.rows("User")}
    made = _grouped(quotes(reader).values(), "salesperson_id", "created_month")
    billed = _grouped(_issued(reader), "salesperson_id", "issued_month")
    found: Table = {}
    for key in made.keys() | billed.keys():
        won = _with_outcome(made[key], "won")
        found[key] = {
            "salesperson": names.get(key[0]),
            "quotes": len(made[key]),
            "won_quotes": len(won),
            "won_net": _sum(won, "net"),
            "invoices": len(billed[key]),
            "issued_net": _sum(billed[key], "net"),
        }
    return found


def clients(reader: Reader) -> Table:
    """Return `dim_clients`."""
    billed = _grouped(_issued(reader), "client_id")
    found: Table = {}
    for row in reader.rows("Client"):
        own = billed[row.id,]
        days = sorted(invoice["issued_date"] for invoice in own)
        owed = _sum(own, "open_balance")
        found[row.id,] = {
            **reader.values(row, name="name", first_name="firstName", last_name="lastName", email="email"),
            **reader.values(row, company_name="companyName", is_company="isCompany", is_lead="isLead", phone="phone"),
            **reader.values(row, is_archived="isArchived", lead_source="leadSource"),
            **{column: reader.read(row, f"billingAddress.{path}") for column, path in _ADDRESS.items()},
            "country": reader.read(row, "billingAddress.country"),
            **reader.moments(row, created_at="createdAt"),
            "first_issued_date": days[0] if days else None,
            "last_issued_date": days[-1] if days else None,
            "invoices": len(own),
            "issued_total": _sum(own, "total"),
            "issued_net": _sum(own, "net"),
            "open_balance": owed,
            "balance": owed,
        }
    return found


def lead_sources(reader: Reader) -> Table:
    """Return `fct_lead_sources`."""
    billed, made = _grouped(_issued(reader), "client_id"), _grouped(quotes(reader).values(), "client_id")
    by_source = defaultdict(list)
    for row in reader.rows("Client"):
        by_source[reader.read(row, "leadSource") or "unknown",].append((row.id,))
    found: Table = {}
    for source, known in by_source.items():
        of_quotes = [quote for client in known for quote in made[client]]
        found[source] = {
            "clients": len(known),
            "paying_clients": sum(bool(billed[client]) for client in known),
            "quotes": len(of_quotes),
            "won_quotes": len(_with_outcome(of_quotes, "won")),
            "issued_net": sum((_sum(billed[client], "net") for client in known), Decimal(0)),
        }
    return found


def _issued(reader: Reader) -> list[dict[str, Any]]:
    return [invoice for invoice in money.invoices(reader).values() if invoice["is_issued"]]


def _with_outcome(made: Iterable[dict[str, Any]], outcome: str) -> list[dict[str, Any]]:
    return [quote for quote in made if quote["outcome"] == outcome]


def _grouped(rows: Iterable[dict[str, Any]], *columns: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return rows by some columns, without those that lack one of them."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        key = tuple(row[column] for column in columns)
        if None not in key:
            found[key].append(row)
    return found


def _sum(rows: Iterable[dict[str, Any]], column: str) -> Decimal:
    return sum((row[column] for row in rows), Decimal(0))
