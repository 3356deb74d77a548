"""System metrics: what the program's processes and the machine use, sampled by a thread."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import psutil

Sample = dict[str, float]

FIRST_AFTER_S = 0.2
"""A short run has a sample too, and a very short one does not pay for it."""

_STOP_TAKES_AT_MOST_S = 1.0
_MB, _GB = 1 << 20, 1 << 30


class SystemSampler:
    """Stores a sample every *interval* seconds from a thread of its own, as StatsRecords given to *append*.

    Nothing is loaded or measured before the first sample.  After `stop()` nothing is appended any more.  What the
    system does not tell is left out of the samples; when there is nothing at all, *failed* is told why and the
    thread ends.  A forked child has no such thread.
    """

    def __init__(
        self,
        append: Callable[[bytes], None],
        *,
        interval: float,
        disk_paths: Iterable[Path] = (),
        failed: Callable[[str], None],
    ) -> None:
        self._append, self._interval, self._failed = append, max(interval, 0.1), failed
        self._disk_paths = tuple(disk_paths)
        self._stopped = threading.Event()
        self._storing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="wandb_nb-system", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples; one that is under way is dropped."""
        with self._storing:
            self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_TAKES_AT_MOST_S)

    def _run(self) -> None:
        if self._stopped.wait(min(FIRST_AFTER_S, self._interval)):
            return
        try:
            machine = Machine(self._disk_paths)
            due = time.monotonic()
            while not self._stopped.is_set():
                self._store(machine.sample())
                due = max(due + self._interval, time.monotonic())
                self._stopped.wait(due - time.monotonic())
        except Exception as error:  # noqa: BLE001 -- a thread has nobody to raise to, and the run does without samples
            self._failed(f"no system metrics are taken ({type(error).__name__}: {error})")

    def _store(self, sample: Sample) -> None:
        items = {key: to_json(value, key) for key, value in sample.items() if math.isfinite(value)}
        with self._storing:
            if items and not self._stopped.is_set():
                self._append(records.stats(items, time.time()))


class Machine:
    """What this process with its children, and the machine as a whole, use from one `sample()` to the next.

    Totals of disk and network count from the making of this object.  Not thread-safe.
    """

    def __init__(self, disk_paths: Iterable[Path] = ()) -> None:
        import psutil  # some ten milliseconds, and only in the sampler's thread

        from wandb_nb.capture.machine.gpu import Gpus

        self._psutil = psutil
        self._disk_paths = tuple(disk_paths)
        self._cores = psutil.cpu_count() or 1
        self._tree: dict[int, psutil.Process] = {}
        self._network, self._disk = _totals(psutil)
        self._gpus = Gpus()
        self._own = psutil.Process()
        self._own.cpu_percent()  # the first call only sets the mark to measure from
        psutil.cpu_percent(percpu=True)

    def sample(self) -> Sample:
        """Return the metrics of this moment by their documented names, without the ones that are not to be had."""
        found = {**self._processes(), **self._gpus.sample()}
        for measure in (self._cpu, self._memory, self._disks, self._traffic):
            with suppress(OSError, self._psutil.Error, NotImplementedError):  # a system that does not tell this
                found |= measure()
        return found

    def _processes(self) -> Sample:
        """Return CPU (percent of the whole machine), memory and threads of this process and all below it."""
        self._tree = {process.pid: self._tree.get(process.pid, process) for process in self._family()}
        cpu = resident = threads = 0.0
        for process in self._tree.values():
            with suppress(self._psutil.Error):  # it has just ended
                cpu += process.cpu_percent()
                resident += process.memory_info().rss
                threads += process.num_threads()
        total = self._psutil.virtual_memory().total
        return {
            "cpu": round(cpu / self._cores, 2),
            "proc.cpu.threads": threads,
            "proc.memory.rssMB": round(resident / _MB, 2),
            "proc.memory.percent": round(resident / total * 100, 2),
        }

    def _family(self) -> list[psutil.Process]:
        try:
            return [self._own, *self._own.children(recursive=True)]
        except (self._psutil.Error, OSError):
            return [self._own]

    def _cpu(self) -> Sample:
        loads = self._psutil.cpu_percent(percpu=True)
        return {f"cpu.{index}.cpu_percent": load for index, load in enumerate(loads)}

    def _memory(self) -> Sample:
        memory = self._psutil.virtual_memory()
        return {"memory_percent": memory.percent, "proc.memory.availableMB": round(memory.available / _MB, 2)}

    def _disks(self) -> Sample:
        found: Sample = {}
        for path in self._disk_paths:
            usage = self._psutil.disk_usage(str(path))
            found |= {f"disk.{path}.usagePercent": usage.percent, f"disk.{path}.usageGB": round(usage.used / _GB, 2)}
        return found

    def _traffic(self) -> Sample:
        network, disk = _totals(self._psutil)
        sent, received = (now - before for now, before in zip(network, self._network, strict=True))
        read, written = ((now - before) / _MB for now, before in zip(disk, self._disk, strict=True))
        return {
            "network.sent": sent,
            "network.recv": received,
            "disk.in": round(read, 2),
            "disk.out": round(written, 2),
        }


def _totals(psutil: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return bytes sent and received, and read and written, since the machine started; zeros where nobody counts."""
    network = disk = None
    with suppress(OSError, RuntimeError, NotImplementedError):  # containers hide some of it
        network = psutil.net_io_counters()
    with suppress(OSError, RuntimeError, NotImplementedError):
        disk = psutil.disk_io_counters()
    return (
        (network.bytes_sent, network.bytes_recv) if network else (0, 0),
        (disk.read_bytes, disk.write_bytes) if disk else (0, 0),
    )
