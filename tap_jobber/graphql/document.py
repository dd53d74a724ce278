"""A query that a user has written, and what is wanted of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import VariableDefinitionNode

    from tap_jobber.graphql.tree import Selection


class QueryError(ValueError):
    """A query that cannot be used.

    Args:
        cause: What is wrong with it, as the end of a sentence about the query.
        remedy: What to do about it, in the imperative.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}: {remedy}")
        self.cause = cause
        self.remedy = remedy


@dataclass(frozen=True)
class Document:
    """A query.

    Attributes:
        variables: The variables that it declares, by name.
        selection: What it asks for.
    """

    variables: Mapping[str, VariableDefinitionNode]
    selection: Selection


@dataclass(frozen=True)
class UserQuery:
    """A query and what its user wants of it.

    Attributes:
        name: The stream's name, which becomes the operation's.
        document: The query.
        primary_keys: The columns that tell rows apart.
        replication_key: The column that tells when a row was changed.
        records_path: The way to the list to read, where several could be meant.
    """

    name: str
    document: Document
    primary_keys: tuple[str, ...]
    replication_key: str | None = None
    records_path: str | None = None
