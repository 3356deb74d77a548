"""What still points to a server of this machine that is being stopped: runs that are not sent, and settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wandb_nb.formatting import clean, size
from wandb_nb.host import command
from wandb_nb.settings import resolve, user_file, workspace_file
from wandb_nb.settings.model import USER_FILE, WORKSPACE_FILE
from wandb_nb.settings.settings_files import read
from wandb_nb.store.runs.sync_progress import REFUSED
from wandb_nb.sync.bulk.sync_status import unfinished_syncs

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def stop_lines(url: str) -> list[str]:
    """Return the lines that report that the server at *url* was stopped, and what still points to it."""
    references = list(_references(url))
    if not references:
        return [f"server stopped: {url}"]
    remedy = f"'{command('server')}' starts it again; unset base_url to send new runs elsewhere"
    return [f"server stopped: {url}. Still set to send there:", *(f"  {line}" for line in references), remedy]


def _references(url: str) -> Iterator[str]:
    for run in unfinished_syncs():
        if _same_server(run["server"], url) and run["state"] != REFUSED:
            state = "active" if run["running"] else "ended"
            pending = f"{size(run['pending_bytes'])} not sent" if run["pending_bytes"] else "nothing left to send yet"
            yield f"run {clean(run['name'])} ({run['id']}), {state}: {pending}"
    settings = resolve({})
    sources = {}
    if _same_server(settings.base_url, url):
        sources[settings.source("base_url")] = settings.base_url
    for label, path in ((USER_FILE, user_file()), (WORKSPACE_FILE, workspace_file(Path(settings.root_dir)))):
        entry = read(path, label).values.get("base_url")
        if entry is not None and _same_server(str(entry.value), url):
            sources[entry.source] = str(entry.value)
    yield from (f"base_url={clean(value, 200)} from {clean(source, 200)}" for source, value in sources.items())


def _same_server(one: str, other: str) -> bool:
    """Return whether two addresses have one port and one host, or both this machine."""
    try:
        first, second = urlsplit(one), urlsplit(other)
        same_port = first.port == second.port and first.scheme == second.scheme
    except ValueError:
        return False
    is_local = first.hostname in _LOOPBACK and second.hostname in _LOOPBACK
    return same_port and (first.hostname == second.hostname or is_local)
