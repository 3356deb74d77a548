"""What a run says of its machine, and that the run file gives it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.capture.machine import environment, gpu
from wandb_nb.store.format import records
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_types import EnvironmentRecord

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# What `nvidia-smi -q -x` answers, shortened.
TWO_CARDS = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>550.54</driver_version>
  <cuda_version>12.4</cuda_version>
  <gpu id="00000000:01:00.0">
    <product_name>NVIDIA H200</product_name>
    <product_architecture>Hopper</product_architecture>
    <uuid>GPU-1234</uuid>
    <fb_memory_usage><total>143771 MiB</total></fb_memory_usage>
  </gpu>
  <gpu id="00000000:02:00.0">
    <product_name>NVIDIA H200</product_name>
    <fb_memory_usage><total>N/A</total></fb_memory_usage>
  </gpu>
</nvidia_smi_log>
"""

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
sizes = st.integers(1, 2**60).map(str)
facts = st.fixed_dictionaries(
    {"writerId": texts},
    optional={
        "os": texts,
        "program": texts,
        "args": st.lists(texts, min_size=1),
        "cpu_count": st.integers(1, 1000),
        "git": st.fixed_dictionaries({"commit": texts}, optional={"remote": texts, "branch": texts}),
        "disk": st.dictionaries(texts, st.fixed_dictionaries({"total": sizes, "used": sizes}), min_size=1),
        "memory": st.fixed_dictionaries({"total": sizes}),
        "cpu": st.fixed_dictionaries({"count": st.integers(1, 1000)}, optional={"model": texts}),
        "gpu": texts,
        "gpu_nvidia": st.lists(st.fixed_dictionaries({"name": texts, "memoryTotal": sizes}), min_size=1),
        "cudaVersion": texts,
        "slurm": st.dictionaries(texts, texts, min_size=1),
    },
)


@given(facts)
def test_facts_come_back(told: dict[str, object]) -> None:
    """What is written into an environment record is read out of it in the same form."""
    record = decode(records.environment(told))
    assert isinstance(record, EnvironmentRecord)
    assert record.facts == told


def test_the_cards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cards are told by W&B's names, as far as the driver's program says; none where it says something else."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{TWO_CARDS}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gpu.cards() == {
        "gpu": "NVIDIA H200",
        "gpu_count": 2,
        "gpu_nvidia": [
            {
                "name": "NVIDIA H200",
                "memoryTotal": str(143771 << 20),
                "architecture": "Hopper",
                "uuid": "GPU-1234",
            },
            {"name": "NVIDIA H200"},
        ],
        "cudaVersion": "12.4",
    }
    program.write_text("#!/bin/sh\necho NVIDIA-SMI has failed\n")
    assert gpu.cards() == {}


def test_a_job_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Slurm tells a job in its environment is told."""
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    assert environment.basic(None, "here")["slurm"]["job_id"] == "17"
