"""The search box of a project.

A search has words, which a run's name, tags, notes, group or config contain, and conditions on its values: `adam
lr<0.1 tag=best state!=crashed note="two words" optimizer=none`. The name in a condition is a config key, a summary key,
or one of the run's own values.
"""

from __future__ import annotations

import json
import re
from operator import attrgetter, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from wandb_nb.server.query.run_columns import column_reader
from wandb_nb.values import is_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.run_filters.run_values import RunValues

_PART = re.compile(r'(?:[^\s"]|"[^"]*")+')
_CONDITION = re.compile(r"(\"[^\"]*\"|[^\s=<>!\"]+)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)
_NEEDS_QUOTES = re.compile(r"[\s=<>!]")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_SECTIONS = ("config.", "summary_metrics.")
_RUN_VALUES = {
    "state": "state",
    "tag": "tags",
    "tags": "tags",
    "group": "group",
    "job_type": "job_type",
    "name": "display_name",
    "id": "name",
}
_TEXTS = attrgetter("name", "display_name", "notes", "group_name", "job_type", "tags", "config")
_NONE = "none"
_MAX_PARTS = 30


def search_predicate(text: str) -> Callable[[RunValues], bool]:
    """Return a test for whether a run matches the search *text*. Every text is a valid search."""
    tests = [_test(part) for part in _PART.findall(text)[:_MAX_PARTS]]
    return lambda run: all(test(run) for test in tests)


def search_condition(column: str, value: Any) -> str:
    """Return the search for the runs whose *column* has *value*; None finds those without a value."""
    name = column.partition(".")[2] if column.startswith(_SECTIONS) else column
    name = column if name in _RUN_VALUES else name
    return f"{_quote(name)}={_quote(_NONE if value is None else _text(value))}"


def _test(part: str) -> Callable[[RunValues], bool]:
    match = _CONDITION.fullmatch(part)
    if match is None:
        return _contains(part.replace('"', "").lower())
    name, operator, operand = match[1].strip('"'), match[2], match[3].replace('"', "")
    if operator in {"=", "!="}:
        return _equality(name, operand, expected=operator == "=")
    return _comparison(name, operator, operand)


def _contains(word: str) -> Callable[[RunValues], bool]:
    def test(run: RunValues) -> bool:
        for text in _TEXTS(run.row):  # noqa: SIM110 -- `any` takes twice as long
            if text and word in text.lower():
                return True
        return False

    return test


def _equality(name: str, operand: str, *, expected: bool) -> Callable[[RunValues], bool]:
    number, read = _parse_number(operand), _value_reader(name)

    def equals(value: Any) -> bool:
        return (is_number(value) and value == number) or _text(value) == operand

    def test(run: RunValues) -> bool:
        value = read(run)
        if value is None:
            return (operand == _NONE) == expected
        return (equals(value) or (isinstance(value, list) and any(map(equals, value)))) == expected

    return test


def _comparison(name: str, operator: str, operand: str) -> Callable[[RunValues], bool]:
    compare, number, read = _COMPARISONS[operator], _parse_number(operand), _value_reader(name)

    def test(run: RunValues) -> bool:
        value = read(run)
        if number is not None:
            return is_number(value) and compare(value, number)
        return isinstance(value, str) and compare(value, operand)

    return test


def _value_reader(name: str) -> Callable[[RunValues], Any]:
    """Return the function for the value of *name* in a search: the run's own, else of its config, else of its summary.

    The full name, such as `config.state`, selects the config even if the run has a value of that name.
    """
    if name in _RUN_VALUES:
        return column_reader(_RUN_VALUES[name])
    columns = (f"config.{name}", f"summary_metrics.{name}", *([name] if name.startswith(_SECTIONS) else []))
    readers = [column_reader(column) for column in columns]

    def read_first(run: RunValues) -> Any:
        for read in readers:
            if (value := read(run)) is not None:
                return value
        return None

    return read_first


def _text(value: Any) -> str:
    """Return *value* as a search writes it: JSON unless it is a text, without quotes, which a search cannot contain."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).replace('"', "")


def _quote(text: str) -> str:
    return f'"{text}"' if not text or _NEEDS_QUOTES.search(text) else text


def _parse_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
