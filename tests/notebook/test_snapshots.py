"""When snapshots are taken: often at first, then less often, at most ten seconds old, at a small share of time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.notebook.panel import live_run, push_thread

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the push thread's clock."""
    clock = Clock()
    monkeypatch.setattr(push_thread, "time", clock)
    monkeypatch.setattr(live_run, "time", clock)
    return clock


def play(clock: Clock, file: Path, seconds: float, making: float) -> list[float]:
    """Return when snapshots are taken of a file that grows ten times a second, each taking *making* seconds."""
    live = live_run.LiveRun(None, file)  # type: ignore[arg-type]  # only the schedule is asked for
    live.take_snapshot = lambda: None
    times = []
    while clock.now < seconds:
        clock.now += 0.1
        with file.open("ab") as grown:
            grown.write(b"row")
        if live.is_snapshot_due(clock.now):
            times.append(clock.now)
            live.schedule_next_snapshot()
            live.render_seconds = making
    return times


@pytest.mark.parametrize("making", [0.02, 0.06, 0.15, 0.5])
def test_a_killed_kernel_costs_little(clock: Clock, tmp_path: Path, making: float) -> None:
    """The last snapshot is always at most 10 s old; after a minute it has 95 % of the rows if rendering is fast."""
    times = play(clock, tmp_path / "run.wandb", 300.0, making)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]

    assert max(gaps) + making <= 10.0
    first_minute = [gap for at, gap in zip(times, gaps, strict=False) if at <= 60]
    if making <= 0.15:
        assert max(first_minute) + making <= 3.0
    assert len(times) * making <= 0.12 * 300


def test_nothing_is_taken_of_a_run_at_rest(clock: Clock, tmp_path: Path) -> None:
    """While the file does not grow no snapshot is due; a requested one is due immediately."""
    file = tmp_path / "run.wandb"
    play(clock, file, 20.0, 0.05)
    live = live_run.LiveRun(None, file)  # type: ignore[arg-type]  # as above
    live.take_snapshot = lambda: None
    live.schedule_next_snapshot()
    clock.now += 1_000
    assert not live.is_snapshot_due(clock.now)
    live.request_snapshot()
    assert live.is_snapshot_due(clock.now)
    live.schedule_next_snapshot()
    assert not live.is_snapshot_due(clock.now)


def test_the_push_thread_wakes_when_something_is_due(clock: Clock, tmp_path: Path) -> None:
    """The push thread sleeps until the next snapshot is due, a second without one, a quarter while a page views."""
    file = tmp_path / "run.wandb"
    file.write_bytes(b"x")
    live: Any = live_run.LiveRun(None, file)  # type: ignore[arg-type]  # as above
    served = push_thread.PushThread()
    served._live_runs["a"] = live
    clock.now = 1.0
    assert served._wait_seconds() == live_run.MIN_SNAPSHOT_SECONDS
    live.snapshot_due_at = 1.4
    assert served._wait_seconds() == pytest.approx(0.4)
    live._cursors["page"] = ""
    assert served._wait_seconds() == push_thread.PUSH_SECONDS
