"""One table of summary cases, checked in every place that computes a summary: all give the same values."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sending import start

from wandb_nb.store.format.decode import kind
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.wire import read_varint
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.run_metadata import Target
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded_server import EmbeddedServer

    import wandb_nb as wandb

NAN = math.nan
ALL = {"summary": "min,max,mean,first,last"}
REWIND = """mutation R($n: String!, $p: String!, $v: Float!) { rewindRun(input: {runName: $n, entityName: "local",
    projectName: $p, metricName: "_step", metricValue: $v}) { rewoundRun { id } } }"""


@dataclass(frozen=True)
class Define:
    """A call of `define_metric` with *arguments*, for *name* or else the metric of the case."""

    arguments: dict[str, Any]
    name: str = ""


@dataclass(frozen=True)
class Part:
    """A value that is logged with `commit=False`."""

    value: Any


def values_of(smallest: float, largest: float, mean: float, first: Any, last: Any) -> dict[str, Any]:
    """Return the summary of a metric with all statistics."""
    return {"min": smallest, "max": largest, "mean": mean, "first": first, "last": last}


CASES: dict[str, tuple[list[Any], Any]] = {
    "newest": ([1, 2.5], 2.5),
    "newest text": ([1, "x"], "x"),
    "newest number": (["x", 1], 1),
    "newest none": ([1, None], None),
    "newest nan": ([1, NAN], NAN),
    "newest list": ([1, [1, "a"]], [1, "a"]),
    "copy": ([Define({"summary": "copy"}), 1, 2], 2),
    "numbers": ([Define(ALL), 4, 9, 2], values_of(2, 9, 5, 4, 2)),
    "bools": ([Define(ALL), True, False, True, True], values_of(0, 1, 0.75, True, True)),
    "nan first": ([Define(ALL), NAN, 1, 3], values_of(1, 3, 2, NAN, 3)),
    "nan last": ([Define(ALL), 1, 3, NAN], values_of(1, 3, 2, 1, NAN)),
    "nan only": ([Define(ALL), NAN], values_of(NAN, NAN, NAN, NAN, NAN)),
    "infinity": ([Define(ALL), 1, math.inf], values_of(1, math.inf, math.inf, 1, math.inf)),
    "text last": ([Define(ALL), 1, "x"], values_of(1, 1, 1, 1, "x")),
    "text first": ([Define(ALL), "x", 1], values_of(1, 1, 1, "x", 1)),
    "text only": ([Define(ALL), "x"], {"first": "x", "last": "x"}),
    "text without ends": ([Define({"summary": "max"}), "x"], {}),
    "none between": ([Define(ALL), 1, None, 3], values_of(1, 3, 2, 1, 3)),
    "list last": ([Define(ALL), 1, [2]], values_of(1, 1, 1, 1, [2])),
    "best, minimized": ([Define({"summary": "best", "goal": "minimize"}), 4, 9, 2, 3], {"best": 2}),
    "best, maximized": ([Define({"summary": "best", "goal": "maximize"}), 4, 9, 2], {"best": 9}),
    "copy and max": ([Define({"summary": "copy,max"}), 4, 9, 2], {"max": 9}),
    "same step": ([Define(ALL), 5, Part(1), Part(7), 2], values_of(2, 5, 3.5, 5, 2)),
    "first step twice": ([Define(ALL), Part(1), 7], values_of(7, 7, 7, 7, 7)),
    "defined later": ([5, Define({"summary": "max"}), 3], {"max": 3}),
    "kinds added": ([Define({"summary": "min"}), 5, Define({"summary": "max"}), 3], {"min": 3, "max": 5}),
    "replaced": ([Define({"summary": "min"}), 5, Define({"summary": "max", "overwrite": True}), 3], {"max": 5}),
    "glob/a": ([Define({"summary": "min"}, "glob/*"), Define({"summary": "max"}, "glob/a*"), 1, 2], {"min": 1}),
    "own/a": ([Define({"summary": "min"}, "own/*"), Define({"summary": "max"}, "own/a"), 1, 2], {"max": 2}),
    "nested": ([Define({"summary": "max"}, "nested.a"), {"a": 1, "b": 1}, {"a": 0, "b": 2}], {"a": {"max": 1}, "b": 2}),
    "none": ([Define({"summary": "none"}), 1], "absent"),
}
# A server stores the final definitions only, so a summary that it computes itself covers all rows.
SERVED = {"defined later": {"max": 5}}
PLACES = ("live", "recorded", "replayed", "sent", "served")


def play(run: wandb.Run, name: str, actions: list[Any]) -> None:
    """Define and log the metric *name*."""
    for action in actions:
        if isinstance(action, Define):
            run.define_metric(action.name or name, **action.arguments)
        elif isinstance(action, Part):
            run.log({name: action.value}, commit=False)
        else:
            run.log({name: action})


def without_summaries(file: Path, folder: Path) -> Path:
    """Return a copy of the run file in *folder* that has no summary records, as after a crash."""
    folder.mkdir()
    copied = folder / file.name
    writer = RunWriter(copied)
    for payload in Tail(file).read():
        if kind(payload) not in ("summary", "header"):
            writer.append(payload[read_varint(payload, 1)[1] :])
    writer.close()
    return copied


@pytest.fixture(scope="module")
def summaries(embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Return the summary of one run with all cases, from each place that computes or stores one."""
    folder = tmp_path_factory.mktemp("cases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_NB_DATA_DIR", str(folder / "data"))
        with start(folder, id="cases") as run:
            for name, (actions, _) in CASES.items():
                play(run, name, actions)
            places = {"live": json.loads(json.dumps(run.summary.as_dict()))}
            last = run.step - 1
        file = run_file(run.directory)
        places["recorded"] = replayed([Tail(file)]).summary
        bare = without_summaries(file, folder / "offline-run-20260101_000000-cases")
        places["replayed"] = replayed([Tail(bare)]).summary
        way = Network(embedded.url, embedded.key)
        target = Target(project="bare")
        sent = RunSender(bare, way, connect(way), threading.Event(), target=target).send(follow=False)
        assert sent.done, sent.message
        places["sent"] = json.loads(embedded.run("cases", "summaryMetrics", "bare")["summaryMetrics"])
        embedded.query(REWIND, n="cases", p="bare", v=last)
        places["served"] = json.loads(embedded.run("cases", "summaryMetrics", "bare")["summaryMetrics"])
        yield places


def comparable(value: Any) -> Any:
    """Return *value* with every NaN as text, since NaN differs from itself."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items()}
    return "NaN" if value != value else value  # noqa: PLR0124 - NaN


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", CASES)
def test_a_summary_is_the_same_everywhere(summaries: dict[str, Any], name: str, place: str) -> None:
    """The summary of each case is the expected one in every place."""
    expected = SERVED.get(name, CASES[name][1]) if place == "served" else CASES[name][1]
    assert comparable(summaries[place].get(name, "absent")) == comparable(expected)


@pytest.mark.parametrize("place", PLACES)
def test_own_keys_have_no_statistics(place: str, summaries: dict[str, Any]) -> None:
    """The tracker's own keys have no statistics, even if a glob matches them."""
    assert isinstance(summaries[place]["_step"], int)
