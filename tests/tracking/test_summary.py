"""The summary: newest values, `define_metric`, and values that the user sets."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from forked import in_child

import wandb_nb as wandb
from wandb_nb.errors import RowTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]


def test_the_newest_value_counts_and_a_set_one_stays_until_the_next(start: Start) -> None:
    """A value set by hand stays until its key is logged again."""
    run = start()
    run.log({"a": 1, "b": 1})
    run.summary["a"] = 10
    run.log({"b": 2})
    assert (run.summary["a"], run.summary["b"]) == (10, 2)
    run.log({"a": 3})
    assert run.summary["a"] == 3


def test_none_is_a_key(start: Start) -> None:
    """A metric logged or set as None is a null in the summary, here, for readers and in the run's file."""
    run = start()
    run.log({"logged": None, "deep": {"er": None}})
    run.summary["set"] = None
    run.finish()
    expected = {"logged": None, "deep": {"er": None}, "set": None}
    assert run.directory is not None
    stored = json.loads((run.directory / "files/wandb-summary.json").read_text())
    for summary in (run.summary.as_dict(), wandb.read(run.directory).attrs["summary"], stored):
        assert {key: value for key, value in summary.items() if not key.startswith("_")} == expected


def test_keys_of_simple_types_become_text(start: Start) -> None:
    """Numbers, tuples and None as keys are stored as text, below the top as well; an object as key is refused."""
    run = start()
    run.summary[5] = 1  # type: ignore[index]
    run.summary.update({None: 2, (1, 2): {3: 4}, np.int64(6): 7, "text": 8})
    with pytest.raises(RowTypeError, match="keys of 'summary'"):
        run.summary.update({object(): 1, "lost": 1})
    run.finish()
    expected = {"5": 1, "None": 2, "(1, 2)": {"3": 4}, "6": 7, "text": 8}
    assert run.directory is not None
    for summary in (run.summary.as_dict(), wandb.read(run.directory).attrs["summary"]):
        assert {key: value for key, value in summary.items() if not key.startswith("_")} == expected


def test_nested_access(start: Start) -> None:
    """Nested objects are read and written by item and by attribute, and rows merge into them."""
    run = start()
    run.log({"deep": {"a": 1}})
    run.log({"deep": {"b": 2}})
    run.summary["deep"]["c"] = 3
    run.summary.deep.d = {"e": 4}
    assert run.summary["deep"]["d"]["e"] == 4
    del run.summary["deep"]["a"]
    assert run.summary.as_dict()["deep"] == {"b": 2, "c": 3, "d": {"e": 4}}
    del run.summary["deep"]
    assert "deep" not in run.summary
    with pytest.raises(AttributeError, match="deep"):
        run.summary.deep  # noqa: B018
    with pytest.raises(KeyError):
        run.summary["deep"]


def test_rows_of_many_numbers_count_in_their_order(start: Start) -> None:
    """Between rows of many numbers, others and values set by hand, the newest one counts, whatever the row."""
    run = start()
    wide = {f"m{at}": float(at) for at in range(20)}
    expected: dict[str, Any] = {}
    for number in range(60):
        row: dict[str, Any] = {name: value + number for name, value in wide.items()}
        if number % 3 == 1:
            row = {"m1": -number, "m2": "text"}
        elif number % 5 == 2:
            row = {**{f"x{at}": number for at in range(20)}, "m3": number}
        expected |= row
        run.log(row)
        row["m1"] = "changed by the caller afterwards"
        if number == 30:
            run.summary["m4"] = expected["m4"] = "by hand"
        if number % 7 == 0:
            assert {name: run.summary[name] for name in expected} == expected
    assert {name: run.summary[name] for name in expected} == expected


def test_logged_objects_are_copied(start: Start) -> None:
    """A list or array that changes after it was logged stays in the summary as it was."""
    run = start()
    values = [1, 2]
    run.log({"list": values, "array": np.arange(3), "number": np.float32(1.5)})
    values.append(3)
    run.summary["set"] = np.float64(0.5)
    assert type(run.summary["set"]) is float
    assert (run.summary["list"], run.summary["array"], run.summary["number"]) == ([1, 2], [0, 1, 2], 1.5)


