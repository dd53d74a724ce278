"""Execute a query as graphql-core does, but the fields of scalars with less ado, since most fields are such.

For each field graphql-core notes its path, builds what a resolver may ask for, and looks at its type from all sides. A
field of a scalar that takes no arguments needs none of that, and whatever is wrong with it is left to graphql-core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import Undefined, get_nullable_type, is_leaf_type
from graphql.execution import Executor
from graphql.pyutils import Path
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLObjectType


class _Leaf(NamedTuple):
    """A field of a scalar or an enum, without arguments."""

    resolve: Callable[..., Any]
    info: Any
    coerce: Callable[[Any], Any]
    is_nullable: bool


class LeafExecutor(Executor[None]):
    """An executor for resolvers that return at once, and raise what goes wrong."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # With the fields themselves, so that no others come to have their identity.
        self._planned: dict[tuple[str, int], tuple[object, list[tuple[str, Any, _Leaf | None]]]] = {}

    @override
    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Mapping[str, Any],
        position_context: Any,
    ) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for name, fields, leaf in self._plan(parent_type, grouped_field_set):
            if leaf is not None:
                try:
                    value = leaf.resolve(source_value, leaf.info)
                    if value is None and leaf.is_nullable:
                        results[name] = None
                        continue
                    if value is not None and value is not Undefined:
                        value = leaf.coerce(value)
                except Exception:  # noqa: BLE001 - it comes again below, where it becomes an error of the answer
                    value = None
                if value is not None and value is not Undefined:
                    results[name] = value
                    continue
            field_path = Path(path, name, parent_type.name)
            value = self.execute_field(parent_type, source_value, fields, field_path, position_context)
            if value is not Undefined:
                results[name] = value
        return results

    def _plan(self, parent_type: GraphQLObjectType, grouped: Mapping[str, Any]) -> list[tuple[str, Any, _Leaf | None]]:
        """Return the fields of a selection, each with its leaf if it is one."""
        key = (parent_type.name, id(grouped))
        found = self._planned.get(key)
        if found is None:
            plan = [(name, fields, self._leaf(parent_type, fields)) for name, fields in grouped.items()]
            found = self._planned[key] = (grouped, plan)
        return found[1]

    def _leaf(self, parent_type: GraphQLObjectType, fields: Sequence[Any]) -> _Leaf | None:
        """Return the leaf, None if the field is none or somebody wants to know of each time it is resolved."""
        node = fields[0].node
        field = self.schema.get_field(parent_type, node.name.value)
        if field is None or field.resolve is None or field.args or node.arguments or self.middleware_manager:
            return None
        named = get_nullable_type(field.type)
        if not is_leaf_type(named):
            return None
        nowhere: Any = None
        info = self.build_resolve_info(field, [each.node for each in fields], parent_type, nowhere)
        return _Leaf(field.resolve, info, named.coerce_output_value, named is field.type)
