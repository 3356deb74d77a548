"""A run in plain text."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.view import run_text
from wandb_nb.view.run_text import MetricTrend

RUN = {
    "id": "abcd1234", "name": "snowy-owl-10", "project": "digits", "state": "running", "exitCode": None,
    "rows": 3, "step": 2, "runtime": 62.5, "lost": 0,
}  # fmt: skip


def test_trend_names_first_last_and_best():
    """The trend has first and last value, and the lowest with its step for a falling metric."""
    curve = MetricTrend("loss", range(4), [1.0, 0.5, 0.04, 0.0625])

    assert run_text.trend(curve) == "loss 1 → 0.0625, lowest 0.04 at step 2"


@pytest.mark.parametrize(
    ("values", "goal", "end"),
    [
        ([0.1, 0.9, 0.8], None, "highest 0.9 at step 1"),
        ([0.1, 0.9, 0.8], "minimize", "lowest 0.1 at step 0"),
        ([0.9, 0.1], "maximize", "highest 0.9 at step 0"),
    ],
)
def test_trend_follows_goal_or_direction(values, goal, end):
    """The best extreme follows the goal, and without one the direction."""
    assert run_text.trend(MetricTrend("m", range(len(values)), values, goal)).endswith(end)


def test_trend_of_little():
    """The trend of one value, or of none, is a plain sentence."""
    assert run_text.trend(MetricTrend("m", [7], [0.5])) == "m 0.5 at step 7"
    assert run_text.trend(MetricTrend("m", [7], [math.nan])) == "m has no finite value yet"
    assert run_text.trend(MetricTrend("m", [0, 1, 2], [3.0, math.nan, 3.0])) == "m 3 throughout"
    assert run_text.trend(MetricTrend("m", [0, 1], [25562.7, 1e-9])) == "m 25562.7 → 1e-09, lowest 1e-09 at step 1"


def test_sparkline_shape():
    """A rising metric rises, a flat one is flat, a gap is blank."""
    assert run_text.sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert run_text.sparkline([2.0, 2.0]) == "▅▅"
    assert run_text.sparkline([0.0, math.nan, 1.0], ascii_only=True) == "_ #"
    assert run_text.sparkline([math.nan]) == ""


@given(st.lists(st.floats()), st.integers(1, 50), st.booleans())
def test_sparkline_never_fails(values, width, ascii_only):
    """For any values, the line fits its width and encoding."""
    line = run_text.sparkline(values, width, ascii_only)

    assert len(line) <= width
    line.encode("ascii" if ascii_only else "utf-8")


def test_headline():
    """The header line has run, state, project, step and time, and lost rows if any."""
    assert run_text.headline(RUN) == "snowy-owl-10 · running · digits · step 2 · 1:02"
    failed = {**RUN, "state": "failed", "exitCode": 3, "lost": 4, "rows": 0}
    assert run_text.headline(failed, ascii_only=True) == (
        "snowy-owl-10 - failed (exit code 3) - digits - no rows yet - 1:02 - 4 rows lost"
    )


def test_finish_lines_align_and_count_the_rest():
    """Names and sparklines are in columns; the rest is counted."""
    lines = run_text.finish_lines([MetricTrend("a", [0, 1], [0.0, 1.0]), MetricTrend("longer", [0, 1], [1.0, 0.0])])

    assert lines == ["a       ▁█  0 → 1, highest 1 at step 1", "longer  █▁  1 → 0, lowest 0 at step 1"]
    assert run_text.finish_lines([MetricTrend(str(i), [0], [0.0]) for i in range(13)])[-1] == "+3 more metrics"


def test_finish_lines_of_a_name_like_its_trend():
    """A long name is shortened in its column and omitted from the text."""
    (line,) = run_text.finish_lines([MetricTrend("x" * 60, [0, 1], [1.0, 2.0])])

    assert line == "x" * 31 + "…  ▁█  1 → 2, highest 2 at step 1"


def test_summary_lines():
    """Plain values are aligned; inner keys and objects are omitted."""
    lines = run_text.summary_lines({"_step": 3, "loss": 0.123456, "best": "yes\x1b[0m", "hist": {"_type": "histogram"}})

    assert lines == ["loss  0.12346", "best  yes�[0m"]


@pytest.mark.parametrize(("encoding", "able"), [("utf-8", True), ("ascii", False), ("latin-1", False), (None, False)])
def test_encodable(encoding, able):
    """Sparklines are used only if the stream can write them."""
    assert run_text.encodable(encoding) is able


def test_nothing_heavy_is_loaded():
    """`finish()` in a script prints its lines without numpy or Pillow."""
    code = "import sys, wandb_nb.view.run_text; sys.exit(bool({'numpy', 'PIL'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("sync", "text"),
    [
        ({"state": "connecting", "server": "h:1"}, "connecting to h:1 …"),
        ({"state": "sending"}, "sending"),
        ({"state": "waiting", "waiting": 1, "message": "no route"}, "1 row waiting: no route"),
        ({"state": "waiting", "waiting": 0}, "waiting"),
        ({"state": "done"}, "sent"),
        ({"state": "done", "message": "a.bin is too large"}, "sent, but not all: a.bin is too large"),
        ({"state": "refused", "message": "no\x1b right"}, "refused: no� right"),
    ],
)
def test_sending_in_words(sync, text):
    """What of a run is sent has the same words as in a view's header, and no control characters."""
    assert run_text.sync_text({"waiting": 0, "message": "", "server": "", **sync}) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"_type": "image-file", "path": "media/a.png", "width": 4, "height": 3}, "image-file 4 x 3, media/a.png"),
        ([{"_type": "audio-file", "path": "media/a.wav"}] * 3, "3 items, the first: audio-file, media/a.wav"),
        ([[{"_type": "audio-file", "path": "media/a.wav"}]], ""),
        ([1, 2], ""),
        ([], ""),
        ({"_type": "histogram", "values": [1]}, ""),
    ],
)
def test_media_and_lists_of_media_are_named(value: object, text: str) -> None:
    """A value with a file is named by its kind and path, a list by its first value; other values are not media."""
    assert run_text.media_text(value) == text
