"""The account itself."""

from __future__ import annotations

from tap_jobber.streams.base import JobberStream


class Account(JobberStream):
    """The account, one row."""

    name = "account"
    root = "account"
