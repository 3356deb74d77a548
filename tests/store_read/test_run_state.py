"""State read from a run file, and the summary computed from its rows."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.store.format import records
from wandb_nb.store.format.wire import varint
from wandb_nb.store.metrics.definition import Metric
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.writing.row_encoder import RowEncoder

ENCODER = RowEncoder()


def row(step: int, **values: Any) -> bytes:
    """Return a history record."""
    return ENCODER.encode(values, step, step / 2, 1e9 + step)


def state_of(*payloads: bytes) -> RunState:
    """Return the state after *payloads*."""
    state = RunState()
    state.apply(payloads)
    return state


def test_a_later_run_record_updates():
    """Name, notes and tags follow the newest run record; fields it lacks stay, and so does the start."""
    state = state_of(
        records.run("id1", project="p", name="a", notes="n", tags=["x", "y"], group="g", start_time=5.0),
        records.run("id1", name="b", tags=["z"], start_time=9.0),
    )

    assert (
        state.id, state.project, state.name, state.notes, state.tags, state.group,
    ) == ("id1", "p", "b", "", ["z"], "g")  # fmt: skip
    assert state.start_time == 5.0


def test_the_summary_is_in_the_order_of_logging():
    """Keys are in the order in which they were first logged, whatever the order of a record; others follow."""
    recorded = records.summary(dict.fromkeys(("own", "a", "c", "b"), "1"))
    state = state_of(row(0, c=1, b=2), row(1, a=3, c=4), recorded)
    assert [key for key in state.summary if not key.startswith("_")] == ["c", "b", "a", "own"]


def test_config_is_plain_and_keeps_wandbs_own_apart():
    """Nested keys make nested dicts; `_wandb` goes to `config_wandb`; removal removes."""
    state = state_of(
        records.run("id1", config={"lr": "0.1", ("opt", "name"): '"adam"', "_wandb": '{"a": 1}'}),
        records.config({("opt", "beta"): "[1, 2]", ("_wandb", "b"): "2"}, remove=["lr"]),
    )

    assert state.config == {"opt": {"name": "adam", "beta": [1, 2]}}
    assert state.config_wandb == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("payloads", "alive", "verdict"),
    [
        ([], True, "running"),
        ([], None, "running"),
        ([], False, "crashed"),
        ([records.exit(0, 3)], True, "finished"),
        ([records.exit(3, 3)], False, "failed"),
        ([records.exit(-1, 3)], None, "failed"),
        ([records.exit(0, 3), records.run("a", resumed=True)], True, "running"),
        ([records.exit(0, 3), records.run("a")], True, "finished"),
    ],
)
def test_verdict(payloads: list[bytes], alive: bool | None, verdict: str):
    """An exit record decides; without one the writer's lock does; resuming reopens the run."""
    assert verdict == state_of(*payloads).state(alive)


@pytest.mark.parametrize(
    ("kinds", "goal", "expected"),
    [
        ([], None, 2),
        (["copy"], None, 2),
        (["max"], None, {"max": 9}),
        (["min", "max", "mean", "first", "last"], None, {"min": 1, "max": 9, "mean": 4, "first": 4, "last": 2}),
        (["best"], "maximize", {"best": 9}),
        (["best"], "minimize", {"best": 1}),
    ],
)
def test_summary_follows_the_definition(kinds: list[str], goal: str | None, expected: object):
    """Each kind of summary is computed as its name says, without NaN, even if the rows come one at a time."""
    state = state_of(records.metric(Metric("m", summary=tuple(kinds), goal=goal)))
    for step, value in enumerate([4, 9, math.nan, 1, 2]):
        state.apply([row(step, m=value)])
        assert "m" in state.summary

    assert expected == state.summary["m"]


def test_globs_and_none():
    """A glob applies to the keys it matches, a definition of the key itself wins, and "none" excludes a metric."""
    state = state_of(
        records.metric(Metric("val/*", summary=("min",))),
        records.metric(Metric("val/acc", summary=("max",))),
        records.metric(Metric("quiet", summary=("none",))),
        row(0, **{"val/loss": 3, "val/acc": 3, "quiet": 1, "other": 1}),
        row(1, **{"val/loss": 5, "val/acc": 1, "quiet": 1, "other": 2}),
    )
    summary = state.summary

    assert summary["val/loss"] == {"min": 3}
    assert summary["val/acc"] == {"max": 3}
    assert "quiet" not in summary
    assert summary["other"] == 2
    assert (summary["_step"], summary["_runtime"]) == (1, 0.5)


