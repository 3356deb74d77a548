"""One NVIDIA card: its facts and its metrics, by the names that the official client 0.31 gives those of an H100."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.capture.machine.gpu_profile import GpuProfile

if TYPE_CHECKING:
    from collections.abc import Callable

Metrics = dict[str, float]

PROCESS_METRICS = (
    "gpu",
    "memory",
    "memoryAllocated",
    "memoryAllocatedBytes",
    "temp",
    "powerWatts",
    "powerPercent",
    "enforcedPowerLimitWatts",
)
"""The metrics that are repeated as `gpu.process.<index>.<metric>` for a card on which the run's processes work."""

_WATT = _JOULE = 1000  # NVML counts milliwatts and millijoules
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
_SM_CLOCK, _MEMORY_CLOCK = 1, 2
_CORRECTED, _UNCORRECTED, _SINCE_BOOT = 0, 1, 0


class GpuCard:
    """A card of the driver *nvml*. What it does not support is left out. Not thread-safe."""

    def __init__(self, nvml: Any, device: Any) -> None:
        self._nvml, self._device = nvml, device
        self._profile = GpuProfile(nvml, device)

    def facts(self) -> dict[str, Any]:
        """Return what the card is, by the names of `wandb-metadata.json`."""
        nvml = self._nvml
        memory = self._memory()
        facts = {
            "name": _text(self._read(nvml.nvmlDeviceGetName)),
            "memoryTotal": str(memory.total) if memory and memory.total else None,
            "architecture": _ARCHITECTURES.get(self._read(nvml.nvmlDeviceGetArchitecture)),
            "uuid": _text(self._read(nvml.nvmlDeviceGetUUID)),
        }
        return {name: value for name, value in facts.items() if value}

    def metrics(self) -> Metrics:
        """Return the metrics of this moment: percentages, bytes, MHz, degrees Celsius, watts, joules since boot."""
        values = {**self._load(), **self._power(), **self._clocks_and_errors()}
        return {name: float(value) for name, value in values.items() if value is not None} | self._profile.metrics()

    def pids(self) -> set[int]:
        """Return the processes that compute or draw on the card."""
        nvml = self._nvml
        readers = (nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetGraphicsRunningProcesses)
        return {process.pid for reader in readers for process in self._read(reader) or ()}

    def _load(self) -> dict[str, float | None]:
        usage, memory = self._read(self._nvml.nvmlDeviceGetUtilizationRates), self._memory()
        return {
            "gpu": usage and usage.gpu,
            "memory": usage and usage.memory,
            "memoryAllocated": memory.used / memory.total * 100 if memory and memory.total else None,
            "memoryAllocatedBytes": memory and memory.used,
            "temp": self._read(self._nvml.nvmlDeviceGetTemperature, _TEMPERATURE_SENSOR),
        }

    def _power(self) -> dict[str, float | None]:
        power = self._read(self._nvml.nvmlDeviceGetPowerUsage)
        limit = self._read(self._nvml.nvmlDeviceGetEnforcedPowerLimit)
        energy = self._read(self._nvml.nvmlDeviceGetTotalEnergyConsumption)
        return {
            "powerWatts": None if power is None else power / _WATT,
            "powerPercent": power / limit * 100 if power is not None and limit else None,
            "enforcedPowerLimitWatts": None if limit is None else limit / _WATT,
            "energyJoules": None if energy is None else energy / _JOULE,
        }

    def _clocks_and_errors(self) -> dict[str, float | None]:
        nvml = self._nvml
        return {
            "smClock": self._read(nvml.nvmlDeviceGetClockInfo, _SM_CLOCK),
            "memoryClock": self._read(nvml.nvmlDeviceGetClockInfo, _MEMORY_CLOCK),
            "correctedMemoryErrors": self._read(nvml.nvmlDeviceGetTotalEccErrors, _CORRECTED, _SINCE_BOOT),
            "uncorrectedMemoryErrors": self._read(nvml.nvmlDeviceGetTotalEccErrors, _UNCORRECTED, _SINCE_BOOT),
        }

    def _memory(self) -> Any:
        """Return the card's memory. The second version does not count what the driver itself reserves as used."""
        memory = self._read(self._nvml.nvmlDeviceGetMemoryInfo, self._nvml.nvmlMemory_v2)
        return self._read(self._nvml.nvmlDeviceGetMemoryInfo) if memory is None else memory

    def _read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the driver answers; None for what it or the card does not support."""
        try:
            return function(self._device, *arguments)
        except self._nvml.NVMLError:
            return None


def _text(value: str | bytes | None) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value  # old versions return bytes
