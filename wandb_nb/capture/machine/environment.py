"""The machine and program of a run.

Keys have the names and nesting of `wandb-metadata.json`, where 64-bit numbers are strings. Unknown values are absent.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.machine import subprocess_fork_safe
from wandb_nb.surroundings import arguments, working_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Facts = dict[str, Any]
_SLURM = "SLURM_"


def program() -> str | None:
    """Return the running script, `-m package.module` for a module, or None in a notebook or at a prompt."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and getattr(spec, "name", None):
        return f"-m {str(spec.name).removesuffix('.__main__')}"
    path = str(getattr(main, "__file__", None) or "<")
    return None if path.startswith("<") else path  # <stdin>


def basic(host: str) -> Facts:
    """Return what takes well under a millisecond: interpreter, program, arguments, folder, *host*, Slurm job."""
    facts: Facts = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "root": str(working_directory()),
        "host": host,
        "executable": sys.executable,
        "cpu_count_logical": os.cpu_count(),
    }
    script = program()
    if script:
        facts |= {"program": script, "args": arguments()}
    facts["slurm"] = {
        name[len(_SLURM) :].lower(): value for name, value in os.environ.items() if name.startswith(_SLURM)
    }
    return _present(facts)


def machine(report: Callable[[str, Exception], None]) -> Facts:
    """Return what takes longer: operating system, user, memory, processor. *report* gets what fails, and its error."""
    facts: Facts = {}
    for name, read in (("os", _system), ("username", _username), ("memory", _memory), ("cpu", _cpu)):
        try:
            facts |= _present(read())
        except Exception as error:  # noqa: BLE001, PERF203 -- one fact must not cost the others
            report(name, error)
    return facts


def disks(paths: Iterable[Path]) -> Facts:
    """Return the size and use of the disks that hold *paths*; a network drive may take its time."""
    return _present({"disk": _present({str(path): _usage(path) for path in paths})})


def graphics_cards() -> Facts:
    """Return the graphics cards; the driver may take its time."""
    from wandb_nb.capture.machine.gpu import GpuReader  # loads the driver's library

    return _present(GpuReader().describe())


def _present(facts: Facts) -> Facts:
    return {key: value for key, value in facts.items() if value not in (None, "", [], {}, 0)}


def _system() -> Facts:
    if sys.platform != "linux":
        with subprocess_fork_safe.no_fork():  # it may run `uname`
            return {"os": platform.platform()}
    system = os.uname()
    return {"os": f"{system.sysname}-{system.release}-{system.machine}-with-{''.join(platform.libc_ver())}"}


def _username() -> Facts:
    import getpass  # pulls in termios; only wanted here

    try:
        return {"username": getpass.getuser()}
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return {}


def _usage(disk: Path) -> Facts:
    import shutil

    try:
        usage = shutil.disk_usage(disk)
    except OSError:
        return {}
    return {"total": str(usage.total), "used": str(usage.used)}


def _memory() -> Facts:
    try:
        return {"memory": {"total": str(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))}}
    except (AttributeError, ValueError, OSError):  # not on this system
        return {}


def _cpu() -> Facts:
    model, cores = _processor()
    return {
        "cpu_count": cores,
        "cpu": _present({"model": model, "count": cores, "countLogical": os.cpu_count()}),
    }


def _processor() -> tuple[str | None, int | None]:
    """Return the processor's name and number of physical cores, each None if unknown."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return platform.processor() or None, None
    model, cores, socket = None, set(), ""
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "model name":
            model = model or value
        elif key == "physical id":
            socket = value
        elif key == "core id":
            cores.add((socket, value))
    return model, len(cores) or None
