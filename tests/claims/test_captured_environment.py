"""Environment: recorded properties of machine and program, and the system metrics."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from claimed import run
from stand_in_pynvml import install

from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.record_types import StatsRecord
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from pathlib import Path


def metadata(folder: Path) -> dict[str, Any]:
    """Return the metadata of the newest run in *folder*."""
    fields: dict[str, Any] = json.loads((folder / "wandb/latest-run/files/wandb-metadata.json").read_text())
    return fields


def stats(folder: Path) -> list[StatsRecord]:
    """Return the system samples of the newest run in *folder*."""
    records = map(decode, Tail(run_file(folder / "wandb/latest-run")).read())
    return [record for record in records if isinstance(record, StatsRecord)]


def test_documented_fields_are_recorded(tmp_path: Path) -> None:
    """The documented fields have their names and forms; 64-bit numbers are texts."""
    done = run(tmp_path, "wandb.init()", "--lr", "1")
    assert done.returncode == 0, done.stderr
    fields = metadata(tmp_path)
    assert fields["python"].startswith("CPython 3.")
    assert (fields["host"], fields["root"], fields["args"]) == (socket.gethostname(), str(tmp_path), ["--lr", "1"])
    assert fields["program"].endswith("train.py")
    assert (fields["codePath"], fields["codePathLocal"]) == ("train.py", "train.py")
    assert fields["cpu_count_logical"] == os.cpu_count()
    assert fields["cpu"]["countLogical"] == os.cpu_count()
    assert int(fields["memory"]["total"]) > 1 << 28
    assert int(fields["disk"]["/"]["total"]) >= int(fields["disk"]["/"]["used"]) > 0
    assert fields["startedAt"].endswith("Z")
    assert {"os", "username", "executable", "writerId", "cpu_count"} <= fields.keys()
    requirements = (tmp_path / "wandb/latest-run/files/requirements.txt").read_text().splitlines()
    assert any(line.startswith("numpy==") for line in requirements)


def test_fields_can_be_set(tmp_path: Path) -> None:
    """Host, user, mail, image, program and arguments can be set, and all of them can be omitted."""
    variables = {"HOST": "h", "USERNAME": "u", "USER_EMAIL": "e@x", "DOCKER": "image:1", "PROGRAM": "p.py"}
    run(tmp_path, "wandb.init()", **{f"WANDB_{name}": value for name, value in variables.items()}, WANDB_ARGS='["-x"]')
    fields = metadata(tmp_path)
    assert [fields[name] for name in ("host", "username", "email", "docker", "program", "args")] == [
        "h", "u", "e@x", "image:1", "p.py", ["-x"],
    ]  # fmt: skip
    run(tmp_path, "wandb.init()", WANDB_X_DISABLE_MACHINE_INFO="true")
    assert not {"os", "cpu", "memory", "disk"} & metadata(tmp_path).keys()
    run(tmp_path, "wandb.init()", WANDB_X_DISABLE_META="true", WANDB_X_SAVE_REQUIREMENTS="false")
    assert not (tmp_path / "wandb/latest-run/files/wandb-metadata.json").exists()
    assert not (tmp_path / "wandb/latest-run/files/requirements.txt").exists()


def test_without_a_script(tmp_path: Path) -> None:
    """A program without a file has no path."""
    source = "import wandb_nb as wandb; wandb.init(save_code=True)"
    for command, text in ((["-"], source), (["-c", source], "")):
        done = subprocess.run([sys.executable, *command], cwd=tmp_path, input=text, text=True, timeout=60, check=False)
        assert done.returncode == 0
        assert not {"program", "codePath"} & metadata(tmp_path).keys()
        assert not (tmp_path / "wandb/latest-run/files/code").exists()


def test_graphics_cards(tmp_path: Path) -> None:
    """Cards are described with the machine and sampled; a stand-in replaces the driver's module."""
    source = "wandb.init()\nimport time; time.sleep(0.6)"
    modules = install(tmp_path)
    settings = {"WANDB_X_STATS_SAMPLING_INTERVAL": "0.1", "PATH": os.pathsep.join((modules, os.environ["PATH"]))}
    assert run(tmp_path, source, PYTHONPATH=modules, **settings).returncode == 0
    fields = metadata(tmp_path)
    assert (fields["gpu"], fields["gpu_count"], fields["cudaVersion"]) == ("NVIDIA H200", 2, "12.4")
    assert fields["gpu_nvidia"] == [
        {"name": "NVIDIA H200", "memoryTotal": str(1 << 30), "architecture": "Hopper", "uuid": "GPU-1"},
        {"name": "NVIDIA H200"},
    ]
    metrics = {".".join(path): value for sample in stats(tmp_path) for path, value in sample.items}
    assert (metrics["gpu.0.gpu"], metrics["gpu.0.memoryAllocated"], metrics["gpu.0.powerPercent"]) == (35, 50, 50)


def test_system_metrics(tmp_path: Path) -> None:
    """The process tree with its children is sampled under the documented names, unless it is switched off."""
    source = """
        import subprocess, time
        wandb.init()
        hog = "import time; block = bytearray(200 << 20); time.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", hog])
        time.sleep(1.5)
        child.kill()
    """
    assert run(tmp_path, source, WANDB_X_STATS_SAMPLING_INTERVAL="0.1").returncode == 0
    samples = [{".".join(path): value for path, value in sample.items} for sample in stats(tmp_path)]
    assert len(samples) >= 3
    names = {"cpu", "memory_percent", "proc.memory.rssMB", "proc.cpu.threads", "disk./.usagePercent", "network.sent"}
    assert names <= samples[-1].keys()
    assert max(sample["proc.memory.rssMB"] for sample in samples) > 200
    assert run(tmp_path, "wandb.init()\nimport time; time.sleep(0.5)", WANDB_X_DISABLE_STATS="true").returncode == 0
    assert stats(tmp_path) == []
