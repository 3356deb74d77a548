"""How far a run has been sent: a small file beside the run file, replaced after every answer of the server.

The user's process and `wandb-nb status` read it too, so this module uses the standard library only. If the newest state
is lost, some lines are sent again, to the same places.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from wandb_nb.atomic_file import replacement
from wandb_nb.store.format.layout import LOGS
from wandb_nb.store.writing.file_lock import try_flock
from wandb_nb.untrusted_file import open_descriptor, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CONNECTING, ONLINE, WAITING, REFUSED, DONE = "connecting", "online", "waiting", "refused", "done"
MAX_PROBLEMS = 20
MAX_FILE_BYTES = 64 << 20
"""Of a progress file, which names every uploaded file."""
FILE_NAMES = {"registered": "begun", "acknowledged": "have", "requested": "wanted"}
"""Attributes whose name in the file is another one; files of version 0.1 have these names."""


@dataclass
class SyncProgress:
    """How much of a run file is on which server.

    *bases* counts the lines that the server had before the first one of this file, *acknowledged* those of this
    file that it has, by "history", "events" and "console", and *writers* the history lines among these that other
    processes than the run's own wrote, by process id. *files* holds size and modification time of each uploaded
    file, *artifacts* the client id of each committed artifact, *used* that of each version whose use was reported;
    *links* the links that were reported, *version_numbers* the server's number of each version whose number here
    differs; *files_left* and *bytes_left* count what is pending. *creating* is set when a branch did not exist before
    this file was sent. *order* is the number of the last request that changed the run; it starts at random, so that no
    two senders have the same. *offset* counts the bytes of the run file that were sent. *requested* is the target's
    id, project and entity. *state* is one of
    the constants above, *message* the reason for a delay or refusal, *status* the HTTP status of a refusal or 0.
    *answered* is set while the server answers, if only with errors. *problems* lists what cannot be sent; *damaged*
    is set when part of the file cannot be read. *saves_code* is set when the account wants the code of its runs
    saved. *visit_token* lets whoever has the link to a run of an anonymous account see it.
    """

    server: str = ""
    entity: str = ""
    project: str = ""
    run: str = ""
    requested: list[str | None] = field(default_factory=list)
    name: str = ""
    registered: bool = False
    bases: dict[str, int] = field(default_factory=lambda: {"history": 0, "events": 0, "console": 0})
    acknowledged: dict[str, int] = field(default_factory=lambda: {"history": 0, "events": 0, "console": 0})
    writers: dict[str, int] = field(default_factory=dict)
    files: dict[str, list[int]] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    version_numbers: dict[str, str] = field(default_factory=dict)
    files_left: int = 0
    bytes_left: int = 0
    alerts: int = 0
    creating: bool = False
    order: int = field(default_factory=lambda: secrets.randbits(40))
    described: str = ""
    offset: int = 0
    rows: int = 0
    state: str = CONNECTING
    message: str = ""
    status: int = 0
    answered: bool = False
    problems: list[str] = field(default_factory=list)
    damaged: bool = False
    exit_code: int | None = None
    saves_code: bool = False
    visit_token: str = ""

    @property
    def done(self) -> bool:
        """Whether the run is completely on the server."""
        return self.state == DONE

    @property
    def url(self) -> str:
        """Address of the run's page; empty until the server has registered the run."""
        if not self.registered:
            return ""
        entity = f"anonymous/{self.visit_token}" if self.visit_token else self.entity
        return f"{page_server(self.server)}/{entity}/{self.project}/runs/{self.run}"

    @property
    def renumbering(self) -> str:
        """Which artifact versions have another number on the server, in one line; empty if none has."""
        pairs = [f"{name} is {number}" for name, number in self.version_numbers.items()]
        more = f" and {len(pairs) - MAX_PROBLEMS} more" if len(pairs) > MAX_PROBLEMS else ""
        return f"{', '.join(pairs[:MAX_PROBLEMS])}{more} on the server" if pairs else ""

    def add_problem(self, text: str) -> None:
        """Add *text* to the list of what cannot be sent, unless it is there."""
        if text not in self.problems and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


_DEFAULTS = asdict(SyncProgress())
_ATTRIBUTES = {FILE_NAMES.get(item.name, item.name): item.name for item in fields(SyncProgress)}


def progress_path(run_file: Path) -> Path:
    """Return the path of the progress file of *run_file*."""
    return run_file.with_name(f"{run_file.name}.sent")


def load_progress(run_file: Path) -> SyncProgress | None:
    """Return the progress of *run_file*; None if there is no readable progress file."""
    try:
        content = json.loads(read_file(progress_path(run_file), MAX_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    values: dict[str, Any] = {_ATTRIBUTES[name]: value for name, value in content.items() if name in _ATTRIBUTES}
    return SyncProgress(**values) if all(_is_valid(name, value) for name, value in values.items()) else None


def _is_valid(name: str, value: Any) -> bool:
    """Return whether *value* has the type of the attribute *name*; the file may come from somebody else."""
    match name:
        case "exit_code":
            return value is None or type(value) is int
        case "bases" | "acknowledged":
            return isinstance(value, dict) and value.keys() == _DEFAULTS[name].keys() and _are_counts(value.values())
        case "writers":
            return isinstance(value, dict) and _are_counts(value.values())
        case "files":
            return isinstance(value, dict) and all(isinstance(stamp, list) for stamp in value.values())
        case "requested":
            return isinstance(value, list) and all(text is None or isinstance(text, str) for text in value)
    return type(value) is type(_DEFAULTS[name])


def _are_counts(values: Iterable[Any]) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def store_progress(run_file: Path, progress: SyncProgress, *, durable: bool = False) -> None:
    """Replace the progress file of *run_file*. With *durable* it survives a power failure.

    Raises:
        OSError: The file cannot be written.
    """
    content = {FILE_NAMES.get(name, name): value for name, value in asdict(progress).items()}
    with replacement(progress_path(run_file), durable=durable) as unfinished:
        unfinished.write_text(json.dumps(content), "utf-8")


@contextmanager
def sync_lock(run_file: Path) -> Iterator[bool]:
    """Hold the lock for sending *run_file*; yields False if another process or thread has it."""
    folder = run_file.parent / LOGS
    folder.mkdir(exist_ok=True)
    fd = open_descriptor(folder / "sync.lock", os.O_RDWR | os.O_CREAT, 0o600, below=run_file.parent)
    try:
        yield try_flock(fd) is not False
    finally:
        os.close(fd)


def page_server(server: str) -> str:
    """Return the address of the server's web pages, which W&B serves from another host than its API."""
    return server.replace("://api.wandb.ai", "://wandb.ai", 1)
