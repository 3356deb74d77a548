"""Groups of metrics that share a chart, and the order of charts. The TypeScript view mirrors `group`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.store.metrics.definition import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wandb_nb.view.message.run_message import MetricHeader

MAX_LINES = 8
_MIN_FAMILY = 3
_SPLITS = "train|training|val|valid|validation|test|eval"


@dataclass(frozen=True)
class Chart:
    """Metrics that share a chart."""

    title: str
    keys: list[str]


@dataclass(frozen=True)
class ChartSection:
    """Charts under one prefix; the prefix "" comes first."""

    prefix: str
    charts: list[Chart]


def group(keys: Iterable[str], metrics: Sequence[MetricHeader]) -> list[ChartSection]:
    """Return the sections of charts for *keys*, given the metric definitions.

    1. Keys that begin with "_", keys whose definition (their own, else the first glob that matches) is hidden, and the
       step metrics of any definition are left out.
    2. The name of a key is the key without its split: train, training, val, valid, validation, test or eval as first or
       last part, joined by "/", or by "_" in a key without "/".
    3. Up to 8 keys of one name share a chart, whose title is the name. Every other key has its own chart and is its
       title.
    4. The section of a chart is the part of its name before the first "/", else "". Names that begin alike up to a
       number ("layer0/w", "layer1/w") share the section "layer*" if there are at least three.
    5. The section "" comes first. Everything else is in the order of first appearance.
    """
    charts = _charts(_visible(keys, metrics))
    names = [split(chart.keys[0])[1] for chart in charts]
    families = Counter(_numbered(name) for name in names)
    sections: dict[str, list[Chart]] = {"": []}
    for chart, name in zip(charts, names, strict=True):
        family = _numbered(name)
        prefix = family if family and families[family] >= _MIN_FAMILY else _head(name)
        sections.setdefault(prefix, []).append(chart)
    return [ChartSection(prefix, charts) for prefix, charts in sections.items() if charts]


def split(key: str) -> tuple[str, str]:
    """Return the split of *key* ("train", "val" and the like; "" if it has none) and the key without it."""
    joint = "/" if "/" in key else "_"
    if before := re.fullmatch(f"({_SPLITS}){joint}(.+)", key, re.DOTALL):
        return before[1], before[2]
    after = re.fullmatch(f"(.+){joint}({_SPLITS})", key, re.DOTALL)
    return (after[2], after[1]) if after else ("", key)


def line_label(key: str, chart: Chart) -> str:
    """Return what the line of *key* is called: its split if that distinguishes it in its chart, else the key."""
    splits = [split(other)[0] for other in chart.keys]
    distinct = len(set(splits)) == len(splits) > 1 and "" not in splits
    return split(key)[0] if distinct else key


def _head(name: str) -> str:
    """Return the part of *name* before its first "/"; "" if there is none."""
    return name.split("/", 1)[0] if "/" in name else ""


def _numbered(name: str) -> str:
    """Return the beginning of *name* up to its first number, which becomes "*"; "" if its first part has no number."""
    match = re.match(r"([^0-9]*)[0-9]+", _head(name) or name.removeprefix("/"), re.DOTALL)
    return f"{match[1]}*" if match else ""


def definition(key: str, metrics: Sequence[MetricHeader]) -> MetricHeader | None:
    """Return the definition that applies to *key*: its own, else the first glob that matches."""
    exact = (one for one in metrics if not one["glob"] and one["name"] == key)
    globs = (one for one in metrics if one["glob"] and matches(one["name"], key))
    return next(exact, None) or next(globs, None)


def _visible(keys: Iterable[str], metrics: Sequence[MetricHeader]) -> list[str]:
    steps = {one["step"] for one in metrics}

    def hidden(key: str) -> bool:
        match = definition(key, metrics)
        return match is not None and match["hidden"]

    return [key for key in dict.fromkeys(keys) if not key.startswith("_") and key not in steps and not hidden(key)]


def _charts(keys: Sequence[str]) -> list[Chart]:
    members: dict[str, list[str]] = {}
    for key in keys:
        members.setdefault(split(key)[1], []).append(key)
    charts: list[Chart] = []
    for name, group_keys in members.items():
        if 1 < len(group_keys) <= MAX_LINES:
            charts.append(Chart(name, group_keys))
        else:
            charts += [Chart(key, [key]) for key in group_keys]
    return charts
