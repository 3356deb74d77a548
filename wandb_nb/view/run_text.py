"""A run as plain text: headline, trends, sparklines, tables. Imports nothing heavy, since `finish()` uses it."""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.formatting import clean, clock, number
from wandb_nb.values import TYPE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-:=+*#"
MAX_ERROR = 120
_MEDIA_NAMES = {"image": "picture", "audio": "sound", "html": "HTML page", "object3D": "3D object"}
_SIZES = (("width", "height"), ("nrows", "ncols"))


class MetricTrend(NamedTuple):
    """The points of one metric: two sequences of numbers of equal length."""

    key: str
    steps: Sequence[float]
    values: Sequence[float]
    goal: str | None = None

    def finite(self) -> list[tuple[float, float]]:
        """Return the (step, value) pairs whose value is finite."""
        pairs = zip(self.steps, self.values, strict=True)
        return [(float(step), float(value)) for step, value in pairs if math.isfinite(value)]


def encodable(encoding: str | None) -> bool:
    """Return whether a stream of *encoding* can write sparklines and arrows."""
    try:
        (_BLOCKS + "→·…").encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def trend(curve: MetricTrend) -> str:
    """Return the trend in words: "loss 1 → 0.04, lowest 0.04 at step 22"."""
    points, name = curve.finite(), clean(curve.key)
    if not points:
        return f"{name} has no finite value yet"
    if len(points) == 1:
        return f"{name} {number(points[0][1])} at step {number(points[0][0])}"
    first, last = points[0][1], points[-1][1]
    if all(value == first for _, value in points):
        return f"{name} {number(first)} throughout"
    word, (step, best) = _best(points, curve.goal)
    return f"{name} {number(first)} → {number(last)}, {word} {number(best)} at step {number(step)}"


