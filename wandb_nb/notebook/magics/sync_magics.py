"""`%wandb sync` and `%wandb server`: runs sent from the notebook, and a server to send them to."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.view import run_text

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 1000


def sync(given: Any) -> Iterator[str]:
    """Send the runs that the options in *given* name; yield a line on each, and on each thing that was not sent."""
    from wandb_nb.settings import resolve
    from wandb_nb.sync.bulk.run_selection import pick
    from wandb_nb.sync.bulk.sync_runs import BulkSync, said  # the HTTP client comes with it, for this command only
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.upload.run_metadata import Target

    files = pick(given.paths, include_synced=given.include_synced)
    if not files:
        yield "nothing to send: every run here is on the server"
    if given.dry_run:
        yield from (f"would be sent: {file.parent}" for file in files)
        return
    target = Target(run_id=given.id, project=given.project, entity=given.entity, again=given.include_synced)
    batch = BulkSync(Network.of(resolve({"project": None})), target)
    try:
        batch.take(files)
        batch.wait()
    except KeyboardInterrupt:
        batch.stop()
    for file in files:
        yield from (run_text.clean(line, LONGEST_LINE) for line in said(batch.results[file]))


def server(given: Any) -> Iterator[str]:
    """Start, use or stop the embedded server, as *given* says; yield lines that say where it is and how to log in."""
    from wandb_nb.server import process

    folder = Path(given.dir).absolute() if given.dir else process.default_folder()
    if given.stop:
        yield "the server has ended" if process.stop(folder) else "no server runs here"
        return
    url = process.start(folder, given.port)
    yield f"server: {url}  (data in {folder}; it goes on until %wandb server --stop{_also(given)})"
    yield f"To look at runs: open {url} and log in with the key in {folder / 'key'}"
    if not given.use:
        yield "To log this notebook's runs there: %wandb server --use"
        return
    _, stored = process.store_key(folder)
    os.environ["WANDB_BASE_URL"] = url
    yield f"This notebook's runs go there from now on; the key is stored in {stored}"


def _also(given: Any) -> str:
    """Return what else names this server in a later call."""
    return f" --dir {shlex.quote(given.dir)}" if given.dir else ""