def test_recorded_summary_holds_until_newer_rows():
    """Values that the user set stay; keys with rows newer than the record are recomputed; missing ones are added."""
    recorded = records.summary({"loss": "0.0", "best": "7", ("d", "e"): "1"})

    assert state_of(row(0, loss=3, acc=1), recorded).summary["loss"] == 0
    assert state_of(row(0, loss=3, acc=1), recorded).summary["acc"] == 1
    later = state_of(row(0, loss=3), recorded, row(1, loss=4, d={"e": 5})).summary
    assert (later["loss"], later["best"], later["d"]) == (4, 7, {"e": 5})


def test_a_removed_key_stays_away_until_logged_again():
    """Old rows do not restore a deleted summary key."""
    state = state_of(row(0, a=1), records.summary({"a": "1"}), records.summary(remove=["a"]))
    assert "a" not in state.summary

    state.apply([row(1, a=2)])
    assert state.summary["a"] == 2


def test_rewritten_values_are_counted_once():
    """A value that a later part of its step replaces is removed from the statistics."""
    state = state_of(records.metric(Metric("m", summary=("max",))), row(0, m=1), row(1, m=100))
    assert state.summary["m"] == {"max": 100}

    state.apply([row(1, m=2)])
    assert state.summary["m"] == {"max": 2}


def test_output_files_stats_and_alerts_are_read():
    """The smaller records are read too."""
    state = state_of(
        records.output_raw("hello\n", "stderr", 3.5),
        records.files([("a.txt", "live", "media")]),
        records.stats({"cpu": "3.5"}, 1.0),
        records.alert("title", "text", "WARN", 1.5),
        records.preempting(),
    )

    assert [(piece.stream, piece.text, piece.timestamp) for piece in state.output] == [("stderr", "hello\n", 3.5)]
    assert state.files == {"a.txt": ("live", "media")}
    assert state.stats == {"cpu": 3.5}
    assert [(alert.title, alert.level, alert.wait) for alert in state.alerts] == [("title", "WARN", 1.5)]
    assert state.preempting


changes = st.one_of(
    st.builds(lambda key, value: records.summary({key: json.dumps(value)}),
              st.sampled_from(["a", "b", ("a", "x"), ("c", "y", "z")]), st.integers(0, 9)),
    st.builds(lambda key: records.summary(remove=[key]), st.sampled_from(["a", "b", ("c", "y")])),
    st.builds(lambda step, value: row(step, a=value), st.integers(0, 3), st.integers(0, 9)),
)  # fmt: skip


@given(st.lists(st.tuples(changes, st.integers(1, 40)), max_size=12))
def test_a_batch_gives_the_state_of_single_records(parts: list[tuple[bytes, int]]):
    """Skipping outdated records leaves the same state as applying each record."""
    payloads = [payload for payload, times in parts for _ in range(times)]
    single = RunState()
    for payload in payloads:
        single.apply([payload])

    assert single.summary == state_of(*payloads).summary


def test_records_of_the_official_form_take_the_fast_path():
    """Every row and the newest summary are read from numbered records with keys in any order and a trailing info."""
    order = random.Random(5)  # noqa: S311 - an order, no secret
    payloads = []
    for step in range(200):
        keys = {"loss": step / 3, "acc": step, "_step": step, "_runtime": step, "note": f"n{step}"}
        items = [item(key, json.dumps(value)) for key, value in order.sample(list(keys.items()), len(keys))]
        for tag, tail in ((b"\x1a", b""), (b"\x12", part(b"\x12", b"\x08" + varint(step)))):
            body = part(tag, b"".join(items) + tail)
            payloads.append(b"\x08" + varint(len(payloads) + 1) + body + part(b"\xc2\x0c", part(b"\x0a", b"stream")))
    state = state_of(*payloads)

    assert [step / 3 for step in range(200)] == state.table.numbers["loss"].values.tolist()
    assert [f"n{step}" for step in range(200)] == state.table.others["note"].values
    assert state.summary == {"loss": 199 / 3, "acc": 199, "_step": 199, "_runtime": 199, "note": "n199"}
    assert state.unreadable == 0


def part(tag: bytes, body: bytes) -> bytes:
    """Return a field of bytes."""
    return tag + varint(len(body)) + body


def item(key: str, text: str) -> bytes:
    """Return an item with a nested key."""
    return part(b"\x0a", part(b"\x12", key.encode()) + part(b"\x82\x01", text.encode()))