@pytest.mark.parametrize(
    ("kinds", "goal", "expected"),
    [
        ("min", None, {"min": 1}),
        ("max,mean", None, {"max": 3, "mean": 2.0}),
        ("first, last", None, {"first": 3, "last": 2}),
        ("best", "maximize", {"best": 3}),
        ("best", "minimize", {"best": 1}),
        ("copy", None, 2),
        (None, None, 2),
    ],
)
def test_summary_kinds(start: Start, kinds: str | None, goal: str | None, expected: Any) -> None:
    """Each kind gives its documented result for 3, NaN, 1 and 2, in memory and for readers of the file."""
    with start() as run:
        run.define_metric("m", summary=kinds, goal=goal)
        for value in (3, math.nan, 1, 2):
            run.log({"m": value})
        assert run.summary.as_dict()["m"] == expected
    assert wandb.read(run.directory).attrs["summary"]["m"] == expected


def test_none_excludes_a_metric(start: Start) -> None:
    """With "none" the summary never has the key, not even after the run."""
    with start() as run:
        run.define_metric("m", summary="none")
        run.log({"m": 1, "other": 2})
        assert "m" not in run.summary
    assert "m" not in wandb.read(run.directory).attrs["summary"]


def test_globs_and_step_metrics(start: Start) -> None:
    """A glob applies to every metric that matches; rows without the step metric get its last value, first 0."""
    with start() as run:
        run.define_metric("val/*", step_metric="epoch", summary="max")
        run.define_metric("free", step_metric="epoch", step_sync=False)
        run.log({"val/a": 3})
        run.log({"epoch": 1})
        run.log({"val/a": 5})
        run.log({"free": 1})
        run.log({"val/a": 4, "epoch": 2})
        assert run.summary.as_dict()["val/a"] == {"max": 5}
    epochs = wandb.read(run.directory)["epoch"]
    assert [None if math.isnan(value) else value for value in epochs] == [0, 1, 1, None, 2]


def test_a_child_does_not_know_the_step_metric(start: Start) -> None:
    """A forked child gives its rows no first value: the step metric may be elsewhere by then in its parent."""
    with start() as run:
        run.define_metric("a", step_metric="epoch")
        in_child(lambda: run.log({"a": 1}))
        run.log({"epoch": 3})
    assert wandb.read(run.directory)["epoch"].dropna().tolist() == [3]


def test_a_resumed_run_continues_its_step_metric(start: Start) -> None:
    """Rows of a resumed run have the step metric's last value of the earlier part until it is logged again."""
    with start(id="again") as run:
        run.define_metric("a", step_metric="epoch")
        run.log({"epoch": 3})
    with start(id="again", resume="must") as run:
        run.log({"a": 1})
    assert wandb.read(run.directory)["epoch"].tolist()[-1] == 3


@pytest.mark.parametrize("axis", ["_step", "_runtime", "_timestamp"])
def test_axes_that_every_row_has(axis: str, start: Start) -> None:
    """Step, runtime and timestamp can be the axis of a metric, and rows keep their own."""
    with start() as run:
        assert run.define_metric("a", step_metric=axis).step_metric == axis
        run.log({"a": 1}, step=7)
    frame = wandb.read(run.directory)
    assert frame["_step"].tolist() == [7]
    assert frame[axis].tolist() != [0]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("", {}),
        (3, {}),
        ("_own", {}),
        ("a*b", {}),
        ("a", {"summary": "median"}),
        ("a", {"summary": "none,max"}),
        ("a", {"goal": "up"}),
        ("a", {"summary": "best"}),
        ("a", {"step_metric": 1}),
    ],
)
def test_invalid_definitions_are_refused(start: Start, name: Any, options: dict[str, Any]) -> None:
    """An invalid name or option is a UsageError and defines nothing."""
    run = start()
    with pytest.raises(wandb.UsageError, match="define_metric"):
        run.define_metric(name, **options)


def test_a_second_definition_adds_unless_it_overwrites(start: Start) -> None:
    """Definitions of one name are merged; `overwrite=True` replaces the earlier one."""
    run = start()
    run.define_metric("m", summary="min")
    run.define_metric("m", summary="max")
    run.log({"m": 1})
    assert run.summary.as_dict()["m"] == {"min": 1, "max": 1}
    run.define_metric("m", summary="last", overwrite=True)
    run.log({"m": 2})
    assert run.summary.as_dict()["m"] == {"last": 2}
    run.define_metric("m", goal="minimize")
    run.define_metric("m", summary="best")
    run.log({"m": 3})
    assert run.summary.as_dict()["m"] == {"last": 3, "best": 1}