def sparkline(values: Sequence[float], width: int = 40, ascii_only: bool = False) -> str:
    """Return *values* as a row of at most *width* blocks; blanks are values that are not finite."""
    means = _means(values, width)
    finite = [mean for mean in means if mean is not None]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    blocks = _ASCII if ascii_only else _BLOCKS

    def block(mean: float | None) -> str:
        if mean is None:
            return " "
        # Halves keep the difference of two huge values finite.
        share = (mean / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
        return blocks[min(len(blocks) - 1, int(share * len(blocks)))]

    return "".join(map(block, means))


def headline(run: Mapping[str, Any], ascii_only: bool = False) -> str:
    """Return one line from a message's `run`: name, state, project, step, runtime, lost rows."""
    parts = [clean(run["name"] or run["id"]), state(run)]
    if run["project"]:
        parts.append(clean(run["project"]))
    parts += [f"step {run['step']}" if run["rows"] else "no rows yet", clock(run["runtime"])]
    if run["lost"]:
        parts.append(f"{run['lost']} rows lost")
    return printable(" · ".join(parts), ascii_only)


def state(run: Mapping[str, Any]) -> str:
    """Return the state in words, with the exit code of a failed run, and the error of its last cell."""
    code, error = run["exitCode"], run.get("error")
    words = f"{run['state']} (exit code {code})" if code and run["state"] != "interrupted" else str(run["state"])
    return f"{words}, {clean(error, MAX_ERROR)}" if error else words


def sync_text(sync: Mapping[str, Any]) -> str:
    """Return a header's `sync` in words, as `describeSync` in sync-status.ts does."""
    reason = f": {clean(sync['message'], MAX_ERROR)}" if sync["message"] else ""
    if sync["state"] == "connecting":
        return f"connecting to {sync['server']} …" if sync["server"] else "connecting …"
    if sync["state"] == "waiting":
        rows = f"{sync['waiting']} {'row' if sync['waiting'] == 1 else 'rows'} " if sync["waiting"] else ""
        return f"{rows}waiting{reason}"
    if sync["state"] == "done":
        return f"sent, but not all{reason}" if reason else "sent"
    return f"refused{reason}" if sync["state"] == "refused" else "sending"


def remarks_text(count: int) -> str:
    """Return how many remarks there are on repeating a run: "reproducible: 2 remarks"; as in header-bar.ts."""
    return f"reproducible: {count or 'no'} remark{'' if count == 1 else 's'}"


def finish_lines(curves: Iterable[MetricTrend], most: int = 10, ascii_only: bool = False) -> list[str]:
    """Return one line per metric, names and sparklines aligned: "loss  █▅▂▁  1 → 0.04, lowest 0.04 at step 22"."""
    metrics = list(curves)
    rows = []
    for curve in metrics[:most]:
        name = clean(curve.key, 32)
        words = trend(MetricTrend(name, curve.steps, curve.values, curve.goal))
        rows.append((name, sparkline(curve.values, 24, ascii_only), words.removeprefix(name).strip()))
    wide = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    lines = [printable(f"{name:<{wide[0]}}  {line:<{wide[1]}}  {words}", ascii_only) for name, line, words in rows]
    hidden = len(metrics) - most
    return lines if hidden <= 0 else [*lines, f"+{hidden} more metrics"]


def summary_lines(summary: Mapping[str, Any], most: int = 10, ascii_only: bool = False) -> list[str]:
    """Return numbers, texts and media of *summary* as aligned lines, without keys that begin with "_"."""
    rows = [
        (clean(key, 32), number(value) if isinstance(value, float) else clean(media_text(value) or value))
        for key, value in summary.items()
        if not key.startswith("_") and (isinstance(value, (str, int, float)) or media_text(value))
    ]
    wide = max((len(key) for key, _ in rows[:most]), default=0)
    lines = [printable(f"{key:<{wide}}  {value}", ascii_only) for key, value in rows[:most]]
    return lines if len(rows) <= most else [*lines, f"+{len(rows) - most} more"]


def media_text(value: Any) -> str:
    """Return what a media value is and where: "image-file 30 x 20, media/images/…"; empty for other values.

    Of a list of media, it is the first and the number of all.
    """
    if isinstance(value, list):
        first = media_text(value[0]) if value and isinstance(value[0], dict) else ""
        return f"{len(value)} items, the first: {first}" if first else ""
    kind = value.get(TYPE_KEY) if isinstance(value, dict) else None
    if not isinstance(kind, str) or value.keys().isdisjoint(("path", "count", "artifact_path")):
        return ""  # a histogram has no file
    sizes = [f"{value[one]} x {value[two]}" for one, two in _SIZES if one in value and two in value]
    count = [f"{value['count']} items"] if "count" in value else []
    path = [str(value["path"])] if "path" in value else []
    return ", ".join([" ".join([kind, *sizes]), *count, *path])


def newest_media(series: Mapping[str, Any]) -> str:
    """Return what a message's `media` of one metric has at its last step: "4 pictures at step 20"."""
    row = series["rows"][-1]
    kinds = Counter(media_name(file["kind"]) for file in row["files"])
    others = max(0, row.get("count", 0) - kinds.total())
    if len(kinds) == 1:
        kinds[next(iter(kinds))] += others
    counts = [f"{count} {kind}{'s' * (count > 1)}" for kind, count in kinds.items()]
    if others and len(kinds) > 1:
        counts.append(f"{others} more")
    return f"{', '.join(counts)} at step {number(row['step'])}"


def without_numbers(media: Iterable[Mapping[str, Any]]) -> str:
    """Return what stands in the place of charts without numbers: the keys of *media*, series of messages, if any."""
    keys = ", ".join(dict.fromkeys(clean(series["key"]) for series in media))
    return f"Media only: {keys}" if keys else "No numbers logged yet"


def media_name(kind: str) -> str:
    """Return what a file of that kind is called: "picture", "sound"."""
    return clean(_MEDIA_NAMES.get(kind, kind))


def printable(line: str, ascii_only: bool) -> str:
    """Return *line*, with replacements for non-ASCII characters if *ascii_only*."""
    if not ascii_only:
        return line
    replaced = line.replace("→", "->").replace("·", "-").replace("…", "...").replace("�", "?")
    return replaced.encode("ascii", "replace").decode()


def _best(points: Sequence[tuple[float, float]], goal: str | None) -> tuple[str, tuple[float, float]]:
    """Return word and point of the better extreme; without a goal, that towards which the metric moved."""
    lower = goal == "minimize" or (goal is None and points[-1][1] <= points[0][1])
    chosen = min if lower else max
    return ("lowest" if lower else "highest"), chosen(points, key=lambda point: point[1])


def _means(values: Sequence[float], width: int) -> list[float | None]:
    """Return the mean of the finite values of each of at most *width* equal stretches."""
    count = len(values)
    cells = min(width, count)
    means: list[float | None] = []
    for cell in range(cells):
        stretch = values[cell * count // cells : (cell + 1) * count // cells]
        finite = [float(value) for value in stretch if math.isfinite(value)]
        mean = sum(value / len(finite) for value in finite)  # the mean of the largest floats may round to infinity
        means.append(min(max(mean, -sys.float_info.max), sys.float_info.max) if finite else None)
    return means
