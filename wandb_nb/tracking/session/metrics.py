"""Metric definitions: which step a metric is drawn over, and what its summary keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from wandb_nb.store.format import record_types as kinds

KINDS = ("min", "max", "mean", "best", "last", "none", "copy", "first")
"""The summary kinds; a kind's place is its field number in the official MetricRecord, less one."""
GOALS = ("minimize", "maximize")


@dataclass(frozen=True)
class Metric:
    """One definition: of a metric by name, or of all that match a glob (`*` within the name)."""

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
        return "*" in self.name

    @property
    def aggregates(self) -> tuple[str, ...]:
        """The kinds that make the summary of the metric an object."""
        return tuple(kind for kind in self.summary if kind not in ("none", "copy"))


def recorded(record: kinds.MetricRecord) -> Metric:
    """Return the definition that a *record* of a run file tells."""
    goal = record.goal if record.goal in GOALS else None
    name, step, expanded = record.name or record.glob, record.step_metric or None, record.expanded_from_glob
    return Metric(name, step, record.step_sync, record.hidden, record.summary, goal, record.defined, expanded)


def parse_kinds(summary: str | None, goal: str | None, name: str) -> tuple[str, ...]:
    """Return the kinds that the text *summary* (`"min,max"`) names; UsageError for an unknown one, or no goal."""
    kinds = tuple(dict.fromkeys(part.strip() for part in (summary or "").split(",") if part.strip()))
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"define_metric({name!r}): summary={kind!r} is not known; take some of {', '.join(KINDS)}")
    if len(kinds) > 1 and "none" in kinds:
        raise UsageError(f"define_metric({name!r}): summary 'none' cannot be combined with other kinds")
    if goal is not None and goal not in GOALS:
        raise UsageError(f"define_metric({name!r}): goal={goal!r} is not known; take 'minimize' or 'maximize'")
    if "best" in kinds and goal is None:
        raise UsageError(f"define_metric({name!r}): summary='best' needs goal='minimize' or goal='maximize'")
    return kinds


def check_name(name: object, what: str) -> str:
    """Return *name* if it can name a metric, else raise a UsageError."""
    if not isinstance(name, str) or not name:
        raise UsageError(f"define_metric(): {what} must be a name, not {name!r}")
    if name.startswith("_"):
        raise UsageError(f"define_metric(): {what} {name!r} starts with '_', which is kept for the tracker itself")
    if "*" in name[:-1]:
        raise UsageError(f"define_metric(): in {name!r} the * must stand at the end, as in 'val/*'")
    return name


class Metrics:
    """The definitions of one run, in the order in which they were made.  Not thread-safe: the run holds its lock."""

    def __init__(self) -> None:
        self._defined: dict[str, Metric] = {}
        self._of_key: dict[str, Metric | None] = {}
        self.steps: set[str] = set()
        """Names of the metrics that others are drawn over."""

    def __bool__(self) -> bool:
        return bool(self._defined)

    def all(self) -> tuple[Metric, ...]:
        """Return the definitions in their order."""
        return tuple(self._defined.values())

    def define(self, metric: Metric, *, overwrite: bool) -> list[Metric]:
        """Add *metric* (merged with an earlier one of its name unless *overwrite*); return what to record, in order."""
        new: list[Metric] = []
        if metric.step_metric and metric.step_metric not in self._defined:
            new.append(Metric(metric.step_metric, defined=False))
        earlier = self._defined.get(metric.name)
        if earlier is not None and not overwrite:
            metric = _merged(earlier, metric)
        new.append(metric)
        for each in new:
            self._defined[each.name] = each
        self.steps.update(each.step_metric for each in new if each.step_metric)
        self._of_key.clear()
        return new

    def of(self, key: str) -> Metric | None:
        """Return the definition that holds for the logged *key*: its own, else that of the first matching glob."""
        if key not in self._of_key:
            self._of_key[key] = self._defined.get(key) or next(
                (m for m in self._defined.values() if m.is_glob and fnmatchcase(key, _escaped(m.name))), None
            )
        return self._of_key[key]

    def expand(self, key: str) -> Metric | None:
        """Return the definition a glob gives *key*, to be recorded, when the key is logged for the first time."""
        metric = self.of(key)
        if metric is None or not metric.is_glob:
            return None
        own = Metric(
            key, metric.step_metric, metric.step_sync, metric.hidden, metric.summary, metric.goal, expanded=True
        )
        self._defined[key] = self._of_key[key] = own
        return own

    def index(self, name: str | None) -> int:
        """Return the place of *name* in the list of definitions, counted from 1; 0 for none."""
        return list(self._defined).index(name) + 1 if name in self._defined else 0

    def as_config(self) -> list[dict[str, Any]]:
        """Return the definitions as the config entry `_wandb.m` holds them: field numbers as keys."""
        return [self._entry(metric) for metric in self._defined.values()]

    def _entry(self, metric: Metric) -> dict[str, Any]:
        entry: dict[str, Any] = {"2" if metric.is_glob else "1": metric.name}
        if metric.step_metric:
            entry["5"] = self.index(metric.step_metric)
        flags = (metric.step_sync, metric.hidden, metric.defined)
        entry["6"] = [number for number, on in enumerate(flags, 1) if on]
        entry["7"] = [KINDS.index(kind) + 1 for kind in metric.summary]
        if metric.goal:
            entry["8"] = GOALS.index(metric.goal) + 1
        if metric.expanded:
            entry["10"] = True
        return entry


@dataclass
class Aggregate:
    """What the summary keeps of one metric: fed with every logged value, asked for an object."""

    metric: Metric
    count: int = 0
    total: float = 0.0
    held: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> None:
        """Take one logged value; min, max, mean and best look at numbers only, and never at NaN."""
        self.held.setdefault("first", value)
        self.held["last"] = value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
            return
        self.count += 1
        self.total += value
        self.held["min"] = min(self.held.get("min", value), value)
        self.held["max"] = max(self.held.get("max", value), value)
        self.held["mean"] = self.total / self.count
        self.held["best"] = self.held["max" if self.metric.goal == "maximize" else "min"]

    def value(self) -> dict[str, Any]:
        """Return the summary object, such as `{"max": 0.5}`; kinds without a value yet are left out."""
        return {kind: self.held[kind] for kind in self.metric.aggregates if kind in self.held}


def _merged(earlier: Metric, later: Metric) -> Metric:
    """Return *later* with what it leaves open taken from *earlier*."""
    return Metric(
        later.name,
        later.step_metric or earlier.step_metric,
        later.step_sync or earlier.step_sync,
        later.hidden or earlier.hidden,
        tuple(dict.fromkeys(earlier.summary + later.summary)),
        later.goal or earlier.goal,
        later.defined or earlier.defined,
    )


def _escaped(pattern: str) -> str:
    """Keep fnmatch from reading `[` and `?` in a metric name as wildcards."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
