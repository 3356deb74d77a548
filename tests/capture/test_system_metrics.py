"""Samples of real processes on a real machine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wandb_nb.capture.machine.system_metrics import Machine, SystemSampler
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_types import StatsRecord

if TYPE_CHECKING:
    from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait until *condition* is true, and return whether it was in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_a_sample_has_the_documented_names() -> None:
    """CPU, memory, threads, disk and network have W&B's names and sensible values."""
    sample = Machine([Path("/")]).sample()
    assert {"cpu", "memory_percent", "proc.memory.rssMB", "proc.cpu.threads", "cpu.0.cpu_percent"} <= set(sample)
    assert {"disk./.usagePercent", "disk./.usageGB", "network.sent", "network.recv", "disk.in"} <= set(sample)
    assert 1 < sample["proc.memory.rssMB"] < 1e6
    assert 0 < sample["memory_percent"] <= 100


def test_children_count() -> None:
    """The sample includes the memory of a child process."""
    machine = Machine()
    alone = machine.sample()["proc.memory.rssMB"]
    source = "b = bytearray(200 << 20); b[::4096] = b'x' * len(b[::4096]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        together = machine.sample()["proc.memory.rssMB"]
        child.communicate(b"\n")
    assert together > alone + 190


def test_busy_threads_show() -> None:
    """A thread that computes between two samples is visible as CPU use."""
    machine, ended = Machine(), time.monotonic() + 0.3
    while time.monotonic() < ended:
        pass
    assert machine.sample()["cpu"] > 1


def test_samples_become_records_until_stopped() -> None:
    """The thread stores a first sample soon and others after each interval; after `stop()` it stores no more."""
    bodies: list[bytes] = []
    sampler = SystemSampler(bodies.append, interval_seconds=0.1, report_failure=pytest.fail)
    sampler.start()
    assert until(lambda: len(bodies) >= 3)
    sampler.stop()
    stored = len(bodies)
    assert not any(thread.name == "wandb_nb-system" for thread in threading.enumerate())
    assert len(bodies) == stored
    stats = decode(b"\x08\x01" + bodies[0])
    assert isinstance(stats, StatsRecord)
    assert "proc.memory.rssMB" in {path[0] for path, _ in stats.items}
