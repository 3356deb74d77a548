"""What machine and program a run runs on.

Facts have the names and nesting of `wandb-metadata.json`, where 64-bit numbers are texts.  What cannot be found
out is absent.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb_nb.capture.git import GitState

Facts = dict[str, Any]


def program() -> str | None:
    """Return the script that runs, `-m package.module` for a module, or None in a notebook or at a prompt."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and getattr(spec, "name", None):
        return f"-m {str(spec.name).removesuffix('.__main__')}"
    path = getattr(main, "__file__", None)
    return str(path) if path else None


def basic(git: GitState | None, host: str) -> Facts:
    """Return what can be told in well under a millisecond: interpreter, program, arguments, folder, git, host."""
    facts: Facts = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "root": str(Path.cwd()),
        "host": host,
        "executable": sys.executable,
        "cpu_count_logical": os.cpu_count(),
    }
    running = program()
    if running:
        facts |= {"program": running, "args": sys.argv[1:], **_code_paths(git)}
    if git and git.commit:
        facts["git"] = _present({"remote": git.remote, "commit": git.commit})
    return _present(facts)


def machine(folder: Path) -> Facts:
    """Return what takes milliseconds: operating system, user, memory, processor, and the disk that holds *folder*."""
    model, cores = _cpu()
    memory = _memory()
    facts = {
        "os": platform.platform(),
        "username": _username(),
        "disk": _disk(folder),
        "memory": {"total": str(memory)} if memory else None,
        "cpu_count": cores,
        "cpu": _present({"model": model, "count": cores, "countLogical": os.cpu_count()}),
    }
    return _present(facts)


def _present(facts: Facts) -> Facts:
    return {key: value for key, value in facts.items() if value not in (None, "", [], {}, 0)}


def _code_paths(git: GitState | None) -> Facts:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if not main:
        return {}
    path = Path(main).absolute()
    top = git.root if git else Path.cwd()
    inside = {"codePath": path.relative_to(top).as_posix()} if top in path.parents else {}
    return {"codePathLocal": path.name, **inside}


def _username() -> str | None:
    import getpass  # pulls in termios; only wanted here

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        return None


def _disk(folder: Path) -> Facts:
    import shutil

    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return {}
    return {"/": {"total": str(usage.total), "used": str(usage.used)}}


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # no sysconf here
        return None


def _cpu() -> tuple[str | None, int | None]:
    """Return the processor's name and the number of physical cores, each None where the system does not tell."""
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
