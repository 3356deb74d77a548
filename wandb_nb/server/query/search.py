"""What is typed into a project's search box, as a filter.

Words that a run's name, tags, notes, group or config hold, and conditions on its values: `adam lr<0.1 tag=best
state!=crashed note="two words" optimizer=none`. A condition's name is that of a config key, a summary key, or one of
the run's own facts.
"""

from __future__ import annotations

import json
import re
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from wandb_nb.values import is_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.server.query.filters import RunValues

_PART = re.compile(r'(?:[^\s"]|"[^"]*")+')
_CONDITION = re.compile(r"(\"[^\"]*\"|[^\s=<>!\"]+)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)
_NEEDS_QUOTES = re.compile(r"[\s=<>!]")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_PLACES = ("config.", "summary_metrics.")
_OWN = {
    "state": "state",
    "tag": "tags",
    "tags": "tags",
    "group": "group",
    "job_type": "job_type",
    "name": "display_name",
    "id": "name",
}
_NONE = "none"
_MOST_PARTS = 30


def search(text: str) -> Callable[[RunValues], bool]:
    """Return what says whether a run fits the search *text*. Every text is a search: there are no errors."""
    tests = [_test(part) for part in _PART.findall(text)[:_MOST_PARTS]]
    return lambda facts: all(test(facts) for test in tests)


def condition(name: str, value: Any) -> str:
    """Return the search for the runs whose *name*, written as columns are, has *value*; None: that have no such."""
    plain = name.partition(".")[2] if name.startswith(_PLACES) else name
    plain = name if plain in _OWN else plain
    return f"{_quoted(plain)}={_quoted(_NONE if value is None else _text(value))}"


def _test(part: str) -> Callable[[RunValues], bool]:
    match = _CONDITION.fullmatch(part)
    if match is None:
        return _word(part.replace('"', "").lower())
    name, operator, wanted = match[1].strip('"'), match[2], match[3].replace('"', "")
    if operator in {"=", "!="}:
        return _same(name, wanted, expected=operator == "=")
    return _compared(name, operator, wanted)


def _word(word: str) -> Callable[[RunValues], bool]:
    def test(facts: RunValues) -> bool:
        row = facts.row
        texts = (row.name, row.display_name, row.notes, row.group_name, row.job_type, row.tags, row.config)
        return any(word in text.lower() for text in texts if text)

    return test


def _same(name: str, wanted: str, *, expected: bool) -> Callable[[RunValues], bool]:
    number = _number(wanted)

    def fits(value: Any) -> bool:
        return (is_number(value) and value == number) or _text(value) == wanted

    def test(facts: RunValues) -> bool:
        value = value_of(facts, name)
        if value is None:
            return (wanted == _NONE) == expected
        return (fits(value) or (isinstance(value, list) and any(map(fits, value)))) == expected

    return test


def _compared(name: str, operator: str, wanted: str) -> Callable[[RunValues], bool]:
    compare, number = _OPERATORS[operator], _number(wanted)

    def test(facts: RunValues) -> bool:
        value = value_of(facts, name)
        if number is not None:
            return is_number(value) and compare(value, number)
        return isinstance(value, str) and compare(value, wanted)

    return test


def value_of(facts: RunValues, name: str) -> Any:
    """Return the value that *name* has in a search: the run's own, else of its config, else of its summary.

    Written in full, as `config.state`, it is the config's though the run has such a value of its own.
    """
    if name in _OWN:
        return facts.value(_OWN[name])
    places = (f"config.{name}", f"summary_metrics.{name}", *([name] if name.startswith(_PLACES) else []))
    return next((value for place in places if (value := facts.value(place)) is not None), None)


def _text(value: Any) -> str:
    """Return *value* as a search has it: JSON where it is no text, without quotes, which a search cannot hold."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).replace('"', "")


def _quoted(text: str) -> str:
    return f'"{text}"' if not text or _NEEDS_QUOTES.search(text) else text


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
