"""Groups of metrics that share a chart, and the order of charts. The TypeScript view mirrors `group`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.store.metrics.definition import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wandb_nb.view.message.run_message import MetricHeader

MAX_LINES = 8
_SPLIT = re.compile(r"(train|training|val|valid|validation|test|eval)_(.+)", re.DOTALL)


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
    2. The prefix of a key is the part before its first "/", its last part the part after its last "/". A key without
       "/" may instead begin with train_, training_, val_, valid_, validation_, test_ or eval_; else the prefix is "".
    3. Up to 8 keys with the same last part share a chart, whose title is that part. If there are more, each has a chart
       of its own. The title of a chart of one key is the whole key.
    4. A chart whose keys share one prefix is in that prefix's section, one with several prefixes in the section "".
    5. The section "" comes first, and charts with several prefixes come first in it. Everything else is in the order
       of first appearance.
    """
    charts = _charts(_visible(keys, metrics))
    sections: dict[str, list[Chart]] = {"": [chart for chart in charts if _has_several_prefixes(chart)]}
    for chart in charts:
        if not _has_several_prefixes(chart):
            sections.setdefault(split(chart.keys[0])[0], []).append(chart)
    return [ChartSection(prefix, charts) for prefix, charts in sections.items() if charts]


def split(key: str) -> tuple[str, str]:
    """Return prefix and last part of *key*."""
    if "/" in key:
        return key.split("/", 1)[0], key.rsplit("/", 1)[1]
    match = _SPLIT.fullmatch(key)
    return (match[1], match[2]) if match else ("", key)


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
    parts: dict[str, list[str]] = {}
    for key in keys:
        parts.setdefault(split(key)[1], []).append(key)
    charts: dict[str, Chart] = {}
    for key in keys:
        part = split(key)[1]
        shared = 1 < len(parts[part]) <= MAX_LINES
        if not shared:
            charts[f"one {key}"] = Chart(key, [key])
        else:
            charts.setdefault(f"all {part}", Chart(part, parts[part]))
    return list(charts.values())


def _has_several_prefixes(chart: Chart) -> bool:
    return len({split(key)[0] for key in chart.keys}) > 1
