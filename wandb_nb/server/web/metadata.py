"""What clients tell of the place where a run ran, for members of its project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from wandb_nb.formatting import size
from wandb_nb.server.storage.tables import files

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services

_FILE = "wandb-metadata.json"
_LARGEST = 1 << 20


class RunEnvironment(NamedTuple):
    """Facts by name, in the order in which they are shown. Empty where the reader is no member, or none are known."""

    code: list[tuple[str, str]]
    machine: list[tuple[str, str]]


def metadata_of(services: Services, connection: Connection, run: Any) -> RunEnvironment:
    """Return what the metadata file of *run* and its row say."""
    if not run.member:
        return RunEnvironment([], [])
    told = _read(services, connection, run)
    git = _part(told, "git")
    code = {
        "Git remote": remote_of(services, connection, run),
        "Git commit": git.get("commit") or run.commit,
        "Command": _command(told) or run.program,
        "Python": told.get("python"),
        "Executable": told.get("executable"),
        "Folder": told.get("root"),
    }
    machine = {
        "Host": told.get("host") or run.host,
        "System": told.get("os"),
        "User": told.get("username"),
        "CPU": _cpu(told),
        "Memory": _memory(told),
        "GPU": _gpu(told),
        "CUDA": told.get("cudaVersion"),
    }
    return RunEnvironment(_told(code), _told(machine))


def remote_of(services: Services, connection: Connection, run: Any) -> str:
    """Return the address of the git repository; empty where it is not known, or the reader is no member."""
    git = _part(_read(services, connection, run), "git") if run.member else {}
    return str(git.get("remote") or git.get("remoteUrl") or run.repo or "")


def _read(services: Services, connection: Connection, run: Any) -> dict[str, Any]:
    query = select(files).where(files.c.run_id == run.id, files.c.name == _FILE)
    row = connection.execute(query).first()
    if row is None or row.size > _LARGEST:
        return {}
    try:
        told = json.loads(services.store.path(row.blob).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}  # it is what a client uploaded: anything
    return told if isinstance(told, dict) else {}


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _told(facts: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in facts.items() if value]


def _command(told: dict[str, Any]) -> str:
    arguments = told.get("args")
    parts = [told.get("program") or told.get("codePath"), *(arguments if isinstance(arguments, list) else [])]
    return " ".join(str(part) for part in parts if part)


def _cpu(told: dict[str, Any]) -> str:
    cpu = _part(told, "cpu")
    count = told.get("cpu_count_logical") or told.get("cpu_count") or cpu.get("count")
    return ", ".join(filter(None, (str(cpu.get("model") or ""), f"{count} cores" if count else "")))


def _memory(told: dict[str, Any]) -> str:
    total = str(_part(told, "memory").get("total") or "")
    return size(int(total)) if total.isdecimal() else ""


def _gpu(told: dict[str, Any]) -> str:
    count = told.get("gpu_count")
    name = str(told.get("gpu") or "")
    return f"{count} of {name}" if name and isinstance(count, int) and count > 1 else name
