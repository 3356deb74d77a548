"""The rows of a part of the x axis, which views request when they zoom or show another x axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from view_runs import RunFile, metric_record

from wandb_nb.view.message import row_range
from wandb_nb.view.message.row_range import RangeRequest
from wandb_nb.view.message.run_message import parse
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.view.message.run_message import Series


def stream_of(file: RunFile) -> RunStream:
    """Return a stream that has read all of *file*."""
    stream = RunStream(file.directory, lambda _directory: True)
    while stream.advance():
        pass
    return stream


def series(stream: RunStream, **request: object) -> list[Series]:
    """Return the answer to a request, in its wire form and back."""
    return parse(stream.range(RangeRequest.parse({"keys": ["loss"], "axis": "step", **request})).to_bytes()).series()


def test_rows_between_two_steps(tmp_path: Path) -> None:
    """A range has its rows in full, and one more on each side, also where the whole series is decimated."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": step % 7} for step in range(1_000)])

    (loss,) = series(stream_of(file), **{"from": 400, "to": 405})

    assert loss.step.tolist() == list(range(399, 407))
    assert loss.value.tolist() == [step % 7 for step in range(399, 407)]
    assert (loss.n, loss.decimated, loss.x) == (8, False, None)


def test_a_range_between_two_rows(tmp_path: Path) -> None:
    """Without rows in the range the answer has those around it, so that the line still crosses the chart."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": step} for step in range(10)])

    (loss,) = series(stream_of(file), **{"from": 4.2, "to": 4.8})
    (after,) = series(stream_of(file), **{"from": 20, "to": 30})

    assert loss.step.tolist() == [4, 5]
    assert after.step.tolist() == [9]


def test_rows_of_a_time(tmp_path: Path) -> None:
    """Bounds apply to the axis of the request: here to seconds since the start."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": step} for step in range(100)])

    (loss,) = series(stream_of(file), axis="time", **{"from": 10.0, "to": 11.0})

    assert loss.time.tolist() == [9.5, 10.0, 10.5, 11.0, 11.5]


def test_rows_of_several_processes(tmp_path: Path) -> None:
    """Rows that arrive in another order than that of their steps are selected by their own steps, for each metric."""
    file = RunFile(tmp_path / "run")
    for writer in (1, 2):
        for step in range(10, 20) if writer == 1 else range(10):
            file.add(file.row({"loss": step, "twice": 2 * step}, step, writer=writer))

    loss, twice = series(stream_of(file), keys=["loss", "twice"], **{"from": 3, "to": 4})

    assert [loss.step.tolist(), loss.value.tolist(), twice.value.tolist()] == [
        [2, 3, 4, 5],
        [2, 3, 4, 5],
        [4, 6, 8, 10],
    ]


def test_metrics_of_other_rows_have_their_own_points(tmp_path: Path) -> None:
    """Metrics that were logged in different rows are selected independently, in one answer."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": step} if step % 2 else {"accuracy": step, "f1": -step} for step in range(20)])

    answer = series(stream_of(file), keys=["loss", "accuracy", "f1"], **{"from": 6, "to": 8})

    assert {one.key: one.value.tolist() for one in answer} == {
        "loss": [5, 7, 9], "accuracy": [4, 6, 8, 10], "f1": [-4, -6, -8, -10]
    }  # fmt: skip


def test_rows_of_each_attempt(tmp_path: Path) -> None:
    """Steps that were logged twice are in the range twice, each in its attempt."""
    file = RunFile(tmp_path / "run")
    for attempt in range(2):
        for step in range(10):
            file.log({"loss": step + 100 * attempt}, step, attempt)

    (loss,) = series(stream_of(file), **{"from": 4, "to": 5})

    assert [loss.value[where].tolist() for _, where in loss.lines()] == [[3, 4, 5, 6], [103, 104, 105, 106]]


def test_x_is_the_latest_value_of_any_metric(tmp_path: Path) -> None:
    """A metric without definition is an x axis, too: each point has its latest value, in the order of logging."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": 1}, {"tokens": 50, "loss": 2}, {"loss": 3}, {"tokens": 20}, {"loss": 4}])

    (loss,) = series(stream_of(file), axis="metric", metric="tokens")

    assert loss.x is not None
    assert np.array_equal(loss.x, [np.nan, 50, 50, 20], equal_nan=True)
    assert loss.value.tolist() == [1, 2, 3, 4]
    assert loss.step_metric == "tokens"
    assert len(series(stream_of(file), axis="metric", metric="absent")[0].value) == 0


def test_a_long_range_is_minimum_and_maximum_in_the_order_of_x(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long range of a metric that goes back and forth is bucketed by x, and no extreme value is lost."""
    monkeypatch.setattr(row_range, "MAX_RANGE_POINTS", 1_000)
    monkeypatch.setattr(row_range, "BUCKETS", 50)
    file = RunFile(tmp_path / "run")
    x = np.random.default_rng(0).permutation(5_000)
    file.log_many([{"loss": float(np.sin(value / 400)), "tokens": int(value)} for value in x])

    (loss,) = series(stream_of(file), axis="metric", metric="tokens")

    assert loss.x is not None
    assert (loss.n, loss.decimated, len(loss.value) < 250) == (5_000, True, True)
    assert np.all(np.diff(loss.x) > 0)
    assert np.allclose(loss.value, np.sin(loss.x / 400))
    assert loss.value.max() > 0.999999


def test_the_answer_leaves_cursors_valid(tmp_path: Path) -> None:
    """A range is not a part of what a view follows: its next message has only new rows."""
    file = RunFile(tmp_path / "run")
    file.add(metric_record("loss", "epoch"))
    file.log_many([{"loss": step, "epoch": step // 2} for step in range(10)])
    stream = stream_of(file)
    cursor = stream.message().header["cursor"]

    answer = stream.range(RangeRequest(["loss", "missing"], "step"))

    assert (answer.header["cursor"], answer.header["config"], [one.key for one in answer.series()]) == (
        "",
        None,
        ["loss"],
    )
    assert stream.message(cursor).header["series"] == []


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "[]",
        "null",
        '{"keys": "loss", "axis": "step"}',
        '{"keys": [1], "axis": "step"}',
        '{"keys": [], "axis": "y"}',
        '{"keys": [], "axis": ["step"]}',
        '{"keys": [], "axis": "metric"}',
        '{"keys": [], "axis": "step", "from": "1"}',
        '{"keys": [], "axis": "step", "to": NaN}',
        "[" * 100_000,
    ],
)
def test_what_is_not_a_request_is_refused(request_: str) -> None:
    """Anything else raises ValueError, whatever a page sends."""
    with pytest.raises(ValueError, match=r"range|JSON|Expecting|bound"):
        RangeRequest.parse(request_)


def test_the_number_of_keys_is_limited() -> None:
    """A request of very many keys is answered for the first ones."""
    keys = [f"m{i}" for i in range(1_000)]
    assert len(RangeRequest.parse({"keys": keys, "axis": "time"}).keys) == row_range.MAX_KEYS
