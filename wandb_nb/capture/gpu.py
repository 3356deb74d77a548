"""How busy the graphics cards are, asked of `nvidia-smi`."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress

_TAKES_AT_MOST_S = 5.0
_TRIES = 3
_MB = 1 << 20
_COLUMNS = (
    "index,utilization.gpu,utilization.memory,memory.used,memory.total,temperature.gpu,power.draw,enforced.power.limit"
)


class Gpus:
    """The NVIDIA cards of this machine.  Where there is no `nvidia-smi`, or it keeps failing, there are none."""

    def __init__(self) -> None:
        self._program = shutil.which("nvidia-smi")
        self._tries = _TRIES

    def sample(self) -> dict[str, float]:
        """Return what is known now, as `gpu.<index>.<what>`: percentages, bytes, degrees Celsius, watts."""
        if self._program is None or not self._tries:
            return {}
        try:
            done = subprocess.run(  # noqa: S603 -- a fixed command line
                [self._program, f"--query-gpu={_COLUMNS}", "--format=csv,noheader,nounits"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TAKES_AT_MOST_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):  # no driver, no card, or a driver that hangs
            self._tries -= 1
            return {}
        found: dict[str, float] = {}
        for line in done.stdout.splitlines():
            found |= parse(line)
        return found


def parse(line: str) -> dict[str, float]:
    """Return what one line of the program's answer says; a card leaves out what it does not know ("[N/A]")."""
    index, *texts = (part.strip() for part in line.split(","))
    if not index.isdigit():
        return {}
    numbers: list[float | None] = []
    for text in texts:
        value = None
        with suppress(ValueError):
            value = float(text)
        numbers.append(value)
    busy, memory_busy, used, total, temperature, power, limit = (*numbers, *[None] * 7)[:7]
    known = {
        "gpu": busy,
        "memory": memory_busy,
        "memoryAllocated": used / total * 100 if used is not None and total else None,
        "memoryAllocatedBytes": used * _MB if used is not None else None,
        "temp": temperature,
        "powerWatts": power,
        "powerPercent": power / limit * 100 if power is not None and limit else None,
    }
    return {f"gpu.{index}.{what}": round(value, 2) for what, value in known.items() if value is not None}
