"""Units of system metrics, by their documented names."""

from __future__ import annotations

_UNITS = {
    "cpu": "%",
    "gpu": "%",
    "memory": "%",
    "memoryAllocated": "%",
    "memoryAllocatedBytes": "B",
    "temp": "°C",
    "sent": "B",
    "recv": "B",
    "in": "MB",
    "out": "MB",
}
_ENDINGS = {"percent": "%", "watts": "W", "bytes": "B"}


def with_unit(name: str) -> str:
    """Return the *name* of a system metric with its unit, as "gpu.0.temp (°C)"; as it is if it ends with the unit."""
    last = name.rpartition(".")[2].rpartition("/")[2]
    ends = (unit for ending, unit in _ENDINGS.items() if last.lower().endswith(ending))
    unit = _UNITS.get(last) or next(ends, "")
    return f"{name} ({unit})" if unit else name
