"""What is typed into a project's search box, as a filter.

Words that a run's name, tags, notes, group or config hold, and conditions on its values: `adam lr<0.1 tag=best
state!=crashed note="two words" optimizer=none`. A condition's name is that of a config key, a summary key, or one of
the run's own facts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wandb_nb.server.filters import Facts, fits

if TYPE_CHECKING:
    from collections.abc import Callable

_PART = re.compile(r'(?:[^\s"]|"[^"]*")+')
_CONDITION = re.compile(r"([^\s=<>!\"]+)(<=|>=|!=|=|<|>)(.*)", re.DOTALL)
_OPERATORS = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_OWN = {
    "state": "state",
    "tag": "tags",
    "tags": "tags",
    "group": "group",
    "job_type": "job_type",
    "name": "display_name",
    "id": "name",
}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False}
_NONE = "none"
_MOST_PARTS = 30

Test = "Callable[[Facts], bool]"


def search(text: str) -> Callable[[Facts], bool]:
    """Return what says whether a run fits the search *text*. Every text is a search: there are no errors."""
    tests = [_test(part) for part in _PART.findall(text)[:_MOST_PARTS]]
    return lambda facts: all(test(facts) for test in tests)


def condition(name: str, value: Any) -> str:
    """Return the search for the runs whose *name*, written as columns are, has *value*; None: that have no such."""
    plain = name.removeprefix("config.").removeprefix("summary_metrics.")
    text = _NONE if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f'{plain}="{text}"' if re.search(r"\s", text) else f"{plain}={text}"


def _test(part: str) -> Callable[[Facts], bool]:
    match = _CONDITION.fullmatch(part)
    if match is None:
        return _word(part.replace('"', "").lower())
    name, operator, wanted = match[1], match[2], match[3].replace('"', "")
    if operator in {"=", "!="}:
        return _same(name, wanted, expected=operator == "=")
    return _compared(name, _OPERATORS[operator], wanted)


def _word(word: str) -> Callable[[Facts], bool]:
    def test(facts: Facts) -> bool:
        row = facts.row
        texts = (row.name, row.display_name, row.notes, row.group_name, row.job_type, row.tags, row.config)
        return any(word in text.lower() for text in texts if text)

    return test


def _same(name: str, wanted: str, *, expected: bool) -> Callable[[Facts], bool]:
    if wanted == _NONE:
        return lambda facts: (value_of(facts, name) is None) == expected
    forms: list[Any] = [wanted, *filter(lambda form: form is not None, (_CONSTANTS.get(wanted), _number(wanted)))]

    def test(facts: Facts) -> bool:
        value = value_of(facts, name)
        held = value if isinstance(value, list) else [value]
        return any(_equal(one, form) for one in held for form in forms) == expected

    return test


def _equal(value: Any, form: Any) -> bool:
    """Whether they are the same; True is no 1 here."""
    return bool(value == form) and isinstance(value, bool) == isinstance(form, bool)


def _compared(name: str, operator: str, wanted: str) -> Callable[[Facts], bool]:
    number = _number(wanted)
    operand = wanted if number is None else number

    def test(facts: Facts) -> bool:
        column = _OWN.get(name) or f"config.{name}"
        return fits(facts, {column: {operator: operand}}) or fits(
            facts, {f"summary_metrics.{name}": {operator: operand}}
        )

    return test


def value_of(facts: Facts, name: str) -> Any:
    """Return the value that *name* has in a search: the run's own, else of its config, else of its summary."""
    if name in _OWN:
        return facts.value(_OWN[name])
    value = facts.value(f"config.{name}")
    return facts.value(f"summary_metrics.{name}") if value is None else value


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
