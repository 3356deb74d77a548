"""Where a run ran: code, command and machine, as its client reported them to members of its project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from wandb_nb.formatting import size
from wandb_nb.server.storage.files.file_store import read_blob
from wandb_nb.server.storage.storage_errors import BusyError
from wandb_nb.server.storage.tables import files
from wandb_nb.untrusted_json import load_object

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services

_FILE = "wandb-metadata.json"
_MAX_FILE = 1 << 20
_MAX_DIGITS = 18


class RunEnvironment(NamedTuple):
    """Names and values in the order of the page. Empty if nothing is known or the reader is not a member."""

    code: list[tuple[str, str]]
    machine: list[tuple[str, str]]


def load_environment(services: Services, connection: Connection, run: Any) -> RunEnvironment:
    """Return what the metadata file of *run* and its row say."""
    if not run.member:
        return RunEnvironment([], [])
    metadata = _read_metadata(services, connection, run)
    git = _object_at(metadata, "git")
    code = {
        "Git remote": git_remote(services, connection, run),
        "Git commit": git.get("commit") or run.commit,
        "Command": _command(metadata) or run.program,
        "Python": metadata.get("python"),
        "Executable": metadata.get("executable"),
        "Folder": metadata.get("root"),
    }
    machine = {
        "Host": metadata.get("host") or run.host,
        "System": metadata.get("os"),
        "User": metadata.get("username"),
        "CPU": _cpu(metadata),
        "Memory": _memory(metadata),
        "GPU": _gpu(metadata),
        "CUDA": metadata.get("cudaVersion"),
    }
    return RunEnvironment(_present(code), _present(machine))


def git_remote(services: Services, connection: Connection, run: Any) -> str:
    """Return the address of the Git repository; empty if it is not known or the reader is not a member."""
    git = _object_at(_read_metadata(services, connection, run), "git") if run.member else {}
    return str(git.get("remote") or git.get("remoteUrl") or run.repo or "")


def _read_metadata(services: Services, connection: Connection, run: Any) -> dict[str, Any]:
    query = select(files).where(files.c.run_id == run.id, files.c.name == _FILE)
    row = connection.execute(query).first()
    if row is None or row.size > _MAX_FILE:
        return {}
    try:
        return load_object(read_blob(services.store, row.blob, _MAX_FILE)) or {}
    except (OSError, BusyError):
        return {}


def _object_at(metadata: dict[str, Any], name: str) -> dict[str, Any]:
    value = metadata.get(name)
    return value if isinstance(value, dict) else {}


def _present(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in values.items() if value]


def _command(metadata: dict[str, Any]) -> str:
    arguments = metadata.get("args")
    parts = [metadata.get("program") or metadata.get("codePath"), *(arguments if isinstance(arguments, list) else [])]
    return " ".join(str(part) for part in parts if part)


def _cpu(metadata: dict[str, Any]) -> str:
    cpu = _object_at(metadata, "cpu")
    count = metadata.get("cpu_count_logical") or metadata.get("cpu_count") or cpu.get("count")
    return ", ".join(filter(None, (str(cpu.get("model") or ""), f"{count} cores" if count else "")))


def _memory(metadata: dict[str, Any]) -> str:
    total = str(_object_at(metadata, "memory").get("total") or "")
    return size(int(total)) if total.isdecimal() and len(total) <= _MAX_DIGITS else ""


def _gpu(metadata: dict[str, Any]) -> str:
    count = metadata.get("gpu_count")
    name = str(metadata.get("gpu") or "")
    return f"{count} of {name}" if name and isinstance(count, int) and count > 1 else name
