"""Products and services, tax rates, and custom fields."""

from __future__ import annotations

from tap_jobber.extraction.source import Order, ascending
from tap_jobber.streams.root_stream import RootStream


class Products(RootStream):
    """Products and services."""

    name = "products"
    root = "products"
    former_root = "productOrServices"
    order = Order("sort: {key: NAME, direction: ASCENDING}", place="name", is_filter=True)


class TaxRates(RootStream):
    """Tax rates and the rates they are made of."""

    name = "tax_rates"
    root = "taxRates"


class CustomFieldConfigurations(RootStream):
    """Definitions of custom fields of all six kinds, in one shape."""

    name = "custom_field_configurations"
    root = "customFieldConfigurations"
    scope = "read_custom_field_configurations"
    order = ascending("CREATED_AT")
