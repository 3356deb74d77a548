"""`%wandb sync` and `%wandb server`: send runs from the notebook, and run a server to send them to."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 1000


def sync(options: Any) -> Iterator[str]:
    """Send the runs that *options* select; yield one line for each, and one for each part that was not sent."""
    from wandb_nb.settings import resolve
    from wandb_nb.sync.bulk.run_selection import select_runs
    from wandb_nb.sync.bulk.sync_runs import BulkSync, result_lines  # loads the HTTP client
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.upload.run_metadata import Target

    files = select_runs(options.paths, include_synced=options.include_synced)
    if not files:
        yield "nothing to send: all runs in ./wandb are on the server"
    if options.dry_run:
        yield from (f"would be sent: {file.parent}" for file in files)
        return
    target = Target(run_id=options.id, project=options.project, entity=options.entity, resend=options.include_synced)
    batch = BulkSync(Network.from_settings(resolve({"project": None})), target)
    try:
        batch.add(files)
        batch.wait()
    except KeyboardInterrupt:
        batch.stop()
    for file in files:
        yield from (clean(line, MAX_LINE) for line in result_lines(batch.results[file]))


def server(options: Any) -> Iterator[str]:
    """Start, use or stop the embedded server; yield lines that report its address and how to log in."""
    from wandb_nb.server import process

    folder = Path(options.dir).absolute() if options.dir else process.default_folder()
    if options.stop:
        yield "Server stopped" if process.stop(folder) else f"No server is running in {folder}"
        return
    url = process.start(folder, options.port)
    yield f"Server: {url}  (data in {folder}; runs until you call %wandb server --stop{_dir_option(options)})"
    yield f"To view runs, open {url} and log in with the key in {folder / 'key'}"
    if not options.use:
        yield "To log this notebook's runs there: %wandb server --use"
        return
    _, key_file = process.store_key(folder)
    os.environ["WANDB_BASE_URL"] = url
    yield f"This notebook's runs are logged there from now on; the key is stored in {key_file}"


def _dir_option(options: Any) -> str:
    """Return the option that selects the same server in a later call."""
    return f" --dir {shlex.quote(options.dir)}" if options.dir else ""
