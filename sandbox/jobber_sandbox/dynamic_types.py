"""Aliases for values without a static type: only the served schema knows what they are."""

from __future__ import annotations

from typing import Any, TypeAlias

Value: TypeAlias = Any
"""Value of a field or an argument."""
Info: TypeAlias = Any
"""graphql-core's information for a resolver; its `context` is a `Context`."""
SchemaType: TypeAlias = Any
"""A type of the schema, of any kind."""
Ast: TypeAlias = Any
"""A node of a parsed document, or its ancestors."""
Getter: TypeAlias = Any
"""A function from an object to a value: precise where it is declared, loose where it is made."""
