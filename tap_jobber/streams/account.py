"""The account itself."""

from __future__ import annotations

from tap_jobber.streams.tables import Table


class Account(Table):
    """The account, one row."""

    name = "account"
    root = "account"
