"""Graphics cards as `nvidia-ml-py` reports them, with a stand-in for that module and on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from stand_in_pynvml import install

from wandb_nb.capture.machine.gpu import GpuReader

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import json, os
from wandb_nb.capture.machine.gpu import GpuReader, is_reader_missing
reader = GpuReader()
samples = [reader.sample([os.getpid()]) for _ in range(5)]
print(json.dumps([reader.describe(), samples, is_reader_missing()]))
"""
CARD = {"name": "NVIDIA H200", "memoryTotal": str(1 << 30), "architecture": "Hopper", "uuid": "GPU-1"}
LOAD = {
    "gpu": 35,
    "memory": 10,
    "memoryAllocated": 50,
    "memoryAllocatedBytes": 512 << 20,
    "temp": 61,
    "powerWatts": 70.5,
    "powerPercent": 50,
    "enforcedPowerLimitWatts": 141,
}
FIRST_ONLY = {
    "energyJoules": 80889.88,
    "smClock": 1980,
    "memoryClock": 2619,
    "correctedMemoryErrors": 3,
    "uncorrectedMemoryErrors": 0,
}
PROFILE = {
    "smActive": 2,
    "smOccupancy": 3,
    "pipeTensorActive": 5,
    "pipeTensorHmmaActive": 7,
    "dramActive": 10,
    "pipeFp64Active": 11,
    "pipeFp32Active": 12,
    "pipeFp16Active": 13,
    "pcieTxBytes": 20 << 20,
    "pcieRxBytes": 21 << 20,
}


def read(modules: str, **environ: str) -> list[Any]:
    """Return description, samples and whether the reader is missing, in a process with *modules* first on its path."""
    path = os.pathsep.join((modules, os.environ["PATH"]))
    environment = {**os.environ, "PYTHONPATH": modules, "PATH": path, **environ}
    result = subprocess.run([sys.executable, "-c", READ], env=environment, capture_output=True, text=True, check=True)
    answer: list[Any] = json.loads(result.stdout)
    return answer


def test_cards_are_described_and_sampled(tmp_path: Path) -> None:
    """Cards and metrics have W&B's names and units; what a card does not support is omitted, and a used card marked."""
    description, samples, _ = read(install(tmp_path))
    assert description == {
        "gpu": "NVIDIA H200",
        "gpu_count": 2,
        "gpu_nvidia": [CARD, {"name": "NVIDIA H200"}],
        "cudaVersion": "12.4",
    }
    assert (
        samples[0]
        == samples[-1]
        == {
            **{f"gpu.0.{name}": value for name, value in (LOAD | FIRST_ONLY | PROFILE).items()},
            **{f"gpu.process.0.{name}": value for name, value in LOAD.items()},
            "gpu.1.memoryAllocatedBytes": 10 << 20,
        }
    )


@pytest.mark.parametrize("error", ["no driver", "failing"])
def test_failing_driver_gives_nothing(error: str, tmp_path: Path) -> None:
    """Without a driver, or with one that answers nothing, there are no metrics and no errors."""
    _, samples, _ = read(install(tmp_path), STAND_IN_ERROR=error)
    assert samples == [{}] * 5


def test_nothing_is_loaded_without_a_driver(tmp_path: Path) -> None:
    """The reader's module stays unloaded where neither the driver's device nor its program is."""
    modules = install(tmp_path)
    (tmp_path / "nvidia-smi").unlink()
    assert read(modules, PATH=os.defpath)[0] == {} or os.path.exists("/dev/nvidiactl")  # noqa: PTH110 -- one word


def test_missing_reader_is_noticed_only_where_cards_are(tmp_path: Path) -> None:
    """A machine with the driver's program but without the extra is recognized; one without cards is not."""
    (tmp_path / "pynvml").mkdir()  # hides an installed module, as if it were missing
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'pynvml' else find(name, *more)\n"
        "sys.modules['pynvml'] = None\n"
    )
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    description, samples, missing = read(str(tmp_path), PATH=str(tmp_path))
    assert (description, samples, missing) == ({}, [{}] * 5, True)
    assert read(str(tmp_path), PATH=os.defpath)[2] is os.path.exists("/dev/nvidiactl")  # noqa: PTH110 -- one word


def test_this_machine() -> None:
    """On any machine reading works: the metrics belong to the described cards."""
    reader = GpuReader()
    indices = {name.removeprefix("gpu.process.").removeprefix("gpu.").split(".")[0] for name in reader.sample()}
    assert indices <= {str(index) for index in range(reader.describe().get("gpu_count", 0))}
