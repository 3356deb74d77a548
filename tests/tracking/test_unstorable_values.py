"""Values that cannot be stored: training continues, the rest of the row is there, and each is reported once."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from tests.tracking.conftest import Script, Start


class Broken:
    """An object whose every use fails."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


class BrokenMapping(dict[str, Any]):
    """A dict that cannot be read."""

    def items(self) -> Any:
        """Fail."""
        raise LookupError("closed")


class Stubborn(float):
    """A float whose methods fail."""

    def __float__(self) -> float:
        raise ValueError("no float")

    __repr__ = __str__ = __bool__ = __sub__ = __eq__ = __float__  # type: ignore[assignment]
    __hash__ = float.__hash__


def users(row: dict[str, Any]) -> dict[str, Any]:
    """Return the user's part of a row, without keys that were not logged."""
    return {key: value for key, value in row.items() if not key.startswith("_") and not pd.isna(value)}


def logged(run: wandb.Run) -> list[dict[str, Any]]:
    """Return the rows of the run as they are read from its file."""
    assert run.file is not None
    return wandb.read(run.file).to_dict("records")


@pytest.mark.parametrize("metrics", [False, True])
@pytest.mark.parametrize(
    "value",
    [
        object(),
        Broken(),
        BrokenMapping(a=1),
        [1, object()],
        iter([]),
        10**5000,
        range(10**12),
        "x" * 10_100_000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_rest_of_the_row_is_stored(start: Start, value: Any, *, metrics: bool) -> None:
    """A value that cannot be stored is missing from its row and from the summary; all others are there."""
    run = start()
    if metrics:
        run.define_metric("loss", summary="min")
    run.log({"bad": value, "loss": 0.5, "at": {"bad": value, "good": 2}, "text": "t"})
    run.log({"loss": 0.25})
    run.finish()
    assert [users(row) for row in logged(run)] == [{"loss": 0.5, "at.good": 2, "text": "t"}, {"loss": 0.25}]
    assert [row["_step"] for row in logged(run)] == [0, 1]
    summary = run.summary.as_dict()
    assert "bad" not in summary
    assert summary["at"] == {"good": 2}


def test_each_is_reported_once(script: Script) -> None:
    """A script that logs objects succeeds, and its terminal names each of them once, by name and type."""
    source = """
run = wandb.init(mode="offline")
for step in range(3):
    run.log({"loss": step, "model": object(), "deep": {"er": lambda: 0, "model": object()}})
run.summary["model"] = object()
run.summary["fine"] = 1
"""
    ended = script(source)
    assert ended.returncode == 0
    assert ended.stderr.count("'model': unsupported type object") == 1
    assert ended.stderr.count("'deep.model': unsupported type object") == 1


def test_the_reports_are_bounded(script: Script) -> None:
    """A new bad name at every step prints about twenty lines, not one per step."""
    source = """
run = wandb.init(mode="offline")
for step in range(100):
    run.log({f"bad{step}": object(), "loss": step})
"""
    ended = script(source)
    assert ended.returncode == 0
    assert 10 < ended.stderr.count("unsupported type object") < 30
    assert "dropped without further notices" in ended.stderr


def test_a_dict_in_itself_is_dropped_where_it_repeats(start: Start) -> None:
    """A dict that contains itself is stored once, without the repetition."""
    run = start()
    row: dict[str, Any] = {"loss": 1, "at": {"x": 2}}
    row["at"]["again"] = row["at"]
    run.log(row)
    assert [users(row) for row in logged(run)] == [{"loss": 1, "at.x": 2}]


def test_keys_below_the_top_may_be_of_any_simple_type(start: Start) -> None:
    """Numpy class numbers, floats, bools and None as keys of nested dicts are stored as text."""
    run = start()
    row = {"f1": {np.int64(3): 0.5, 1: 0.25, 0.5: 3, False: 4, None: 5, np.str_("n"): 6}}
    run.log(MappingProxyType(row))
    expected = {"f1.3": 0.5, "f1.1": 0.25, "f1.0.5": 3, "f1.False": 4, "f1.None": 5, "f1.n": 6}
    assert [users(row) for row in logged(run)] == [expected]


def test_a_subclass_is_the_number_that_it_is(start: Start) -> None:
    """A float whose own methods raise is stored as the number in rows, summary and config."""
    run = start()
    run.log({"loss": Stubborn(0.5), "deep": {"er": [Stubborn(1.5)]}})
    run.summary["set"] = Stubborn(2.5)
    run.config.update({"rate": Stubborn(3.5)})
    assert [users(row) for row in logged(run)] == [{"loss": 0.5, "deep.er": [1.5]}]
    assert (run.summary["loss"], run.summary["set"], run.config["rate"]) == (0.5, 2.5, 3.5)


def test_rows_of_history_can_be_logged_again(start: Start) -> None:
    """Rows returned by `history()` keep their steps and values when logged to another run."""
    first, second = start(), start(reinit="create_new")
    for step in (0, 2, 7):
        first.log({"loss": step / 2}, step=step)
    for row in first.history().to_dict("records"):
        second.log(row)
    assert [row["loss"] for row in logged(second)] == [0, 1, 3.5]
    second.log({"_step": None, "loss": 9})
    second.log({"_step": "x", "_runtime": 5, "loss": 10}, step=20)
    stored_rows = logged(second)
    assert [(row["_step"], row["loss"]) for row in stored_rows] == [(0, 0), (2, 1), (7, 9), (20, 10)]
    assert all(row["_runtime"] < 5 for row in stored_rows)


def test_a_dict_that_another_thread_changes_is_stored(start: Start) -> None:
    """While a thread adds and removes keys of a nested and of the top-level dict, every row is stored."""
    run = start()
    row: dict[str, Any] = {"loss": 1, "at": {"x": 2}, "array": np.arange(3)}
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for number in range(50):
                row[f"k{number}"] = row["at"][f"k{number}"] = 1
            for number in range(50):
                del row[f"k{number}"], row["at"][f"k{number}"]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(500):
            run.log(row)
    finally:
        stop.set()
        thread.join()
    stored_rows = logged(run)
    assert len(stored_rows) == 500
    assert all(row["loss"] == 1 and row["at.x"] == 2 for row in stored_rows)


def test_a_disabled_run_is_silent(script: Script) -> None:
    """A disabled run prints nothing about values that cannot be stored."""
    ended = script('run = wandb.init(mode="disabled")\nrun.log({"a": object()})\nrun.summary["b"] = object()\n')
    assert ended.returncode == 0
    assert "cannot log" not in ended.stderr
