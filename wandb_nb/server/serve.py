"""`serve`: runs the server until it is stopped, in this process or in several."""

from __future__ import annotations

import os
import socket
import threading
import webbrowser
from contextlib import closing
from typing import TYPE_CHECKING

from wandb_nb.errors import UsageError
from wandb_nb.server.alerts.alert_settings import AlertSettings
from wandb_nb.server.http.services import make_private
from wandb_nb.server.login_links import new_link
from wandb_nb.server.maintenance.missing_files import report_empty_store
from wandb_nb.server.process import server_lock
from wandb_nb.server.storage.engine.database_address import VARIABLE, public_address
from wandb_nb.server.storage.files.s3_address import require_writable
from wandb_nb.server.worker import WorkerOptions, run_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import URL

    from wandb_nb.server.storage.files.s3_address import S3Address

_BACKLOG = 128
_THREAD_SECONDS = 2.0


def serve(  # noqa: PLR0917 -- the options of the command
    folder: Path,
    host: str,
    port: int,
    names: Sequence[str] = (),
    open_browser: bool = False,
    anonymous: bool = False,
    log_requests: bool = False,
    report: Callable[[str], object] = print,
    database: URL | None = None,
    workers: int = 1,
    bucket: S3Address | None = None,
) -> None:
    """Serve the data in *folder* at *host* and *port* (0: any free one) until SIGINT or SIGTERM.

    *database* is the address of a PostgreSQL database, used instead of the one in *folder*. With *bucket*,
    uploaded files are stored there.

    *names* are host names that the server answers to, besides *host* and the loopback names. With *anonymous* it gives
    anonymous accounts to programs without a key. With *log_requests* it writes a line of JSON per request to stderr.
    *workers* is the number of processes.

    Raises:
        UsageError: The port is in use, *host* is not an address of this machine, several processes have no
            database, a setting of alerts is not valid, or the bucket cannot be written.

    """
    if workers > 1 and database is None:
        raise UsageError(
            "several server processes need PostgreSQL, because SQLite has one; "
            f"give its address as {VARIABLE}, or leave out --workers"
        )
    AlertSettings.from_environment()  # errors are those of the command
    options = WorkerOptions(folder, (host, *names), database, anonymous, log_requests, bucket)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with server_lock(folder), closing(_listen(host, port)) as listener:
        if make_private(folder):
            report(f"other users of this machine could read {folder}; now only you can")
        services = options.open_services()  # errors are those of the command; the first user gets a key
        with closing(services.database):
            if bucket is not None:
                require_writable(services.store, bucket)
            failure = report_empty_store(services.database, services.store, bucket or folder / "files")
        url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        (folder / "url").write_text(url + "\n", "utf-8")
        link = _report_addresses(options, url, report)
        if failure:
            report(failure)
        if open_browser:
            webbrowser.open(link)
        if workers == 1:
            run_worker(options, listener)
            _end_soon()
            return
        from wandb_nb.server.worker_pool import run_workers

        run_workers(options, listener, workers)


def _end_soon() -> None:
    """End this process soon, also if a thread still waits for a disk, a database or a bucket; nothing is lost by it."""
    timer = threading.Timer(_THREAD_SECONDS, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _report_addresses(options: WorkerOptions, url: str, report: Callable[[str], object]) -> str:
    """Report where the server is and how to use it; return the login link."""
    folder, database = options.folder, options.database
    places = [public_address(database)] if database is not None else []
    places += [str(options.bucket)] if options.bucket is not None else []
    place = " and ".join([*places, str(folder)])
    report(f"wandb-nb server: {url}  (data in {place}; press Ctrl-C to stop)")
    report(f"To log runs here: wandb-nb login --local --dir {folder}, then WANDB_BASE_URL={url}")
    link = new_link(folder)
    renewal = f"wandb-nb server --dir {folder} login-link"
    report(f"To view them: open {link}  (once, within 10 min; a new link: {renewal})")
    return link


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Explicitly TCP: only then does asyncio set TCP_NODELAY, which saves small answers 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}; choose another port with --port"
        ) from error
    return listener
