"""Clients and the properties they are served at."""

from __future__ import annotations

from tap_jobber.extraction.source import ascending
from tap_jobber.streams.base import JobberStream


class Clients(JobberStream):
    """Clients and leads, archived ones included."""

    name = "clients"
    root = "clients"
    order = ascending("UPDATED_AT", place="updatedAt")


class Properties(JobberStream):
    """Addresses that clients are served at. The API lists them by recency only."""

    name = "properties"
    root = "properties"
