"""`Metric`: one definition of `define_metric`, and the numbered fields that records and configs keep it in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUMMARY_KINDS = ("min", "max", "mean", "best", "last", "none", "copy", "first")
"""The summary kinds. The index of a kind plus one is its number in the official format."""
GOALS = ("minimize", "maximize")
"""The goals. The index of a goal plus one is its number in the official format."""
_MAX_DIGITS = 3  # of a field number
NAME, GLOB, STEP_NAME, STEP_INDEX, OPTIONS, SUMMARY, GOAL, EXPANDED = 1, 2, 4, 5, 6, 7, 8, 10
"""Numbers of the fields of a definition, in a MetricRecord and in the config entry `_wandb.m` alike."""
STEP_SYNC, HIDDEN, DEFINED = 1, 2, 3
"""Numbers of the options."""


@dataclass(frozen=True)
class Metric:
    """A definition of one metric, or of all metrics that match a glob (a name that ends with `*`)."""

    name: str
    step_metric: str | None = None
    step_sync: bool = False
    hidden: bool = False
    summary: tuple[str, ...] = ()
    goal: str | None = None
    defined: bool = True
    expanded: bool = False

    @property
    def is_glob(self) -> bool:
        """Whether the name is a pattern."""
        return self.name.endswith("*")

    @cached_property
    def statistics(self) -> tuple[str, ...]:
        """The kinds that make the summary of the metric an object."""
        return tuple(kind for kind in self.summary if kind != "copy") if self.in_summary else ()

    @cached_property
    def in_summary(self) -> bool:
        """Whether the summary contains the metric."""
        return "none" not in self.summary

    def merged(self, earlier: Metric) -> Metric:
        """Return this definition completed by what the *earlier* one of the same name says."""
        return Metric(
            self.name,
            self.step_metric or earlier.step_metric,
            self.step_sync or earlier.step_sync,
            self.hidden or earlier.hidden,
            tuple(dict.fromkeys(earlier.summary + self.summary)),
            self.goal or earlier.goal,
            self.defined or earlier.defined,
            self.expanded,
        )


def matches(glob: str, key: str) -> bool:
    """Whether *glob* covers the metric *key*. Names that start with "_" belong to the tracker, so no glob does."""
    return key.startswith(glob.removesuffix("*")) and not key.startswith("_")


def to_fields(metric: Metric, step_index: int) -> dict[int, Any]:
    """Return *metric* as field numbers and values: texts, numbers, and lists of the numbers of true flags.

    *step_index* is the position of the step metric in the list of definitions, counted from 1; 0 if it has none.
    """
    flags = {STEP_SYNC: metric.step_sync, HIDDEN: metric.hidden, DEFINED: metric.defined}
    return {
        GLOB if metric.is_glob else NAME: metric.name,
        STEP_NAME: metric.step_metric or "",
        STEP_INDEX: step_index,
        OPTIONS: [number for number, is_set in flags.items() if is_set],
        SUMMARY: sorted(SUMMARY_KINDS.index(kind) + 1 for kind in metric.summary),
        GOAL: GOALS.index(metric.goal) + 1 if metric.goal else 0,
        EXPANDED: metric.expanded,
    }


def from_fields(fields: Mapping[int, Any]) -> Metric:
    """Return the definition that *fields* hold, in the form of `to_fields`. Values of a wrong form are ignored."""
    options = _numbers(fields.get(OPTIONS))
    kinds, goal = dict(enumerate(SUMMARY_KINDS, 1)), fields.get(GOAL)
    return Metric(
        name=_text(fields.get(NAME)) or _text(fields.get(GLOB)),
        step_metric=_text(fields.get(STEP_NAME)) or None,
        step_sync=STEP_SYNC in options,
        hidden=HIDDEN in options,
        summary=tuple(kinds[number] for number in _numbers(fields.get(SUMMARY)) if number in kinds),
        goal=dict(enumerate(GOALS, 1)).get(goal) if isinstance(goal, int) else None,
        defined=DEFINED in options,
        expanded=fields.get(EXPANDED) is True,
    )


def from_config(entries: Any) -> list[Metric]:
    """Return the definitions in the config value `_wandb.m`, which may come from anybody."""
    valid = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    names = [_text(entry.get(str(NAME))) for entry in valid]
    metrics = []
    for entry in valid:
        fields = {
            int(key): value
            for key, value in entry.items()
            if key.isascii() and key.isdigit() and len(key) <= _MAX_DIGITS
        }
        index = fields.get(STEP_INDEX)
        if not fields.get(STEP_NAME) and isinstance(index, int) and 0 < index <= len(names):
            fields[STEP_NAME] = names[index - 1]
        metrics.append(from_fields(fields))
    return metrics


def parse_kinds(summary: str | None, goal: str | None, name: str) -> tuple[str, ...]:
    """Return the kinds in the text *summary*, such as "min,max".

    Raises:
        UsageError: A kind or the goal is unknown, or kinds and goal contradict each other.

    """
    kinds = tuple(dict.fromkeys(part.strip() for part in (summary or "").split(",") if part.strip()))
    for kind in kinds:
        if kind not in SUMMARY_KINDS:
            allowed = ", ".join(SUMMARY_KINDS)
            raise UsageError(f"define_metric({name!r}): unknown summary={kind!r}; use any of {allowed}")
    if len(kinds) > 1 and "none" in kinds:
        raise UsageError(f"define_metric({name!r}): summary 'none' cannot be combined with other kinds")
    if goal is not None and goal not in GOALS:
        raise UsageError(f"define_metric({name!r}): unknown goal={goal!r}; use 'minimize' or 'maximize'")
    if "best" in kinds and goal is None:
        raise UsageError(f"define_metric({name!r}): summary='best' needs goal='minimize' or goal='maximize'")
    return kinds


def check_name(name: object, what: str, *, reserved: bool = False) -> str:
    """Return *name* if a metric can have it; *reserved* ones, such as `_step`, only where they may be meant.

    Raises:
        UsageError: It is not a text, reserved, or has a `*` before its end.

    """
    if not isinstance(name, str) or not name:
        raise UsageError(f"define_metric(): {what} must be a name, not {name!r}")
    if name.startswith("_") and not reserved:
        raise UsageError(f"define_metric(): {what} {name!r} starts with '_', which is reserved for the tracker")
    if "*" in name[:-1]:
        raise UsageError(f"define_metric(): in {name!r} the * must be at the end, as in 'val/*'")
    return name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _numbers(values: Any) -> Iterable[int]:
    return [value for value in values if isinstance(value, int)] if isinstance(values, (list, tuple)) else []
