"""System metrics are named with their units."""

import pytest

from wandb_nb.view.message.system_units import with_unit


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cpu", "cpu (%)"),
        ("cpu.0.cpu_percent", "cpu.0.cpu_percent (%)"),
        ("memory_percent", "memory_percent (%)"),
        ("proc.memory.rssMB", "proc.memory.rssMB"),
        ("proc.cpu.threads", "proc.cpu.threads"),
        ("disk./.usageGB", "disk./.usageGB"),
        ("disk./data.v1/x.usagePercent", "disk./data.v1/x.usagePercent (%)"),
        ("disk.in", "disk.in (MB)"),
        ("network.sent", "network.sent (B)"),
        ("gpu.0.temp", "gpu.0.temp (°C)"),
        ("gpu.0/temp", "gpu.0/temp (°C)"),
        ("gpu.1.powerWatts", "gpu.1.powerWatts (W)"),
        ("gpu.1.memoryAllocatedBytes", "gpu.1.memoryAllocatedBytes (B)"),
    ],
)
def test_units_of_metrics(name, shown):
    """A metric has its unit in parentheses, unless its name ends with it or it counts something."""
    assert with_unit(name) == shown
