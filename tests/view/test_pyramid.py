"""Decimation preserves the visible features of a chart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wandb_nb.view.message.pyramid import Pyramid, decimate

numbers = st.floats(width=32) | st.integers(-3, -1).map(float) | st.just(np.nan)
floats = st.lists(numbers, min_size=1, max_size=300).map(np.array)


def grown(values, cuts, buckets):
    """Return a pyramid that has seen *values* in pieces ending at *cuts*."""
    pyramid = Pyramid(buckets)
    for end in [*sorted(cut % (len(values) + 1) for cut in cuts), len(values)]:
        pyramid.extend(values[:end])
    return pyramid


@given(floats, st.lists(st.integers(0, 300), max_size=12), st.integers(2, 20))
@settings(deadline=None, max_examples=300)
def test_extremes_and_ends_are_preserved(values, cuts, buckets):
    """For any growth the result has lowest, highest, first and last value, in order, within bounds."""
    indices = grown(values, cuts, buckets).indices(values)

    finite = values[np.isfinite(values)]
    selected = values[indices][np.isfinite(values[indices])]
    assert np.all(np.diff(indices) > 0)
    assert (indices[0], indices[-1]) == (0, len(values) - 1)
    assert len(indices) <= 2 * buckets + 4
    if len(finite):
        assert (finite.min(), finite.max()) == (selected.min(), selected.max())


@given(floats, st.lists(st.integers(0, 300), max_size=12))
@settings(deadline=None)
def test_growing_equals_one_pass_in_each_bucket(values, cuts):
    """Every whole bucket of a grown pyramid has the lowest and highest value of its range."""
    pyramid = grown(values, cuts, 4)

    for bucket, (low, high) in enumerate(zip(pyramid._low, pyramid._high, strict=True)):
        stretch = values[bucket * pyramid._width : (bucket + 1) * pyramid._width]
        finite = stretch[np.isfinite(stretch)]
        if len(finite):
            assert (finite.min(), finite.max()) == (values[low], values[high])
        else:
            assert not np.isfinite(values[low])


def test_spike_survives_a_million_points():
    """A single outlier among a million points is in the result."""
    values = np.zeros(1_000_000)
    values[654_321] = 9.0

    indices = grown(values, [10, 1000, 500_000], 1200).indices(values)

    assert 654_321 in indices
    assert len(indices) <= 2 * 1200 + 4


def test_long_gap_stays_a_gap():
    """A range of NaN wider than a bucket leaves a NaN in its place."""
    values = np.arange(10_000.0)
    values[4_000:5_000] = np.nan

    indices = decimate(values, 100)

    gap = indices[np.isnan(values[indices])]
    assert len(gap)
    assert gap.min() >= 4_000
    assert gap.max() < 5_000


def test_newest_point_may_change():
    """A last value that is overwritten before more points arrive is read as it is then."""
    values = np.zeros(64)
    pyramid = Pyramid(8)
    pyramid.extend(values)
    values[63] = 5.0
    more = np.concatenate([values, np.zeros(64)])
    pyramid.extend(more)

    assert 63 in pyramid.indices(more)


def test_ends_of_attempts_are_preserved():
    """Last point of an attempt and first of the next are in the result."""
    values = np.sin(np.arange(5_000.0))
    pyramid = Pyramid(10)
    pyramid.extend(values)

    assert {1_234, 1_233} <= set(pyramid.indices(values, np.array([1_234])))


@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_short_series_are_whole(count):
    """A series that fits is unchanged, an empty one gives nothing."""
    assert list(range(count)) == list(decimate(np.zeros(count), 100))
