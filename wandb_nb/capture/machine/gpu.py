"""What the graphics cards are and how busy, asked of `nvidia-smi`."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from typing import Any

from wandb_nb.capture.machine import subprocess_fork_safe

_PROGRAM = "nvidia-smi"
_TAKES_AT_MOST_S = 5.0
_TRIES = 3
_MB = 1 << 20
_COLUMNS = (
    "index,utilization.gpu,utilization.memory,memory.used,memory.total,temperature.gpu,power.draw,enforced.power.limit"
)


class Gpus:
    """The NVIDIA cards of this machine.  Where there is no `nvidia-smi`, or it keeps failing, there are none."""

    def __init__(self) -> None:
        self._program = shutil.which(_PROGRAM)
        self._tries = _TRIES

    def sample(self) -> dict[str, float]:
        """Return what is known now, as `gpu.<index>.<what>`: percentages, bytes, degrees Celsius, watts."""
        if self._program is None or not self._tries:
            return {}
        try:
            done = subprocess_fork_safe.ask(
                [self._program, f"--query-gpu={_COLUMNS}", "--format=csv,noheader,nounits"], timeout=_TAKES_AT_MOST_S
            )
            done.check_returncode()
        except (OSError, subprocess.SubprocessError):  # no driver, no card, or a driver that hangs
            self._tries -= 1
            return {}
        found: dict[str, float] = {}
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            found |= parse(line)
        return found


def cards() -> dict[str, Any]:
    """Return what the cards are, in the names of `wandb-metadata.json`; nothing where there are none."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return {}
    from xml.etree import ElementTree as ET  # only where there are cards

    try:
        answer = subprocess_fork_safe.ask([program, "-q", "-x"], timeout=_TAKES_AT_MOST_S).stdout
        told = ET.fromstring(answer)  # noqa: S314 -- the driver's own words
    except (OSError, subprocess.SubprocessError, ET.ParseError):
        return {}
    found = [_card(card) for card in told.iter("gpu")]
    if not found:
        return {}
    return {
        "gpu": found[0].get("name"),
        "gpu_count": len(found),
        "gpu_nvidia": found,
        "cudaVersion": told.findtext("cuda_version"),
    }


def _card(card: Any) -> dict[str, Any]:
    memory, _, unit = str(card.findtext("fb_memory_usage/total") or "").partition(" ")
    facts = {
        "name": card.findtext("product_name"),
        "memoryTotal": str(int(memory) * _MB) if memory.isdigit() and unit == "MiB" else None,
        "architecture": card.findtext("product_architecture"),
        "uuid": card.findtext("uuid"),
    }
    return {name: value for name, value in facts.items() if value}


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
