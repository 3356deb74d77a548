"""A stand-in for the module `pynvml`: two cards of a driver, or the error that the variable `STAND_IN_ERROR` names.

`install` copies it as `pynvml.py` into a folder for PYTHONPATH, and the driver's program for PATH. The second card
supports little, as virtual ones do.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

MIB = 1 << 20


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


def nvmlDeviceGetMemoryInfo(device: int) -> SimpleNamespace:
    """Return bytes."""
    if os.environ.get("STAND_IN_ERROR") == "failing":
        raise NVMLError("Unknown Error")
    return SimpleNamespace(used=10 * MIB, total=0) if device else SimpleNamespace(used=512 * MIB, total=1024 * MIB)


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
