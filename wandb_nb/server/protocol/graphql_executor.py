"""Executes GraphQL requests against one schema, without code for single queries.

The field `historyLineCount` of an object is its attribute `history_line_count`; a method is called with the context
and the field's arguments.
"""

from __future__ import annotations

import logging
import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLError, OperationType, execute_sync, get_operation_ast

from wandb_nb.errors import Error, UsageError
from wandb_nb.server.http.services import finish_deletion
from wandb_nb.server.protocol.artifacts.artifact_fields import ARTIFACT_FIELDS
from wandb_nb.server.protocol.graphql_schema import MAX_ERRORS, InvalidDocumentError, load_document, schema
from wandb_nb.server.protocol.mutations import Mutations
from wandb_nb.server.protocol.queries import Query
from wandb_nb.server.protocol.request_context import RequestContext
from wandb_nb.server.storage.database import DATABASE_ERRORS
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.view.message.run_message import strict_json

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLResolveInfo

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def execute_request(
    services: Services, user: User, base_url: str, request: Any, sequence: int | None = None
) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the JSON answer to a GraphQL *request* of *user*; *sequence* is its number.

    Raises:
        UsageError: The request does not have the form of one.

    """
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise UsageError("a GraphQL request is a JSON object with a string `query`")
    if not isinstance(request.get("variables") or {}, dict) or not isinstance(request.get("operationName") or "", str):
        raise UsageError("`variables` of a GraphQL request must be an object, and `operationName` a string")
    try:
        document = load_document(request["query"])
    except InvalidDocumentError as error:
        return 200, {"data": None, "errors": [one.formatted for one in error.errors]}
    return _execute(services, user, base_url, document, request, sequence)


def _execute(  # noqa: PLR0917 -- the parts of the context, and what runs in it
    services: Services, user: User, base_url: str, document: DocumentNode, request: dict[str, Any], sequence: int | None
) -> tuple[int, dict[str, Any]]:
    operation = get_operation_ast(document, request.get("operationName") or None)
    is_mutation = operation is not None and operation.operation is OperationType.MUTATION
    try:
        with services.database.write() if is_mutation else services.database.read() as connection:
            samples = None if is_mutation else services.samples
            context = RequestContext(services, connection, user, base_url, samples=samples, sequence=sequence)
            result = _run(document, context, request)
            result.extensions = context.extensions
            _raise_database_error(result)
            if is_mutation and result.errors:
                raise _RolledBackError(result)  # noqa: TRY301 -- a change that failed half-way must leave nothing
    except _RolledBackError as error:
        return _response(ExecutionResult(None, error.result.errors))
    finish_deletion(services, context.deleted_runs, context.deleted_blobs)
    try:
        for action in context.after_commit:
            action()
    except UsageError as error:
        result = ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
    return _response(result)


def _run(document: DocumentNode, context: RequestContext, request: dict[str, Any]) -> ExecutionResult:
    return execute_sync(
        schema(),
        document,
        {OperationType.QUERY: Query(), OperationType.MUTATION: Mutations()},
        context,
        request.get("variables") or {},
        operation_name=request.get("operationName") or None,
        field_resolver=_resolve,
        type_resolver=lambda value, *_: value.type_name,
    )


def _raise_database_error(result: ExecutionResult) -> None:
    """Raise an error of the database itself: clients repeat a request that failed, but not one with a GraphQL error."""
    for error in result.errors or ():
        if isinstance(error.original_error, DATABASE_ERRORS):
            raise error.original_error


def _response(result: ExecutionResult) -> tuple[int, dict[str, Any]]:
    errors = (result.errors or [])[:MAX_ERRORS]
    for error in errors:
        _log(error)
    denied = any(isinstance(error.original_error, PermissionDeniedError) for error in errors)
    payload: dict[str, Any] = {"errors": [_public_error(error) for error in errors]} if errors else {}
    if result.extensions:
        payload["extensions"] = result.extensions
    return (403 if denied else 200), {"data": result.data, **payload}


class _RolledBackError(Exception):
    """Rolls a transaction back; the answer reports the errors of *result*."""

    def __init__(self, result: ExecutionResult) -> None:
        super().__init__()
        self.result = result


def _resolve(source: Any, info: GraphQLResolveInfo[RequestContext], **arguments: Any) -> Any:
    name = info.field_name
    if info.path.prev is None:
        source = source[info.operation.operation]
    context = info.context
    value = _value(source, info.parent_type.name, name)
    context.budget.check_time()
    if callable(value):
        value = value(context, **{_snake(key): argument for key, argument in arguments.items()})
    context.budget.spend(_text_size(value))
    return value


def _value(source: Any, type_name: str, name: str) -> Any:
    """Return the value of a field of *source*, or the function that computes it."""
    if (function := ARTIFACT_FIELDS.get((type_name, name))) is not None:
        return partial(function, source)
    return source.get(name) if isinstance(source, dict) else getattr(source, _snake(name))


def _text_size(value: Any) -> int:
    """Return the length of the texts in the value of a field."""
    if isinstance(value, list):
        return sum(len(text) for text in value if isinstance(text, str))
    return len(value) if isinstance(value, str) else 1


@cache
def _snake(name: str) -> str:
    return _WORD_START.sub("_", name).lower()


def _public_error(error: GraphQLError) -> Any:
    """Return *error* as the client may see it, without internal details."""
    original = error.original_error
    if original is None or isinstance(original, (Error, GraphQLError)):
        return error.formatted
    return {**error.formatted, "message": "the server failed to answer; its log has the reason"}


def _log(error: GraphQLError) -> None:
    original = error.original_error
    if original is not None and not isinstance(original, Error):
        logging.getLogger(__name__).error("a query failed", exc_info=original)


def dumps(value: Any) -> str:
    """Return *value* as JSON; NaN and infinities become strings, because official clients parse strictly here."""
    return strict_json(value)
