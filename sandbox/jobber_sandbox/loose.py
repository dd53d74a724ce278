"""Names for what has no static type here: only the served schema knows it."""

from __future__ import annotations

from typing import Any, TypeAlias

Value: TypeAlias = Any
"""What a field or an argument holds."""
Info: TypeAlias = Any
"""What graphql-core tells a resolver; its `context` is a `Context`."""
SchemaType: TypeAlias = Any
"""A type of the schema, of any kind."""
Ast: TypeAlias = Any
"""A node of a parsed document, or its ancestors."""
Getter: TypeAlias = Any
"""A function from an object to a value: precise where it is declared, loose where it is made."""
