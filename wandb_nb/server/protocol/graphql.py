"""GraphQL: one schema, a generic executor, no code for single queries.

A field `historyLineCount` of an object is its attribute `history_line_count`, called with the context and the
arguments where it is a method.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    ValidationRule,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
)

from wandb_nb.errors import Error, UsageError
from wandb_nb.server.protocol.mutations import Mutations
from wandb_nb.server.protocol.queries import Query
from wandb_nb.server.storage.users import PermissionDeniedError
from wandb_nb.view.message.run_message import strict_json

if TYPE_CHECKING:
    from graphql import DocumentNode, FieldNode, GraphQLResolveInfo
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

_NOT_KEPT = re.compile(
    r"artifact|alias|upsertSweep|createAgent|agentHeartbeat|^sweeps?$|totalSweeps|registr", re.IGNORECASE
)
_MOST_TOKENS = 5_000
_DEEPEST = 25
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Context:
    """What resolvers need: who asks, the data as this request sees it, and where the server is."""

    services: Services
    connection: Connection
    user: User
    base_url: str
    unused: list[str] = field(default_factory=list)  # blobs to delete once the change is committed
    changed: list[Any] = field(default_factory=list)  # rows of runs, to tell of then
    order: int | None = None  # the request's number, where the client gives any
    extensions: dict[str, Any] = field(default_factory=dict)  # what the answer tells besides its data


class _OnlyWhatIsKept(ValidationRule):
    """Says plainly that artifacts and sweeps are not kept here, in place of a missing field's message."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if _NOT_KEPT.search(node.name.value) and not node.name.value.startswith("__"):
            self.report_error(
                GraphQLError(
                    f"This server does not keep artifacts or sweeps yet, so it has no {node.name.value!r}. "
                    "Runs, their history and their files work.",
                    node,
                )
            )


class _Bounded(ValidationRule):
    """Refuses documents that nest deeper than any client's."""

    depth = 0

    def enter_selection_set(self, node: Any, *_: Any) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.report_error(GraphQLError(f"The query nests deeper than {_DEEPEST}.", node))

    def leave_selection_set(self, *_: Any) -> None:
        self.depth -= 1


@cache
def schema() -> GraphQLSchema:
    """Return the schema of `schema.graphql`."""
    built = build_schema(files("wandb_nb.server.protocol").joinpath("schema.graphql").read_text("utf-8"))
    for name in ("JSON", "JSONString", "Int64", "DateTime", "Duration"):
        scalar: Any = built.type_map[name]
        scalar.serialize = scalar.parse_value = lambda value: value
        scalar.parse_literal = value_from_ast_untyped
    return built


def answer(
    services: Services, user: User, base_url: str, request: Any, order: int | None = None
) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the JSON answer to a GraphQL *request*, made for *user*; *order* is its number."""
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise UsageError("A GraphQL request is a JSON object with a text `query`.")
    try:
        document = parse(request["query"], max_tokens=_MOST_TOKENS)
    except GraphQLError as error:
        return 200, {"data": None, "errors": [error.formatted]}
    errors = validate(schema(), document, [_OnlyWhatIsKept, _Bounded])[:1] or validate(
        schema(), document, specified_rules
    )
    if errors:
        return 200, {"data": None, "errors": [error.formatted for error in errors]}
    return _execute(services, user, base_url, document, request, order)


def _execute(  # noqa: PLR0917 - what makes a context, and what runs in it
    services: Services, user: User, base_url: str, document: DocumentNode, request: dict[str, Any], order: int | None
) -> tuple[int, dict[str, Any]]:
    operation = get_operation_ast(document, request.get("operationName") or None)
    changes = operation is not None and operation.operation is OperationType.MUTATION
    unused: list[str] = []
    changed: list[Any] = []
    try:
        with services.database.write() if changes else services.database.read() as connection:
            context = Context(services, connection, user, base_url, unused, changed, order)
            result = _run(document, context, request)
            result.extensions = context.extensions
            if changes and result.errors:
                raise _RolledBackError(result)  # noqa: TRY301 - a change that failed half-way must leave nothing
    except _RolledBackError as error:
        result = ExecutionResult(None, error.result.errors)
        unused.clear()
        changed.clear()
    for blob in unused:
        services.store.delete(blob)
    for run in changed:
        services.changes.tell(run)
    return _answer(result)


def _run(document: DocumentNode, context: Context, request: dict[str, Any]) -> ExecutionResult:
    return execute_sync(
        schema(),
        document,
        {OperationType.QUERY: Query(), OperationType.MUTATION: Mutations()},
        context,
        request.get("variables") or {},
        operation_name=request.get("operationName") or None,
        field_resolver=_resolve,
    )


def _answer(result: ExecutionResult) -> tuple[int, dict[str, Any]]:
    errors = result.errors or []
    for error in errors:
        _log(error)
    denied = any(isinstance(error.original_error, PermissionDeniedError) for error in errors)
    told: dict[str, Any] = {"errors": [_told(error) for error in errors]} if errors else {}
    if result.extensions:
        told["extensions"] = result.extensions
    return (403 if denied else 200), {"data": result.data, **told}


class _RolledBackError(Exception):
    """Ends a transaction whose errors are told in the answer."""

    def __init__(self, result: ExecutionResult) -> None:
        super().__init__()
        self.result = result


def _resolve(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
    name = info.field_name
    if info.path.prev is None:
        source = source[info.operation.operation]
    value = source.get(name) if isinstance(source, dict) else getattr(source, _snake(name))
    if callable(value):
        return value(info.context, **{_snake(key): argument for key, argument in arguments.items()})
    return value


@cache
def _snake(name: str) -> str:
    return _WORDS.sub("_", name).lower()


def _told(error: GraphQLError) -> Any:
    """Return *error* for the caller; what went wrong inside stays inside."""
    original = error.original_error
    if original is None or isinstance(original, (Error, GraphQLError)):
        return error.formatted
    return {**error.formatted, "message": "The server failed to answer; its log says why."}


def _log(error: GraphQLError) -> None:
    original = error.original_error
    if original is not None and not isinstance(original, Error):
        logging.getLogger(__name__).error("a query failed", exc_info=original)


def dumps(value: Any) -> str:
    """Return *value* as JSON. A NaN or infinity in an object is a text: official clients parse strictly here."""
    return strict_json(value)
