"""The x axis of a chart in pictures: the same rule as in the view (labextension/tests/axes.test.ts)."""

from __future__ import annotations

import numpy as np
import pytest

from wandb_nb.view.message.chart_axis import default_axis, x_values
from wandb_nb.view.message.run_message import Series

Attempts = list[list[int]]


def series(key: str, value: list[float], steps: list[float] | None = None, attempts: Attempts | None = None) -> Series:
    """Return a series of *value*, at steps 0, 1, 2 and so on by default."""
    at = np.arange(len(value), dtype=float) if steps is None else np.array(steps, float)
    return Series(key, at, at, np.array(value, float), attempts=attempts or [[0, 0]], n=len(value))


def axis(*all_series: Series) -> str | None:
    """Return the x axis of the chart of the metric "loss"."""
    return default_axis(["loss"], {one.key: one for one in all_series})


@pytest.mark.parametrize(
    ("epoch", "loss"),
    [
        (series("epoch", [0, 1, 2]), series("loss", [3, 2, 1])),
        (series("train/Epoch", [0, 0.5, 1]), series("loss", [2, 1], [0, 2])),
        (
            series("epoch", [0, 1, 0, 1], [0, 1, 0, 1], [[0, 0], [1, 2]]),
            series("loss", [4, 3, 2, 1], [0, 1, 0, 1], [[0, 0], [1, 2]]),
        ),
    ],
)
def test_an_epoch_of_each_row_is_the_axis(epoch: Series, loss: Series) -> None:
    """Each point has a larger epoch in its own row, also in a second attempt."""
    assert axis(epoch, loss) == epoch.key


@pytest.mark.parametrize(
    "epoch",
    [
        series("epoch", [0, 1], [0, 1]),
        series("epoch", [0, 0, 1]),
        series("epoch", [0, 1, 0]),
        series("epochs_left", [0, 1, 2]),
    ],
)
def test_other_epochs_are_not(epoch: Series) -> None:
    """An epoch that is missing in a row, stays the same or goes back is not an axis."""
    assert axis(epoch, series("loss", [3, 2, 1])) is None


def test_x_is_the_latest_value_of_the_metric() -> None:
    """A point has the value of its own row or of an earlier one of its attempt; before the first it has none."""
    loss, tokens = series("loss", [1, 2, 3, 4]), series("tokens", [50, 20], [1, 3])
    values = x_values(loss, "tokens", {"loss": loss, "tokens": tokens})
    assert np.array_equal(values, [np.nan, 50, 50, 20], equal_nan=True)
