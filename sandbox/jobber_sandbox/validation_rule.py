"""Base of the validation rules: the path of a problem, and suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    ValidationRule,
)
from graphql.pyutils import suggestion_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import Node


class RubyRule(ValidationRule):
    """Rule that reports problems in graphql-ruby's words."""

    suggests: ClassVar[bool] = False
    """True if an unknown name is answered with a known one, as newer servers do."""

    def _report(
        self, message: str, node: Node, ancestors: Sequence[Any], extensions: dict[str, Any], *, step: bool = True
    ) -> None:
        nodes = [above for above in ancestors if not isinstance(above, (list, tuple))]
        path = [taken for above in (*nodes, *((node,) if step else ())) if (taken := step_of(above))]
        self.report_error(GraphQLError(message, node, path=path, extensions=extensions))

    def _hint(self, name: str, known: Sequence[str]) -> str:
        near = suggestion_list(name, known)[:1] if self.suggests else []
        return f" (Did you mean `{near[0]}`?)" if near else ""


def step_of(node: Node) -> str | None:
    """Return the step that a node adds to the path of an error."""
    if isinstance(node, OperationDefinitionNode):
        return node.operation.value + (f" {node.name.value}" if node.name else "")
    if isinstance(node, FragmentDefinitionNode):
        return f"fragment {node.name.value}"
    if isinstance(node, InlineFragmentNode):
        return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
    if isinstance(node, FieldNode):
        return node.alias.value if node.alias else node.name.value
    if isinstance(node, (ArgumentNode, ObjectFieldNode)):
        return node.name.value
    return None
