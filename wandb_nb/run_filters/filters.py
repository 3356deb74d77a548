"""The public API's filters: trees in MongoDB's form, such as `{"$and": [{"state": "finished"}, …]}`."""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.untrusted_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.run_filters.run_values import RunValues

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_TIMES = {"createdAt", "created_at", "heartbeatAt", "heartbeat_at", "updatedAt", "updated_at"}
_MAX_DEPTH = 20
_MAX_TERMS = 5_000  # names, operators and values of lists
_MAX_PATTERN, _MAX_SEARCHED = 200, 10_000
_MAX_PATTERN_BYTES = 1 << 20  # of a compiled pattern


def parse_filter(text: str | None) -> dict[str, Any]:
    """Return the filter that *text* holds.

    Raises:
        UsageError: It is not a JSON object, or has too many terms.

    """
    try:
        tree = parse_object(text) if text and text != "null" else {}
    except ValueError as error:
        raise UsageError(f"the filter is {error}") from error
    if _count_terms(tree) > _MAX_TERMS:
        raise UsageError(f"a filter has at most {_MAX_TERMS} terms; send it in parts")
    return tree


def _count_terms(tree: Any) -> int:
    if isinstance(tree, dict):
        tree = list(tree.values())
    return len(tree) + sum(map(_count_terms, tree)) if isinstance(tree, list) else 0


def matches(run: RunValues, tree: Any, depth: int = 0) -> bool:
    """Whether *run* passes the filter *tree*.

    Raises:
        UsageError: The filter is not valid.

    """
    if not isinstance(tree, dict) or depth > _MAX_DEPTH:
        raise UsageError(f"a filter consists of objects, nested at most {_MAX_DEPTH} deep")
    return all(_matches_entry(run, name, condition, depth) for name, condition in tree.items())


def _matches_entry(run: RunValues, name: str, condition: Any, depth: int) -> bool:
    if name in {"$and", "$or", "$nor"}:
        if not isinstance(condition, list):
            raise UsageError(f"{name} in a filter takes a list")
        results = (matches(run, part, depth + 1) for part in condition)
        if name == "$and":
            return all(results)
        return any(results) if name == "$or" else not any(results)
    if name == "$not":
        return not matches(run, condition, depth + 1)
    if name.startswith("$"):
        raise UsageError(f"filters do not support the operator {name!r}")
    value = run.value(name)
    if name in _TIMES:
        value = timestamp(value)
    has_operators = isinstance(condition, dict) and any(key.startswith("$") for key in condition)
    tests = condition.items() if has_operators else [("$eq", condition)]
    return all(_test(value, kind, operand) for kind, operand in tests)


def _test(value: Any, kind: str, operand: Any) -> bool:  # noqa: PLR0911 -- one line for each operator
    if kind == "$eq":
        return _equals(value, operand)
    if kind == "$ne":
        return not _equals(value, operand)
    if kind in {"$in", "$nin"}:
        if not isinstance(operand, list):
            raise UsageError(f"{kind} in a filter takes a list")
        return any(_equals(value, one) for one in operand) == (kind == "$in")
    if kind == "$exists":
        return (value is not None) == bool(operand)
    if kind == "$regex":
        return isinstance(value, str) and _search(str(operand), value)
    if kind == "$not":
        inner = operand if isinstance(operand, dict) else {"$eq": operand}
        return not all(_test(value, name, one) for name, one in inner.items())
    if kind not in _COMPARISONS:
        raise UsageError(f"filters do not support the operator {kind!r}")
    numbers = isinstance(value, (int, float)) and isinstance(operand, (int, float))
    texts = isinstance(value, str) and isinstance(operand, str)
    return (numbers or texts) and _COMPARISONS[kind](value, operand)


def _equals(value: Any, operand: Any) -> bool:
    return value == operand or (isinstance(value, list) and operand in value)


def _search(pattern: str, value: str) -> bool:
    """Whether *pattern* is found in *value*, by an engine whose time grows linearly with both.

    Raises:
        UsageError: The pattern is too long, not valid, or needs backtracking, as back references do.

    """
    if len(pattern) > _MAX_PATTERN:
        raise UsageError(f"a pattern in a filter can have at most {_MAX_PATTERN} characters")
    return _compiled(pattern).search(value[:_MAX_SEARCHED].encode("utf-8", "replace")) is not None


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> Any:
    """Return the compiled *pattern*; a filter asks for it once per run."""
    try:
        import re2
    except ImportError as error:
        raise UsageError("filters with $regex need a package that is missing: pip install google-re2") from error
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_BYTES
    try:
        return re2.compile(pattern.encode("utf-8", "replace"), options)
    except re2.error as error:
        raise UsageError(f"the pattern {pattern!r} in a filter is not valid: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
