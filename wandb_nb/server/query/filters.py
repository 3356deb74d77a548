"""Which runs a filter lets through, and in which order: the public API's language over rows of runs.

A filter is a tree of Mongo's form: `{"$and": [...]}`, `{"state": "finished"}`, `{"config.lr.value": {"$gt": 0.1}}`.
Names: `config.<key>`, with `.value` or without, `summary_metrics.<key>`, and the fields below in snake or camel case.
"""

from __future__ import annotations

import json
import math
import operator
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.untrusted_json import parse_object
from wandb_nb.values import dotted

if TYPE_CHECKING:
    from collections.abc import Callable

_FIELDS = {
    "name": "name",
    "display_name": "display_name",
    "state": "state",
    "group": "group_name",
    "group_name": "group_name",
    "job_type": "job_type",
    "notes": "notes",
    "sweep": "sweep",
    "created_at": "created",
    "heartbeat_at": "heartbeat",
    "updated_at": "heartbeat",
    "exitcode": "exit_code",
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_DEEPEST = 20
_LONGEST_PATTERN, _LONGEST_SEARCHED = 200, 300
_MOST_REPEATED = 2
_REPEATED = re.compile(r"(?<!\\)[*+{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")


class RunValues:
    """A row of the table of runs, with its values by the names that filters use."""

    def __init__(self, row: Any) -> None:
        self.row = row

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config without its `{"value": …}` layer."""
        entries = json.loads(self.row.config).items()
        return {key: entry.get("value") if isinstance(entry, dict) else entry for key, entry in entries}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        return dict(json.loads(self.row.summary))

    @cached_property
    def config_leaves(self) -> dict[str, Any]:
        """The values of the config by their dotted names, without those that only programs read."""
        return dict(dotted(self.config, private=False))

    @cached_property
    def summary_leaves(self) -> dict[str, Any]:
        """The values of the summary by their dotted names, without those that only programs read."""
        return dict(dotted(self.summary, private=False))

    def value(self, name: str) -> Any:
        """Return what *name* stands for; None where the run has no such value."""
        place, _, rest = name.partition(".")
        if place == "config":
            value = _dig(self.config, rest)
            return _dig(self.config, rest.removesuffix(".value")) if value is None else value
        if place in {"summary_metrics", "summaryMetrics", "summary"}:
            return _dig(self.summary, rest)
        if name == "tags":
            return json.loads(self.row.tags)
        field = _FIELDS.get(re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())
        if field is None:
            raise UsageError(f"A filter or order names {name!r}, which runs do not have.")
        return getattr(self.row, field)


def parse(text: str | None) -> dict[str, Any]:
    """Return the filter that *text* holds. UsageError if it is none."""
    try:
        return parse_object(text) if text and text != "null" else {}
    except ValueError as error:
        raise UsageError(f"The filter is {error}") from error


def fits(facts: RunValues, tree: Any, depth: int = 0) -> bool:
    """Whether the run passes the filter *tree*."""
    if not isinstance(tree, dict) or depth > _DEEPEST:
        raise UsageError("The filter is no object of objects, or too deep.")
    return all(_part(facts, name, wanted, depth) for name, wanted in tree.items())


def _part(facts: RunValues, name: str, wanted: Any, depth: int) -> bool:
    if name in {"$and", "$or", "$nor"}:
        if not isinstance(wanted, list):
            raise UsageError(f"{name} in a filter needs a list.")
        found = (fits(facts, part, depth + 1) for part in wanted)
        if name == "$and":
            return all(found)
        return any(found) if name == "$or" else not any(found)
    if name == "$not":
        return not fits(facts, wanted, depth + 1)
    if name.startswith("$"):
        raise UsageError(f"The filter uses {name!r}, which this server does not know.")
    value = _as_asked(facts.value(name), name)
    operators = isinstance(wanted, dict) and any(key.startswith("$") for key in wanted)
    tests = wanted.items() if operators else [("$eq", wanted)]
    return all(_test(value, kind, operand) for kind, operand in tests)


def _test(value: Any, kind: str, operand: Any) -> bool:  # noqa: PLR0911 - one line an operator
    if kind == "$eq":
        return _same(value, operand)
    if kind == "$ne":
        return not _same(value, operand)
    if kind in {"$in", "$nin"}:
        return any(_same(value, one) for one in operand) == (kind == "$in")
    if kind == "$exists":
        return (value is not None) == bool(operand)
    if kind == "$regex":
        return isinstance(value, str) and _search(str(operand), value)
    if kind == "$not":
        inner = operand if isinstance(operand, dict) else {"$eq": operand}
        return not all(_test(value, name, one) for name, one in inner.items())
    if kind not in _COMPARE:
        raise UsageError(f"The filter uses {kind!r}, which this server does not know.")
    numbers = isinstance(value, (int, float)) and isinstance(operand, (int, float))
    texts = isinstance(value, str) and isinstance(operand, str)
    return (numbers or texts) and _COMPARE[kind](value, operand)


def _same(value: Any, operand: Any) -> bool:
    return value == operand or (isinstance(value, list) and operand in value)


def _search(pattern: str, value: str) -> bool:
    """Whether *pattern* is found. Those that could try for ages are refused: nobody could interrupt them."""
    if len(pattern) > _LONGEST_PATTERN:
        raise UsageError(f"A pattern in a filter may have {_LONGEST_PATTERN} characters at most.")
    if _REPEATED_GROUP.search(pattern) or len(_REPEATED.findall(pattern)) > _MOST_REPEATED:
        raise UsageError(f"A pattern in a filter may repeat {_MOST_REPEATED} times, and no group.")
    try:
        return re.search(pattern, value[:_LONGEST_SEARCHED]) is not None
    except re.error as error:
        raise UsageError(f"The pattern {pattern!r} in a filter is none: {error}") from error


def _as_asked(value: Any, name: str) -> Any:
    """Return times in the text form that callers compare with."""
    if name in {"createdAt", "created_at", "heartbeatAt", "heartbeat_at", "updatedAt", "updated_at"}:
        return timestamp(value)
    return value


def ordered(found: list[RunValues], order: str | None) -> list[RunValues]:
    """Return *found* by *order*: "+name" ascending, "-name" descending; runs without such a value come last."""
    for name in reversed((order or "-created_at").replace(",", " ").split()):
        found = ordered_by(found, name)
    return found


def ordered_by(found: list[RunValues], name: str) -> list[RunValues]:
    """Return *found* in the order of one value, whose *name* is written like a part of an order."""
    down, field = name.startswith("-"), name.lstrip("+-")
    valued = [(facts, _rank(facts.value(field))) for facts in found]
    known = sorted(((f, rank) for f, rank in valued if rank is not None), key=lambda pair: pair[1], reverse=down)
    return [facts for facts, _ in known] + [facts for facts, rank in valued if rank is None]


def _rank(value: Any) -> tuple[int, Any] | None:
    """Return *value* in a form that sorts with all others: numbers before texts."""
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else (0, value)
    return None if value is None else (1, str(value))


def timestamp(seconds: float) -> str:
    """Return unix *seconds* as clients read times."""
    from datetime import datetime, timezone  # only here

    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dig(values: Any, path: str) -> Any:
    """Return the value at the dotted *path*; a key that itself has dots is found too."""
    if not isinstance(values, dict):
        return None
    if path in values:
        return values[path]
    for cut in (index for index, letter in enumerate(path) if letter == "."):
        if path[:cut] in values:
            return _dig(values[path[:cut]], path[cut + 1 :])
    return None
