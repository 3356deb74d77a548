"""The environment of a run: its packages and Python for an environment file, and remarks on a machine that differs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.code.requirements import normalized
from wandb_nb.capture.machine import environment
from wandb_nb.formatting import clean
from wandb_nb.reproduce.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wandb_nb.reproduce.captured_run import CapturedRun

_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==[A-Za-z0-9][A-Za-z0-9.+!_-]*")
_PYTHON = re.compile(r"\w+ (\d+\.\d+\.\d+)\w*")


def pinned(captured: CapturedRun) -> list[str]:
    """Return the packages of an index as `name==version`, without other lines, which pip could take as options."""
    lines = [(match[1], line) for line in captured.packages if (match := _PINNED.fullmatch(line))]
    return [line for name, line in lines if normalized(name) not in captured.local_packages]


def python_version(captured: CapturedRun) -> str:
    """Return the version of Python, such as "3.11.7"; empty if it is not known."""
    match = _PYTHON.fullmatch(captured.text("python"))
    return match[1] if match else ""


def machine_remarks(captured: CapturedRun) -> Iterator[Remark]:
    """Yield in what this machine differs from that of the run: Python, operating system, graphics cards."""
    here = environment.basic("") | environment.machine(lambda _name, _error: None)
    if captured.environment.get("gpu") or captured.environment.get("gpu_count"):
        here |= environment.graphics_cards()
    recorded = captured.environment
    if (then := captured.text("python")) and then != here["python"]:
        remedy = f"make an environment with Python {python_version(captured)}"
        yield Remark("machine", f"the run used {clean(then)}, this is {here['python']}", remedy)
    if (then := _system(recorded)) and then != (now := _system(here)):
        yield Remark(
            "machine", f"the run was made on {clean(then)}, this is {now}", "results may differ in small digits"
        )
    if (then := _cards(recorded)) and then != (now := _cards(here)):
        text = f"the run had {clean(then)}, this machine has {now or 'no graphics card that can be read'}"
        yield Remark("machine", text, "repeat it on the same card, or expect small differences")


def _system(facts: Mapping[str, Any]) -> str:
    """Return operating system and processor, without the version of the kernel."""
    parts = re.split(r"-with-", str(facts.get("os") or ""))[0].split("-")
    return f"{parts[0]} {parts[-1]}" if len(parts) > 1 else parts[0]


def _cards(facts: Mapping[str, Any]) -> str:
    name, count = facts.get("gpu"), facts.get("gpu_count")
    return f"{count} x {name}" if name else ""
