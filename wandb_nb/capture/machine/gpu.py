"""NVIDIA graphics cards: what they are and how busy, read by `nvidia-ml-py` (the `gpu` extra).

Loads the driver's library, which takes some milliseconds: only threads that gather data call it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING_READER = "this machine's GPUs are not recorded: install wandb-nb[gpu]"
_PROGRAM, _DEVICE = "nvidia-smi", Path("/dev/nvidiactl")
_MAX_FAILURES = 3
_WATT = 1000  # NVML counts milliwatts
_ARCHITECTURES = {
    2: "Kepler",
    3: "Maxwell",
    4: "Pascal",
    5: "Volta",
    6: "Turing",
    7: "Ampere",
    8: "Ada",
    9: "Hopper",
    10: "Blackwell",
}
_TEMPERATURE_SENSOR = 0


class GpuReader:
    """The NVIDIA cards of this machine: none without the `gpu` extra, a driver or a card. Not thread-safe."""

    def __init__(self) -> None:
        self._nvml = _open()
        self._devices = [] if self._nvml is None else _devices(self._nvml)
        self._failures = 0

    def sample(self) -> dict[str, float]:
        """Return the metrics of this moment as `gpu.<index>.<metric>`: percentages, bytes, degrees Celsius, watts.

        After repeated failures of the driver it is not asked any more.
        """
        metrics: dict[str, float] = {}
        for index, device in enumerate(self._devices):
            metrics |= {f"gpu.{index}.{name}": round(value, 2) for name, value in self._metrics(device).items()}
        self._failures = 0 if metrics else self._failures + 1
        if self._failures >= _MAX_FAILURES:
            self._devices = []
        return metrics

    def describe(self) -> dict[str, Any]:
        """Return the cards by the names of `wandb-metadata.json`; empty without any."""
        if self._nvml is None or not self._devices:
            return {}
        cards = [self._card(device) for device in self._devices]
        version = self._read(self._nvml.nvmlSystemGetCudaDriverVersion)
        return {
            "gpu": cards[0].get("name"),
            "gpu_count": len(cards),
            "gpu_nvidia": cards,
            "cudaVersion": None if version is None else f"{version // 1000}.{version % 1000 // 10}",
        }

    def _metrics(self, device: Any) -> dict[str, float]:
        nvml = self._nvml
        usage = self._read(nvml.nvmlDeviceGetUtilizationRates, device)
        memory = self._read(nvml.nvmlDeviceGetMemoryInfo, device)
        power = self._read(nvml.nvmlDeviceGetPowerUsage, device)
        limit = self._read(nvml.nvmlDeviceGetEnforcedPowerLimit, device)
        values = {
            "gpu": usage and usage.gpu,
            "memory": usage and usage.memory,
            "memoryAllocated": memory.used / memory.total * 100 if memory and memory.total else None,
            "memoryAllocatedBytes": memory and memory.used,
            "temp": self._read(nvml.nvmlDeviceGetTemperature, device, _TEMPERATURE_SENSOR),
            "powerWatts": None if power is None else power / _WATT,
            "powerPercent": power / limit * 100 if power is not None and limit else None,
        }
        return {name: float(value) for name, value in values.items() if value is not None}

    def _card(self, device: Any) -> dict[str, Any]:
        nvml = self._nvml
        memory = self._read(nvml.nvmlDeviceGetMemoryInfo, device)
        facts = {
            "name": _text(self._read(nvml.nvmlDeviceGetName, device)),
            "memoryTotal": str(memory.total) if memory and memory.total else None,
            "architecture": _ARCHITECTURES.get(self._read(nvml.nvmlDeviceGetArchitecture, device)),
            "uuid": _text(self._read(nvml.nvmlDeviceGetUUID, device)),
        }
        return {name: value for name, value in facts.items() if value}

    def _read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the driver answers; None for what it or the card does not support."""
        try:
            return function(*arguments)
        except self._nvml.NVMLError:
            return None


def is_reader_missing() -> bool:
    """Return whether this machine has NVIDIA cards that cannot be read without the `gpu` extra."""
    from importlib.util import find_spec

    return find_spec("pynvml") is None and _has_driver()


def _has_driver() -> bool:
    return _DEVICE.exists() or shutil.which(_PROGRAM) is not None


def _open() -> Any:
    """Return the initialised NVML module; None without it, or without a driver."""
    if not _has_driver():  # loading the module takes longer than all other facts about the machine
        return None
    try:
        import pynvml  # the `gpu` extra
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def _devices(nvml: Any) -> list[Any]:
    try:
        return [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:
        return []


def _text(value: str | bytes | None) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value  # old versions return bytes
