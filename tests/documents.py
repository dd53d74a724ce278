"""GraphQL documents, parsed once however often a fake of Jobber is asked for them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from graphql import parse

if TYPE_CHECKING:
    from graphql import DocumentNode


@lru_cache(maxsize=512)
def parsed(text: str) -> DocumentNode:
    """Return a document, which is not to be changed."""
    return parse(text, no_location=True)
