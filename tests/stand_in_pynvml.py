"""A stand-in for the module `pynvml`: two cards of a driver, or the error that the variable `STAND_IN_ERROR` names.

`install` copies it as `pynvml.py` into a folder for PYTHONPATH, and the driver's program for PATH. The second card
supports little, as virtual ones do.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from types import SimpleNamespace

MIB = 1 << 20
nvmlMemory_v2 = 2
NVML_GPM_METRICS_GET_VERSION = 1
DRIVER_BYTES = 100 * MIB


class NVMLError(Exception):
    """The base of the library's errors."""


def install(folder: Path) -> str:
    """Make the stand-in importable as `pynvml` from *folder*; return the value for PYTHONPATH and PATH."""
    (folder / "nvidia-smi").write_text("#!/bin/sh\n")
    (folder / "nvidia-smi").chmod(0o755)
    (folder / "pynvml.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    return str(folder)


def nvmlInit() -> None:
    """Load the driver."""
    if os.environ.get("STAND_IN_ERROR") == "no driver":
        raise NVMLError("NVML Shared Library Not Found")


def nvmlDeviceGetCount() -> int:
    """Return the number of cards."""
    return 2


def nvmlDeviceGetHandleByIndex(index: int) -> int:
    """Return a handle."""
    return index


def nvmlSystemGetCudaDriverVersion() -> int:
    """Return 12.4."""
    return 12040


def nvmlDeviceGetName(device: int) -> str | bytes:
    """Return a name, as bytes for the second card, as old versions do."""
    return b"NVIDIA H200" if device else "NVIDIA H200"


def _first_only(device: int) -> None:
    if device or os.environ.get("STAND_IN_ERROR") == "failing":
        raise NVMLError("Not Supported")


def nvmlDeviceGetUUID(device: int) -> str:
    """Return an id."""
    _first_only(device)
    return "GPU-1"


def nvmlDeviceGetArchitecture(device: int) -> int:
    """Return the number of Hopper."""
    _first_only(device)
    return 9


def nvmlDeviceGetUtilizationRates(device: int) -> SimpleNamespace:
    """Return percentages."""
    _first_only(device)
    return SimpleNamespace(gpu=35, memory=10)


def nvmlDeviceGetMemoryInfo(device: int, version: int = 1) -> SimpleNamespace:
    """Return bytes. Only the second version leaves out what the driver itself uses; the second card lacks it."""
    if os.environ.get("STAND_IN_ERROR") == "failing" or (device and version == nvmlMemory_v2):
        raise NVMLError("Unknown Error")
    if device:
        return SimpleNamespace(used=10 * MIB, total=0)
    return SimpleNamespace(used=512 * MIB + (version != nvmlMemory_v2) * DRIVER_BYTES, total=1024 * MIB)


def nvmlDeviceGetTemperature(device: int, _sensor: int) -> int:
    """Return degrees Celsius."""
    _first_only(device)
    return 61


def nvmlDeviceGetPowerUsage(device: int) -> int:
    """Return milliwatts."""
    _first_only(device)
    return 70_500


def nvmlDeviceGetEnforcedPowerLimit(device: int) -> int:
    """Return milliwatts."""
    _first_only(device)
    return 141_000


def nvmlDeviceGetTotalEnergyConsumption(device: int) -> int:
    """Return millijoules."""
    _first_only(device)
    return 80_889_880


def nvmlDeviceGetClockInfo(device: int, clock: int) -> int:
    """Return MHz: of the multiprocessors as clock 1, of the memory as clock 2."""
    _first_only(device)
    return {1: 1980, 2: 2619}[clock]


def nvmlDeviceGetTotalEccErrors(device: int, kind: int, counter: int) -> int:
    """Return a count since boot: three corrected errors, no uncorrected one."""
    _first_only(device)
    return {(0, 0): 3, (1, 0): 0}[kind, counter]


def nvmlDeviceGetComputeRunningProcesses(device: int) -> list[SimpleNamespace]:
    """Return this process on the first card, another on the second."""
    return [SimpleNamespace(pid=1 if device else os.getpid())]


def nvmlDeviceGetGraphicsRunningProcesses(device: int) -> list[SimpleNamespace]:
    """Return no process."""
    _first_only(device)
    return []


def nvmlGpmQueryDeviceSupport(device: int) -> SimpleNamespace:
    """Return that the first card counts."""
    _first_only(device)
    return SimpleNamespace(isSupportedDevice=1)


def nvmlGpmSampleAlloc() -> SimpleNamespace:
    """Return an empty sample."""
    return SimpleNamespace(counter=None)


def nvmlGpmSampleFree(_sample: SimpleNamespace) -> None:
    """Free a sample."""


def nvmlGpmSampleGet(_device: int, sample: SimpleNamespace) -> None:
    """Fill *sample* with the counters of this moment."""
    sample.counter = next(_COUNTERS)


def c_nvmlGpmMetricsGet_t() -> SimpleNamespace:
    """Return an empty request."""
    return SimpleNamespace(metrics=[SimpleNamespace(metricId=0) for _ in range(98)])


def nvmlGpmMetricsGet(request: SimpleNamespace) -> None:
    """Answer *request*: each metric is its number for each time that was sampled in between; no NVLink here."""
    for metric in request.metrics[: request.numMetrics]:
        metric.nvmlReturn = 3 if metric.metricId in (60, 61) else 0
        metric.value = float(metric.metricId * (request.sample2.counter - request.sample1.counter))


_COUNTERS = itertools.count()
