"""How far a run has been sent: a small file beside the run file, replaced whole after every answer of the server.

It is also what others are told by: the user's process, `wandb-nb status`.  Standard library only, since the user's
process reads it.  Losing the newest state costs nothing but sending some lines again, to the same places.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from random import getrandbits
from typing import TYPE_CHECKING, Any

from wandb_nb.store.writing.file_lock import try_flock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECTING, ONLINE, WAITING, REFUSED, DONE = "connecting", "online", "waiting", "refused", "done"
MOST_PROBLEMS = 20


@dataclass
class SyncProgress:
    """What of a run file is with which server.

    *bases* counts the lines that the server had before the first of this file, *have* those of this file, by
    "history", "events" and "console".  *files* holds size and time of change of each uploaded file, *files_left* and
    *bytes_left* count those on their way.  *creating* says that a branch was not there before this file was sent.
    *order* is the number of the last request that changed the run; it begins anywhere, so that no two senders have the
    same.  *offset* is the bytes of the run file that are dealt with.  *state* is one of the words above; *message* says
    why it is not going well, *problems* what cannot be sent, *damaged* that part of the file cannot be read.  A
    *status* other than 0 is that of the server's refusal.  *saves_code* says that the account wants the code of its
    runs.
    """

    server: str = ""
    entity: str = ""
    project: str = ""
    run: str = ""
    wanted: list[str | None] = field(default_factory=list)
    name: str = ""
    begun: bool = False
    bases: dict[str, int] = field(default_factory=lambda: {"history": 0, "events": 0, "console": 0})
    have: dict[str, int] = field(default_factory=lambda: {"history": 0, "events": 0, "console": 0})
    files: dict[str, list[int]] = field(default_factory=dict)
    files_left: int = 0
    bytes_left: int = 0
    alerts: int = 0
    creating: bool = False
    order: int = field(default_factory=lambda: getrandbits(40))
    described: str = ""
    offset: int = 0
    rows: int = 0
    state: str = CONNECTING
    message: str = ""
    status: int = 0
    problems: list[str] = field(default_factory=list)
    damaged: bool = False
    exit_code: int | None = None
    saves_code: bool = False

    @property
    def done(self) -> bool:
        """Whether the run is on the server from end to end."""
        return self.state == DONE

    @property
    def url(self) -> str:
        """The page of the run, empty while the server does not know it."""
        return f"{page_host(self.server)}/{self.entity}/{self.project}/runs/{self.run}" if self.begun else ""

    def problem(self, text: str) -> None:
        """Note once what cannot be sent."""
        if text not in self.problems and len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)


_TYPES = {item.name: item.type for item in fields(SyncProgress)}


def path_of(run_file: Path) -> Path:
    """Return where the cursor of *run_file* lies."""
    return run_file.with_name(f"{run_file.name}.sent")


def load(run_file: Path) -> SyncProgress | None:
    """Return the cursor of *run_file*; None where there is none, or none that can be read."""
    try:
        content = json.loads(path_of(run_file).read_bytes())
        known: dict[str, Any] = {name: content[name] for name in _TYPES if name in content}
        if not all(isinstance(known.get(name, {}), dict) for name in ("bases", "have", "files")):
            return None
        return SyncProgress(**known)
    except (OSError, ValueError, TypeError):
        return None


def store(run_file: Path, cursor: SyncProgress, *, durable: bool = False) -> None:
    """Replace the cursor of *run_file*; OSError where that fails.  *durable*: it survives a power cut."""
    target = path_of(run_file)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(asdict(cursor), file)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    unfinished.replace(target)


@contextmanager
def sending(run_file: Path) -> Iterator[bool]:
    """Hold the right to send *run_file*; gives False where another process or thread has it."""
    folder = run_file.parent / "logs"
    folder.mkdir(exist_ok=True)
    fd = os.open(folder / "sync.lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        yield try_flock(fd) is not False
    finally:
        os.close(fd)


def page_host(server: str) -> str:
    """Return the address of the pages of *server*, where these are on a host of their own."""
    return server.replace("://api.wandb.ai", "://wandb.ai", 1)
