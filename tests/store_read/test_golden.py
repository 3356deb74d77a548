"""Files that the official package wrote, from 0.10 to 0.31."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.reading.tail import Tail, verify

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.wandb"))


def replay(path: Path) -> RunState:
    """Return the state of the file at *path*."""
    state, tail = RunState(), Tail(path)
    tail.finalize()
    while payloads := tail.read():
        state.apply(payloads)
    assert not tail.damage
    return state


def value_at(state: RunState, key: str, row: int) -> object:
    """Return the value of *key* in *row* of the table."""
    for column in (state.table.numbers.get(key), state.table.others.get(key)):
        if column is not None and row in column.rows:
            return column.values[list(column.rows).index(row)]
    raise KeyError(key)


def same(expected: object, actual: object) -> bool:
    """Return whether two values are equal, NaN included."""
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(actual, float) and math.isnan(actual)
    return expected == actual


@pytest.fixture(params=GOLDEN, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Path:
    """Yield the golden files one after another."""
    path: Path = request.param
    return path


def test_there_are_files_of_all_ages():
    """Six versions are represented, including the typed encoding of 0.31."""
    assert len(GOLDEN) >= 6


def test_rows_are_those_that_were_logged(golden: Path):
    """Every logged row is there with its step, its parts merged and its values equal."""
    expected = json.loads(golden.with_suffix(".json").read_text())["rows"]
    state = replay(golden)

    assert len(expected) + 1 == len(state.table)  # The last row holds a histogram, which has its own test below.
    for row, values in enumerate(expected):
        assert values.pop("_step") == state.table.step[row]
        for key, value in values.items():
            assert same(value, value_at(state, key, row)), (key, row)


def test_histogram_is_one_value(golden: Path):
    """A histogram is one object, even if the file stores its parts as separate items."""
    state = replay(golden)
    wide = value_at(state, "wide", len(state.table) - 1)

    assert isinstance(wide, dict)
    assert {"_type", "values", "bins"} == set(wide)
    assert not [key for key in state.table.keys if key.startswith("wide.")]


def test_run_properties_are_read(golden: Path):
    """Name (the later one), project, tags, notes, config and exit are read."""
    state = replay(golden)

    assert (state.id, state.project, state.name) == ("golden01", "golden", "second")
    assert (state.group, state.job_type, state.notes, state.tags) == ("some", "train", "two\nlines", ["a", "b"])
    assert state.config == {"lr": 0.1, "layers": [1, 2], "opt": {"name": "adam"}, "later": 3}
    assert state.exit_code == 0
    assert state.state(alive=None) == "finished"
    assert state.start_time is not None
    assert state.unreadable == 0


def test_summary_is_complete(golden: Path):
    """The summary holds the last values and the largest `acc`, even if the file has no summary records."""
    summary = replay(golden).summary

    assert summary["best"] == 0.5
    assert summary["loss"] == 2
    assert summary["epoch"] == 59
    assert {"max": math.inf} == summary["acc"]
    assert summary["nested"] == {"deep": {"er": 3}, "flat": 1.5}
    assert summary["_step"] == 81


def test_definitions_and_output_are_read(golden: Path):
    """The glob definition names its step metric, and the printed line is there."""
    state = replay(golden)
    globs = [metric for metric in state.metrics if metric.is_glob]

    assert [(metric.name, metric.step_metric) for metric in globs] == [("val/*", "epoch")]
    assert "a line of output" in "".join(piece.text for piece in state.output)


def test_verify_finds_nothing_wrong(golden: Path):
    """`verify` counts the records and finds no damage."""
    report = verify(golden)

    assert report.ok
    assert len(replay(golden).table) == report.rows
    assert report.records["exit"] == 1


def test_slow_and_fast_path_agree(golden: Path):
    """Both ways of decoding rows give the same table."""
    fast, slow = replay(golden).table, RunState().table
    payloads = [payload for payload in Tail(golden).read() if kind_of(payload) == "history"]
    slow.append(payloads, fast=False)

    assert slow.keys == fast.keys
    assert slow.step.tolist() == fast.step.tolist()
    for key, column in slow.numbers.items():
        assert column.rows.tolist() == fast.numbers[key].rows.tolist()
        assert column.values.tobytes() == fast.numbers[key].values.tobytes()


def kind_of(payload: bytes) -> str:
    """Return the kind of a record."""
    from wandb_nb.store.format.decode import kind

    return kind(payload)
