"""What an account sells, taxes and records beside the standard fields."""

from __future__ import annotations

from tap_jobber.extraction.source import Order, ascending
from tap_jobber.streams.base import JobberStream


class Products(JobberStream):
    """Products and services."""

    name = "products"
    root = "products"
    order = Order("filter: {sort: {key: NAME, direction: ASCENDING}}", place="name")


class TaxRates(JobberStream):
    """Tax rates and the rates they are made of."""

    name = "tax_rates"
    root = "taxRates"


class CustomFieldConfigurations(JobberStream):
    """Definitions of custom fields of all six kinds, in one shape."""

    name = "custom_field_configurations"
    root = "customFieldConfigurations"
    order = ascending("CREATED_AT")
