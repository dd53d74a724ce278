"""Expected contents of each mart, computed in plain Python over the rows of a business: by key, and by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.warehouse.reckoning import money, sales, work
from tests.warehouse.reckoning.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import World
    from tests.warehouse.reckoning.money import Table

_MARTS: Mapping[str, tuple[tuple[str, ...], Callable[[Reader], Table]]] = {
    "custom_fields": (("owner_type", "owner_id", "label"), work.custom_fields),
    "dim_clients": (("client_id",), sales.clients),
    "dim_products": (("product_id",), money.products),
    "dim_users": (("user_id",), work.users),
    "fct_invoices": (("invoice_id",), money.invoices),
    "fct_jobs": (("job_id",), work.jobs),
    "fct_lead_sources": (("lead_source",), sales.lead_sources),
    "fct_line_items": (("invoice_id", "line_item_id"), money.line_items),
    "fct_payments": (("payment_id",), money.payments),
    "fct_quotes": (("quote_id",), sales.quotes),
    "fct_quotes_by_month": (("month",), sales.quotes_by_month),
    "fct_revenue_by_month": (("month",), money.months),
    "fct_salesperson": (("salesperson_id", "month"), sales.salespeople),
    "fct_time": (("user_id", "week"), work.hours),
    "fct_uninvoiced_work": (("job_id",), work.uninvoiced_work),
    "fct_visits": (("visit_id",), work.visits),
}
KEYS = {name: keys for name, (keys, _) in _MARTS.items()}
"""The columns that tell the rows of each mart apart."""


def reckoned(world: World) -> dict[str, Table]:
    """Return what each mart is to hold of a business as it is now."""
    reader = Reader(world)
    return {name: compute(reader) for name, (_, compute) in _MARTS.items()}
