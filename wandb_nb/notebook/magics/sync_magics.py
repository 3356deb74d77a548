"""`%wandb sync` and `%wandb server`: send runs from the notebook, and run a server to send them to."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.tracking.live_header import live_header
from wandb_nb.view.run_text import sync_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.tracking.run_view import RunView


def sync(options: Any) -> Iterator[str]:
    """Send the runs that *options* select; yield one line for each, and one for each part that was not sent."""
    from wandb_nb.notebook.magics import sync_choice  # loads the readers

    choice = sync_choice.choose(options)
    yield from (f"{file.parent} is being sent already" for file in choice.being_sent)
    if not choice.files and not choice.being_sent:
        yield f"nothing to send: all runs {sync_choice.scope(options)} are on the server"
    if options.dry_run:
        yield from (f"would be sent: {file.parent}" for file in choice.files)
    elif choice.files:
        yield from sync_choice.send(choice.files, options)
    if choice.others == 1:
        yield "1 more run in ./wandb is not sent: '%wandb sync --all' sends it, too"
    elif choice.others:
        yield f"{choice.others} more runs in ./wandb are not sent: '%wandb sync --all' sends them, too"


def sync_state(run: RunView) -> Iterator[str]:
    """Yield what of *run* is sent, and where its page is; nothing for a run that is not sent."""
    header = live_header(run)
    if header["sync"] is not None:
        yield " · ".join(filter(None, (sync_text(header["sync"]), header["url"])))


def server(options: Any) -> Iterator[str]:
    """Start, use or stop the embedded server; yield lines that report its address and how to log in."""
    from wandb_nb.server import process
    from wandb_nb.server.login_links import new_link

    folder = Path(options.dir).absolute() if options.dir else process.default_folder()
    if options.stop:
        yield from _stop(folder)
        return
    url = process.start(folder, options.port)
    yield f"Server: {url}  (data in {folder}; runs until you call %wandb server --stop{_dir_option(options)})"
    yield f"To view runs, open {new_link(folder)}  (once, within 10 min; %wandb server prints a new link)"
    if not options.use:
        yield "To log this notebook's runs there: %wandb server --use"
        return
    _, key_file = process.store_key(folder)
    os.environ["WANDB_BASE_URL"] = url
    yield f"This notebook's runs are logged there from now on; the key is stored in {key_file}"


def _stop(folder: Path) -> Iterator[str]:
    """Stop the server on *folder*; yield what still points to it."""
    from wandb_nb.server import process
    from wandb_nb.sync.bulk.server_references import stop_lines

    if process.pid_of(folder) is None:
        yield f"no server is running in {folder}"
        return
    url = process.url_of(folder)
    process.stop(folder)
    yield from stop_lines(url)


def _dir_option(options: Any) -> str:
    """Return the option that selects the same server in a later call."""
    return f" --dir {shlex.quote(options.dir)}" if options.dir else ""
