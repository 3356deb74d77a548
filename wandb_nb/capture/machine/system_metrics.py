"""System metrics: the load of the program's processes and of the machine, sampled by a thread."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.machine.gpu import MISSING_READER, GpuReader, is_reader_missing
from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import psutil

Sample = dict[str, float]

FIRST_SAMPLE_SECONDS = 0.2
"""Short runs get a sample too; the shortest do not pay for one."""
MIN_INTERVAL_SECONDS = 0.1

_STOP_TIMEOUT_SECONDS = 0.2
_MB, _GB = 1 << 20, 1 << 30


class SystemSampler:
    """Passes a StatsRecord to *append* every *interval_seconds*, from its own thread.

    Nothing is loaded or measured before the first sample, and nothing is appended after `stop()`. Values that the
    system does not provide are left out. If sampling fails, *report_failure* gets the reason and the thread ends. A
    forked child has no such thread.
    """

    def __init__(
        self,
        append: Callable[[bytes], None],
        *,
        interval_seconds: float,
        disk_paths: Iterable[Path] = (),
        report_failure: Callable[[str], None],
    ) -> None:
        self._append, self._report_failure = append, report_failure
        self._interval_seconds = max(interval_seconds, MIN_INTERVAL_SECONDS)
        self._disk_paths = tuple(disk_paths)
        self._stopped = threading.Event()
        self._append_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="wandb_nb-system", daemon=True)

    def start(self) -> None:
        """Start sampling."""
        try:
            self._thread.start()
        except RuntimeError as error:  # the system allows no more threads
            self._report_failure(f"system metrics are not recorded ({error}); the run continues")

    def stop(self) -> None:
        """Stop sampling; a sample in progress is dropped."""
        with self._append_lock:
            self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        if self._stopped.wait(min(FIRST_SAMPLE_SECONDS, self._interval_seconds)):
            return
        try:
            if is_reader_missing():
                self._report_failure(MISSING_READER)
            machine = Machine(self._disk_paths)
            due = time.monotonic()
            while not self._stopped.is_set():
                self._store(machine.sample())
                due = max(due + self._interval_seconds, time.monotonic())
                self._stopped.wait(due - time.monotonic())
        except Exception as error:  # noqa: BLE001 -- nothing above the thread could handle it, and the run continues
            self._report_failure(f"system metrics are not recorded ({type(error).__name__}: {error})")

    def _store(self, sample: Sample) -> None:
        items = {key: to_json(value, key) for key, value in sample.items() if math.isfinite(value)}
        with self._append_lock:
            if items and not self._stopped.is_set():
                self._append(records.stats(items, time.time()))


class Machine:
    """The load caused by this process and its children, and that of the whole machine, between two `sample()` calls.

    Totals of disk and network count from the creation of this object. Not thread-safe.
    """

    def __init__(self, disk_paths: Iterable[Path] = ()) -> None:
        import psutil  # tens of milliseconds, and only in the sampler's thread

        self._psutil = psutil
        self._disk_paths = tuple(disk_paths)
        self._cores = psutil.cpu_count() or 1
        self._tree: dict[int, psutil.Process] = {}
        self._network, self._disk = _totals(psutil)
        self._gpus = GpuReader()
        self._own = psutil.Process()
        self._own.cpu_percent()  # the first call only starts the measurement
        psutil.cpu_percent(percpu=True)

    def sample(self) -> Sample:
        """Return the metrics of this moment by their documented names, without unavailable ones."""
        sample = self._processes()
        sample |= self._gpus.sample(self._tree)
        for measure in (self._cpu, self._memory, self._disks, self._traffic):
            with suppress(OSError, self._psutil.Error, NotImplementedError):  # not available on this system
                sample |= measure()
        return sample

    def _processes(self) -> Sample:
        """Return CPU (percent of the whole machine), memory and threads of this process and its descendants."""
        self._tree = {process.pid: self._tree.get(process.pid, process) for process in self._family()}
        cpu = resident = threads = 0.0
        for process in self._tree.values():
            with suppress(self._psutil.Error):  # it has ended since
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
        sample: Sample = {}
        for path in self._disk_paths:
            usage = self._psutil.disk_usage(str(path))
            sample |= {f"disk.{path}.usagePercent": usage.percent, f"disk.{path}.usageGB": round(usage.used / _GB, 2)}
        return sample

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
    """Return bytes sent and received, and read and written, since the machine started; zeros if not available."""
    network = disk = None
    with suppress(OSError, RuntimeError, NotImplementedError):  # containers hide some of it
        network = psutil.net_io_counters()
    with suppress(OSError, RuntimeError, NotImplementedError):
        disk = psutil.disk_io_counters()
    return (
        (network.bytes_sent, network.bytes_recv) if network else (0, 0),
        (disk.read_bytes, disk.write_bytes) if disk else (0, 0),
    )
