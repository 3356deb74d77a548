"""The NVIDIA cards of this machine: what they are and how busy, read by `nvidia-ml-py` (the `gpu` extra).

Loads the driver's library, which takes some milliseconds: only threads that gather data call it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.machine.gpu_card import PROCESS_METRICS, GpuCard

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING_READER = "this machine's GPUs are not recorded: install wandb-nb[gpu]"
_PROGRAM, _DEVICE = "nvidia-smi", Path("/dev/nvidiactl")
_MAX_FAILURES = 3


class GpuReader:
    """The NVIDIA cards of this machine: none without the `gpu` extra, a driver or a card. Not thread-safe."""

    def __init__(self) -> None:
        self._nvml = _open()
        self._cards = [] if self._nvml is None else _cards(self._nvml)
        self._failures = 0

    def sample(self, pids: Iterable[int] = ()) -> dict[str, float]:
        """Return the metrics of this moment as `gpu.<index>.<metric>`, in the units of `GpuCard.metrics()`.

        Those of cards on which one of *pids* works are repeated as `gpu.process.<index>.<metric>`. After repeated
        failures of the driver it is not asked any more.
        """
        sample: dict[str, float] = {}
        for index, card in enumerate(self._cards):
            metrics = {name: round(value, 2) for name, value in card.metrics().items()}
            sample |= {f"gpu.{index}.{name}": value for name, value in metrics.items()}
            if not card.pids().isdisjoint(pids):
                sample |= {f"gpu.process.{index}.{name}": metrics[name] for name in PROCESS_METRICS if name in metrics}
        self._failures = 0 if sample else self._failures + 1
        if self._failures >= _MAX_FAILURES:
            self._cards = []
        return sample

    def describe(self) -> dict[str, Any]:
        """Return the cards by the names of `wandb-metadata.json`; empty without any."""
        if self._nvml is None or not self._cards:
            return {}
        cards = [card.facts() for card in self._cards]
        version = _cuda_version(self._nvml)
        return {"gpu": cards[0].get("name"), "gpu_count": len(cards), "gpu_nvidia": cards, "cudaVersion": version}


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


def _cards(nvml: Any) -> list[GpuCard]:
    try:
        return [GpuCard(nvml, nvml.nvmlDeviceGetHandleByIndex(index)) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:
        return []


def _cuda_version(nvml: Any) -> str | None:
    try:
        version = nvml.nvmlSystemGetCudaDriverVersion()
    except nvml.NVMLError:
        return None
    return f"{version // 1000}.{version % 1000 // 10}"
