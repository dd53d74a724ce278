"""Parse the URL of a database, with defaults for the driver and the path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def parse_database_url(location: str) -> URL:
    """Return the URL with defaults filled in.

    Raises:
        TapError: The URL is invalid; the error does not repeat it, for it may hold a password.
    """
    try:
        url = make_url(location)
    except (ArgumentError, ValueError):
        remedy = "write it as postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or sqlite:///PATH"
        raise TapError("token_store looks like a database URL and is none", remedy) from None
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername.partition("+")[0] != "sqlite":
        return url
    database = url.database or ""
    if database in {"", ":memory:"} or database.startswith("file:"):
        cause = "token_store names an SQLite database that is no file, so no other process would find its tokens"
        raise TapError(cause, "write it as sqlite:///PATH")
    try:
        return url.set(database=str(Path(database).expanduser().resolve()))
    except (OSError, RuntimeError, ValueError) as error:  # too long, of an unknown user, not a path
        reason = getattr(error, "strerror", None) or error
        cause = f"token_store names an SQLite database that cannot be ({reason})"
        raise TapError(cause, "write it as sqlite:///PATH") from error
