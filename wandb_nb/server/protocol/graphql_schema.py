"""The schema, and the parsed documents of requests: clients send the same few, which are checked once."""

from __future__ import annotations

import re
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    ValidationRule,
    build_schema,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
)

from wandb_nb.lru import SizedCache
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import ConstValueNode, DocumentNode, SelectionSetNode

MAX_ERRORS = 10
_UNSUPPORTED = re.compile(r"upsertSweep|createAgent|agentHeartbeat|^sweeps?$|totalSweeps|registr", re.IGNORECASE)
_SCHEMA_FILES = ("schema.graphql", "artifacts/artifacts.graphql")
_MAX_TOKENS = 5_000
_MAX_DEPTH = 25
_MAX_FIELDS = 500  # with each fragment counted where it is used
_PARSED_BYTES = 150  # of each character of a document, once it is parsed
_SCALARS: dict[str, Callable[[Any], bool]] = {
    "JSON": lambda _: True,
    "JSONString": lambda value: isinstance(value, str),
    "Int64": lambda value: type(value) is int and abs(value) < 2**63,
    "DateTime": lambda value: isinstance(value, str),
    "Duration": is_finite,
}
_documents: SizedCache[str, DocumentNode] = SizedCache(32 << 20)


class InvalidDocumentError(Exception):
    """A document with *errors*, which are for the client."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


def load_document(text: str) -> DocumentNode:
    """Return the parsed and checked document *text*.

    Raises:
        InvalidDocumentError: It is not valid.

    """
    document = _documents.get(text)
    if document is None:
        document = _checked(text)
        _documents.put(text, document, len(text) * _PARSED_BYTES)
    return document


def _checked(text: str) -> DocumentNode:
    try:
        document = parse(text, max_tokens=_MAX_TOKENS)
        errors = validate(schema(), document, [_SupportedFields, _SizeLimit])[:1] or validate(
            schema(), document, specified_rules, max_errors=MAX_ERRORS
        )
    except GraphQLError as error:
        errors = [error]
    if errors:
        raise InvalidDocumentError(errors)
    return document


class _SupportedFields(ValidationRule):
    """Reports that sweeps and registries are not supported, instead of an unknown field."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if _UNSUPPORTED.search(node.name.value) and not node.name.value.startswith("__"):
            self.report_error(
                GraphQLError(
                    f"this server does not support sweeps and registries, so it has no {node.name.value!r}; "
                    "runs, their history, their files and artifacts work",
                    node,
                )
            )


class _SizeLimit(ValidationRule):
    """Refuses documents with more fields, or nested deeper, than those of any client."""

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        self._fragments = {
            part.name.value: part for part in node.definitions if isinstance(part, FragmentDefinitionNode)
        }
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._remaining = _MAX_FIELDS
                self._count(definition.selection_set, 1)

    def _count(self, selections: SelectionSetNode | None, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise GraphQLError(f"the query nests deeper than {_MAX_DEPTH}")
        for node in selections.selections if selections is not None else ():
            self._remaining -= 1
            if self._remaining < 0:
                raise GraphQLError(f"the query has more than {_MAX_FIELDS} fields; ask for less at once")
            if isinstance(node, FragmentSpreadNode):
                fragment = self._fragments.get(node.name.value)
                self._count(fragment.selection_set if fragment is not None else None, depth + 1)
            elif isinstance(node, (FieldNode, InlineFragmentNode)):
                self._count(node.selection_set, depth + 1)


@cache
def schema() -> GraphQLSchema:
    """Return the schema of `schema.graphql` and `artifacts.graphql`."""
    folder = files("wandb_nb.server.protocol")
    built = build_schema("\n".join(folder.joinpath(name).read_text("utf-8") for name in _SCHEMA_FILES))
    for name, is_valid in _SCALARS.items():
        scalar: Any = built.type_map[name]
        scalar.coerce_output_value = lambda value: value
        scalar.coerce_input_value = partial(_parse_scalar, name, is_valid)
        scalar.coerce_input_literal = partial(_parse_literal, scalar.coerce_input_value)
    return built


def _parse_scalar(name: str, is_valid: Callable[[Any], bool], value: Any) -> Any:
    if not is_valid(value):
        raise GraphQLError(f"this is not a valid {name}: {str(value)[:80]!r}")
    return value


def _parse_literal(parse_value: Callable[[Any], Any], node: ConstValueNode) -> Any:
    return parse_value(value_from_ast_untyped(node))
