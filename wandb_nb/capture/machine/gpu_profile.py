"""How busy the parts of a card were: multiprocessors, tensor cores, memory, links. Cards from Hopper on count this."""

from __future__ import annotations

import math
import weakref
from typing import Any

_METRICS = {  # the numbers of NVML's "GPU performance monitoring", and W&B's names
    2: "smActive",
    3: "smOccupancy",
    5: "pipeTensorActive",
    7: "pipeTensorHmmaActive",
    10: "dramActive",
    11: "pipeFp64Active",
    12: "pipeFp32Active",
    13: "pipeFp16Active",
    20: "pcieTxBytes",
    21: "pcieRxBytes",
    60: "nvlinkRxBytes",
    61: "nvlinkTxBytes",
}
_MIB = 1 << 20  # NVML counts traffic in MiB per second


class GpuProfile:
    """The counters of one card between two `metrics()` calls; nothing where the card or its library has none.

    Not thread-safe.
    """

    def __init__(self, nvml: Any, device: Any) -> None:
        self._nvml, self._device = nvml, device
        try:
            supported = nvml.nvmlGpmQueryDeviceSupport(device).isSupportedDevice
            self._samples = [self._new_sample(), self._new_sample()] if supported else []
            self._take()
        except (nvml.NVMLError, AttributeError):  # AttributeError: an older nvidia-ml-py
            self._samples = []

    def metrics(self) -> dict[str, float]:
        """Return percentages of the time since the last call, and traffic in bytes per second."""
        if not self._samples:
            return {}
        try:
            self._take()
            return self._between()
        except self._nvml.NVMLError:
            return {}

    def _new_sample(self) -> Any:
        sample = self._nvml.nvmlGpmSampleAlloc()
        weakref.finalize(self, self._nvml.nvmlGpmSampleFree, sample).atexit = False  # the driver frees it then
        return sample

    def _take(self) -> None:
        """Read the counters into the older sample, which becomes the newer one."""
        if self._samples:
            self._samples.reverse()
            self._nvml.nvmlGpmSampleGet(self._device, self._samples[-1])

    def _between(self) -> dict[str, float]:
        nvml = self._nvml
        request = nvml.c_nvmlGpmMetricsGet_t()
        request.version, request.numMetrics = nvml.NVML_GPM_METRICS_GET_VERSION, len(_METRICS)
        request.sample1, request.sample2 = self._samples
        for place, number in enumerate(_METRICS):
            request.metrics[place].metricId = number
        nvml.nvmlGpmMetricsGet(request)
        answers = zip(_METRICS.values(), request.metrics, strict=False)
        values = {name: answer.value for name, answer in answers if not answer.nvmlReturn}
        return {
            name: value * _MIB if name.endswith("Bytes") else value
            for name, value in values.items()
            if math.isfinite(value)
        }
